/** Clocks of other zones than the reader's: what an event's clock shows, and which instant that is. `Intl` does not know fixed offsets everywhere. */
import { lang, toWallClock } from './words';

const OFFSET = /^([+-])(\d\d):(\d\d)$/;
const DAY_MS = 86_400_000;

/** What the clock shows there then; undefined where the browser knows no such zone. */
function clockIn(atMs: number, timeZone: string): string | undefined {
  const [, sign, hours, minutes] = OFFSET.exec(timeZone) ?? [];
  const offsetMs = (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
  if (sign) return new Date(atMs + offsetMs).toISOString().slice(0, 16);
  try {
    return toWallClock(new Date(atMs).toISOString(), timeZone);
  } catch {
    return undefined;
  }
}

/** Which instant that is there: the first, where the clock shows it twice; undefined where it never does, or nobody knows the zone. */
export function instantIn(local: string, timeZone: string): string | undefined {
  const guess = Date.parse(`${local}Z`);
  if (Number.isNaN(guess)) return undefined;
  const found = [guess - DAY_MS, guess + DAY_MS].flatMap((nearMs) => {
    const near = clockIn(nearMs, timeZone);
    if (near === undefined) return [];
    const atMs = guess - (Date.parse(`${near}Z`) - nearMs);
    return clockIn(atMs, timeZone) === local.slice(0, 16) ? [atMs] : [];
  });
  return found.length ? new Date(Math.min(...found)).toISOString() : undefined;
}

const range = new Intl.DateTimeFormat(lang, { weekday: 'short', year: 'numeric', month: 'short', day: 'numeric', hour: 'numeric', minute: '2-digit', timeZone: 'UTC' });
export const windowWords = (startsAt: string, endsAt: string): string => range.formatRange(new Date(`${startsAt}Z`), new Date(`${endsAt}Z`));

/** "Berlin"; an offset stays what it is. */
export const placeOf = (timeZone: string): string => timeZone.split('/').at(-1)!.replaceAll('_', ' ');
