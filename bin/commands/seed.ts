/** `reeve seed`: the demo community, into an empty database only, or just a first admin. Called by `npm start`. */
import { Command } from 'commander';
import { readKeys } from '../../config';
import { seed, type Seeded } from '../../demo/community';
import { withKernel } from '../house';
import { print, table } from '../output';
import { homeFile, runConfig } from '../run-file';

export const command = new Command('seed')
  .description('Fill an empty database with the demo community: a sign-in for every role, two wikis, deliveries in several states.')
  .option('--no-demo', 'only a first admin')
  .option('--sandbox-wiki <url>', 'api.php of the sandbox wiki (default: REEVE_SANDBOX_WIKI, or the one that runs here)')
  .option('--json', 'print data only')
  .addHelpText('after', '\nA database that has people in it is left as it is. Outside of `npm start` (REEVE_EMBEDDED) the demo is refused.')
  .action(async (options: { demo: boolean; sandboxWiki?: string; json?: boolean }) => {
    const { REEVE_EMBEDDED: embedded, REEVE_SANDBOX_WIKI } = readKeys(['REEVE_EMBEDDED', 'REEVE_SANDBOX_WIKI'], runConfig());
    const { REEVE_SECRET_KEY: secretKey } = options.demo ? readKeys(['REEVE_SECRET_KEY'], runConfig()) : {};
    const sandboxWiki = options.sandboxWiki ?? REEVE_SANDBOX_WIKI;
    const seeded = await withKernel((kernel) => seed(kernel, { demo: options.demo, embedded, secretKey, sandboxWiki, signInsFile: homeFile('demo-sign-ins.json') }));
    print(seeded, options.json, () => words(seeded));
  });

const words = ({ seeded, admin, demo }: Seeded): string =>
  [
    seeded ? 'Seeded.' : 'There are people in this database already: nothing was changed.',
    demo.length ? table(['user', 'password', 'role'], demo.map(({ user, password, role }) => [user, password, role])) : `An admin of it: ${admin ?? 'nobody'}.`,
  ].join('\n');
