/**
 * The formats of target lists behind one look-up: whatever a list is written in comes out as targets and problems, one
 * at a time. db/queries/target-lists.ts writes them; pages and categories are fetched by api/target-sources.ts.
 */
import { ReeveError } from '../config/errors';
import { linesOf, readCsvLine, readLine, type Hosts, type LineProblem, type Target } from './target-lines';

export type ListFormat = 'lines' | 'csv';
export type Chunks = AsyncIterable<string> | Iterable<string>;

export const MOST_LINES = 2_000_000;

/** @throws ReeveError input.too-large */
export async function* entriesOf(format: ListFormat, chunks: Chunks, hosts: Hosts): AsyncGenerator<Target | LineProblem> {
  const readOne = readers[format];
  let line = 0;
  for await (const text of linesOf(chunks)) {
    line += 1;
    if (line > MOST_LINES) throw new ReeveError('input.too-large', `A list may have at most ${MOST_LINES.toLocaleString('en')} lines.`);
    const read = readOne(text, line, hosts);
    if (read) yield read;
  }
}

const readers = { lines: readLine, csv: readCsvLine };
