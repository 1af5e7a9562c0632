/** A month as weeks of days, `2027-03-28`, on the reader's clock. */
import { lang, toWallClock } from '../shared/words';

export const DAY_MS = 86_400_000;
const dayOf = (atMs: number): string => new Date(atMs).toISOString().slice(0, 10);
export const today = (): string => toWallClock(new Date().toISOString()).slice(0, 10);
export const isMonth = (given: unknown): given is string => typeof given === 'string' && /^[12]\d{3}-(0[1-9]|1[0-2])$/.test(given);

/** @param by how many months later */
export function monthAfter(month: string, by: number): string {
  const [year, number] = month.split('-').map(Number) as [number, number];
  return new Date(Date.UTC(year, number - 1 + by, 1)).toISOString().slice(0, 7);
}

/** The day that a week begins with, where the language is at home: 1 is Monday, 7 Sunday. */
function firstDay(): number {
  const locale = new Intl.Locale(lang) as Intl.Locale & { getWeekInfo?(): { firstDay: number }; weekInfo?: { firstDay: number } };
  return (locale.getWeekInfo?.() ?? locale.weekInfo)?.firstDay ?? 1;
}

/** Whole weeks; days of the months around it are among them. */
export function weeksOf(month: string): string[][] {
  const firstMs = Date.parse(`${month}-01T00:00Z`);
  const beginMs = firstMs - ((new Date(firstMs).getUTCDay() - firstDay() + 7) % 7) * DAY_MS;
  const endMs = Date.parse(`${monthAfter(month, 1)}-01T00:00Z`);
  return Array.from({ length: Math.ceil((endMs - beginMs) / (7 * DAY_MS)) }, (_, week) => Array.from({ length: 7 }, (_, day) => dayOf(beginMs + (7 * week + day) * DAY_MS)));
}

/** Every day that an instant to another touches; one that ends at midnight does not touch the day after. */
export function daysBetween(fromIso: string, toIso: string): string[] {
  const [from, to] = [toWallClock(fromIso).slice(0, 10), toWallClock(new Date(Date.parse(toIso) - 1).toISOString()).slice(0, 10)].map((day) => Date.parse(`${day}T00:00Z`)) as [number, number];
  return Array.from({ length: Math.max(1, Math.min(400, (to - from) / DAY_MS + 1)) }, (_, i) => dayOf(from + i * DAY_MS));
}
