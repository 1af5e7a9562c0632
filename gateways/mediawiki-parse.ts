/** How a text would look on a page: rendered by the wiki itself, saved nowhere. Called by gateways/mediawiki.ts. */
import { badReply } from './mediawiki-error';
import { encode, type Session } from './mediawiki-session';

export interface Rendered {
  /** The wiki's own HTML: foreign, so it belongs into a sandboxed document. */
  html: string;
  /** Language codes of links that would go into the page's margin instead of its text. */
  languageLinks: string[];
  /** Titles of templates that the text uses and the wiki does not have. */
  missingTemplates: string[];
}

/** Signatures and `subst:` are carried out as on saving. @throws WikiError */
export async function renderText(session: Session, title: string, text: string, signal?: AbortSignal): Promise<Rendered> {
  const { parse } = await session.call(
    `action=parse&title=${encode(title)}&text=${encode(text)}&contentmodel=wikitext&pst=1&preview=1&disablelimitreport=1&disableeditsection=1&prop=text%7Clanglinks%7Ctemplates`,
    { signal },
  );
  if (typeof parse?.text !== 'string') throw badReply();
  const list = (value: unknown): Record<string, unknown>[] => (Array.isArray(value) ? value : []);
  return {
    html: parse.text,
    languageLinks: list(parse.langlinks).map(({ lang }) => String(lang)),
    missingTemplates: list(parse.templates).filter(({ exists }) => exists === false).map(({ title: name }) => String(name)),
  };
}
