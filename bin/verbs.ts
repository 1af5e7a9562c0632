/** A verb of a noun as a command: `reeve deliveries approve 12` is POST /api/deliveries/12/approve. Used by the noun's command file. */
import { Command, type Option } from 'commander';
import { client } from './client';
import { UsageError } from './fault';
import { print } from './output';

export interface VerbCommand {
  /** The collection in the URL, such as `deliveries`. */
  nouns: string;
  verb: string;
  summary: string;
  /** Its own options; what `input` makes of them is the body. */
  options?: Option[];
  input?: (options: Record<string, any>) => Record<string, unknown>; // as commander gives them
  /** How the thing stands afterwards; its state where nothing is said. */
  done?: (thing: unknown) => string;
  /** false: it can only be done. */
  dry?: false;
}

export function verbCommand({ nouns, verb, summary, options = [], input, done: standing = (thing) => (thing as { state: string }).state, dry }: VerbCommand): Command {
  const command = new Command(kebab(verb))
    .description(summary)
    .argument('<id>', 'its number', numeric)
    .option('--reason <text>', 'why, kept in the audit log')
    .option('--json', 'print data only');
  if (dry !== false) command.option('--dry-run', 'say what it would do, and change nothing');
  for (const option of options) command.addOption(option);
  return command.action(async (id: number, asked: Record<string, any>) => {
    const body = { ...input?.(asked), ...(asked.reason ? { reason: asked.reason } : {}) };
    const done = await client().post(`/${nouns}/${id}/${verb}${asked.dryRun ? '?dryRun=true' : ''}`, body);
    print(done, asked.json, () => (asked.dryRun ? `It would be ${done.state ?? '–'}.` : `${id} is ${standing(done)}.`));
  });
}

const numberUpTo = (most: number) => (id: string): number => {
  if (!/^[1-9]\d{0,15}$/.test(id) || Number(id) > most) throw new UsageError(`${id} is no id: an id is a number from 1 to ${most}.`);
  return Number(id);
};
/** Each @throws UsageError */
export const numeric = numberUpTo(2_147_483_647);
export const numericTarget = numberUpTo(999_999_999_999_999);

/** An instant, RFC 3339 or a length of time from now, as the API takes it. @throws UsageError */
export function readInstant(text: string): string {
  const ahead = /^\+?(\d+)(m|h|d)$/.exec(text);
  const atMs = ahead ? Date.now() + Number(ahead[1]) * { m: 60_000, h: 3_600_000, d: 86_400_000 }[ahead[2] as 'm' | 'h' | 'd'] : Date.parse(text);
  if (!(Math.abs(atMs) <= LAST_MS)) throw new UsageError(`${text} is no instant: take one such as 2027-01-31T09:00:00Z, or a length of time from now such as 30m, 2h, 3d.`);
  return new Date(atMs).toISOString();
}

/** The last instant that RFC 3339 can write. */
const LAST_MS = Date.UTC(9999, 11, 31);

export const kebab = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
export const commaList = (text: string): string[] => text.split(',').map((part) => part.trim()).filter(Boolean);

/** @throws UsageError */
export function readWhole(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new UsageError(`${text} is no whole number.`);
  return Number(text);
}
/** How many to show. @throws UsageError */
export function readCount(text: string): number {
  const count = readWhole(text);
  if (count === 0) throw new UsageError('0 shows nothing: take 1 or more.');
  return count;
}

/** @throws UsageError */
export function readPort(text: string): number {
  const port = readWhole(text);
  if (port > 65_535) throw new UsageError(`${text} is no port: take one from 0 (any) to 65535.`);
  return port;
}

/** `en=Dear {{name}}`, once for each language. @throws UsageError */
export function readText(given: string, before: Record<string, string> = {}): Record<string, string> {
  const at = given.indexOf('=');
  if (at < 1) throw new UsageError('Write language=text, such as "en=Welcome, {{name}}".');
  return { ...before, [given.slice(0, at)]: given.slice(at + 1) };
}

/** Query string of what was given. */
export const query = (pairs: Record<string, string | number | boolean | undefined>): string => {
  const given = Object.entries(pairs).filter(([, value]) => value !== undefined && value !== '');
  return given.length ? `?${new URLSearchParams(given.map(([name, value]): [string, string] => [name, String(value)])).toString()}` : '';
};
