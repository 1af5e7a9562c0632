/** What lanes ask a wiki: how pages stand before a message, and which of them the bot has written to already. */
import type { Claimed } from '../db/queries/ledger';
import type { WikiPage } from '../gateways/mediawiki-pages';
import { markerOf, type Message } from './message';
import type { OpenWiki } from './wikis';

/**
 * In the order asked. User pages are described as their talk page, under the wiki's own name for it; whom mail goes to as
 * the account's own one, so that nobody gets it twice for having two pages. @throws WikiError
 */
export async function describePages(wiki: OpenWiki, titles: string[], message: Message, signal: AbortSignal): Promise<WikiPage[]> {
  const { gateway, row } = wiki;
  const emailable = message.channel === 'email';
  const options = { optOutCategory: row.optOutCategory && `Category:${row.optOutCategory}`, emailable, signal };
  const pages = await gateway.pages(titles, options);
  const talk = (await gateway.siteInfo()).namespaces.get(3)?.name;
  const users = pages.flatMap((page, i) => {
    const title = emailable ? page.user && `${talk}:${page.user.name}` : page.namespace === 2 && `${talk}:${page.title.slice(page.title.indexOf(':') + 1)}`;
    return title && title !== page.title && !page.problem && talk ? [{ i, title }] : [];
  });
  if (users.length) for (const [k, page] of (await gateway.pages(users.map(({ title }) => title), options)).entries()) pages[users[k]!.i] = page;
  await learnFallbacks(wiki, message, pages, signal);
  return pages;
}

/** Which languages stand in for those of these pages: asked once for each, and only where there is a choice. @throws WikiError */
export async function learnFallbacks({ gateway }: OpenWiki, { fallbacks, languages }: Message, pages: WikiPage[], signal: AbortSignal): Promise<void> {
  if (languages < 2) return;
  const unknown = [...new Set(pages.map(({ language }) => language))].filter((code) => code && !fallbacks.has(code));
  if (!unknown.length) return;
  const found = await gateway.languages(unknown, signal);
  for (const code of unknown) fallbacks.set(code, found.get(code)?.fallbacks ?? []);
}

/**
 * Which of these rows the bot has posted, by the marker in its edit summaries. Ask for the pages first: an edit that
 * lands in between is then a conflict with their revision, never a second copy.
 * Of a mail it tells nothing.
 * @returns row id → revision id; `hidden`: an admin has hidden a summary, so nobody can tell of those that are not found.
 * @throws WikiError
 */
export async function searchPosted({ gateway, skewMs }: OpenWiki, message: Message, rows: Claimed[], signal: AbortSignal): Promise<{ found: Map<number, number>; hidden: boolean }> {
  const wanted = new Map(rows.map((row) => [markerOf(message, row.id), row.id]));
  const found = new Map<number, number>();
  if (message.channel === 'email') return { found, hidden: false };
  let hidden = false;
  for await (const { summary, revisionId } of gateway.contributions({ sinceMs: Math.min(...rows.map((row) => row.atMs)) - skewMs, signal })) {
    if (summary === undefined) hidden = true;
    const row = wanted.get(/\(([^() ]+)\)$/.exec(summary ?? '')?.[1] ?? '');
    if (row !== undefined) found.set(row, revisionId);
    if (found.size === rows.length) break;
  }
  return { found, hidden };
}
