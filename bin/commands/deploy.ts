/** `reeve deploy`: builds of the workflows, and which one gets the work. Straight at Temporal. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Command } from 'commander';
import { readKeys } from '../../config';
import { IdleBuild, UnknownBuild, promoteBuild, readBuilds, type Build } from '../../gateways/builds';
import { createTemporal, type Temporal } from '../../gateways/temporal';
import { PlainFault } from '../fault';
import { print, table } from '../output';
import { runConfig } from '../run-file';
import { readWhole } from '../verbs';
import { ownBuild } from '../workflow-bundle';

const LIMIT_MS = 5_000;

const promote = new Command('promote')
  .description('Let a build get all work from now on: also what runs already goes on with it. Doing it again changes nothing.')
  .argument('[build]', 'as `reeve deploy` shows it; default: that of the workflows that are installed here')
  .option('--wait <seconds>', 'how long to wait for the first worker of it to ask for work', readWhole)
  .option('--json', 'print data only')
  .addHelpText('after', '\nExamples:\n  reeve deploy promote --wait 60\n  reeve deploy promote 0.1.0-3f2a9c1d')
  .action(async (given: string | undefined, { wait = 0, json }: { wait?: number; json?: boolean }) => {
    const done = await withTemporal(async (temporal, here) => {
      const build = given ?? here;
      for (const until = Date.now() + wait * 1_000; ; await sleep(300)) {
        try {
          await promoteBuild(temporal, build);
          return (await readBuilds(temporal, LIMIT_MS)).find((one) => one.build === build);
        } catch (error) {
          if (!(error instanceof UnknownBuild || error instanceof IdleBuild)) throw error;
          if (Date.now() >= until) throw new PlainFault(error instanceof UnknownBuild ? unknown(build) : `No worker of build ${build} asks for work: start one, then promote it.`);
        }
      }
    });
    print(done, json, () => `Build ${done?.build} gets the work from now on; a worker of it last asked at ${done?.lastAt ?? '– (not lately)'}.`);
  });

export const command = new Command('deploy')
  .description('Builds of the workflows: which gets the work, and when a worker of each last asked for some.')
  .option('--json', 'print data only')
  .addHelpText('after', '\ndocs/operating.md says how to roll to a new build, and how to go back.')
  .action(async ({ json }: { json?: boolean }) => {
    const { here, items } = await withTemporal(async (temporal, here) => ({ here, items: await readBuilds(temporal, LIMIT_MS) }));
    print({ here, items }, json, () => [table(['build', '', 'first worker', 'last asked'], items.map(row), 'No worker was ever here.'), `The workflows that are installed here are build ${here}.`].join('\n'));
  })
  .addCommand(promote);

const row = ({ build, current, createdAt, lastAt }: Build) => [build, current ? 'current' : '', createdAt, lastAt];
const unknown = (build: string): string => `There is no build ${build}: one is there as soon as a worker of it has started. \`reeve deploy\` shows which there are.`;

/** @param work gets the build of what is installed here, too. */
async function withTemporal<T>(work: (temporal: Temporal, here: string) => Promise<T>): Promise<T> {
  const { REEVE_BUILD_ID, ...config } = readKeys(['TEMPORAL_ADDRESS', 'TEMPORAL_NAMESPACE', 'TEMPORAL_TASK_QUEUE', 'TEMPORAL_TLS', 'TEMPORAL_API_KEY', 'REEVE_BUILD_ID'], runConfig());
  const temporal = createTemporal(config, 'cli');
  try {
    if (!(await temporal.reachable(LIMIT_MS))) throw new PlainFault(`Temporal does not answer at ${config.TEMPORAL_ADDRESS}, or has no namespace ${config.TEMPORAL_NAMESPACE}.`);
    return await work(temporal, REEVE_BUILD_ID ?? ownBuild());
  } finally {
    await temporal.close();
  }
}
