/**
 * R26: everything that Temporal holds of every workflow of the demo community, searched for every private value in its
 * database. Nothing may be found – but for a value that is put there for the search to find.
 *   npm run chaos -- r26
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { historiesOf, leaks, privateValues } from '../../test/support/histories';
import { startPlatform } from '../../test/support/platform';
import { verdict } from '../verdict';

async function main(): Promise<void> {
  const platform = await startPlatform({}, []);
  try {
    const { pool } = platform.kernel;
    const open = async (): Promise<number> => (await pool.query(`select count(*)::int as n from delivery where state in ('approved', 'expanding') or (state = 'running' and created_at_ms > $1)`, [Date.now() - 20_000])).rows[0].n;
    for (const until = Date.now() + 60_000; (await open()) && Date.now() < until; ) await sleep(500);
    const values = await privateValues(platform.kernel);
    const found = leaks(await historiesOf(platform.run()), values);
    const [planted] = values;
    await platform.temporal('workflow', 'start', '--workflow-id', 'planted', '--type', 'nothing', '--task-queue', 'nowhere', '--input', JSON.stringify({ wrote: planted!.value }));
    let histories = await historiesOf(platform.run());
    for (const until = Date.now() + 20_000; !histories.some(({ workflowId }) => workflowId === 'planted') && Date.now() < until; histories = await historiesOf(platform.run())) await sleep(300);
    const seen = leaks(histories, values).some((leak) => leak.startsWith(`${planted!.where} in planted`));
    const bytes = histories.reduce((sum, { text }) => sum + text.length, 0);
    if (found.length) console.log(found.slice(0, 20).join('\n'));
    verdict('R26', `${found.length} of ${values.length} private values found in ${histories.length - 1} workflows (${(bytes / 1e6).toFixed(1)} MB); the one put there ${seen ? 'was' : 'was not'} found`, !found.length && seen && histories.length > 3);
  } finally {
    await platform.stop();
  }
}

void main();
