import { ApplicationFailure } from '@temporalio/activity';
import type { AccountActivities } from '../../activities/account';
import { eventually } from '../support/eventually';
import { currentDetails, skippingStage } from '../support/temporal';

const [SECOND, MINUTE, DAY] = [1_000, 60_000, 86_400_000];

describe('the making of an account', () => {
  const stage = skippingStage();
  let next = 0;
  const start = () => {
    const request = ++next;
    return stage.env.client.workflow.signalWithStart('accountCreation', { workflowId: `account-creation/${request}`, taskQueue: 'reeve', args: [{ request, version: 1 }], signal: 'changed', signalArgs: [{ version: 1 }] });
  };
  /** What the steps answer, and when each was asked. */
  const steps = (create: AccountActivities['createAccount'], untilMs = 0, pause: { pausedAtMs?: number } = {}) => {
    const said: string[] = [];
    let wanted = true;
    const activities = {
      async beginCreation() {
        const waitMs = Math.max(0, untilMs - (await stage.env.currentTimeMs()));
        return waitMs === 0 && pause.pausedAtMs !== undefined ? { wanted, waitMs: 60 * MINUTE, pausedAtMs: pause.pausedAtMs } : { wanted, waitMs, of: 7 };
      },
      createAccount: async (input: { request: number }) => (said.push('create'), create(input)),
      welcomeNewcomer: async () => void said.push('welcome'),
      giveUpCreation: async ({ code, of }: { code?: string; of?: number }) => void said.push(`giveUp ${of} ${code}`),
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

  test.each(['taken back', 'given up'])('that is asked for once more at the instant that it is %s is made by the same run', async (how) => {
    const said: string[] = [];
    let run: Awaited<ReturnType<typeof start>>;
    let looks = 0;
    const again = async (): Promise<void> => void (said.push('asked for again'), await run.signal('changed', { version: 3 }));
    const { activities } = steps(async () => {
      said.push('create');
      if (how === 'given up' && said.length === 1) throw failing('request.creation-refused');
      return { done: true, waitMs: 0 };
    });
    const beginCreation = async (): Promise<{ wanted: boolean; waitMs: number }> => {
      if (how === 'taken back' && ++looks === 1) return await again(), { wanted: false, waitMs: 0 };
      return { wanted: said.at(-1) !== 'create', waitMs: 0 };
    };
    await stage.with({ ...activities, beginCreation, giveUpCreation: again }, async () => {
      run = await start();
      await run.result();
    });
    expect(said).toEqual(how === 'taken back' ? ['asked for again', 'create'] : ['create', 'asked for again', 'create']);
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

  test('that is paused says since when, waits as long as it takes, and goes on the moment that the switch is lifted', async () => {
    const pause: { pausedAtMs?: number } = { pausedAtMs: Date.UTC(2031, 0, 1) };
    let madeMs = 0;
    const { activities, said } = steps(async () => ((madeMs = await stage.env.currentTimeMs()), { done: true, waitMs: 0 }), 0, pause);
    await stage.with(activities, async () => {
      const run = await start();
      await stage.env.sleep(3 * DAY);
      expect(said).toEqual([]);
      await eventually(async () => expect(await currentDetails(run)).toContain('creations are paused since 2031-01-01T00:00:00.000Z'));
      delete pause.pausedAtMs;
      const liftedMs = await stage.env.currentTimeMs();
      await run.signal('lifted');
      await run.result();
      expect(madeMs - liftedMs).toBeLessThan(MINUTE); // it would have looked by itself within the hour
      expect(said).toEqual(['create']);
    });
  });

  test('that waits for somebody to sign in at the wiki says so, and goes on the moment that they have', async () => {
    let signedIn = false;
    let madeMs = 0;
    const { activities, said } = steps(async () => (signedIn ? ((madeMs = await stage.env.currentTimeMs()), { done: true, waitMs: 0 }) : { done: false, waitMs: 60 * MINUTE, wantsSignIn: true }));
    await stage.with(activities, async () => {
      const run = await start();
      await eventually(async () => expect(await currentDetails(run)).toContain('waits for who has the request in hand to sign in at the wiki'));
      await stage.env.sleep(3 * DAY);
      expect(said.length).toBeLessThanOrEqual(3 * 24 + 1); // it looks again by itself every hour, should nobody tell
      signedIn = true;
      const sinceMs = await stage.env.currentTimeMs();
      await run.signal('changed', { version: 2 });
      await run.result();
      expect(madeMs - sinceMs).toBeLessThan(MINUTE);
    });
  });

  test('that is paused between two tries waits for the switch, too, and can be taken back meanwhile', async () => {
    const { activities, said, unwanted } = steps(async () => ({ done: false, waitMs: 60 * MINUTE, pausedAtMs: Date.UTC(2031, 0, 1) }));
    await stage.with(activities, async () => {
      const run = await start();
      await eventually(async () => expect(await currentDetails(run)).toContain('creations are paused since'));
      unwanted();
      await run.signal('changed', { version: 2 });
      await run.result();
      expect(said).toEqual(['create']);
    });
  });

  test('leaves the welcome once it is made, where there is one', async () => {
    const { activities, said } = steps(async () => ({ done: true, waitMs: 0, welcomes: true }));
    await stage.with(activities, async () => void (await (await start()).result()));
    expect(said).toEqual(['create', 'welcome']);
  });

  test.each([['retry', ['welcome']], ['skip', []], ['abort', []]])('whose welcome fails waits for a person and is made all the same: %s', async (act, after) => {
    const { activities, said } = steps(async () => ({ done: true, waitMs: 0, welcomes: true }));
    let refused = true;
    const welcomeNewcomer = async (): Promise<void> => {
      if (refused) throw failing('request.welcome-refused');
      said.push('welcome');
    };
    await stage.with({ ...activities, welcomeNewcomer }, async () => {
      const run = await start();
      await eventually(() => expect(said).toEqual(['create', 'operation request.welcome-refused']));
      await eventually(async () => expect(await currentDetails(run)).toContain('operation 1'));
      refused = false;
      await run.executeUpdate(act, { args: [{ reason: 'looked-at' }] });
      await run.result();
    });
    expect(said).toEqual(['create', 'operation request.welcome-refused', ...after]);
  });

  const failing = (type: string) => ApplicationFailure.create({ type, message: type, nonRetryable: true });

  test.each(['request.name-taken', 'request.creation-refused'])('that the wiki refuses for good (%s) goes back at once to whoever has it in hand', async (code) => {
    const { activities, said } = steps(async () => {
      throw failing(code);
    });
    await stage.with(activities, async () => void (await (await start()).result()));
    expect(said).toEqual(['create', `giveUp 7 ${code}`]);
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
      expect(said).toEqual(['create', 'operation wiki.session', 'giveUp 7 wiki.session']);
    });
  });
});
