/**
 * Outbox rows that Temporal refused for good: an operator has them tried again, or gives them up. Written on the thing that
 * the effect belongs to, in the same commit, so that its log tells what never happened, and who said so.
 */
import { ReeveError } from '../config/errors';
import { readRow } from './apply';
import { fromRow } from './columns';
import type { Origin } from './commit';
import type { Kernel } from './kernel';
import { noteOn } from './note';
import { nounTables, type KernelNoun } from './nouns';

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
 * What stood behind the row goes out after it. Idempotent by `commandId`. Where the thing is gone, it stands in the log of
 * whoever said so.
 * @throws ReeveError outbox.not-dead, idempotency.reused
 */
export async function answerDead(kernel: Kernel, id: number, verb: DeadVerb, origin: Origin): Promise<void> {
  for (;;) {
    if (await wasAnswered(kernel, verb, origin)) return;
    const [dead] = await readDeadRows(kernel, 1, id);
    if (!dead) throw new ReeveError('outbox.not-dead');
    const { noun, entity, effect } = dead;
    const there = noun in nounTables && (await readRow(kernel, noun, entity)).row !== null;
    const on = there ? { noun, id: entity, code: effect } : { noun: 'user' as const, id: origin.actor.userId!, code: `${noun}/${entity}/${effect}` };
    const written = await noteOn(kernel, { ...origin, ...on, verb: verbOf[verb] }, async (client) => (await client.query(writes[verb], [id])).rowCount === 1);
    if (written === 'nothing') continue; // somebody else answered meanwhile
    kernel.wake();
    return;
  }
}

const verbOf = { retry: 'retryEffect', drop: 'dropEffect' } as const;
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
