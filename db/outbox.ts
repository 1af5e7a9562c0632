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
 */
export async function claimOutbox(pool: pg.Pool, limit: number, leaseMs: number): Promise<OutboxRow[]> {
  const { rows } = await pool.query({ name: 'outbox-claim', text: claimSql, values: [limit, leaseMs] });
  return rows.map((row) => fromRow<OutboxRow>(row)).sort((a, b) => a.id - b.id);
}

/** Delivered: gone. */
export async function finishOutbox(pool: pg.Pool, ids: number[]): Promise<void> {
  await pool.query({ name: 'outbox-finish', text: 'delete from outbox where id = any($1)', values: [ids] });
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
with head as (
  select h.noun, h.entity, h.id from outbox h
  where not h.dead and (h.leased_until is null or h.leased_until < clock_timestamp())
    and not exists (select 1 from outbox e where e.noun = h.noun and e.entity = h.entity and e.id < h.id)
  order by h.id limit $1 for update skip locked
), run as (
  select r.id from head cross join lateral (
    select o.id from outbox o where o.noun = head.noun and o.entity = head.entity and o.id >= head.id and not o.dead
    order by o.id limit 20
  ) r
)
update outbox o set leased_until = clock_timestamp() + $2 * interval '1 millisecond' from run where o.id = run.id
returning o.id, o.noun, o.entity, o.version, o.effect, o.params, o.refusals`;
