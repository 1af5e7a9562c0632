/** Second factors of local accounts: the sealed secret, which codes work no more, how often was guessed, codes on paper. Called by api/second-factor.ts. */
import type pg from 'pg';
import type { Kernel } from '../kernel';

type Db = Pick<pg.ClientBase, 'query'>;
const WINDOW_MS = 15 * 60_000;

export async function hasSecondFactor({ pool }: Kernel, userId: number): Promise<boolean> {
  return (await pool.query('select from second_factor where user_id = $1 and since_ms is not null', [userId])).rowCount === 1;
}

/** Begins, or begins again. @returns false where one is set up already */
export async function beginFactor({ pool }: Kernel, userId: number, sealed: string): Promise<boolean> {
  const { rowCount } = await pool.query(
    `insert into second_factor (user_id, secret) values ($1, $2) on conflict (user_id) do update set secret = $2, tries = 0 where second_factor.since_ms is null`, [userId, sealed]);
  return rowCount === 1;
}

export interface Try {
  secret: string;
  /** Of this quarter of an hour, this one included. */
  tries: number;
  /** Until the next quarter. */
  restMs: number;
  nowMs: number;
}
/** Counts a try before it is looked at, so that many at once are many. @param begun of one that is not set up yet. @returns null where there is none */
export async function countTry({ pool, clock }: Kernel, userId: number, begun = false): Promise<Try | null> {
  const { rows } = await pool.query(
    `update second_factor f set tries = case when f.tries_since_ms > n.ms - ${WINDOW_MS} then f.tries + 1 else 1 end, tries_since_ms = case when f.tries_since_ms > n.ms - ${WINDOW_MS} then f.tries_since_ms else n.ms end
     from (select ${clock.sql} as ms) n where f.user_id = $1 and (f.since_ms is null) = $2
     returning f.secret, f.tries, f.tries_since_ms + ${WINDOW_MS} - n.ms as "restMs", n.ms as "nowMs"`, [userId, begun]);
  return rows[0] ?? null;
}

/** A code works once, and none that is older. @returns whether it was the first to come */
export async function useStep({ pool }: Kernel, userId: number, step: number): Promise<boolean> {
  return (await pool.query('update second_factor set last_step = $2, tries = 0 where user_id = $1 and since_ms is not null and last_step < $2', [userId, step])).rowCount === 1;
}

export async function useRecoveryCode(db: Db, userId: number, hash: Buffer): Promise<boolean> {
  const { rowCount } = await db.query('with used as (delete from recovery_code where user_id = $1 and hash = $2 returning user_id) update second_factor f set tries = 0 from used where f.user_id = used.user_id', [userId, hash]);
  return rowCount === 1;
}

/** From now on it is asked for. @returns false where it was not begun */
export async function endEnrolment(db: Db, clock: Kernel['clock'], userId: number, step: number): Promise<boolean> {
  return (await db.query(`update second_factor set since_ms = ${clock.sql}, last_step = $2, tries = 0 where user_id = $1 and since_ms is null`, [userId, step])).rowCount === 1;
}

export async function writeRecoveryCodes(db: Db, userId: number, hashes: Buffer[]): Promise<void> {
  await db.query('delete from recovery_code where user_id = $1', [userId]);
  await db.query('insert into recovery_code (user_id, hash) select $1, unnest($2::bytea[])', [userId, hashes]);
}

/** With its codes on paper. @returns whether there was one */
export async function removeFactor(db: Db, userId: number): Promise<boolean> {
  return (await db.query('delete from second_factor where user_id = $1', [userId])).rowCount === 1;
}
