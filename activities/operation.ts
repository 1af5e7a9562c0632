/**
 * Operations: what a workflow waits for a person with becomes a row that operators see, and their answer comes back from
 * it. Called by workflows/attention.ts only.
 */
import { activityInfo } from '@temporalio/activity';
import { apply } from '../db/apply';
import { create } from '../db/create';
import type { Kernel } from '../db/kernel';
import { listTrouble } from '../db/queries/afresh';
import { troubleDetail } from '../db/queries/expansion';
import { system, temporal } from '../policies/actor';

export interface OpenOperation {
  noun: string;
  /** Without one: all things of the noun. */
  id?: number;
  wiki?: string;
  /** The n-th time that this run needs attention. */
  seq: number;
  code: string;
  attempts: number;
  skippable: boolean;
  counts?: Record<string, number>;
}
export interface AnswerOperation {
  operation: number;
  /** `settled`: its cause went away; the others came by Temporal's own tools. */
  verb: 'retry' | 'skip' | 'abort' | 'settled';
  /** Why, as a code. */
  code?: string;
}
export type OperationActivities = ReturnType<typeof createOperationActivities>;

const answers = { retrying: 'retry', skipped: 'skip', aborted: 'abort', settled: 'settled' } as const;

export function createOperationActivities({ kernel }: { kernel: Kernel }) {
  return {
    /** Idempotent: the command id names the run and its n-th trouble. */
    async openOperation({ noun, id, wiki, seq, code, attempts, skippable, counts }: OpenOperation): Promise<{ operation: number }> {
      const { workflowExecution, workflowType } = activityInfo();
      const { workflowId, runId } = workflowExecution!;
      const detail = noun !== 'delivery' || id === undefined ? null : await (wiki === undefined ? listTrouble(kernel.pool, id) : troubleDetail(kernel.pool, id, wiki));
      const values = { workflowId, runId, seq, kind: workflowType!, entity: id === undefined ? noun : `${noun}/${id}`, wiki: wiki ?? null, code, attempts, skippable, detail, counts: counts ?? null };
      const { row } = await create(kernel, { noun: 'operation', values, actor: system, commandId: `${workflowId}/${runId}/attention/${seq}` });
      return { operation: row.id };
    },

    /** Writes an answer down; one that came through the API stands already. @returns the answer that stands: somebody may have been faster. */
    async answerOperation({ operation, verb, code }: AnswerOperation): Promise<{ answer: 'retry' | 'skip' | 'abort' | 'settled' }> {
      const { row } = await apply(kernel, {
        noun: 'operation', id: operation, verb, code, actor: verb === 'settled' ? system : temporal, commandId: `operation/${operation}/${verb}`,
      });
      const answer = answers[row.state as keyof typeof answers];
      if (!answer) throw new Error(`operation ${operation} did not take ${verb}`);
      return { answer };
    },
  };
}
