import type { CommentActivities } from '../../activities/comments';
import { skippingStage } from '../support/temporal';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

describe('the nightly look through comments', () => {
  const stage = skippingStage();
  const now = () => stage.env.currentTimeMs();
  const start = () => stage.env.client.workflow.start('commentScan', { workflowId: 'comment-scan/request', taskQueue: 'reeve', args: [{}] });

  test('looks at once, chunk after chunk, and then every night at three, UTC', async () => {
    const looks: number[] = [];
    const scan: CommentActivities['scan'] = async () => {
      looks.push(await now());
      return { scanned: looks.length < 3 ? 500 : 1, flagged: 1, more: looks.length < 3 };
    };
    await stage.with({ scan }, async () => {
      const begunMs = await now();
      const run = await start();
      await stage.env.sleep(2 * DAY + HOUR);
      await run.terminate();
      expect(looks.slice(0, 3).every((atMs) => atMs - begunMs < HOUR)).toBe(true);
      const nights = looks.slice(3);
      expect(nights.length).toBeGreaterThanOrEqual(2);
      for (const atMs of nights) expect((atMs % DAY) - 3 * HOUR).toBeLessThan(60_000);
      for (const atMs of nights) expect((atMs % DAY) - 3 * HOUR).toBeGreaterThanOrEqual(0);
    });
  });

  test('waits for an operator when it cannot look, and goes on after a retry', async () => {
    let broken = true;
    const opened: string[] = [];
    const scan: CommentActivities['scan'] = async () => {
      if (broken) throw new Error('no');
      return { scanned: 0, flagged: 0, more: false };
    };
    await stage.with({ scan, openOperation: async ({ code, noun }: { code: string; noun: string }) => (opened.push(`${noun} ${code}`), { operation: 1 }), answerOperation: async () => ({ answer: 'retry' }) } as never, async () => {
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
