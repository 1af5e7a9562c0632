/**
 * Durable `after`: sleeps until the earliest instant of an entity's timer set and then lets db/apply.ts look at the
 * clock. Postgres holds the set and judges what is due; this only wakes it. Workflow id timer/<noun>/<id>, of an event
 * event/<id>, of an account request escalation/request/<id>; started and told by the outbox (dispatch/intents.ts); ends
 * when nothing is left to wait for.
 */
import { condition, continueAsNew, defineSignal, proxyActivities, setCurrentDetails, setHandler, workflowInfo } from '@temporalio/workflow';
import type { TimerActivities } from '../activities/timer';
import { needsAttention } from './attention';

/** timer id → due instant, Unix milliseconds. */
export type Timers = Record<string, number>;
export interface TimerSet {
  /** The entity's. */
  version: number;
  timers: Timers;
}
export interface TimerInput {
  noun: string;
  id: number;
  /** Carried over by continue-as-new. */
  set?: TimerSet;
}

export const setTimers = defineSignal<[TimerSet]>('setTimers');
/** From outside: an integrator who is in doubt whether this knows the latest. */
export const refresh = defineSignal('refresh');

const { fireTimers } = proxyActivities<TimerActivities>({
  startToCloseTimeout: '30 seconds',
  retry: { initialInterval: '200 milliseconds', maximumInterval: '10 seconds', maximumAttempts: 60 }, // outlives a restart of Postgres
});

/** One body for every workflow type that is nothing but an entity's timers. */
export async function durableAfter({ noun, id, set: carried }: TimerInput): Promise<void> {
  let set: TimerSet = carried ?? { version: -1, timers: {} };
  setHandler(setTimers, (next) => void (set = next.version > set.version ? next : set), {
    description: 'Internal: the whole timer set of the thing, with its version.',
  });
  let asked = false;
  setHandler(refresh, () => void (asked = true), { description: 'Look at the thing again, and wait for what it now waits for.' });
  const attention = needsAttention({ noun, id });
  let early = 0; // fired and found not due: the clocks differ a little
  await condition(() => set.version >= 0);
  for (let due = earliest(set); due; due = earliest(set)) {
    if (workflowInfo().continueAsNewSuggested) await continueAsNew<typeof durableAfter>({ noun, id, set });
    const seen = set;
    const waitMs = Math.max(due.atMs - Date.now(), early && Math.min(60_000, 125 * 2 ** early));
    setCurrentDetails(`Waits for \`${due.name}\` of ${noun} ${id} at ${new Date(due.atMs).toISOString()}.`);
    if (waitMs > 0 && (await condition(() => set !== seen || asked, waitMs, { summary: `${due.name} of ${noun} ${id}` })) && !asked) continue;
    const { id: timer, atMs } = due;
    const now = await attention.through(() => fireTimers.executeWithOptions({ summary: `${due!.name} of ${noun} ${id}` }, [{ noun, id }]));
    early = !asked && now.timers[timer] === atMs ? early + 1 : 0;
    asked = false;
    if (set === seen) set = now; // else a newer set came meanwhile
  }
}

/** Gives the thing's timers; the name is what the machine calls the delay. */
function earliest({ timers }: TimerSet): { id: string; name: string; atMs: number } | undefined {
  const [first] = Object.entries(timers).sort((a, b) => a[1] - b[1]);
  return first && { id: first[0], name: first[0].split('.')[2] ?? first[0], atMs: first[1] };
}
