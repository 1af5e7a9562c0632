/**
 * Words in the reader's language: `t(key, …)`, numbers and times. The messages are web/i18n, one chunk a language;
 * `uselang=qqx` shows keys, `uselang=x-long` words 40 % longer. Sentences are never put together from pieces.
 */
import Banana from 'banana-i18n';
import languages, { apart } from 'virtual:words';
import { stretch } from './stretch';

export const lang = document.documentElement.lang;
const showKeys = new URLSearchParams(location.search).get('uselang') === 'qqx';
const banana = new Banana(lang, { finalFallback: 'en' });

const inEnglish: Record<string, string> = {};
const plainTexts = new Map<string, string>();

/** Before anything is drawn. */
export const loadWords = (): Promise<void> => load(languages);

/** A page along with the words that only its area needs. */
export async function withWords<T>(part: string, page: Promise<T>): Promise<T> {
  await load(apart[part]!);
  return page;
}

/** What a language lacks is English. */
async function load(found: typeof languages): Promise<void> {
  const own = found[lang] ?? found[lang.split('-')[0]!];
  const [english, theirs] = await Promise.all([found.en!(), own === found.en ? undefined : own?.()]);
  banana.load(Object.assign(inEnglish, english.default), 'en');
  if (theirs) banana.load({ ...theirs.default }, lang);
  plainTexts.clear();
}

export const languageWords = (tag: string): string => new Intl.DisplayNames(lang, { type: 'language' }).of(tag) ?? tag;
/** Of a text in several languages the reader's, else English, else the first. */
export function inLanguage(texts: Record<string, string>): string | undefined {
  const [found] = [lang, lang.split('-')[0]!, 'en'].map((tag) => Object.entries(texts).find(([one]) => one.toLowerCase() === tag.toLowerCase())).filter((one) => one !== undefined);
  return found?.[1] ?? Object.values(texts)[0];
}
export const languageTags = (): string[] => Object.keys(languages);

/** What takes no values is put together once: lists say the same words a thousand times. */
export function t(key: string, ...values: (string | number)[]): string {
  if (values.length) return put(key, values);
  let text = plainTexts.get(key);
  if (text === undefined) plainTexts.set(key, (text = put(key, values)));
  return text;
}

function put(key: string, values: (string | number)[]): string {
  if (showKeys) return values.length ? `(${key}: ${values.join(', ')})` : `(${key})`;
  const written = values.map((value) => (typeof value === 'number' ? number(value) : value));
  const raw = banana.getMessage(key);
  if (!/[{[<\\]/.test(raw)) return stretched(raw.replace(/\$([1-9])/g, (whole, n) => written[n - 1] ?? whole)); // nothing that takes a parser
  // a plural hangs on the number itself, not on how it is written
  const message = raw.replace(/\{\{PLURAL:\$([1-9])\|/g, (whole, n) => (typeof values[n - 1] === 'number' ? `{{PLURAL:${values[n - 1]}|` : whole));
  return stretched(banana.parser.parse(message, written));
}
const stretched = (text: string): string => (lang === 'en-x-long' ? stretch(text) : text);

export const has = (key: string): boolean => banana.getMessage(key) !== key;

/** The words of a code where there are some, else the code itself: it is what one can look up. */
export const codeWords = (prefix: string, code: string): string => (has(`${prefix}.${code}`) ? t(`${prefix}.${code}`) : code);

/** A sentence that the server says of a code: in the reader's language where it says no more than the code does, else as it is, by its own direction. */
export function faultWords(code: string, said: string): string {
  const key = `error.${code}`;
  if (said === inEnglish[key]) return t(key);
  return document.documentElement.dir === 'rtl' ? `\u2068${said}\u2069` : said;
}

const plain = new Intl.NumberFormat(lang);
export const number = (value: number | null | undefined): string => (value === null || value === undefined ? '–' : plain.format(value));

export const secondsWords = (seconds: number): string => new Intl.NumberFormat(lang, { style: 'unit', unit: 'second', unitDisplay: 'short' }).format(seconds);

/** "Close, drop": one beside the other, in the way of the language. */
export const listWords = (words: string[]): string => new Intl.ListFormat(lang, { type: 'unit' }).format(words);

/** Floored: 100 % is only what is finished. */
export const percent = (part: number, whole: number): string =>
  new Intl.NumberFormat(lang, { style: 'percent' }).format(whole === 0 ? 0 : Math.floor((part / whole) * 100) / 100);

let zone: string | undefined;
export const setZone = (timeZone: string | undefined): void => void (zone = timeZone);
const browserZone = Intl.DateTimeFormat().resolvedOptions().timeZone;
export const zoneName = (): string => zone ?? browserZone;

/** Making a format takes longer than using it a hundred times. */
const formats = new Map<string, Intl.DateTimeFormat>();
function dated(iso: string | number, name: string, options: Intl.DateTimeFormatOptions, timeZone = zoneName()): string {
  const key = `${name} ${timeZone}`;
  let format = formats.get(key);
  if (!format) formats.set(key, (format = new Intl.DateTimeFormat(lang, { ...options, timeZone })));
  return format.format(typeof iso === 'number' ? iso : Date.parse(iso));
}
export const instantWords = (iso: string | number): string => dated(iso, 'instant', { dateStyle: 'medium', timeStyle: 'short' });
export const timeWords = (iso: string): string => dated(iso, 'time', { timeStyle: 'short' });
export const dayWords = (iso: string): string => dated(iso, 'day', { dateStyle: 'full' });

const relative = new Intl.RelativeTimeFormat(lang, { numeric: 'auto' });
/** "2 hours ago", "in 3 days". */
export function relativeWords(iso: string | number, nowMs = Date.now()): string {
  const seconds = Math.round(((typeof iso === 'number' ? iso : Date.parse(iso)) - nowMs) / 1000);
  const size = Math.abs(seconds);
  const [value, unit]: [number, Intl.RelativeTimeFormatUnit] = size < 60 ? [seconds, 'second'] : size < 3_600 ? [Math.round(seconds / 60), 'minute'] : size < 86_400 ? [Math.round(seconds / 3_600), 'hour'] : [Math.round(seconds / 86_400), 'day'];
  return relative.format(value, unit);
}

/** For wall-clock inputs: what an instant is on the reader's clock, or that of another zone, `2027-01-31T09:00`. */
export function toWallClock(iso: string, timeZone = zoneName()): string {
  const parts = Object.fromEntries(new Intl.DateTimeFormat('en-CA', { timeZone, hourCycle: 'h23', year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit' }).formatToParts(new Date(iso)).map(({ type, value }) => [type, value]));
  return `${parts.year}-${parts.month}-${parts.day}T${parts.hour}:${parts.minute}`;
}

export const isWallClock = (value: unknown): value is string => typeof value === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?$/.test(value);
export const isInstant = (value: unknown): value is string => typeof value === 'string' && /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value);
/** As it stands on the wall, wherever that is. */
export const wallClockWords = (local: string): string => dated(`${local}Z`, 'instant', { dateStyle: 'medium', timeStyle: 'short' }, 'UTC');

/** And back: in a gap of daylight saving the instant behind it. */
export function fromWallClock(local: string): string {
  const guess = Date.parse(`${local}Z`);
  const offset = (atMs: number): number => Date.parse(`${toWallClock(new Date(atMs).toISOString())}Z`) - atMs;
  const first = guess - offset(guess);
  return new Date(guess - offset(first)).toISOString();
}
