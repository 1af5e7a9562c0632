/** Titles as MediaWiki reads them, for the sandbox wiki: namespaces, first letters, what no title may hold. */
import { isIPv6 } from 'node:net';

export interface SandboxTitle {
  ns: number;
  /** With the namespace's name, spaces for underscores. Empty when `invalid`. */
  full: string;
  /** Without the namespace. */
  rest: string;
  interwiki?: string;
  /** MediaWiki's code for what is wrong. */
  invalid?: string;
}

/** [id, name, other names] */
export const namespaces: [number, string, string[]][] = [
  [-2, 'Media', []], [-1, 'Special', []], [0, '', []], [1, 'Talk', []], [2, 'User', ['Benutzer']], [3, 'User talk', ['Benutzer Diskussion']],
  [4, 'Project', ['Sandbox']], [5, 'Project talk', ['Sandbox talk']], [6, 'File', ['Image']], [7, 'File talk', ['Image talk']],
  [8, 'MediaWiki', []], [9, 'MediaWiki talk', []], [10, 'Template', []], [11, 'Template talk', []], [12, 'Help', []], [13, 'Help talk', []],
  [14, 'Category', ['Kategorie']], [15, 'Category talk', []],
];
/** Prefixes of the same page in another language: a plain link with one goes into the margin. */
export const languages = new Set(['en', 'de', 'fr']);
export const interwikis = new Set(['wikipedia', 'commons', 'meta', 'mw', ...languages]);

const byName = new Map(namespaces.flatMap(([id, name, others]) => [name, ...others].map((one) => [one.toLowerCase(), id] as const)));
const nameOf = new Map(namespaces.map(([id, name]) => [id, name]));
const parsed = new Map<string, SandboxTitle>();

/** Remembers what it has read: the same few thousand titles come again and again. */
export function readTitle(text: string): SandboxTitle {
  const known = parsed.get(text);
  if (known) return known;
  const title = parse(text);
  if (parsed.size > 200_000) parsed.clear();
  parsed.set(text, title);
  return title;
}

function parse(text: string): SandboxTitle {
  let rest = text.normalize('NFC').replace(/[ _\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/g, ' ').replace(/[\u200e\u200f\u202a-\u202e]/g, '').trim();
  const hash = rest.indexOf('#');
  if (hash >= 0) rest = rest.slice(0, hash).trim();
  let ns = 0;
  if (rest.startsWith(':')) rest = rest.slice(1).trim();
  const colon = rest.indexOf(':');
  if (colon > 0) {
    const prefix = rest.slice(0, colon).trim().toLowerCase();
    const id = byName.get(prefix);
    if (id !== undefined) {
      ns = id;
      rest = rest.slice(colon + 1).trim();
    } else if (interwikis.has(prefix)) return { ns: 0, full: rest, rest, interwiki: prefix };
  }
  if (!rest) return fault('title-invalid-empty');
  if (/[<>[\]{}|\u0000-\u001f\u007f\ufffd]|%[0-9A-Fa-f]{2}|&(#\d+|#x[0-9a-f]+|[a-z0-9\u0080-\uffff]+);/i.test(rest)) return fault('title-invalid-characters');
  if (/(^|\/)\.{1,2}(\/|$)/.test(rest)) return fault('title-invalid-relative');
  if (rest.includes('~~~')) return fault('title-invalid-magic-tilde');
  if (rest.startsWith(':')) return fault('title-invalid-leading-colon');
  if (Buffer.byteLength(rest) > (ns === -1 ? 512 : 255)) return fault('title-invalid-too-long');
  rest = capital(ns === 2 || ns === 3 ? wholeIPv6(rest) : rest);
  return { ns, full: ns === 0 ? rest : `${nameOf.get(ns)}:${rest}`, rest };
}

const fault = (invalid: string): SandboxTitle => ({ ns: 0, full: '', rest: '', invalid });

/** MediaWiki writes the user pages of IPv6 addresses out in full. */
function wholeIPv6(rest: string): string {
  if (!isIPv6(rest)) return rest;
  const [head = '', tail] = rest.split('::');
  const left = head ? head.split(':') : [];
  const right = tail ? tail.split(':') : [];
  const middle = tail === undefined ? [] : Array<string>(8 - left.length - right.length).fill('0');
  return [...left, ...middle, ...right].map((group) => group.replace(/^0+(?=.)/, '').toUpperCase()).join(':');
}

export const capital = (text: string): string => {
  const [first = ''] = text;
  const upper = first.toUpperCase();
  return upper.length === first.length ? upper + text.slice(first.length) : text;
};
