/** What target lists are read from: a page's text, and what stands in a category. Called by gateways/mediawiki.ts. */
import { badReply } from './mediawiki-error';
import { answersTo, encode, listIn, type Session } from './mediawiki-session';

export interface PageText {
  /** Where redirects led. */
  title: string;
  namespace: number;
  /** Code of the language that the page is in. */
  language: string;
  revisionId: number;
  contentModel: string;
  text: string;
}

/** The newest text of a page of this wiki, redirects followed; null where there is none to read. @throws WikiError */
export async function readText(session: Session, title: string, signal?: AbortSignal): Promise<PageText | null> {
  const { query } = await session.call(`action=query&${CONTENT}&redirects=1&titles=${encode(`\u001f${title}`)}`, { signal });
  if (title && !query?.pages && !query?.interwiki && !query?.redirects && !query?.normalized) throw badReply(); // redirects in a ring have no page, nor has a mere `#section`
  return pageText(query?.pages?.[0]);
}

/** What `pageText` reads. */
export const CONTENT = 'prop=info%7Crevisions&rvprop=ids%7Ccontent&rvslots=main';

/** Null for what is missing, no title, on another wiki, or hidden. */
export function pageText(page: Record<string, any> | undefined): PageText | null {
  const [revision] = page?.revisions ?? [];
  const main = revision?.slots?.main;
  if (!page || typeof main?.content !== 'string') return null;
  return { title: String(page.title), namespace: Number(page.ns), language: String(page.pagelanguage ?? ''), revisionId: Number(revision.revid), contentModel: String(main.contentmodel), text: main.content };
}

/**
 * Full titles of everything in a category, in the wiki's own order, as many at once as the wiki gives.
 * @throws WikiError `refused` with the code `invalidcategory` or `invalidtitle` for what is no title of a category.
 */
export async function* readMembers(session: Session, category: string, { atOnce, signal }: { atOnce?: number; signal?: AbortSignal } = {}): AsyncGenerator<string[]> {
  const form = `action=query&list=categorymembers&cmtitle=${encode(category)}&cmprop=title&cmlimit=${atOnce ?? 'max'}`;
  for await (const reply of answersTo(session, form, signal)) yield listIn(reply, 'categorymembers').map(({ title }) => String(title));
}
