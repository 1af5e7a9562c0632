/**
 * The nightly look through what was written beside account requests: flags what holds an address, in chunks. Workflow id
 * comment-scan/request; started by dispatch/reconcile.ts, runs for ever.
 */
import { continueAsNew, proxyActivities, setCurrentDetails, sleep, workflowInfo } from '@temporalio/workflow';
import type { CommentActivities } from '../activities/comments';
import { needsAttention } from './attention';

export interface CommentScanInput {
  /** Flagged since it was started; carried over by continue-as-new. */
  flagged?: number;
}

const DAY_MS = 86_400_000;
/** Of the day, UTC. */
const NIGHT_MS = 3 * 3_600_000;

const { scan } = proxyActivities<CommentActivities>({
  startToCloseTimeout: '10 minutes',
  heartbeatTimeout: '30 seconds',
  retry: { initialInterval: '1 second', maximumInterval: '1 minute', maximumAttempts: 60 }, // outlives a restart of Postgres
});

export async function commentScan({ flagged = 0 }: CommentScanInput = {}): Promise<void> {
  const attention = needsAttention({ noun: 'request' });
  for (;;) {
    const looked = await attention.through(() => scan.executeWithOptions({ summary: 'look through comments' }, []));
    flagged += looked.flagged;
    if (workflowInfo().continueAsNewSuggested) await continueAsNew<typeof commentScan>({ flagged });
    if (looked.more) continue;
    const waitMs = untilNight(Date.now());
    setCurrentDetails(`Flagged ${flagged} comments. Looks again at ${new Date(Date.now() + waitMs).toISOString()}.`);
    await sleep(waitMs, { summary: 'until the next night' });
  }
}

const untilNight = (atMs: number): number => DAY_MS - ((((atMs - NIGHT_MS) % DAY_MS) + DAY_MS) % DAY_MS);
