/** Where the pages of a list come from: lines that were given, for now. Asked by the routes of target lists. */
import { z } from 'zod';
import type { Chunks, ListFormat } from '../db/target-formats';
import type { Api } from './context';
import { refused } from './fields';

const MOST_JSON_CHARACTERS = 2 * 1024 * 1024;

/** The fields of a list that say what it holds. */
export const givenFields = {
  format: z.enum(['lines', 'csv']).describe('lines: `Title` or `Title@host`, one a line; csv: the page, and in a second column its host.'),
  content: z.string().max(MOST_JSON_CHARACTERS, { error: 'may have at most 2,097,152 characters in JSON; send longer lists as text/plain' }).optional(),
};
export interface Given {
  format: ListFormat;
  content?: string | AsyncIterable<string>;
}
export interface Content {
  format: ListFormat;
  /** The page or category at the wiki. */
  source: string | null;
  sourceRevisionId: number | null;
  chunks: Chunks;
  close?(): Promise<void>;
}

/** @throws ReeveError at the field that is missing or one too many. */
export async function contentOf(_api: Api, _wikiId: number, { format, content }: Given): Promise<Content> {
  if (content === undefined) throw refused([{ pointer: '/content', code: 'required', detail: 'It is missing.' }]);
  return { format, source: null, sourceRevisionId: null, chunks: typeof content === 'string' ? [content] : content };
}
