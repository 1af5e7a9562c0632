/**
 * The outbox from the database's side: wake, claim, finish. Delivery is at least once; the rows of one entity go out in
 * order, because only the first rows of an entity that nobody holds can be claimed.
 */
import type pg from 'pg';
import { fromRow } from './columns';

export interface OutboxRow {
  id: number;
  noun: string;
  entity: number;
  version: number;
  effect: string;
  params: Record<string, unknown>;
  refusals: number;
}

export const OUTBOX_CHANNEL = 'outbox';

/** A connection that is dead without saying so must not hold the outbox up: the statement is given up and sent on another. */
const STATEMENT_MS = 5_000;

/**
 * After a commit: NOTIFY on a connection of its own, at most one in flight, a dirty bit for the next. Inside the commit
 * it would cost a third of the throughput (its lock is global); a lost one is covered by the dispatcher's poll.
 */
export function waker(pool: pg.Pool): () => void {
  let inFlight = false;
  let dirty = false;
  const send = (): void => {
    inFlight = true;
    dirty = false;
    pool
      .query(`notify ${OUTBOX_CHANNEL}`)
      .catch(() => {})
      .finally(() => {
        inFlight = false;
        if (dirty) send();
      });
  };
  return () => (inFlight ? (dirty = true) : send());
}

/**
 * Leases the oldest rows of entities that nobody holds, with the rows that follow them, oldest first.
 * @param leaseMs after this long another dispatcher may repeat them.
 * @param delivered rows that are done: deleted in the same statement, so that what waited behind them is found at once.
 */
export async function claimOutbox(pool: pg.Pool, limit: number, leaseMs: number, delivered: number[] = []): Promise<OutboxRow[]> {
  const { rows } = await pool.query({
    name: 'outbox-claim',
    text: claimSql,
    values: [limit, leaseMs, delivered],
    query_timeout: STATEMENT_MS,
  } as pg.QueryConfig);
  return rows.map((row) => fromRow<OutboxRow>(row)).sort((a, b) => a.id - b.id);
}

/** Delivered: gone. */
export async function finishOutbox(pool: pg.Pool, ids: number[]): Promise<void> {
  await pool.query({ name: 'outbox-finish', text: 'delete from outbox where id = any($1)', values: [ids], query_timeout: STATEMENT_MS } as pg.QueryConfig);
}

/** How it stands: for metrics and operators. `lagMs` is the age of the oldest row that is not dead. */
export async function outboxStatus(pool: pg.Pool): Promise<{ waiting: number; dead: number; lagMs: number }> {
  const { rows } = await pool.query({
    name: 'outbox-status',
    text: `select count(*) filter (where not dead)::int as waiting, count(*) filter (where dead)::int as dead,
             coalesce(extract(epoch from clock_timestamp() - min(created_at) filter (where not dead)) * 1000, 0)::float8 as "lagMs" from outbox`,
    query_timeout: STATEMENT_MS,
  } as pg.QueryConfig);
  return rows[0];
}

/** Not delivered: free again after `afterMs`. A refusal by Temporal counts towards death, trouble with the network never. */
export async function returnOutbox(pool: pg.Pool, ids: number[], afterMs: number, refusedCode?: string): Promise<void> {
  await pool.query({
    name: 'outbox-return',
    text: `update outbox set leased_until = clock_timestamp() + $2 * interval '1 millisecond',
             refusals = refusals + case when $3::text is not null and id = $1[1] then 1 else 0 end,
             error_code = case when id = $1[1] then $3 else error_code end,
             dead = dead or ($3::text is not null and id = $1[1] and refusals + 1 >= 10)
           where id = any($1)`,
    values: [ids, afterMs, refusedCode ?? null],
  });
}

// A head is an entity's oldest row; it is free when neither dead nor leased. The rows behind it are leased with it, so
// that finishing the head does not hand the next one to somebody else while this dispatcher still has it in memory.
const claimSql = `
with gone as (
  delete from outbox where id = any($3::bigint[])
), head as (
  select h.noun, h.entity, h.id from outbox h
  where not h.dead and (h.leased_until is null or h.leased_until < clock_timestamp())
    and not exists (select 1 from outbox e where e.noun = h.noun and e.entity = h.entity and e.id < h.id and e.id <> all($3::bigint[]))
    and h.id <> all($3::bigint[])
  order by h.id limit $1 for update skip locked
), run as (
  select r.id from head cross join lateral (
    select o.id from outbox o where o.noun = head.noun and o.entity = head.entity and o.id >= head.id and not o.dead and o.id <> all($3::bigint[])
    order by o.id limit 20
  ) r
)
update outbox o set leased_until = clock_timestamp() + $2 * interval '1 millisecond' from run where o.id = run.id
returning o.id, o.noun, o.entity, o.version, o.effect, o.params, o.refusals`;
