/** What every door needs to change a thing: the database, its clock, and who to wake afterwards. Built once a process. */
import type pg from 'pg';
import type { DataSource } from 'typeorm';
import { databaseClock, type Clock } from './clock';
import type { Database } from './data-source';
import { waker } from './outbox';

export interface Kernel {
  source: DataSource;
  pool: pg.Pool;
  clock: Clock;
  /** Tells dispatchers that the outbox has rows; returns at once, never throws. */
  wake(): void;
}

export const createKernel = (database: Database, clock: Clock = databaseClock): Kernel => ({
  source: database.source,
  pool: database.pool,
  clock,
  wake: waker(database.pool),
});
