/** The clock's own step: fires what is due of a thing's timers. Called by workflows/timer.ts. */
import { applyDue } from '../db/apply';
import type { Kernel } from '../db/kernel';
import { nounTables, type KernelNoun } from '../db/nouns';
import { system } from '../policies/actor';

export interface FireTimers {
  noun: string;
  id: number;
}
export type TimerActivities = ReturnType<typeof createTimerActivities>;

export function createTimerActivities({ kernel }: { kernel: Kernel }) {
  return {
    /** Idempotent: a timer fires once, whoever looks. @returns the set as it now stands; none when the thing is gone. */
    async fireTimers({ noun, id }: FireTimers): Promise<{ version: number; timers: Record<string, number> }> {
      if (!Object.hasOwn(nounTables, noun)) throw new Error('no such noun');
      return (await applyDue(kernel, noun as KernelNoun, id, system)) ?? { version: 0, timers: {} };
    },
  };
}
