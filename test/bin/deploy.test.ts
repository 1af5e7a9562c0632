import { currentBuild, ensureCurrentBuild, readBuilds, workerOf } from '../../gateways/builds';
import { ownBuild } from '../../bin/workflow-bundle';
import { commandLine } from '../support/command';
import { eventually } from '../support/eventually';
import { realStage } from '../support/temporal';

const stage = realStage();
const reeve = commandLine(() => ({ TEMPORAL_ADDRESS: stage.config.TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE: stage.config.TEMPORAL_NAMESPACE }));
const checked = { askName: async () => {} };
const worker = <T>(build: string, play: () => Promise<T>): Promise<T> => stage.with(checked, play, { workerDeploymentOptions: workerOf(stage.temporal, build) });
const start = (id: number) => stage.temporal.client.workflow.start('nameCheck', { workflowId: `name-check/${id}`, taskQueue: 'reeve', args: [{ request: id }] });
const asksForWork = (build: string) => eventually(async () => expect((await readBuilds(stage.temporal, 5_000)).find((one) => one.build === build)?.lastAt).toEqual(expect.any(String)));

describe('reeve deploy', () => {
  test('says that no worker was ever there, and promotes nothing that is not', async () => {
    expect(await reeve.run(['deploy'])).toMatchObject({ code: 0, stdout: expect.stringContaining('No worker was ever here.') });
    expect(await reeve.run(['deploy', 'promote', 'none-such'])).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('There is no build none-such') });
  });

  test('makes the first worker\'s build current by itself, and leaves the next one to a person', async () => {
    expect(await ensureCurrentBuild(stage.temporal, 'old', false)).toBe('old');
    expect(await ensureCurrentBuild(stage.temporal, 'new', false)).toBe('old');
    expect(await currentBuild(stage.temporal)).toBe('old');
  });

  test('gives the work to the current build only, and to another from its promotion on', async () => {
    await worker('old', async () => (await start(1)).result());
    await worker('new', async () => {
      const waiting = await start(2);
      await asksForWork('new');
      const early = await Promise.race([waiting.result().then(() => 'done'), new Promise((resolve) => setTimeout(resolve, 1_500, 'waits'))]);
      expect(early).toBe('waits');
      expect(await reeve.json(['deploy', 'promote', 'new', '--wait', '30'])).toMatchObject({ build: 'new', current: true, lastAt: expect.any(String) });
      await waiting.result();
    });
    const { items, here } = await reeve.json(['deploy']);
    expect(items).toMatchObject([{ build: 'new', current: true }, { build: 'old', current: false }]);
    expect(here).toBe(ownBuild());
    expect((await reeve.run(['deploy'])).stdout).toMatch(/^new +current +2\d/m);
  });

  test('goes back to the build before', async () => {
    await worker('old', async () => {
      expect(await reeve.run(['deploy', 'promote', 'old'])).toMatchObject({ code: 0, stdout: expect.stringContaining('Build old gets the work') });
      await (await start(3)).result();
    });
    expect(await currentBuild(stage.temporal)).toBe('old');
  });

  test('takes the installed build where none is named, and waits for its first worker', async () => {
    const promoted = reeve.spawned(['deploy', 'promote', '--wait', '60']);
    await worker('from-env', async () => expect(await reeve.spawned(['deploy', 'promote', '--wait', '60'], { env: { REEVE_BUILD_ID: 'from-env' } })).toMatchObject({ code: 0, stdout: expect.stringContaining('Build from-env') }));
    await worker(ownBuild(), async () => expect(await promoted).toMatchObject({ code: 0, stdout: expect.stringContaining(`Build ${ownBuild()}`) }));
  });

  test('says what is wrong: no Temporal, a name that is none', async () => {
    expect(await reeve.run(['deploy'], { TEMPORAL_ADDRESS: '127.0.0.1:1' })).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('Temporal does not answer at 127.0.0.1:1') });
    expect(await reeve.run(['deploy'], { REEVE_BUILD_ID: 'a build' })).toMatchObject({ code: 1, stderr: expect.stringContaining('REEVE_BUILD_ID: must be letters') });
    expect(await reeve.run(['deploy', 'promote', 'old', '--wait', 'long'])).toMatchObject({ code: 2, stdout: '' });
  });
});
