/**
 * What a target list is read from at a wiki: the text of a page, or what stands in a category, kept aside until it is
 * whole. Asked by the API when a list is made (api/target-sources.ts), and by activities/afresh.ts when it is sent.
 */
import { ReeveError } from '../config/errors';
import type { MediaWiki } from './mediawiki';
import { categoryTitle } from './mediawiki-site';
import { spool } from './spool';

const MOST_CATEGORY_BYTES = 512 * 1024 * 1024;

export type ListWiki = Pick<MediaWiki, 'siteInfo' | 'pages' | 'text' | 'members'>;
export interface ReadSource {
  /** The page or category, as the wiki calls it. */
  source: string;
  /** Of the page; a category has none. */
  sourceRevisionId: number | null;
  chunks: AsyncIterable<string> | [string];
  close(): Promise<void>;
}

/** @throws ReeveError targetList.no-page, targetList.bad-page; WikiError */
export const readSource = (wiki: ListWiki, format: string, source: string, signal: AbortSignal): Promise<ReadSource> =>
  format === 'category' ? readCategory(wiki, source, signal) : readPage(wiki, format, source, signal);

async function readPage(wiki: ListWiki, format: string, title: string, signal: AbortSignal): Promise<ReadSource> {
  const found = await wiki.text(title, signal);
  if (!found) throw new ReeveError('targetList.no-page', `The wiki has no page ${title} that can be read.`);
  if (format !== 'json' && found.contentModel !== 'wikitext') throw new ReeveError('targetList.bad-page', `This page holds ${found.contentModel}, not wikitext.`);
  return { source: found.title, sourceRevisionId: found.revisionId, chunks: [found.text], close: async () => {} };
}

async function readCategory(wiki: ListWiki, given: string, signal: AbortSignal): Promise<ReadSource> {
  const category = categoryTitle(await wiki.siteInfo(signal), given);
  async function* bytes(): AsyncGenerator<Buffer> {
    for await (const titles of wiki.members(category, { signal })) if (titles.length) yield Buffer.from(`${titles.join('\n')}\n`);
  }
  const members = await spool(bytes(), MOST_CATEGORY_BYTES);
  if (!members.bytes && !(await wiki.pages([category], { signal }))[0]?.exists) {
    await members.close();
    throw new ReeveError('targetList.no-page', `The wiki has no ${category}: neither a page of it nor anything in it.`);
  }
  return { source: category, sourceRevisionId: null, chunks: members.text(), close: () => members.close() };
}
