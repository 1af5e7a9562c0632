/**
 * Outbox rows that Temporal refused for good: an operator has them tried again, or gives them up. Written on the thing that
 * the effect belongs to, in the same commit, so that its log tells what never happened, and who said so.
 */
import { ReeveError } from '../config/errors';
import { guardDuplicates, inTransaction, readRow } from './apply';
import { fromRow } from './columns';
import { auditRows, writeChange, type Origin } from './commit';
import type { Kernel } from './kernel';
import type { KernelNoun } from './nouns';
import type { Step } from './step';

export interface DeadRow {
  id: number;
  noun: KernelNoun;
  entity: number;
  effect: string;
  errorCode: string | null;
  refusals: number;
  createdAtMs: number;
}
export const deadVerbs = ['retry', 'drop'] as const;
export type DeadVerb = (typeof deadVerbs)[number];

/** The oldest; with an id that one only. */
export async function readDeadRows({ pool }: Kernel, limit: number, id: number | null = null): Promise<DeadRow[]> {
  const { rows } = await pool.query(
    `select id, noun, entity, effect, error_code, refusals, (extract(epoch from created_at) * 1000)::bigint as created_at_ms
     from outbox where dead and ($2::bigint is null or id = $2) order by id limit $1`, [limit, id]);
  return rows.map((row) => fromRow<DeadRow>(row));
}

/**
 * What stood behind the row goes out after it. Idempotent by `commandId`.
 * @throws ReeveError outbox.not-dead, idempotency.reused
 */
export async function answerDead(kernel: Kernel, id: number, verb: DeadVerb, origin: Origin): Promise<void> {
  for (;;) {
    if (await wasAnswered(kernel, verb, origin)) return;
    const [dead] = await readDeadRows(kernel, 1, id);
    if (!dead) throw new ReeveError('outbox.not-dead');
    const { noun, entity, effect } = dead;
    const { row: before, nowMs } = await readRow(kernel, noun, entity);
    if (!before) throw new Error(`outbox row ${id} is of ${noun} ${entity}, which is gone`);
    const step: Step = { verb: verbOf[verb], atMs: nowMs, from: before.state, to: before.state, effects: [], row: { ...before, version: before.version + 1, updatedAtMs: nowMs } };
    const { rows: audit, reason } = auditRows(noun, entity, [step], { ...origin, code: effect }, step.verb);
    const written = await guardDuplicates(() =>
      inTransaction(kernel.pool, async (client) => {
        const { rowCount } = await client.query(writes[verb], [id]);
        return rowCount === 1 && writeChange(client, { noun, before, after: step.row, audit, outbox: [], reason });
      }),
    );
    if (!written) continue;
    kernel.wake();
    return;
  }
}

const verbOf = { retry: 'retryEffect', drop: 'dropEffect' };
const writes = {
  retry: 'update outbox set dead = false, refusals = 0, leased_until = null where id = $1 and dead',
  drop: 'delete from outbox where id = $1 and dead',
};

async function wasAnswered({ pool }: Kernel, verb: DeadVerb, { commandId, inputHash }: Origin): Promise<boolean> {
  if (commandId === undefined) return false;
  const { rows } = await pool.query('select verb, input_hash from audit where command_id = $1', [commandId]);
  if (rows[0] && (rows[0].verb !== verbOf[verb] || rows[0].input_hash !== (inputHash ?? null))) throw new ReeveError('idempotency.reused');
  return rows.length > 0;
}
