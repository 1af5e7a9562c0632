/** `reeve seed`: the demo community, into an empty database only, or just a first admin. Called by `npm start`. */
import { Command } from 'commander';
import { seed, type Seeded } from '../../demo/community';
import { withKernel } from '../house';
import { homeFile, runFile } from '../run-file';
import { print, table } from '../output';

export const command = new Command('seed')
  .description('Fill an empty database with the demo community: a sign-in for every role, two wikis, deliveries in several states.')
  .option('--no-demo', 'only a first admin, without a password, for API keys')
  .option('--sandbox-wiki <url>', 'api.php of the sandbox wiki (default: the one that runs here)')
  .option('--json', 'print data only')
  .addHelpText('after', '\nA database that has people in it is left as it is. Outside of `npm start` (REEVE_EMBEDDED) the demo is refused.')
  .action(async (options: { demo: boolean; sandboxWiki?: string; json?: boolean }) => {
    const sandboxWiki = options.sandboxWiki ?? runFile()?.sandboxWiki;
    const seeded = await withKernel((kernel) => seed(kernel, { demo: options.demo, sandboxWiki, signInsFile: homeFile('demo.json') }));
    print(seeded, options.json, () => words(seeded));
  });

const words = ({ seeded, admin, demo }: Seeded): string =>
  [
    seeded ? 'Seeded.' : 'There are people in this database already: nothing was changed.',
    demo.length ? table(['user', 'password', 'role'], demo.map(({ user, password, role }) => [user, password, role])) : `Its admin is ${admin}.`,
  ].join('\n');
