/**
 * On a server that suggests to continue as new after 60 events and terminates after 750, as far apart as Temporal's own
 * 4,096 and 51,200. What is heard while a signal to a child is under way is four events each time, so less room fails by chance.
 */
import type { WorkflowHandle } from '@temporalio/client';
import type { TimerInput } from '../../workflows/timer';
import { eventually } from '../support/eventually';
import { ownServer, realStage } from '../support/temporal';
import { Ledger } from './ledger';

describe('on a server with short histories', () => {
  const address = ownServer('limit.historyCount.suggestContinueAsNew=60', 'limit.historyCount.error=750', 'history.timerProcessorMaxTimeShift="5ms"', 'history.transferProcessorMaxPollRPS=1000');
  const stage = realStage({ address });
  const tell = (delivery: number, version: number) =>
    stage.temporal.client.workflow.signalWithStart('massDelivery', { workflowId: `delivery/${delivery}`, taskQueue: 'reeve', args: [{ delivery }], signal: 'changed', signalArgs: [{ version }] });
  const runs = async (workflowId: string): Promise<string[]> => {
    const found: string[] = [];
    for await (const { status } of stage.temporal.client.workflow.list({ query: `WorkflowId = '${workflowId}'` })) found.push(status.name);
    return found;
  };
  const ended = async (workflowId: string, atLeast: number): Promise<void> => {
    await eventually(async () => expect((await runs(workflowId)).filter((status) => status === 'CONTINUED_AS_NEW').length).toBeGreaterThanOrEqual(atLeast));
    expect(new Set(await runs(workflowId))).toEqual(new Set(['CONTINUED_AS_NEW', 'COMPLETED']));
  };

  test('a wiki\'s part of a hundred lanes\' work goes on run after run, and loses nothing', async () => {
    const ledger = new Ledger([{ wiki: 1, host: 'a.example.org', open: 1_000, unknown: 0, lanes: 3, perLane: 10 }]);
    await stage.with(ledger.activities, async () => (await tell(1, 1)).result());
    expect(ledger).toMatchObject({ state: 'finished', wikis: [{ open: 0, closed: 'done' }] });
    await ended('delivery/1/a.example.org', 3);
  });

  test('a pause that comes while it continues as new is still heard', async () => {
    const ledger = new Ledger([{ wiki: 1, host: 'a.example.org', open: 500, unknown: 0, lanes: 2, perLane: 5 }]);
    await stage.with(ledger.activities, async () => {
      const handle = await tell(2, 1);
      for (let version = 2; ledger.state !== 'finished' && version < 60; version += 2) {
        await new Promise((resolve) => setTimeout(resolve, 40));
        if (ledger.state !== 'running') continue;
        ledger.state = 'paused';
        await tell(2, version);
        ledger.state = 'running';
        await tell(2, version + 1);
      }
      await handle.result();
    });
    expect(ledger).toMatchObject({ state: 'finished', wikis: [{ open: 0 }] });
    await ended('delivery/2', 1);
  });

  test('a delivery to many wikis leaves its children at work when it continues as new, and finds them again', async () => {
    const wikis = Array.from({ length: 12 }, (_, i) => ({ wiki: i + 1, host: `w${i}.example.org`, open: 10_000, unknown: 0, lanes: 1, perLane: 2_000, slow: true }));
    const ledger = new Ledger(wikis);
    await stage.with(ledger.activities, async () => {
      const handle: WorkflowHandle = await tell(3, 1);
      await eventually(() => expect(ledger.calls.filter((name) => name === 'lane').length).toBeGreaterThanOrEqual(24));
      for (let version = 2; version < 8; version++) await tell(3, version);
      await eventually(async () => expect((await runs('delivery/3')).length).toBeGreaterThan(1));
      for (const wiki of ledger.wikis) Object.assign(wiki, { slow: false, open: 5 });
      await handle.result();
      for (const { host } of wikis) await eventually(async () => expect((await runs(`delivery/3/${host}`)).filter((status) => status === 'COMPLETED')).toHaveLength(1));
    });
    expect(ledger.state).toBe('finished');
    expect(ledger.wikis.every(({ closed, open }) => closed === 'done' && open === 0)).toBe(true);
    await ended('delivery/3', 1);
  });

  test('a thing whose timers follow one another for ever keeps one sleeper', async () => {
    let fired = 0;
    const activities = { fireTimers: async () => (++fired < 60 ? { version: fired + 1, timers: { 'xstate.after.next.key.active': Date.now() + 5 } } : { version: 100, timers: {} }) };
    await stage.with(activities, async () => {
      const handle = await stage.temporal.client.workflow.signalWithStart('timer', {
        workflowId: 'timer/key/1', taskQueue: 'reeve', args: [{ noun: 'key', id: 1 } satisfies TimerInput], signal: 'setTimers', signalArgs: [{ version: 1, timers: { 'xstate.after.next.key.active': Date.now() } }],
      });
      await handle.result();
    });
    expect(fired).toBe(60);
    await ended('timer/key/1', 5);
  });
});
