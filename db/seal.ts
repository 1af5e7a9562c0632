/**
 * The sealer: gives every committed audit row its place in the log, without gaps, and chains each batch's root, so that
 * it shows when the end of the log, or a thing with its whole history, has been taken away. Run by the worker process;
 * any number of them may run, one seals at a time, and whatever is cut off in the middle has not happened.
 */
import { createHash } from 'node:crypto';
import type pg from 'pg';
import { inTransaction } from './apply';
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
export async function sealOnce(pool: pg.Pool): Promise<Sealed | null> {
  let rows = 0;
  for (;;) {
    const sealed = await inTransaction(pool, sealBatch);
    if (!sealed) return null;
    rows += sealed.rows;
    if (sealed.rows < BATCH) return { ...sealed, rows };
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

async function sealBatch(client: pg.PoolClient): Promise<Sealed | null> {
  const { rows: lock } = await client.query<{ mine: boolean }>("select pg_try_advisory_xact_lock(hashtext('reeve-seal')) as mine");
  if (!lock[0]!.mine) return null;
  const { rows: ends } = await client.query<{ last_position: number; last_xid: string; last_audit_id: number; root: Buffer; foreign: boolean }>(
    `select last_position, last_xid, last_audit_id, root, last_xid >= pg_snapshot_xmax(pg_current_snapshot()) as foreign
     from seal_batch order by last_position desc limit 1`,
  );
  const end = ends[0] ?? { last_position: 0, last_xid: '0', last_audit_id: 0, root: NO_ROOT, foreign: false };
  const { rows: found } = end.foreign
    ? await client.query<Unsealed>(afterRestoreSql, [BATCH])
    : await client.query<Unsealed>({ name: 'seal-read', text: unsealedSql, values: [end.last_xid, end.last_audit_id, BATCH] });
  const last = found.at(-1);
  if (!last) return { rows: 0, position: end.last_position, root: end.root.toString('hex') };
  const rows = found.map(({ id, hash }, i) => ({ position: end.last_position + 1 + i, auditId: id, hash }));
  const root = chainRoot(end.root, rows);
  await client.query({
    name: 'seal-write',
    text: `with s as (
             insert into seal (position, audit_id) select $1 + place - 1, id from unnest($3::bigint[]) with ordinality as x (id, place)
           ) insert into seal_batch (first_position, last_position, last_xid, last_audit_id, root, at_ms)
             values ($1, $2, $4, $5, $6, (extract(epoch from clock_timestamp()) * 1000)::bigint)`,
    values: [rows[0]!.position, rows.at(-1)!.position, found.map(({ id }) => id), last.commit, last.id, root],
  });
  return { rows: rows.length, position: rows.at(-1)!.position, root: root.toString('hex') };
}

interface Unsealed {
  id: number;
  commit: string;
  hash: Buffer;
}

// Transactions that could still commit have ids from the snapshot's xmin on: below it the order by (xid, id) is final.
const unsealedSql = `
select id, xid::text as commit, hash from audit
where (xid, id) > ($1::xid8, $2) and xid < pg_snapshot_xmin(pg_current_snapshot())
order by xid, id limit $3`;

// A dump that was restored into another server brings transaction ids that this one has not reached: what came with it
// is committed whatever its id, goes first, and what this server wrote since goes after.
const afterRestoreSql = `
select id, xid::text as commit, hash from audit a
where not exists (select from seal where audit_id = a.id)
  and (xid < pg_snapshot_xmin(pg_current_snapshot()) or xid >= pg_snapshot_xmax(pg_current_snapshot()))
order by xid >= pg_snapshot_xmax(pg_current_snapshot()) desc, xid, id limit $1`;
