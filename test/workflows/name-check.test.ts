import { ApplicationFailure } from '@temporalio/activity';
import { skippingStage } from '../support/temporal';

const [MINUTE, HOUR] = [60_000, 3_600_000];

describe('asking again for a name', () => {
  const stage = skippingStage();

  test('goes on ever more seldom, and at least once an hour, until the wiki has answered', async () => {
    const asked: number[] = [];
    const activities = {
      async askName() {
        asked.push(await stage.env.currentTimeMs());
        if (asked.length < 12) throw ApplicationFailure.create({ type: 'wiki.unreachable', message: 'wiki.unreachable' });
      },
    };
    await stage.with(activities, async () => {
      const run = await stage.env.client.workflow.start('nameCheck', { workflowId: 'name-check/1', taskQueue: 'reeve', args: [{ request: 1 }] });
      await run.result();
    });
    expect(asked).toHaveLength(12);
    const gaps = asked.slice(1).map((atMs, i) => atMs - asked[i]!);
    expect(gaps[0]).toBeGreaterThanOrEqual(MINUTE);
    expect(gaps[1]).toBeGreaterThanOrEqual(2 * MINUTE);
    for (const gap of gaps.slice(-4)) expect(Math.abs(gap - HOUR)).toBeLessThan(MINUTE);
  });
});
