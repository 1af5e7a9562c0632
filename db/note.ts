/**
 * What is done beside a thing and is no verb of it: an operator answers for one of its effects, a person ends a session.
 * It stands in the thing's own log all the same, a version like an edit, in the same commit.
 */
import type { PoolClient } from 'pg';
import { ReeveError } from '../config/errors';
import { guardDuplicates, inTransaction, readRow, wasDone } from './apply';
import { auditRows, writeChange, type Origin } from './commit';
import type { Kernel } from './kernel';
import type { KernelNoun } from './nouns';
import type { Effect, Step } from './step';

/** As the log names them, by the noun on whose things they stand; a dead effect may be of any. */
export const notesOf = {
  any: ['retryEffect', 'dropEffect'],
  user: ['endSession', 'endOtherSessions', 'search', 'linkWiki', 'unlinkWiki', 'enrolSecondFactor', 'disableSecondFactor', 'resetSecondFactor', 'useRecoveryCode', 'exportPerson', 'erasePerson', 'erase', 'makeFeed', 'endFeed'],
  wiki: ['pauseCreations', 'resumeCreations'],
  request: ['reveal', 'flagComment', 'unflagComment', 'hideComment', 'showComment', 'editComment'],
} as const satisfies Partial<Record<KernelNoun | 'any', string[]>>;
export const notes = Object.values(notesOf).flat();

export interface Note extends Origin {
  noun: KernelNoun;
  id: number;
  verb: (typeof notes)[number];
  /** What must follow outside, by the outbox. */
  effects?: Effect[];
}

/**
 * Idempotent by `commandId`.
 * @param work what is done; false: there was nothing to do, and nothing is noted
 * @throws ReeveError not-found, idempotency.reused
 */
export async function noteOn(kernel: Kernel, { effects = [], ...note }: Note, work: (client: PoolClient) => Promise<boolean>): Promise<'done' | 'replayed' | 'nothing'> {
  const { noun, id, verb } = note;
  for (;;) {
    if (await wasDone(kernel, note)) return 'replayed';
    const { row: before, nowMs } = await readRow(kernel, noun, id);
    if (!before) throw new ReeveError('not-found');
    const step: Step = { verb, atMs: nowMs, from: before.state, to: before.state, effects, row: { ...before, version: before.version + 1, updatedAtMs: nowMs } };
    const { rows: audit, reason } = auditRows(noun, id, [step], note, verb);
    let worked = false;
    const written = await guardDuplicates(() =>
      inTransaction(kernel.pool, async (client) => (worked = await work(client)) && writeChange(client, { noun, before, after: step.row, audit, outbox: effects.map((effect) => ({ version: step.row.version, effect })), reason })),
    );
    if (written && effects.length) kernel.wake();
    if (written) return 'done';
    if (!worked) return 'nothing';
  }
}
