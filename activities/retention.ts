/** Retention's own step: erases what is due of a noun, one row at a time through the one door. Called by workflows/retention.ts. */
import { Context } from '@temporalio/activity';
import { apply } from '../db/apply';
import type { Kernel } from '../db/kernel';
import { dropIdleGrants } from '../db/queries/identities';
import { dueForPurge, type RetainedNoun } from '../db/queries/retention';
import { system } from '../policies/actor';

export interface Sweep {
  noun: string;
}
export type RetentionActivities = ReturnType<typeof createRetentionActivities>;

const AT_ONCE = 500;

export function createRetentionActivities({ kernel }: { kernel: Kernel }) {
  return {
    /** Idempotent: what is erased is due no more. @returns whether there is more now, and when the next is due */
    async sweep({ noun }: Sweep): Promise<{ erased: number; more: boolean; nextAtMs: number | null }> {
      const { ids, nextAtMs } = await dueForPurge(kernel, noun as RetainedNoun, AT_ONCE);
      if (noun === 'membership') await dropIdleGrants(kernel); // what wikis let Reeve do goes with the last role
      for (const id of ids) {
        await apply(kernel, { noun: noun as RetainedNoun, id, verb: 'purge', actor: system, code: 'retention' });
        Context.current().heartbeat(id);
      }
      return { erased: ids.length, more: ids.length === AT_ONCE, nextAtMs };
    },
  };
}
