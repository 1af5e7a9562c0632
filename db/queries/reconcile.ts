/** What should be waiting or running in Temporal, asked of Postgres: for dispatch/reconcile.ts. */
import type pg from 'pg';
import type { Kernel } from '../kernel';
import { instantOf, NoSuchTime } from '../wall-clock';
import { nounTables, type KernelNoun } from '../nouns';
import { leftSql } from './slots';

export interface Due {
  noun: KernelNoun;
  id: number;
  version: number;
  timers: Record<string, number>;
  dueAtMs: number;
  /** The door's clock. */
  nowMs: number;
}

/** Every thing whose next timer is due within `aheadMs`, in pages, each noun in the order of its ids. */
export async function* dueWithin(kernel: Kernel, aheadMs: number): AsyncGenerator<Due> {
  for (const [noun, { table, machine }] of Object.entries(nounTables)) {
    if (!machine) continue;
    for (let after = 0, more = true; more; ) {
      const { rows } = await kernel.pool.query(
        `select id, version, timers, due_at_ms as "dueAtMs", ${kernel.clock.sql} as "nowMs" from "${table}"
         where due_at_ms < ${kernel.clock.sql} + $1 and id > $2 order by id limit 500`,
        [aheadMs, after],
      );
      for (const row of rows) yield { noun: noun as KernelNoun, ...row };
      more = rows.length === 500;
      after = rows.at(-1)?.id;
    }
  }
}

/** Deliveries that a workflow must be looking after: cancelled ones, too, while the ledger has rows that nobody has closed, or lines of their lists are not in it yet. */
export async function unfinishedDeliveries(pool: pg.Pool): Promise<{ id: number; version: number }[]> {
  const { rows } = await pool.query(`
    select id, version from delivery d where state in ('expanding', 'running', 'paused') or (state = 'cancelled' and (
      exists (select from delivery_wiki where delivery_id = d.id and ${leftSql('delivery_wiki')} > 0)
      or started_at_ms is not null and exists (select from delivery_list where delivery_id = d.id and copied_to is not null))) order by id`);
  return rows;
}

/** Requests whose account is being made, and those whose name the wiki has still to be asked for. */
export async function unfinishedRequests(pool: pg.Pool): Promise<{ id: number; version: number; creating: boolean; unasked: boolean }[]> {
  const { rows } = await pool.query(
    `select id, version, state = 'creating' as creating, name_check = 'unasked' as unasked from request where state = 'creating' or state in ('open', 'reserved') and name_check = 'unasked' order by id`);
  return rows;
}

/** Events ahead whose zone has other rules than when their instants were computed. */
export async function* shiftedEvents(kernel: Kernel): AsyncGenerator<{ id: number; state: string; startsAt: string; endsAt: string; startsAtMs: number; endsAtMs: number }> {
  for (let after = 0, more = true; more; ) {
    const { rows } = await kernel.pool.query(
      `select id, state, starts_at as "startsAt", ends_at as "endsAt", time_zone as "timeZone", starts_at_ms as "startsAtMs", ends_at_ms as "endsAtMs" from event
       where ends_at_ms > ${kernel.clock.sql} - 86400000 and state in ('draft', 'requested', 'rejected', 'approved', 'open', 'disabled') and starts_at_ms is not null and id > $1 order by id limit 500`,
      [after],
    );
    for (const { timeZone, ...row } of rows) {
      const [startsAtMs, endsAtMs] = [row.startsAt, row.endsAt].map((at: string) => newInstant(at, timeZone)) as [number | null, number | null];
      if (startsAtMs === null || endsAtMs === null || endsAtMs <= startsAtMs) continue;
      if (startsAtMs !== row.startsAtMs || endsAtMs !== row.endsAtMs) yield { ...row, startsAtMs, endsAtMs };
    }
    more = rows.length === 500;
    after = rows.at(-1)?.id;
  }
}

/** null where the new rules leave the time out: then the old instant stands. */
function newInstant(at: string, timeZone: string): number | null {
  try {
    return instantOf(at, timeZone);
  } catch (error) {
    if (error instanceof NoSuchTime) return null;
    throw error;
  }
}

/** Operations that wait, each with the run that asked. */
export async function waitingOperations(pool: pg.Pool): Promise<{ id: number; workflowId: string; runId: string }[]> {
  const { rows } = await pool.query(`select id, workflow_id as "workflowId", run_id as "runId" from operation where state = 'waiting' order by id`);
  return rows;
}
