/**
 * What is odd about a message's text, told before it is sent. Pure; called by activities/preview.ts, while everybody else
 * waits: each pattern stops at the next tag or line end, so that none reads a text of 2 MB once for each of its tags.
 */
import type { Warning } from '../db/queries/preview';

export function textWarnings(subject: string, body: string): Warning[] {
  const text = withoutVerbatim(`${subject}\n${body}`);
  const unclosed = unbalanced(text);
  return [
    ...(isDated(text) ? [] : [{ code: 'no-timestamp' as const, detail: 'It is not signed with a date: end it with ~~~~, or with ~~~~~ for the date alone. Talk pages archive by dates.', wiki: null }]),
    ...(unclosed.length ? [{ code: 'unclosed-tag' as const, detail: `${unclosed.join(', ')}: what follows on the page would change with it.`, wiki: null }] : []),
  ];
}

/** A mail is plain text: its readers see markup as it was typed. A signature at the end is dropped. */
export const mailWarnings = (text: string): Warning[] =>
  /\[\[|\{\{|'''?|~{3,5}(?=[^~]*\S)|<\/?[a-z][^<>]*>|^[=*#:;]/im.test(text) ? [{ code: 'mail-markup' as const, detail: 'A mail is plain text: wikitext such as [[…]], {{…}} or <…> arrives as it is typed.', wiki: null }] : [];

/** Four or five tildes, or a date as MediaWiki writes it. */
const isDated = (text: string): boolean => /(?<!~)~{4,5}(?!~)/.test(text) || /\d{1,2}:\d{2}, .{3,30}\d{4} \([A-Z]{2,5}\)/.test(text);

/** Without what the wiki shows as it is typed; what is never closed is text, as there. */
function withoutVerbatim(text: string): string {
  const tags = [...text.matchAll(/<(\/?)(nowiki|pre|syntaxhighlight|source|math)\b[^<>]*>/gi)].map(({ 0: tag, 1: end, 2: name, index }) => ({ name: name!.toLowerCase(), ends: end !== '', empty: tag.endsWith('/>'), index, after: index + tag.length }));
  const lastEnd = new Map(tags.filter(({ ends }) => ends).map(({ name, index }) => [name, index]));
  const kept: string[] = [];
  let from = 0;
  let inside: string | undefined;
  for (const { name, ends, empty, index, after } of tags) {
    if (inside === undefined && !ends && !empty && (lastEnd.get(name) ?? -1) > index) {
      kept.push(text.slice(from, index));
      inside = name;
    } else if (ends && name === inside) [from, inside] = [after, undefined];
  }
  return kept.join('') + text.slice(from);
}

/** HTML that wikitext takes and that goes on until it is closed. */
const paired = new Set(
  'abbr b bdi bdo big blockquote center cite code data del dfn div dl em font h1 h2 h3 h4 h5 h6 i ins kbd mark ol p q rp rt ruby s samp small span strike strong sub sup table td th tr tt u ul var nowiki pre ref gallery poem'.split(' '),
);
/** HTML closes these by itself. */
const optional = new Set(['p', 'td', 'th', 'tr', 'rp', 'rt']);

function unbalanced(text: string): string[] {
  const open = new Map<string, number>();
  for (const [, end, name, self] of text.matchAll(/<(\/?)([a-z][a-z0-9]*)\b[^<>]*?(\/?)>/gi)) {
    const tag = name!.toLowerCase();
    if (paired.has(tag) && !self) open.set(tag, (open.get(tag) ?? 0) + (end ? -1 : 1));
  }
  const tables = (text.match(/^[^\S\n]*:*\{\|/gm)?.length ?? 0) - (text.match(/^[^\S\n]*\|\}(?!\})/gm)?.length ?? 0);
  const found = [...open].filter(([tag, left]) => left < 0 || (left > 0 && !optional.has(tag))).map(([tag, left]) => (left > 0 ? `<${tag}> is not closed` : `</${tag}> closes nothing`));
  return tables > 0 ? [...found, '{| is not closed by |}'] : found;
}
