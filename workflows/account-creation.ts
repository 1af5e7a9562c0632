/**
 * The making of an account: a while in which it can be taken back, then the wiki's daily number and its switch, then one
 * try after the other until the wiki has made it, has refused it, or a person gives it up; then the welcome on the talk
 * page, which takes nothing back. Workflow id account-creation/<request>; started and told by the outbox
 * (dispatch/intents.ts). Postgres' ledger knows what was tried: name, address and the wiki's words stay there.
 */
import { condition, continueAsNew, defineSignal, proxyActivities, setCurrentDetails, setHandler, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
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

/** The wiki's switch is lifted: look again. */
export const lifted = defineSignal('lifted');

/** The wiki's last word: no operator could change it, and who has the request in hand stands beside the requester. */
const sure = new Set<ErrorCode>(['request.name-taken', 'request.creation-refused']);

const retry = { initialInterval: '1 second', maximumInterval: '1 minute' } as const;
const { beginCreation, giveUpCreation } = proxyActivities<AccountActivities>({ startToCloseTimeout: '30 seconds', retry });
const eightTries = { ...retry, maximumAttempts: 8 }; // some minutes of a wiki that is busy or away; then a person is asked
const { createAccount } = proxyActivities<AccountActivities>({ startToCloseTimeout: '2 minutes', retry: eightTries });
const { welcomeNewcomer } = proxyActivities<AccountActivities>({ startToCloseTimeout: '30 seconds', retry: eightTries }); // one edit; a killed worker is noticed by then

export async function accountCreation({ request, version }: AccountCreationInput): Promise<void> {
  const look = watchVersion(version);
  let lifts = 0;
  setHandler(lifted, () => void lifts++, { description: 'Internal: the wiki\'s switch is lifted, look again.' });
  const attention = needsAttention({ noun: 'request', id: request }, () => show());
  let now = 'can be taken back';
  const show = (): void => setCurrentDetails([`Account of request ${request}: ${now}.`, attention.words].filter(Boolean).join('\n\n'));
  const told = (): number => look.version + lifts;
  /** Until something was told since, or the time is over. */
  const rest = async (ms: number, since: number, summary: string): Promise<void> => void (ms > 0 && (await condition(() => told() > since, ms, { summary })));
  /** The same, as what it waits for. */
  async function waits(ms: number, since: number, words: string, summary: string): Promise<void> {
    now = words;
    upsertSearchAttributes([{ key: stateKey, value: 'waiting' }]);
    show();
    await rest(ms, since, summary);
    upsertSearchAttributes([{ key: stateKey, value: 'creating' }]);
  }
  const paused = (ms: number, sinceMs: number, since: number): Promise<void> =>
    waits(ms, since, `creations are paused since ${new Date(sinceMs).toISOString()}`, 'until the switch is lifted');
  show();
  for (;;) {
    if (workflowInfo().continueAsNewSuggested) await continueAsNew<typeof accountCreation>({ request, version: look.version });
    const since = told();
    if ((await over(since)) && told() === since) return; // else it may be wanted anew, and nobody starts a run beside this one
  }

  /** Looks once, and waits for what it waits for. @returns whether it needs this run no more */
  async function over(since: number): Promise<boolean> {
    const { wanted, waitMs, pausedAtMs, of } = await beginCreation.executeWithOptions({ summary: `whether request ${request} still wants its account` }, [{ request }]);
    if (!wanted) return true;
    if (waitMs > 0) {
      await (pausedAtMs === undefined ? rest(waitMs, since, 'until it can be taken back no more') : paused(waitMs, pausedAtMs, since));
      return false;
    }
    now = 'the wiki is asked';
    show();
    try {
      const tried = await createAccount.executeWithOptions({ summary: `account of request ${request}` }, [{ request }]);
      if (tried.done && tried.welcomes) await welcome();
      if (tried.done) return true;
      if (tried.pausedAtMs !== undefined) await paused(tried.waitMs, tried.pausedAtMs, since);
      else if (tried.wantsSignIn) await waits(tried.waitMs, since, 'waits for who has the request in hand to sign in at the wiki', 'until they sign in at the wiki');
      else await waits(tried.waitMs, since, `waits for the wiki's daily number until ${new Date(Date.now() + tried.waitMs).toISOString()}`, 'until the wiki takes another account');
      return false;
    } catch (error) {
      const trouble = troubleOf(error);
      if (!sure.has(trouble.code) && (await attention.need(trouble)) !== 'abort') return false;
      await giveUpCreation.executeWithOptions({ summary: `request ${request} goes back to who has reserved it` }, [{ request, code: trouble.code, of }]);
      return true;
    }
  }

  /** The account is there, whatever becomes of this: who gives it up only leaves the talk page as it is. */
  async function welcome(): Promise<void> {
    for (;;) {
      now = 'is made; the welcome is left';
      show();
      try {
        return await welcomeNewcomer.executeWithOptions({ summary: `welcome for the account of request ${request}` }, [{ request }]);
      } catch (error) {
        if ((await attention.need({ ...troubleOf(error), skippable: true })) !== 'retry') return;
      }
    }
  }
}
