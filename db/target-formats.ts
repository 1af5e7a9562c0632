/**
 * The formats of target lists behind one look-up: whatever a list is written in comes out as targets and problems, one
 * at a time. db/queries/target-lists.ts writes them; pages and categories are fetched by gateways/list-source.ts.
 */
import { ReeveError } from '../config/errors';
import { linesOf, problem, readCsvLine, readLine, readParts, type Hosts, type LineProblem, type Target } from './target-lines';

/** `wikitext` and `json` are MassMessage's own; of a category come its members, a title a line. */
export type ListFormat = 'lines' | 'csv' | 'wikitext' | 'json' | 'category';
export type Chunks = AsyncIterable<string> | Iterable<string>;

export const MOST_LINES = 2_000_000;

/** @throws ReeveError input.too-large, targetList.bad-page */
export async function* entriesOf(format: ListFormat, chunks: Chunks, hosts: Hosts): AsyncGenerator<Target | LineProblem> {
  if (format === 'wikitext') return yield* wikitextTargets(await whole(chunks), hosts);
  if (format === 'json') return yield* jsonTargets(await whole(chunks), hosts);
  const readOne = readers[format];
  let line = 0;
  for await (const text of linesOf(chunks)) {
    line += 1;
    if (line > MOST_LINES) throw new ReeveError('input.too-large', `A list may have at most ${MOST_LINES.toLocaleString('en')} lines.`);
    const read = readOne(text, line, hosts);
    if (read) yield read;
  }
}

/** The targets of a MassMessageListContent. @throws ReeveError targetList.bad-page */
export function jsonEntries(text: string): unknown[] {
  let json: unknown;
  try {
    json = JSON.parse(text.replace(/^\ufeff/, ''));
  } catch {
    throw new ReeveError('targetList.bad-page', 'This is no JSON.');
  }
  const targets = (json as { targets?: unknown } | null)?.targets;
  if (!Array.isArray(targets)) throw new ReeveError('targetList.bad-page', 'A list in JSON has "targets", each with a "title" and perhaps a "site".');
  return targets;
}

const readers = {
  lines: readLine,
  csv: readCsvLine,
  // No @ divides here: a member stands on the list's own wiki, whatever its title holds.
  category: (title: string, line: number, hosts: Hosts) => (title === '' ? null : readParts({ title }, title, line, hosts)),
};

/** Its line is which of the targets it is. */
function* jsonTargets(text: string, hosts: Hosts): Generator<Target | LineProblem> {
  for (const [i, entry] of jsonEntries(text).entries()) {
    const { title, site } = (entry ?? {}) as { title?: unknown; site?: unknown };
    const shown = typeof title === 'string' ? `${title}${typeof site === 'string' ? `@${site}` : ''}` : shownEntry(entry);
    if (typeof title !== 'string') yield problem(shown, i + 1, 'invalidtitle');
    else if (site !== undefined && site !== null && typeof site !== 'string') yield problem(shown, i + 1, 'invalidsite');
    else yield readParts({ title, host: site || undefined }, shown, i + 1, hosts);
  }
}

/** What is no target, as it stands there; what is nested deeper than JSON can be written is cut short. */
function shownEntry(entry: unknown): string {
  try {
    return JSON.stringify(entry);
  } catch {
    return '[…]';
  }
}

/** A target is longer than this only where its braces never close. */
const LONGEST_TARGET = 2_000;

/** `{{#target:Page}}` and `{{#target:Page|host}}`, wherever they stand; all else on the page is for people. */
function* wikitextTargets(page: string, hosts: Hosts): Generator<Target | LineProblem> {
  const text = withoutHidden(page);
  let line = 1;
  let lineEnd = text.indexOf('\n');
  for (const { index, 0: opening } of text.matchAll(/\{\{\s*#target\s*:/gi)) {
    for (; lineEnd >= 0 && lineEnd < index; lineEnd = text.indexOf('\n', lineEnd + 1)) line += 1;
    const start = index + opening.length;
    const length = closing(text.slice(start, start + LONGEST_TARGET));
    if (length === undefined) {
      yield problem(text.slice(index, index + 200).split('\n', 1)[0]!, line, 'invalidtitle');
      continue;
    }
    const [title = '', host = ''] = text.slice(start, start + length).split('|');
    yield readParts({ title, host: host.trim() || undefined }, text.slice(index, start + length + 2), line, hosts);
  }
}

/** Deeper braces are no title, and no reason to look further. */
const DEEPEST = 20;

/** Where the braces close, those inside counted; undefined where another target begins first. */
function closing(text: string): number | undefined {
  let depth = 0;
  for (const { index, 0: braces, 1: another } of text.matchAll(/\{\{(\s*#target\s*:)?|\}\}/gi)) {
    if (another || depth > DEEPEST) return undefined;
    if (braces !== '}}') depth += 1;
    else if (depth === 0) return index;
    else depth -= 1;
  }
  return undefined;
}

/** Takes out what the wiki would not read, and keeps its line ends so that lines keep their numbers. One pass, whatever is never closed. */
function withoutHidden(text: string): string {
  const lower = text.toLowerCase();
  const unclosed = new Set<string>();
  const kept: string[] = [];
  let at = 0;
  for (const { index, 0: opening, 1: tag } of text.matchAll(/<!--|<(nowiki|pre|includeonly|syntaxhighlight)\b[^<>]*>/gi)) {
    const end = tag === undefined ? '-->' : `</${tag.toLowerCase()}>`;
    if (index < at || opening.endsWith('/>') || unclosed.has(end)) continue;
    const found = lower.indexOf(end, index + opening.length);
    if (found < 0 && tag !== undefined) {
      unclosed.add(end); // then it is text, as on the wiki
      continue;
    }
    const after = found < 0 ? text.length : found + end.length; // a comment that is never closed hides the rest
    kept.push(text.slice(at, index), text.slice(index, after).replace(/[^\n]+/g, ''));
    at = after;
  }
  return kept.join('') + text.slice(at);
}

async function whole(chunks: Chunks): Promise<string> {
  const parts: string[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return parts.join('');
}
