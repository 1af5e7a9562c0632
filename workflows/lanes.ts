/**
 * The lanes of one wiki's part: activities that each pull rows from the ledger, up to 50,000 or for half an hour, so that
 * the history hardly grows with the targets. Used by workflows/wiki-delivery.ts.
 */
import { ActivityCancellationType, CancellationScope, isCancellation, proxyActivities, workflowInfo } from '@temporalio/workflow';
import type { DeliveryActivities } from '../activities/delivery';
import { troubleOf, type Trouble } from './trouble';

const QUOTA = 50_000;

const { lane } = proxyActivities<DeliveryActivities>({
  startToCloseTimeout: '12 hours', // it ends by itself long before; heartbeats prove life
  heartbeatTimeout: '3 seconds', // how soon a killed worker is noticed
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED, // the edits in hand are finished
  retry: { initialInterval: '200 milliseconds', maximumInterval: '1 second', maximumAttempts: 1_000 }, // kills must not use them up; tries against the wiki are counted inside
});

/** One wiki's part of a delivery. */
export interface Part {
  delivery: number;
  wiki: number;
}
export interface Lanes {
  /** Rows done, over all rounds. */
  done: number;
  /** At work just now. */
  working: number;
  /** Until nothing more can be done now. @returns why, when it is a trouble; all lanes are back by then. */
  run(width: number): Promise<Trouble | undefined>;
}

export function lanesOf(part: Part, host: string, done: number, changed: () => void): Lanes {
  const lanes: Lanes = {
    done,
    working: 0,
    async run(width) {
      let trouble: Trouble | undefined;
      let more = true;
      const scope = new CancellationScope();
      const pull = async (): Promise<void> => {
        lanes.working++;
        try {
          while (more && !workflowInfo().continueAsNewSuggested) {
            const result = await lane.executeWithOptions({ summary: `up to ${QUOTA} targets on ${host}` }, [{ ...part, host, quota: QUOTA }]);
            lanes.done += result.done;
            more &&= result.ended === 'quota';
            changed();
          }
        } catch (error) {
          more = false; // one lane's trouble is the wiki's: the others finish what is in hand
          if (!isCancellation(error)) trouble ??= troubleOf(error);
          scope.cancel();
        } finally {
          lanes.working--;
        }
      };
      await scope.run(() => Promise.all(Array.from({ length: width }, pull)));
      return trouble;
    },
  };
  return lanes;
}
