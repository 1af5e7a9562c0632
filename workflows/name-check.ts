/**
 * Asking a wiki for a name that it did not answer for when the request was filed: again and again, ever more seldom, for
 * as long as the request waits. Workflow id name-check/<request>; started by the outbox (dispatch/intents.ts).
 */
import { proxyActivities } from '@temporalio/workflow';
import type { NameCheckActivities } from '../activities/name-check';

export interface NameCheckInput {
  request: number;
}

const { askName } = proxyActivities<NameCheckActivities>({
  startToCloseTimeout: '1 minute',
  // without end: nobody has to be asked, and a request waits for 90 days at most
  retry: { initialInterval: '1 minute', backoffCoefficient: 2, maximumInterval: '1 hour' },
});

export async function nameCheck({ request }: NameCheckInput): Promise<void> {
  await askName.executeWithOptions({ summary: `what the wiki says of the name of request ${request}` }, [{ request }]);
}
