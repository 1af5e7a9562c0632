/** What a wiki's linter finds in a text that is not saved: its REST API, beside api.php. Called by gateways/mediawiki.ts. */
import { safeCode } from './mediawiki-error';
import { encode, type Session } from './mediawiki-session';

/** @returns kinds such as `obsolete-tag`, each once; none where the wiki does not offer it. @throws WikiError */
export async function lintText(session: Session, text: string, signal?: AbortSignal): Promise<string[]> {
  const found = await session.beside('rest.php/v1/transform/wikitext/to/lint', `wikitext=${encode(text)}`, signal);
  return Array.isArray(found) ? [...new Set(found.map((one) => safeCode((one as { type?: unknown } | null)?.type)))] : [];
}
