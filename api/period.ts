/** The period that an answer is about: `from` and `to` of a query, either of which may be left out. */
import { fieldError } from '../config/errors';
import type { Kernel } from '../db/kernel';
import { instant } from './fields';

const DAY_MS = 86_400_000;
const STANDARD_DAYS = 30;

/** An instant in a query, with an example for the document. */
export const exampleInstant = (at: string) => instant().meta({ as: { type: 'string', format: 'date-time', examples: [at] } }).optional();

export const periodFields = ({ longestDays }: PeriodLimits) => ({
  from: exampleInstant('2027-01-01T00:00:00Z').describe(`Beginning of the period, which has at most ${longestDays} days; left out: ${STANDARD_DAYS} days before its end.`),
  to: exampleInstant('2027-02-01T00:00:00Z').describe('End of the period, itself left out; left out or in the future: now.'),
});

export interface Period {
  fromMs: number;
  untilMs: number;
  /** By the door's clock. */
  nowMs: number;
}

export interface PeriodLimits {
  longestDays: number;
  /** Nothing is older, and why. */
  first?: { atMs: number; why: string };
}

/** @throws ReeveError input.invalid at the field that says it */
export async function periodOf({ pool, clock }: Kernel, { from, to }: { from?: number; to?: number }, { longestDays, first }: PeriodLimits): Promise<Period> {
  const { rows } = await pool.query<{ ms: number }>(`select ${clock.sql} as ms`);
  const nowMs = rows[0]!.ms;
  const untilMs = Math.min(to ?? nowMs, nowMs);
  const fromMs = from ?? untilMs - STANDARD_DAYS * DAY_MS;
  const wrong = (detail: string): never => {
    throw fieldError(from === undefined ? '?to' : '?from', 'input.invalid', detail);
  };
  if (fromMs >= untilMs) wrong('It must lie before the end of the period, and before now.');
  if (first && fromMs < first.atMs) wrong(first.why);
  if (untilMs - fromMs > longestDays * DAY_MS) wrong(`A period has at most ${longestDays} days: ask for several, one after the other.`);
  return { fromMs, untilMs, nowMs };
}
