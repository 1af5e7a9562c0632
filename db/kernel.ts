/** What every door needs to change a thing: the database, its clock, and who to wake afterwards. Built once a process. */
import type pg from 'pg';
import { readKeys, type Config } from '../config';
import type { Role } from '../policies/actor';
import { databaseClock, type Clock } from './clock';
import type { Database } from './data-source';
import { waker } from './outbox';

export interface Kernel {
  pool: pg.Pool;
  clock: Clock;
  terms: Terms;
  /** Tells dispatchers that the outbox has rows; returns at once, never throws. */
  wake(): void;
}

/** How long things last here, milliseconds, of which the door makes instants; and whom it lets act. */
export interface Terms {
  /** Roles that count only for whoever is identified. */
  identifiedRoles: readonly Role[];
  reservationMs: number;
  /** How long the making of an account can be taken back. */
  takeBackMs: number;
  /** How long after its end organizers look after an event's requests. */
  handOverMs: number;
  remindMs: number;
  escalateMs: number;
  /** How long what a request says of a person is kept after it is closed. */
  keepMs: number;
}
type TermKeys = 'REEVE_RESERVATION_MINUTES' | 'REEVE_TAKE_BACK_SECONDS' | 'REEVE_HAND_OVER_HOURS' | 'REEVE_REMIND_HOURS' | 'REEVE_ESCALATE_HOURS' | 'REEVE_RETENTION_DAYS' | 'REEVE_IDENTIFIED_ROLES';
const HOUR_MS = 3_600_000;
export const termsOf = (config: Pick<Config, TermKeys>): Terms => ({
  identifiedRoles: config.REEVE_IDENTIFIED_ROLES,
  reservationMs: config.REEVE_RESERVATION_MINUTES * 60_000, takeBackMs: config.REEVE_TAKE_BACK_SECONDS * 1_000, handOverMs: config.REEVE_HAND_OVER_HOURS * HOUR_MS,
  remindMs: config.REEVE_REMIND_HOURS * HOUR_MS, escalateMs: config.REEVE_ESCALATE_HOURS * HOUR_MS, keepMs: config.REEVE_RETENTION_DAYS * 24 * HOUR_MS,
});
const standard = (): Terms => termsOf(readKeys(['REEVE_RESERVATION_MINUTES', 'REEVE_TAKE_BACK_SECONDS', 'REEVE_HAND_OVER_HOURS', 'REEVE_REMIND_HOURS', 'REEVE_ESCALATE_HOURS', 'REEVE_RETENTION_DAYS', 'REEVE_IDENTIFIED_ROLES'], {}, {}));

export const createKernel = (database: Database, clock: Clock = databaseClock, terms: Terms = standard()): Kernel => ({
  pool: database.pool,
  clock,
  terms,
  wake: waker(database.pool),
});
