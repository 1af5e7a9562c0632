/** What retention is to erase: rows whose instant has come, of the nouns that know the verb `purge`. */
import type { Kernel } from '../kernel';
import { nounTables } from '../nouns';

/** Each has the column `purge_at_ms`, with an index. */
export const retainedNouns = ['request', 'membership'] as const;
export type RetainedNoun = (typeof retainedNouns)[number];

/** @throws Error for a noun that nothing is erased of. */
export async function dueForPurge(kernel: Kernel, noun: RetainedNoun, limit: number): Promise<{ ids: number[]; nextAtMs: number | null }> {
  if (!retainedNouns.includes(noun)) throw new Error('no such noun');
  const { table } = nounTables[noun];
  const { rows } = await kernel.pool.query<{ id: number; due: boolean; at_ms: number }>(
    `select id, purge_at_ms <= ${kernel.clock.sql} as due, purge_at_ms as at_ms from "${table}" where purge_at_ms is not null order by purge_at_ms, id limit $1`, [limit + 1]);
  const due = rows.filter((row) => row.due).slice(0, limit);
  return { ids: due.map(({ id }) => id), nextAtMs: rows[due.length]?.at_ms ?? null };
}
