import type { RetentionActivities } from '../../activities/retention';
import { skippingStage } from '../support/temporal';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

describe('the sweep of retention', () => {
  const stage = skippingStage();
  const now = () => stage.env.currentTimeMs();
  const start = () => stage.env.client.workflow.start('retention', { workflowId: 'retention/request', taskQueue: 'reeve', args: [{ noun: 'request' }] });

  /** Rows by their due instants, erased as Postgres would erase them. */
  const postgres = (due: number[], atOnce = 500) => {
    const erased: { dueMs: number; atMs: number }[] = [];
    const activities: RetentionActivities = {
      async sweep() {
        const atMs = await now();
        const ripe = due.filter((dueMs) => dueMs <= atMs).slice(0, atOnce);
        for (const dueMs of ripe) erased.push({ dueMs: due.splice(due.indexOf(dueMs), 1)[0]!, atMs });
        return { erased: ripe.length, more: ripe.length === atOnce, nextAtMs: due.length ? Math.min(...due) : null };
      },
    };
    return { activities, erased };
  };

  test('erases what is due at its instant, and what came to be due unseen within the hour', async () => {
    const begunMs = await now();
    const due = [begunMs - DAY, begunMs + 2 * DAY];
    const { activities, erased } = postgres(due);
    await stage.with(activities, async () => {
      const run = await start();
      await stage.env.sleep(DAY);
      expect(erased.map(({ dueMs }) => dueMs)).toEqual([begunMs - DAY]);
      due.push(begunMs + DAY + HOUR); // closed meanwhile, with a shorter rule
      await stage.env.sleep(2 * DAY);
      await run.terminate();
    });
    expect(erased).toHaveLength(3);
    for (const { dueMs, atMs } of erased.slice(1)) {
      expect(atMs).toBeGreaterThanOrEqual(dueMs);
      expect(atMs - dueMs).toBeLessThan(HOUR + 60_000);
    }
  });

  test('takes a chunk after the other without a pause', async () => {
    const begunMs = await now();
    const { activities, erased } = postgres(Array.from({ length: 25 }, () => begunMs - DAY), 10);
    await stage.with(activities, async () => {
      const run = await start();
      await stage.env.sleep(10 * 60_000);
      await run.terminate();
    });
    expect(erased).toHaveLength(25);
  });

  test('waits for an operator when it cannot erase, and goes on after a retry', async () => {
    let broken = true;
    const opened: string[] = [];
    const sweep: RetentionActivities['sweep'] = async () => {
      if (broken) throw new Error('no');
      return { erased: 1, more: false, nextAtMs: null };
    };
    await stage.with({ sweep, openOperation: async ({ code, noun }: { code: string; noun: string }) => (opened.push(`${noun} ${code}`), { operation: 1 }), answerOperation: async () => ({ answer: 'retry' }) } as never, async () => {
      const run = await start();
      await stage.env.sleep(2 * HOUR);
      expect(opened).toEqual(['request internal']);
      broken = false;
      await run.executeUpdate('retry', { args: [{ reason: 'fixed' }] });
      await stage.env.sleep(60_000);
      expect((await run.describe()).status.name).toBe('RUNNING');
      await run.terminate();
    });
  });
});
