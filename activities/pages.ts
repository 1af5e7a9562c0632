/** What lanes ask a wiki: how pages stand before a message, and which of them the bot has written to already. */
import type { Claimed } from '../db/queries/ledger';
import type { WikiPage } from '../gateways/mediawiki-pages';
import { categoryTitle, type SiteInfo, splitTitle, talkTitle, titleIn } from '../gateways/mediawiki-site';
import { markerOf, type DescribedPage, type Message } from './message';
import type { OpenWiki } from './wikis';

/**
 * In the order asked. User pages are described as their talk page, whose redirects alone count; whom mail goes to as
 * the account's own one, so that nobody gets it twice for having two pages. @throws WikiError
 */
export async function describePages(wiki: OpenWiki, titles: string[], message: Message, signal: AbortSignal): Promise<DescribedPage[]> {
  const { gateway, row } = wiki;
  const site = await gateway.siteInfo(signal);
  const emailable = message.channel === 'email';
  const options = { optOutCategory: row.optOutCategory && categoryTitle(site, row.optOutCategory), emailable, signal };
  const pages = await gateway.pages(titles.map((title) => talkTitle(site, title)), options);
  // A redirect may lead to a user's page, and mail may be meant for whose subpage it is.
  const users = pages.flatMap((page, i) => {
    const title = emailable ? page.user && titleIn(site, 3, page.user.name) : talkTitle(site, page.title);
    return title && title !== page.title && !page.problem ? [{ i, title, redirect: page.redirect }] : [];
  });
  if (users.length) for (const [k, page] of (await gateway.pages(users.map(({ title }) => title), options)).entries()) pages[users[k]!.i] = { ...page, redirect: users[k]!.redirect ?? page.redirect };
  await learnFallbacks(wiki, message, pages, signal);
  const takes = whatTakes(row, site);
  return pages.map((page) => Object.assign(page, { takesMessages: takes(page.namespace, page.title) }));
}

/** Whether a page, by its own title, takes messages: talk pages do, and what is allowed here, however that was typed. */
export function whatTakes({ allowedNamespaces, allowedPages }: OpenWiki['row'], site: SiteInfo): (namespace: number, title: string) => boolean {
  let allowed: Set<string> | undefined; // seldom asked for
  const own = (given: string): string => (({ namespace, name }) => titleIn(site, namespace, name))(splitTitle(site, given));
  return (namespace, title) => namespace % 2 === 1 || allowedNamespaces.includes(namespace) || (allowed ??= new Set(allowedPages.map(own))).has(title);
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
 * Which of these rows the bot has posted, or one before it, by the marker in its edit summaries. Ask for the pages first: an edit that
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
  const bots = rows.flatMap((row) => row.bots ?? []);
  for await (const { summary, revisionId } of gateway.contributions({ sinceMs: Math.min(...rows.map((row) => row.atMs)) - skewMs, bots, signal })) {
    if (summary === undefined) hidden = true;
    const row = wanted.get(/\(([^() ]+)\)$/.exec(summary ?? '')?.[1] ?? '');
    if (row !== undefined) found.set(row, revisionId);
    if (found.size === rows.length) break;
  }
  return { found, hidden };
}
