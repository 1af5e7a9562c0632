/**
 * When somebody is at a queue, and when so much of that time has passed. Hours are what a clock on the wall shows in the
 * queue's zone; what passes between them is real time, also where that clock is put forward or back.
 */
import { DateTime } from 'luxon';
import { zoneOf } from './wall-clock';

export interface BusinessHours {
  timeZone: string;
  /** `Mo-Fr 09:00-17:00`, `Sa,Su 22:00-02:00`; none: always. */
  hours: readonly string[];
  /** Days, `2027-12-24`, on which none of them begin. */
  holidays: readonly string[];
}
/** Weekdays as ISO counts them, Monday = 1; minutes of the day, `to` beyond 1,440 where they end on the day after. */
interface Span {
  days: Set<number>;
  from: number;
  to: number;
}

const DAYS = ['Mo', 'Tu', 'We', 'Th', 'Fr', 'Sa', 'Su'];
const DAY = DAYS.join('|');
const TIME = '(?:[01]\\d|2[0-3]):[0-5]\\d';
/** A line of hours. An end that is not after its start lies on the day after. */
export const HOURS = new RegExp(`^((?:${DAY})(?:-(?:${DAY}))?(?:,(?:${DAY})(?:-(?:${DAY}))?)*) (${TIME})-(${TIME}|24:00)$`);
const MIDNIGHT = 24 * 60;
/** Nothing at the desk waits longer. */
const FURTHEST_DAYS = 400;

/** @returns the instant at which so much open time has passed since `fromMs`; the furthest one looked at where it never does. */
export function afterOpenTime(fromMs: number, durationMs: number, { timeZone, hours, holidays }: BusinessHours): number {
  if (!hours.length) return fromMs + durationMs;
  const spans = hours.map(spanOf).sort((a, b) => a.from - b.from);
  const closed = new Set(holidays);
  let [atMs, leftMs] = [fromMs, durationMs];
  let day = DateTime.fromMillis(fromMs, { zone: zoneOf(timeZone) }).startOf('day').minus({ days: 1 }); // yesterday's may last until today
  for (let i = 0; i < FURTHEST_DAYS; i++, day = day.plus({ days: 1 })) {
    if (closed.has(day.toISODate()!)) continue;
    for (const span of spans) {
      if (!span.days.has(day.weekday)) continue;
      const startMs = Math.max(atMs, Math.min(...instantsAt(day, span.from)));
      const endMs = Math.max(...instantsAt(day, span.to));
      if (endMs <= startMs) continue;
      if (endMs - startMs >= leftMs) return startMs + leftMs;
      leftMs -= endMs - startMs;
      atMs = endMs;
    }
  }
  return day.toMillis();
}

/** Of a time that comes twice both; one that is left out is as much later as the clock is put forward. */
const instantsAt = (day: DateTime, minutes: number): number[] =>
  day.plus({ days: Math.floor(minutes / MIDNIGHT) }).set({ hour: Math.floor((minutes % MIDNIGHT) / 60), minute: minutes % 60 }).getPossibleOffsets().map((one) => one.toMillis());

function spanOf(line: string): Span {
  const [, names, start, end] = HOURS.exec(line)!;
  const [from, to] = [start!, end!].map((time) => Number(time.slice(0, 2)) * 60 + Number(time.slice(3))) as [number, number];
  const days = names!.split(',').flatMap((range) => {
    const [first, last = first] = range.split('-').map((name) => DAYS.indexOf(name)) as [number, number?];
    return Array.from({ length: ((last! - first + 7) % 7) + 1 }, (_, i) => ((first + i) % 7) + 1);
  });
  return { days: new Set(days), from, to: to > from ? to : to + MIDNIGHT };
}
