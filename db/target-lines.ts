/**
 * The lines of an uploaded target list, one at a time: which page on which wiki, or what is wrong with it. Pure and
 * streaming: db/queries/target-lists.ts writes what comes out. The rules are those that need no wiki to ask; the wiki's
 * own (local names of namespaces, redirects, what it calls invalid) come when a batch is claimed.
 */

export interface Target {
  line: number;
  wikiId: number;
  page: string;
}
export interface LineProblem {
  line: number;
  text: string;
  code: 'invalidtitle' | 'invalidsite';
}
export interface Hosts {
  /** The list's own wiki: lines without a host mean it. */
  ownWikiId: number;
  /** Host, or another name of it, to the wiki's id. Lower case. */
  wikis: ReadonlyMap<string, number>;
}

/** A longer line is no title, whatever it says: 255 bytes, a namespace, a host. */
const LONGEST_LINE = 2_000;
/** What is kept of a bad line, to show it. */
const SHOWN = 500;

/** Cuts chunks into lines in flat memory, whatever their ends (LF, CRLF, CR), and drops a byte order mark. */
export async function* linesOf(chunks: AsyncIterable<string> | Iterable<string>): AsyncGenerator<string> {
  let rest = '';
  let first = true;
  let afterReturn = false; // a CRLF may be cut in two
  for await (const chunk of chunks) {
    let text = chunk;
    if (first && text !== '') {
      text = text.replace(/^\ufeff/, '');
      first = false;
    }
    if (afterReturn && text !== '') {
      if (text.startsWith('\n')) text = text.slice(1);
      afterReturn = false;
    }
    let start = 0;
    for (const match of text.matchAll(/\r\n?|\n/g)) {
      yield rest + text.slice(start, match.index);
      rest = '';
      start = match.index + match[0].length;
      afterReturn = match[0] === '\r' && start === text.length;
    }
    if (rest.length <= LONGEST_LINE) rest += text.slice(start, start + LONGEST_LINE + 1);
  }
  if (rest !== '') yield rest;
}

/** @returns null for an empty line, which means nothing. */
export function readLine(text: string, line: number, hosts: Hosts): Target | LineProblem | null {
  const plain = clean(text);
  if (plain === '') return null;
  if (text.length > LONGEST_LINE) return problem(text, line, 'invalidtitle');
  const at = splitHost(plain);
  return readParts(at, text, line, hosts);
}

/** A title and a host that stand apart, as in the wikis' own formats; no host means the list's own wiki. */
export function readParts({ title, host }: { title: string; host?: string }, text: string, line: number, hosts: Hosts): Target | LineProblem {
  const wikiId = host === undefined ? hosts.ownWikiId : hosts.wikis.get(clean(host).toLowerCase());
  const page = titleOf(clean(title));
  if (page === null) return problem(text, line, 'invalidtitle');
  return wikiId === undefined ? problem(text, line, 'invalidsite') : { line, wikiId, page };
}

/** A line of CSV: the page, and in a second column the host, if another; a line of headings means nothing. */
export function readCsvLine(text: string, line: number, hosts: Hosts): Target | LineProblem | null {
  if (text.length > LONGEST_LINE) return problem(text, line, 'invalidtitle');
  const fields = csvFields(text);
  if (!fields) return problem(text, line, 'invalidtitle');
  const [page = '', host = ''] = fields.map((field) => field.trim());
  if (line === 1 && /^(page|title|target)s?$/i.test(page) && /^(host|wiki|site|)s?$/i.test(host)) return null;
  if (host !== '') return readParts({ title: page, host }, text, line, hosts);
  const read = readLine(page, line, hosts);
  return read && 'code' in read ? { ...read, text: storable(text) } : read;
}

