/**
 * Retention of a noun: erases what is due by the rows' own instants, in chunks, and sleeps until the next. Workflow id
 * retention/<noun>; started by dispatch/reconcile.ts, runs for ever.
 */
import { continueAsNew, proxyActivities, setCurrentDetails, sleep, workflowInfo } from '@temporalio/workflow';
import type { RetentionActivities } from '../activities/retention';
import { needsAttention } from './attention';

export interface RetentionInput {
  noun: string;
  /** Erased since it was started; carried over by continue-as-new. */
  erased?: number;
}

/** It looks at least so often: a row may come to be due sooner than any that it knew of. Milliseconds. */
const LONGEST_SLEEP_MS = 3_600_000;

const { sweep } = proxyActivities<RetentionActivities>({
  startToCloseTimeout: '10 minutes',
  heartbeatTimeout: '30 seconds',
  retry: { initialInterval: '1 second', maximumInterval: '1 minute', maximumAttempts: 60 }, // outlives a restart of Postgres
});

export async function retention({ noun, erased = 0 }: RetentionInput): Promise<void> {
  const attention = needsAttention({ noun });
  for (;;) {
    const swept = await attention.through(() => sweep.executeWithOptions({ summary: `erase what is due of ${noun}` }, [{ noun }]));
    erased += swept.erased;
    if (workflowInfo().continueAsNewSuggested) await continueAsNew<typeof retention>({ noun, erased });
    if (swept.more) continue;
    const waitMs = Math.min(LONGEST_SLEEP_MS, Math.max(1_000, (swept.nextAtMs ?? Infinity) - Date.now()));
    setCurrentDetails(`Erased what was due of ${erased} ${noun}s. Looks again at ${new Date(Date.now() + waitMs).toISOString()}.`);
    await sleep(waitMs, { summary: `until something of ${noun} is due` });
  }
}
