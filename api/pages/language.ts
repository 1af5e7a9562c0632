/**
 * The words of the public pages: which language a request wants, and its messages (web/i18n, banana) with HTML in their
 * slots. Numbers and times are written on the server, in UTC. Called by every public page through frame.ts.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Banana from 'banana-i18n';
import type { Request } from 'express';
import { stretch } from '../../web/src/shared/stretch';
import { html, Html, type Child } from './html';

/** A number is written as the language writes it, and decides its plural. */
export type Slot = Html | string | number;

export interface Words {
  language: string;
  direction: 'ltr' | 'rtl';
  /** A message as HTML: its slots are escaped unless they are HTML already. */
  say(key: string, ...slots: Slot[]): Html;
  /** For attributes and titles: no HTML in it. */
  text(key: string, ...slots: (string | number)[]): string;
  has(key: string): boolean;
  /** The words of a code, or the code itself where it has none: then it is what one can look up. */
  code(prefix: string, code: string): Child;
  number(n: number): string;
  time(at: number | string | null | undefined): Html;
  /** An address of this house, with the language that was asked for. */
  link(path: string): string;
}

/** Language → how it calls itself. The choice stands in every footer. */
export const languages: ReadonlyMap<string, string> = new Map([['en', 'English'], ['ar', 'العربية']]);
/** Shows keys in place of words, for who translates. */
const KEYS = 'qqx';
/** English with every word 40 % longer, from right to left: for who looks whether a page holds that. */
const LONG = 'x-long';
const PSEUDO: ReadonlyMap<unknown, string> = new Map([[KEYS, 'en'], [LONG, 'en-x-long']]);
/** The language that an address asks for by `uselang`, as a document names it. Also for the app's document (api/app-shell.ts). */
export const askedLanguage = (uselang: unknown): string | undefined =>
  PSEUDO.get(uselang) ?? (typeof uselang === 'string' && /^[a-z]{2,3}(-[a-zA-Z0-9]{2,8})*$/.test(uselang) ? uselang : undefined);
const COOKIE = 'language';
const PARTS = ['shared', 'public'];
const folder = join(__dirname, '../../web/i18n');

export function wordsFor(req: Request): Words {
  const asked = known(req.query.uselang) ?? (PSEUDO.has(req.query.uselang) ? (req.query.uselang as string) : undefined);
  const language = asked ?? known(cookieOf(req)) ?? known(req.acceptsLanguages([...languages.keys()])) ?? 'en';
  return wordsIn(language, asked);
}

/** @param kept the language that links name, too. */
export function wordsIn(language: string, kept?: string): Words {
  const keys = language === KEYS;
  const shown = PSEUDO.get(language) ?? language;
  const formats = formatsOf(shown);
  const number = (n: number): string => formats.number.format(n);
  const drawn = (slot: Slot): Html => html`${typeof slot === 'number' ? number(slot) : slot}`;
  const message = (key: string, slots: Slot[]): string =>
    // Only a plural reads a slot's value; everywhere else stands a mark, which is replaced once the text is escaped.
    keys ? `(${key}${slots.length ? ': ' : ''}${slots.map((_, i) => mark(i)).join(', ')})` : stretched(formats.banana.i18n(key, ...slots.map((slot) => (typeof slot === 'number' ? slot : ''))));
  const stretched = (text: string): string => (language === LONG ? stretch(text) : text);
  const has = (key: string): boolean => formats.banana.getMessage(key) !== key;
  return {
    language: shown,
    direction: isRightToLeft(shown) ? 'rtl' : 'ltr',
    say: (key, ...slots) => new Html(html`${message(key, slots)}`.text.replace(MARK, (sign) => drawn(slots[indexOf(sign)] ?? '').text)),
    text: (key, ...slots) => message(key, slots).replace(MARK, (sign) => {
      const slot = slots[indexOf(sign)] ?? '';
      return typeof slot === 'number' ? number(slot) : slot;
    }),
    has,
    code: (prefix, code) => (keys || has(`${prefix}.${code}`) ? message(`${prefix}.${code}`, []) : html`<code>${code}</code>`),
    number,
    time(at) {
      if (at === null || at === undefined) return html`–`;
      const instant = new Date(at);
      return html`<time datetime="${instant.toISOString()}">${formats.time.format(instant)}</time>`;
    },
    link(path) {
      if (kept === undefined) return path;
      const [, before, hash] = /^([^#]*)(#.*)?$/.exec(path)!;
      return `${before}${before!.includes('?') ? '&' : '?'}uselang=${kept}${hash ?? ''}`;
    },
  };
}

/** What a link of the footer chooses lasts for a year, on this browser. */
export const languageCookie = (chosen: unknown, secure: boolean): string | undefined => {
  const language = known(chosen);
  return language && `${COOKIE}=${language}; Path=/; Max-Age=31536000; SameSite=Lax${secure ? '; Secure' : ''}`;
};

const known = (language: unknown): string | undefined => (typeof language === 'string' && languages.has(language) ? language : undefined);
const cookieOf = (req: Request): string | undefined => new RegExp(`(?:^|;\\s*)${COOKIE}=([\\w-]+)`).exec(req.headers.cookie ?? '')?.[1];
/** Also for the app's document (api/app-shell.ts). */
export const isRightToLeft = (language: string): boolean => /^(en-x-long$|ar|arc|ckb|dv|fa|he|khw|ks|mzn|nqo|pnb|ps|sd|ug|ur|yi)\b/.test(language);

const FIRST = 0xe000; // of the private use area: no text holds it
const MARK = /[\ue000-\ue008]/g;
const mark = (i: number): string => String.fromCharCode(FIRST + i);
const indexOf = (sign: string): number => sign.charCodeAt(0) - FIRST;

interface Formats {
  banana: Banana;
  number: Intl.NumberFormat;
  time: Intl.DateTimeFormat;
}
const made = new Map<string, Formats>();
function formatsOf(language: string): Formats {
  let formats = made.get(language);
  if (!formats) {
    const banana = new Banana(language, { finalFallback: 'en' });
    for (const one of new Set(['en', language])) banana.load(messagesOf(one), one);
    const time = new Intl.DateTimeFormat(language, { year: 'numeric', month: 'short', day: 'numeric', hour: 'numeric', minute: '2-digit', hourCycle: 'h23', timeZone: 'UTC', timeZoneName: 'short' });
    made.set(language, (formats = { banana, number: new Intl.NumberFormat(language), time }));
  }
  return formats;
}

function messagesOf(language: string): Record<string, string> {
  const files = PARTS.map((part) => join(folder, part, `${language}.json`)).filter(existsSync);
  const texts = Object.assign({}, ...files.map((file) => JSON.parse(readFileSync(file, 'utf8')) as object)) as Record<string, string>;
  const entries = Object.entries(texts).filter(([key]) => !key.startsWith('@'));
  return Object.fromEntries(entries.map(([key, text]) => [key, text.replace(/(?<!PLURAL:)\$([1-9])/g, (_, n) => mark(Number(n) - 1))]));
}