/** Fields divided by commas or tabs, quoted where they hold one; null when a quote does not close. */
function csvFields(text: string): string[] | null {
  const fields: string[] = [];
  const field = /(?: *"((?:[^"]|"")*)" *|([^",\t]*))(,|\t|$)/gy;
  for (let end = ','; end !== ''; ) {
    const found = field.exec(text);
    if (!found) return null;
    fields.push(found[1]?.replaceAll('""', '"') ?? found[2] ?? '');
    end = found[3]!;
  }
  return fields;
}

/**
 * The last @ divides, as on the wikis: `A@domain.org@en.wikipedia.org` is the page `A@domain.org` there. Where words follow
 * it, it belongs to the title; an address that is no host is a bad line, never a page of that name.
 */
function splitHost(text: string): { title: string; host?: string } {
  const at = text.lastIndexOf('@');
  if (at < 0) return { title: text };
  const host = text.slice(at + 1).trim();
  return HOST.test(host) || ADDRESS.test(host) ? { title: text.slice(0, at), host } : { title: text };
}
const HOST = /^[\p{L}\p{N}.:[\]-]*$/u;
/** Its first word holds `//`, a port and a path, or a dot inside: `https://host`, `host:80/wiki`, `de.example.org (German)`. */
const ADDRESS = /^\S*(?:\/\/|:\d+\/|[\p{L}\p{N}]\.[\p{L}\p{N}])/u;

/** A title as every wiki understands it, or null. User pages become their talk pages. */
function titleOf(given: string): string | null {
  let title = given.normalize('NFC').trim();
  if (title.startsWith(':')) title = title.slice(1).trim(); // `:Page` is Page
  if (title === '' || title.startsWith(':') || FORBIDDEN.test(title) || RELATIVE.test(title)) return null;
  const { prefix, name } = split(title);
  if (name === '' || Buffer.byteLength(name) > 255) return null;
  if (prefix === undefined || !ofUsers.has(prefix.toLowerCase())) return title;
  return /^[:/]/.test(name) || Buffer.byteLength(name) > 255 ? null : `User talk:${upperFirst(name)}`;
}

/** Before the first colon may stand a namespace; only the wiki knows all of them. */
function split(title: string): { prefix?: string; name: string } {
  const colon = title.indexOf(':');
  return colon < 1 ? { name: title } : { prefix: title.slice(0, colon).trim(), name: title.slice(colon + 1).trim() };
}

/** In every language's wiki these names work, and their pages begin with a capital. */
const ofUsers = new Set(['user', 'user talk']);

/** White space and underscores are one; marks of direction mean nothing in a title and come along when copying. */
const clean = (text: string): string =>
  PLAIN.test(text)
    ? text // nearly every line of a long list
    : text.replace(/[\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '').replace(/[ _\t\u00a0\u1680\u180e\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/g, ' ').trim();
const PLAIN = /^[\x21-\x5e\x60-\x7e]+(?: [\x21-\x5e\x60-\x7e]+)*$/;

// What no title holds: # < > [ ] | { }, control characters, what was no UTF-8, signatures, escapes and entities.
const FORBIDDEN = /[#<>[\]|{}\u0000-\u001f\u007f\ufffd]|\p{Surrogate}|~~~|%[0-9a-f]{2}|&(?:#\d+|#x[0-9a-f]+|[a-z0-9]+);/iu;
const RELATIVE = /^\.{1,2}$|^\.{1,2}\/|\/\.{1,2}\/|\/\.{1,2}$/;

const upperFirst = (name: string): string => {
  const first = String.fromCodePoint(name.codePointAt(0)!);
  const upper = first.toUpperCase();
  return [...upper].length === 1 ? upper + name.slice(first.length) : name; // the wikis keep ß as it is
};

export const problem = (text: string, line: number, code: LineProblem['code']): LineProblem => ({ line, text: storable(text), code });

/** Postgres stores no NUL, and half a pair of surrogates is no text. */
const storable = (text: string): string => Buffer.from(text.slice(0, SHOWN).replaceAll('\0', '\ufffd')).toString();
