import type { WorkflowHandle } from '@temporalio/client';
import type { TimerActivities } from '../../activities/timer';
import type { TimerInput, TimerSet } from '../../workflows/timer';
import { skippingStage } from '../support/temporal';

const DAY = 86_400_000;

type Events = NonNullable<Awaited<ReturnType<WorkflowHandle['fetchHistory']>>['events']>;
const msOf = (time?: { seconds?: unknown; nanos?: number | null } | null): number => Number(time?.seconds ?? 0) * 1_000 + Math.floor((time?.nanos ?? 0) / 1e6);
/** Until when each of its timers lets it sleep, by its own clock: that of the task that set it. */
const sleepsIn = (events: Events): number[] =>
  events.flatMap(({ timerStartedEventAttributes: timer }, at) => {
    const task = events.slice(0, at).filter(({ workflowTaskStartedEventAttributes: begun }) => begun).at(-1);
    return timer ? [msOf(task!.eventTime) + msOf(timer.startToFireTimeout)] : [];
  });

describe('the sleeper of a thing\'s timers', () => {
  const stage = skippingStage();
  let next = 0;
  const now = () => stage.env.currentTimeMs();

  /** Activities that fire like Postgres would: what is due by the server's clock leaves the set. */
  const postgres = (set: TimerSet) => {
    const fired: { id: string; atMs: number }[] = [];
    const asked: number[] = [];
    const activities: TimerActivities = {
      async fireTimers() {
        const atMs = await now();
        asked.push(atMs);
        for (const [id, dueMs] of Object.entries(set.timers)) {
          if (dueMs > atMs) continue;
          delete set.timers[id];
          set.version++;
          fired.push({ id, atMs });
        }
        return structuredClone(set);
      },
    };
    return { activities, fired, asked };
  };
  const start = (set: TimerSet, workflowId = `timer/key/${++next}`) =>
    stage.env.client.workflow.signalWithStart('timer', { workflowId, taskQueue: 'reeve', args: [{ noun: 'key', id: next } satisfies TimerInput], signal: 'setTimers', signalArgs: [structuredClone(set)] });

  test('wakes Postgres at the instant, ninety days on, and not before', async () => {
    const dueMs = (await now()) + 90 * DAY;
    const set = { version: 1, timers: { 'xstate.after.untilExpiry.key.active': dueMs } };
    const { activities, fired, asked } = postgres(set);
    const events = await stage.with(activities, async () => {
      const run = await start(set);
      await stage.env.sleep(89 * DAY);
      expect(fired).toEqual([]);
      await run.result();
      return (await run.fetchHistory()).events!;
    });
    expect(fired).toHaveLength(1);
    expect(fired[0]!.atMs).toBeGreaterThanOrEqual(dueMs);
    expect(asked).toEqual([fired[0]!.atMs]); // one sleep, to that very instant, and nobody was asked in between
    expect(sleepsIn(events)).toEqual([dueMs]);
  });

  test('control: an instant that lies a day nearer is noticed a day earlier', async () => {
    const set = { version: 1, timers: { 'xstate.after.untilExpiry.key.active': (await now()) + 88 * DAY } };
    const { activities, fired } = postgres(set);
    await stage.with(activities, async () => {
      await start(set);
      await stage.env.sleep(89 * DAY);
      expect(fired).toHaveLength(1);
    });
  });

  test('follows a newer set', async () => {
    const begunMs = await now();
    const set = { version: 2, timers: { 'xstate.after.a.key.active': begunMs + 10 * DAY } as Record<string, number> };
    const { activities, fired } = postgres(set);
    await stage.with(activities, async () => {
      const run = await start(set);
      set.version = 3;
      set.timers = { 'xstate.after.b.key.active': begunMs + 3 * DAY };
      await run.signal('setTimers', structuredClone(set));
      await run.result();
    });
    expect(fired.map(({ id }) => id)).toEqual(['xstate.after.b.key.active']);
    expect(fired[0]!.atMs - begunMs).toBeLessThan(4 * DAY);
  });

  test('drops an older set, and the same one again', async () => {
    const begunMs = await now();
    const set = { version: 2, timers: { 'xstate.after.a.key.active': begunMs + 10 * DAY } };
    const { activities, asked } = postgres(set);
    await stage.with(activities, async () => {
      const run = await start(set);
      await run.signal('setTimers', { version: 1, timers: { 'xstate.after.old.key.active': begunMs + DAY } });
      await run.signal('setTimers', { version: 2, timers: { 'xstate.after.old.key.active': begunMs + DAY } });
      await run.result();
    });
    expect(asked).toHaveLength(1);
    expect(asked[0]! - begunMs).toBeGreaterThanOrEqual(10 * DAY);
  });

  test('ends when the set becomes empty', async () => {
    const set = { version: 1, timers: { 'xstate.after.a.key.active': (await now()) + 10 * DAY } };
    const { activities, fired } = postgres(set);
    await stage.with(activities, async () => {
      const run = await start(set);
      await run.signal('setTimers', { version: 2, timers: {} });
      await run.result();
    });
    expect(fired).toEqual([]);
  });

  test('goes on in the same run with the set that the fire returns', async () => {
    const begunMs = await now();
    const set = { version: 1, timers: { 'xstate.after.a.key.active': begunMs + DAY, 'xstate.after.b.key.active': begunMs + 2 * DAY } };
    const { activities, fired } = postgres(set);
    await stage.with(activities, async () => {
      const run = await start(set);
      await run.result();
      expect((await run.describe()).runId).toBe(run.signaledRunId);
    });
    expect(fired.map(({ id }) => id)).toEqual(['xstate.after.a.key.active', 'xstate.after.b.key.active']);
  });

  test('believes Postgres when that stands behind it, as an older backup does', async () => {
    const begunMs = await now();
    const stored = { version: 4, timers: { 'xstate.after.b.key.active': begunMs + 5 * DAY } };
    const { activities, fired } = postgres(stored);
    await stage.with(activities, async () => {
      const run = await start({ version: 9, timers: { 'xstate.after.a.key.active': begunMs + DAY } });
      await run.result();
    });
    expect(fired.map(({ id }) => id)).toEqual(['xstate.after.b.key.active']);
  });

  test('of an event looks again when an integrator asks, and waits for what it then finds', async () => {
    const begunMs = await now();
    const stored = { version: 7, timers: { 'xstate.after.untilEnd.event.open': begunMs + 2 * DAY } };
    const { activities, fired, asked } = postgres(stored);
    await stage.with(activities, async () => {
      const run = await stage.env.client.workflow.signalWithStart('eventWindow', {
        workflowId: `event/${++next}`, taskQueue: 'reeve', args: [{ noun: 'event', id: next } satisfies TimerInput], signal: 'setTimers',
        signalArgs: [{ version: 6, timers: { 'xstate.after.untilEnd.event.open': begunMs + 30 * DAY } }],
      });
      await stage.env.sleep(DAY);
      expect(asked).toEqual([]); // the control: by itself it waits
      await run.signal('refresh');
      await run.result();
    });
    expect(asked).toHaveLength(2);
    expect(fired.map(({ id }) => id)).toEqual(['xstate.after.untilEnd.event.open']);
    expect(fired[0]!.atMs - begunMs).toBeLessThan(3 * DAY);
  });

  test('does not knock without rest while Postgres\' clock says that it is early', async () => {
    let calls = 0;
    const dueMs = (await now()) + DAY;
    const timers = { 'xstate.after.a.key.active': dueMs };
    const activities: TimerActivities = {
      async fireTimers() {
        calls++;
        return (await now()) < dueMs + 30_000 ? { version: 1, timers } : { version: 2, timers: {} };
      },
    };
    await stage.with(activities, async () => (await start({ version: 1, timers })).result());
    expect(calls).toBeGreaterThan(2);
    expect(calls).toBeLessThan(12);
  });
});
