/**
 * The step of massDelivery in which a scheduled delivery reads its lists once more. Where they grew beyond what was
 * approved, or cannot be read, a person decides: `retry` reads them again, and goes on with as many pages as were shown;
 * `skip` sends what was submitted; `abort` cancels.
 */
import { proxyActivities } from '@temporalio/workflow';
import type { AfreshActivities } from '../activities/afresh';
import type { Answer, Attention, Cure } from './attention';
import { troubleOf, type Trouble } from './trouble';

const { readAfresh } = proxyActivities<AfreshActivities>({
  startToCloseTimeout: '2 hours', // a hundred lists
  heartbeatTimeout: '15 seconds',
  retry: { initialInterval: '1 second', maximumInterval: '30 seconds', maximumAttempts: 20 }, // a wiki may be busy for some minutes
});
const { sendAsSubmitted } = proxyActivities<AfreshActivities>({ startToCloseTimeout: '30 seconds', retry: { initialInterval: '200 milliseconds', maximumInterval: '10 seconds', maximumAttempts: 60 } });

/** @returns what a person answered; undefined when nobody had to be asked. Afterwards Postgres says how it goes on. */
export async function readListsAfresh(delivery: number, attention: Attention, cure: Cure): Promise<Answer | undefined> {
  const trouble = await readAfresh({ delivery }).then(({ grown }) => grown && { code: 'delivery.lists-grown' as const, attempts: 1, counts: grown }, troubleOf);
  if (!trouble) return undefined;
  const answer = await attention.need({ ...trouble, skippable: true } satisfies Trouble, cure);
  if (answer === 'skip') await attention.through(() => sendAsSubmitted({ delivery }));
  return answer;
}
