/**
 * The making of an account: a while in which it can be taken back, then the wiki's daily number, then one try after the
 * other until the wiki has made it, has refused it, or a person gives it up. Workflow id account-creation/<request>; started and told by
 * the outbox (dispatch/intents.ts). Postgres' ledger knows what was tried: name, address and the wiki's words stay there.
 */
import { condition, continueAsNew, proxyActivities, setCurrentDetails, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import type { AccountActivities } from '../activities/account';
import type { ErrorCode } from '../config/errors';
import { needsAttention } from './attention';
import { stateKey } from './attributes';
import { watchVersion } from './changed';
import { troubleOf } from './trouble';

export interface AccountCreationInput {
  request: number;
  /** The request's, when it was asked for. */
  version: number;
}

/** The wiki's last word: no operator could change it, and who has the request in hand stands beside the requester. */
const sure = new Set<ErrorCode>(['request.name-taken', 'request.creation-refused']);

const retry = { initialInterval: '1 second', maximumInterval: '1 minute' } as const;
const { beginCreation, giveUpCreation } = proxyActivities<AccountActivities>({ startToCloseTimeout: '30 seconds', retry });
const { createAccount } = proxyActivities<AccountActivities>({
  startToCloseTimeout: '2 minutes',
  retry: { ...retry, maximumAttempts: 8 }, // some minutes of a wiki that is busy or away; then a person is asked
});

export async function accountCreation({ request, version }: AccountCreationInput): Promise<void> {
  const look = watchVersion(version);
  const attention = needsAttention({ noun: 'request', id: request }, () => show());
  let now = 'can be taken back';
  const show = (): void => setCurrentDetails([`Account of request ${request}: ${now}.`, attention.words].filter(Boolean).join('\n\n'));
  /** @returns whether the row has changed meanwhile. */
  const rest = async (ms: number, summary: string): Promise<boolean> => {
    const since = look.version;
    return ms > 0 && condition(() => look.version > since, ms, { summary });
  };
  show();
  for (;;) {
    if (workflowInfo().continueAsNewSuggested) await continueAsNew<typeof accountCreation>({ request, version: look.version });
    const { wanted, waitMs } = await beginCreation.executeWithOptions({ summary: `whether request ${request} still wants its account` }, [{ request }]);
    if (!wanted) return;
    if (waitMs > 0) {
      await rest(waitMs, 'until it can be taken back no more');
      continue;
    }
    now = 'the wiki is asked';
    show();
    try {
      const { done, waitMs: quotaMs } = await createAccount.executeWithOptions({ summary: `account of request ${request}` }, [{ request }]);
      if (done) return;
      now = `waits for the wiki's daily number until ${new Date(Date.now() + quotaMs).toISOString()}`;
      upsertSearchAttributes([{ key: stateKey, value: 'waiting' }]);
      show();
      await rest(quotaMs, 'until the wiki takes another account');
      upsertSearchAttributes([{ key: stateKey, value: 'creating' }]);
    } catch (error) {
      const trouble = troubleOf(error);
      if (!sure.has(trouble.code) && (await attention.need(trouble)) !== 'abort') continue;
      return void (await giveUpCreation.executeWithOptions({ summary: `request ${request} goes back to who has reserved it` }, [{ request, code: trouble.code }]));
    }
  }
}
