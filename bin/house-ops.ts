/** What `reeve ops` does with the database at hand: reconcile with Temporal, look at the outbox, revive or drop its dead rows. */
import { readKeys } from '../config';
import { fromRow } from '../db/columns';
import { reconcile, type Reconciled } from '../dispatch/reconcile';
import { createTemporal } from '../gateways/temporal';
import { PlainFault } from './fault';
import { withKernel } from './house';
import { runConfig } from './run-file';

export interface OutboxState {
  waiting: number;
  oldestMs: number | null;
  dead: { id: number; noun: string; entity: number; effect: string; errorCode: string | null; refusals: number }[];
}

export async function reconcileNow(): Promise<Reconciled> {
  const config = readKeys(['TEMPORAL_ADDRESS', 'TEMPORAL_NAMESPACE', 'TEMPORAL_TASK_QUEUE', 'TEMPORAL_API_KEY', 'TEMPORAL_TLS'], runConfig());
  const temporal = createTemporal(config, 'cli');
  try {
    return await withKernel((kernel) => reconcile(kernel, temporal));
  } finally {
    await temporal.close();
  }
}

export const readOutbox = (): Promise<OutboxState> =>
  withKernel(async ({ pool }) => {
    const { rows } = await pool.query(
      `select count(*) filter (where not dead)::int as waiting,
              (extract(epoch from clock_timestamp() - min(created_at) filter (where not dead)) * 1000)::int as "oldestMs" from outbox`);
    const { rows: dead } = await pool.query('select id, noun, entity, effect, error_code, refusals from outbox where dead order by id limit 1000');
    return { ...rows[0], dead: dead.map((row) => fromRow<OutboxState['dead'][number]>(row)) };
  });

/** The rows behind it go out after it. */
export const retryDead = (id: number): Promise<void> => changeDead(id, 'update outbox set dead = false, refusals = 0, leased_until = null where id = $1 and dead');

export const dropDead = (id: number): Promise<void> => changeDead(id, 'delete from outbox where id = $1 and dead');

const changeDead = (id: number, sql: string): Promise<void> =>
  withKernel(async (kernel) => {
    const { rowCount } = await kernel.pool.query(sql, [id]);
    if (!rowCount) throw new PlainFault(`There is no dead outbox row ${id}.`);
    kernel.wake();
  });
