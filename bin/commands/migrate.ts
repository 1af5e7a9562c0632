/** `reeve migrate`: run by one process before the others start; migrations that old code survives. */
import { Command } from 'commander';
import { readKeys } from '../../config';
import { migrate } from '../../db/migrate';
import { print } from '../output';
import { runConfig } from '../run-file';

export const command = new Command('migrate')
  .description('Bring the database to the present schema, as DATABASE_OWNER_URL (default DATABASE_URL), and let the role of DATABASE_URL in.')
  .option('--json', 'print data only')
  .action(async ({ json }: { json?: boolean }) => {
    const { DATABASE_URL, DATABASE_OWNER_URL } = readKeys(['DATABASE_URL', 'DATABASE_OWNER_URL'], runConfig());
    const ran = await migrate(DATABASE_OWNER_URL ?? DATABASE_URL, DATABASE_URL);
    print({ migrations: ran }, json, () => (ran.length ? ran.map((name) => `Ran ${name}.`).join('\n') : 'The schema is up to date.'));
  });
