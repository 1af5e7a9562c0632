/**
 * Where the pages of a list come from: given in the request, or read from the list's own wiki, a page or a category
 * (gateways/list-source.ts). Asked by the routes of target lists.
 */
import { z } from 'zod';
import { ReeveError, fieldError } from '../config/errors';
import { jsonEntries, type Chunks, type ListFormat } from '../db/target-formats';
import { readSource } from '../gateways/list-source';
import { WikiError } from '../gateways/mediawiki-error';
import type { Api } from './context';
import { line, refused } from './fields';

const MOST_JSON_CHARACTERS = 2 * 1024 * 1024;
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
  if (page !== undefined) return asked(() => fromWiki(api, wikiId, format, page, PAGE_MS), '/page');
  if (category !== undefined) return asked(() => fromWiki(api, wikiId, format, category, CATEGORY_MS), '/category');
  if (format === 'json') await asked(async () => void jsonEntries(content as string), '/content');
  return { format, source: null, sourceRevisionId: null, chunks: typeof content === 'string' ? [content] : content! };
}

async function fromWiki(api: Api, wikiId: number, format: ListFormat, source: string, ms: number): Promise<Content> {
  const read = await readSource(await wikiFor(api, wikiId), format, source, AbortSignal.timeout(ms));
  if (format === 'json') jsonEntries((read.chunks as [string])[0]);
  return { format, ...read };
}

async function wikiFor(api: Api, wikiId: number) {
  if (!api.wiki) throw new ReeveError('unavailable', 'Wikis cannot be asked here.');
  return api.wiki(wikiId);
}

/** The wiki's own trouble is not the asker's: they may try again. */
async function asked<T>(read: () => Promise<T>, pointer: string): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof ReeveError && ['targetList.no-page', 'targetList.bad-page'].includes(error.code)) throw fieldError(pointer, error.code, error.detail);
    if (!(error instanceof WikiError)) throw error;
    if (error.kind === 'refused' && ['invalidcategory', 'invalidtitle'].includes(error.code)) throw fieldError(pointer, 'targetList.no-page', 'The wiki calls this no title of a category.');
    throw new ReeveError('unavailable', `The wiki did not give it: ${error.code}.`, { errors: [{ pointer, code: error.reason, detail: 'The wiki did not give it.' }] });
  }
}
