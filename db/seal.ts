/**
 * The sealer: gives every committed audit row its place in the log, without gaps, and chains each batch's root, so that
 * it shows when the end of the log, or a thing with its whole history, has been taken away. Run by the worker process;
 * any number of them may run, one seals at a time, and whatever is cut off in the middle has not happened.
 */
import { createHash } from 'node:crypto';
import type pg from 'pg';
import { inTransaction } from './apply';
import { databaseClock } from './clock';
import type { Kernel } from './kernel';

export interface Sealed {
  /** Rows that got their place just now. */
  rows: number;
  /** The last place and the root up to it: written down elsewhere, they prove later that nothing was cut off. */
  position: number;
  root: string;
}

/** The most rows of one batch: each batch is one transaction. */
const BATCH = 5_000;

/**
 * Seals what is committed now, in batches.
 * @returns null when another process is sealing.
 */
export async function sealOnce(pool: pg.Pool, most = BATCH): Promise<Sealed | null> {
  let rows = 0;
  for (;;) {
    const sealed = await inTransaction(pool, (client) => sealBatch(client, most));
    if (!sealed) return null;
    rows += sealed.rows;
    if (sealed.done) return { rows, position: sealed.position, root: sealed.root };
  }
}

/**
 * Seals every `everyMs` milliseconds until it is stopped; `stop` waits for the batch in hand. A database that does not
 * answer is tried again at the next turn.
 * @param onError hears of it, for the log.
 */
export function startSealer(kernel: Pick<Kernel, 'pool'>, everyMs = 500, onError: (error: Error) => void = () => {}): { stop(): Promise<void> } {
  let stopped = false;
  let wake = (): void => {};
  const pause = (): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, everyMs);
      wake = () => (clearTimeout(timer), resolve());
    });
  const loop = (async () => {
    while (!stopped) {
      await sealOnce(kernel.pool).catch(onError);
      if (!stopped) await pause();
    }
  })();
  return {
    stop() {
      stopped = true;
      wake();
      return loop;
    },
  };
}

/** The first root that there is: everything hangs on it. */
export const NO_ROOT: Buffer = Buffer.alloc(32);

/** The next root: over the one before it and each row's place, id and hash. For ever (db/verify.ts). */
export function chainRoot(previous: Buffer, rows: { position: number; auditId: number; hash: Buffer }[]): Buffer {
  const digest = createHash('sha256').update(previous);
  for (const { position, auditId, hash } of rows) digest.update(`${position}:${auditId}:`).update(hash);
  return digest.digest();
}

/** What has been sealed so far: how far the log reaches, and which transactions it holds. */
interface End {
  last_position: number;
  last_xid: string;
  last_audit_id: number;
  root: Buffer;
  /** All that was committed in this snapshot has its place. */
  base: string;
  /** The snapshot that the last batch was sealed from. */
  seen: string;
  /** Whether nothing of that snapshot is left. */
  whole: boolean;
  /** Another server wrote it: a dump that was restored. */
  foreign: boolean;
  now: string;
}

/** One batch, in a transaction of its own. @returns done: whether all that was committed when it began has its place. */
export async function sealBatch(client: pg.PoolClient, most: number): Promise<(Sealed & { done: boolean }) | null> {
  const { rows: lock } = await client.query<{ mine: boolean }>("select pg_try_advisory_xact_lock(hashtext('reeve-seal')) as mine");
  if (!lock[0]!.mine) return null;
  const { rows: ends } = await client.query<End>({ name: 'seal-end', text: endSql });
  const end = ends[0]!;
  const begins = end.whole || end.foreign;
  const base = end.whole ? end.seen : end.base;
  const seen = begins ? end.now : end.seen;
  const { rows: found } = end.foreign
    ? await client.query<Unsealed>(afterRestoreSql, [seen, most + 1])
    : await client.query<Unsealed>({ name: 'seal-read', text: unsealedSql, values: [base, seen, begins ? '0' : end.last_xid, begins ? 0 : end.last_audit_id, most + 1] });
  const whole = found.length <= most;
  const batch = found.slice(0, most);
  const last = batch.at(-1);
  if (!last) return { rows: 0, position: end.last_position, root: end.root.toString('hex'), done: true };
  const rows = batch.map(({ id, hash }, i) => ({ position: end.last_position + 1 + i, auditId: id, hash }));
  const root = chainRoot(end.root, rows);
  await client.query({
    name: 'seal-write',
    text: `with s as (
             insert into seal (position, audit_id) select $1 + place - 1, id from unnest($3::bigint[]) with ordinality as x (id, place)
           ) insert into seal_batch (first_position, last_position, last_xid, last_audit_id, root, base, seen, whole, at_ms)
             values ($1, $2, $4, $5, $6, $7, $8, $9, ${databaseClock.sql})`,
    // As long as something of a dump is left, the end stays another server's.
    values: [rows[0]!.position, rows.at(-1)!.position, batch.map(({ id }) => id), last.commit, last.id, root, base, end.foreign && !whole ? end.seen : seen, whole],
  });
  return { rows: rows.length, position: rows.at(-1)!.position, root: root.toString('hex'), done: begins && whole };
}

interface Unsealed {
  id: number;
  commit: string;
  hash: Buffer;
}

const NOTHING = "'1:1:'::pg_snapshot";
const endSql = `
select coalesce(last_position, 0) as last_position, coalesce(last_xid::text, '0') as last_xid, coalesce(last_audit_id, 0) as last_audit_id,
  coalesce(root, '\\x${NO_ROOT.toString('hex')}') as root, coalesce(base, ${NOTHING})::text as base, coalesce(seen, ${NOTHING})::text as seen, coalesce(whole, true) as whole,
  coalesce(pg_snapshot_xmax(seen) > pg_snapshot_xmax(now), false) as foreign, now::text
from pg_current_snapshot() now left join (select * from seal_batch order by last_position desc limit 1) end_ on true`;

// What is new is what one snapshot shows and the one before it did not: so a transaction that stays open, here or in another
// database of the server, holds back its own rows and no others. A row that is sealed already is a restored dump's, whose
// transaction's id this server has now come to.
const unsealedSql = `
select id, xid::text as commit, hash from audit a
where (xid, id) > (greatest(pg_snapshot_xmin($1::pg_snapshot), $3::xid8), $4) and xid < pg_snapshot_xmax($2::pg_snapshot)
  and not pg_visible_in_snapshot(xid, $1::pg_snapshot) and pg_visible_in_snapshot(xid, $2::pg_snapshot)
  and not exists (select from seal where audit_id = a.id)
order by xid, id limit $5`;

// A dump that was restored into another server brings transaction ids that this one has not reached: what came with it
// is committed whatever its id, goes first, and what this server wrote since goes after.
const afterRestoreSql = `
select id, xid::text as commit, hash from audit a
where not exists (select from seal where audit_id = a.id)
  and (pg_visible_in_snapshot(xid, $1::pg_snapshot) or xid >= pg_snapshot_xmax($1::pg_snapshot))
order by xid >= pg_snapshot_xmax($1::pg_snapshot) desc, xid, id limit $2`;
