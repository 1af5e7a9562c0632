/**
 * Where the pages of a list come from: given in the request, or read from the list's own wiki, a page or a category.
 * What is read is kept aside until it is whole: no transaction waits for a wiki. Asked by the routes of target lists.
 */
import { z } from 'zod';
import { ReeveError, fieldError } from '../config/errors';
import { jsonEntries, type Chunks, type ListFormat } from '../db/target-formats';
import { WikiError } from '../gateways/mediawiki-error';
import type { Api } from './context';
import { line, refused } from './fields';
import { spool } from './spool';

const MOST_JSON_CHARACTERS = 2 * 1024 * 1024;
const MOST_CATEGORY_BYTES = 512 * 1024 * 1024;
/** A page is one answer; a category of a million takes two hundred. */
const PAGE_MS = 10_000;
const CATEGORY_MS = 120_000;

/** The fields of a list that say what it holds. */
export const givenFields = {
  format: z.enum(['lines', 'csv', 'wikitext', 'json', 'category']).describe(
    'lines: `Title` or `Title@host`, one a line; csv: the page, and in a second column its host; wikitext: `{{#target:Title|host}}`, anywhere; json: `{ "targets": [{ "title", "site" }] }`; category: what stands in it.'),
  content: z.string().max(MOST_JSON_CHARACTERS, { error: 'may have at most 2,097,152 characters in JSON; send longer lists as text/plain' }).optional()
    .describe('The list itself, in its format.'),
  page: line(255).optional().describe('wikitext, json: the page of the list\'s wiki that holds it, instead of `content`.'),
  category: line(255).optional().describe('category: which, on the list\'s wiki.'),
};
export interface Given {
  format: ListFormat;
  content?: string | AsyncIterable<string>;
  page?: string;
  category?: string;
}
export interface Content {
  format: ListFormat;
  /** The page or category at the wiki. */
  source: string | null;
  sourceRevisionId: number | null;
  chunks: Chunks;
  close?(): Promise<void>;
}

type Field = 'content' | 'page' | 'category';
const takes: Record<ListFormat, [Field, ...Field[]]> = { lines: ['content'], csv: ['content'], wikitext: ['content', 'page'], json: ['content', 'page'], category: ['category'] };

/** @throws ReeveError at the field that is missing, one too many, or not what its format says. */
export async function contentOf(api: Api, wikiId: number, given: Given): Promise<Content> {
  const { format, content, page, category } = given;
  const fields = (['content', 'page', 'category'] as const).filter((name) => given[name] !== undefined);
  const wanted = takes[format];
  const strange = fields.find((name) => !wanted.includes(name)) ?? fields[1];
  if (strange) throw fieldError(`/${strange}`, 'input.invalid', `A list of the format ${format} takes ${wanted.join(' or ')}, and nothing else.`);
  if (!fields.length) throw refused([{ pointer: `/${wanted[0]}`, code: 'required', detail: `It is missing${wanted[1] ? `; give this or ${wanted[1]}` : ''}.` }]);
  if (page !== undefined) return asked(() => pageContent(api, wikiId, format, page), '/page');
  if (category !== undefined) return asked(() => categoryContent(api, wikiId, category), '/category');
  if (format === 'json') sound(content as string, '/content');
  return { format, source: null, sourceRevisionId: null, chunks: typeof content === 'string' ? [content] : content! };
}

async function pageContent(api: Api, wikiId: number, format: ListFormat, title: string): Promise<Content> {
  const found = await (await wikiFor(api, wikiId)).text(title, AbortSignal.timeout(PAGE_MS));
  if (!found) throw fieldError('/page', 'targetList.no-page', `The wiki has no page ${title} that can be read.`);
  if (format === 'json') sound(found.text, '/page');
  else if (found.contentModel !== 'wikitext') throw fieldError('/page', 'targetList.bad-page', `This page holds ${found.contentModel}, not wikitext.`);
  return { format, source: found.title, sourceRevisionId: found.revisionId, chunks: [found.text] };
}

async function categoryContent(api: Api, wikiId: number, given: string): Promise<Content> {
  const wiki = await wikiFor(api, wikiId);
  const signal = AbortSignal.timeout(CATEGORY_MS);
  const { namespaces } = await wiki.siteInfo(signal);
  const prefix = given.slice(0, given.indexOf(':') + 1).replace(/[\s_]+/g, ' ').replace(/ ?:$/, '').trim().toLowerCase();
  const named = namespaces.get(14)?.names.some((name) => name.toLowerCase() === prefix) ?? false;
  const category = named ? given : `Category:${given}`;
  async function* bytes(): AsyncGenerator<Buffer> {
    for await (const titles of wiki.members(category, { signal })) if (titles.length) yield Buffer.from(`${titles.join('\n')}\n`);
  }
  const members = await spool(bytes(), MOST_CATEGORY_BYTES);
  if (!members.bytes && !(await wiki.pages([category], { signal }))[0]?.exists) {
    await members.close();
    throw fieldError('/category', 'targetList.no-page', `The wiki has no ${category}: neither a page of it nor anything in it.`);
  }
  return { format: 'category', source: category, sourceRevisionId: null, chunks: members.text(), close: () => members.close() };
}

async function wikiFor(api: Api, wikiId: number) {
  if (!api.wiki) throw new ReeveError('unavailable', 'Wikis cannot be asked here.');
  return api.wiki(wikiId);
}

function sound(json: string, pointer: string): void {
  try {
    jsonEntries(json);
  } catch (error) {
    throw fieldError(pointer, 'targetList.bad-page', (error as ReeveError).detail);
  }
}

/** The wiki's own trouble is not the asker's: they may try again. */
async function asked(read: () => Promise<Content>, pointer: string): Promise<Content> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof WikiError)) throw error;
    if (error.kind === 'refused' && ['invalidcategory', 'invalidtitle'].includes(error.code)) throw fieldError(pointer, 'targetList.no-page', 'The wiki calls this no title of a category.');
    throw new ReeveError('unavailable', `The wiki did not give it: ${error.code}.`, { errors: [{ pointer, code: error.reason, detail: 'The wiki did not give it.' }] });
  }
}
