import { ApplicationFailure } from '@temporalio/activity';
import type { AccountActivities } from '../../activities/account';
import { skippingStage } from '../support/temporal';

const [SECOND, DAY] = [1_000, 86_400_000];

describe('the making of an account', () => {
  const stage = skippingStage();
  let next = 0;
  const start = () => {
    const request = ++next;
    return stage.env.client.workflow.signalWithStart('accountCreation', { workflowId: `account-creation/${request}`, taskQueue: 'reeve', args: [{ request, version: 1 }], signal: 'changed', signalArgs: [{ version: 1 }] });
  };
  /** What the steps answer, and when each was asked. */
  const steps = (create: AccountActivities['createAccount'], untilMs = 0) => {
    const said: string[] = [];
    let wanted = true;
    const activities = {
      async beginCreation() {
        return { wanted, waitMs: Math.max(0, untilMs - (await stage.env.currentTimeMs())) };
      },
      createAccount: async (input: { request: number }) => (said.push('create'), create(input)),
      giveUpCreation: async ({ code }: { code?: string }) => void said.push(`giveUp ${code}`),
      openOperation: async ({ code }: { code: string }) => (said.push(`operation ${code}`), { operation: 1 }),
      answerOperation: async ({ verb }: { verb: string }) => ({ answer: verb }),
    };
    return { activities, said, unwanted: () => (wanted = false) };
  };

  test('asks the wiki once the time to take it back is over', async () => {
    const untilMs = (await stage.env.currentTimeMs()) + 15 * SECOND;
    let askedMs = 0;
    const { activities, said } = steps(async () => ((askedMs = await stage.env.currentTimeMs()), { done: true, waitMs: 0 }), untilMs);
    await stage.with(activities, async () => void (await (await start()).result()));
    expect(said).toEqual(['create']);
    expect(askedMs).toBeGreaterThanOrEqual(untilMs);
  });

  test('that is taken back is never asked of the wiki', async () => {
    const { activities, said, unwanted } = steps(async () => ({ done: true, waitMs: 0 }), (await stage.env.currentTimeMs()) + 60 * SECOND);
    await stage.with(activities, async () => {
      const run = await start();
      await stage.env.sleep(5 * SECOND);
      unwanted();
      await run.signal('changed', { version: 2 });
      await run.result();
    });
    expect(said).toEqual([]);
  });

  test('waits out the day\'s number, and goes on by itself', async () => {
    const begunMs = await stage.env.currentTimeMs();
    let tries = 0;
    let endedMs = 0;
    const { activities } = steps(async () => {
      if (++tries === 1) return { done: false, waitMs: DAY };
      endedMs = await stage.env.currentTimeMs();
      return { done: true, waitMs: 0 };
    });
    await stage.with(activities, async () => void (await (await start()).result()));
    expect(tries).toBe(2);
    expect(endedMs - begunMs).toBeGreaterThanOrEqual(DAY);
  });

  const failing = (type: string) => ApplicationFailure.create({ type, message: type, nonRetryable: true });

  test.each(['request.name-taken', 'request.creation-refused'])('that the wiki refuses for good (%s) goes back at once to whoever has it in hand', async (code) => {
    const { activities, said } = steps(async () => {
      throw failing(code);
    });
    await stage.with(activities, async () => void (await (await start()).result()));
    expect(said).toEqual(['create', `giveUp ${code}`]);
  });

  test('at a wiki in trouble waits for a person, who may try again or give it up', async () => {
    let trouble = true;
    const { activities, said } = steps(async () => {
      if (trouble) throw failing('wiki.session');
      return { done: true, waitMs: 0 };
    });
    await stage.with(activities, async () => {
      const run = await start();
      await stage.env.sleep(SECOND);
      expect(said).toEqual(['create', 'operation wiki.session']);
      await run.executeUpdate('retry', { args: [{ reason: 'again' }] });
      await stage.env.sleep(SECOND);
      trouble = false;
      await run.executeUpdate('retry', { args: [{ reason: 'fixed' }] });
      await run.result();
      trouble = true;
      said.length = 0;
      const other = await start();
      await stage.env.sleep(SECOND);
      await other.executeUpdate('abort', { args: [{ reason: 'no-use' }] });
      await other.result();
      expect(said).toEqual(['create', 'operation wiki.session', 'giveUp wiki.session']);
    });
  });
});
