/** Once per run: one database, migrated as `reeve migrate` does it, from which every test file takes a clone. */
import { Client } from 'pg';
import { migrate } from '../../db/migrate';
import { services } from './services';
import { templateName } from './template-database';

export default async function globalSetup(): Promise<void> {
  const url = process.env.REEVE_TEST_DATABASE_URL;
  if (!url) return; // tests that need no database run without services
  const name = templateName();
  process.env.REEVE_TEST_TEMPLATE = name; // for the workers: the files may be edited while the tests run
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query('select pg_advisory_lock(781212)'); // two runs on the same services
    if ((await client.query('select 1 from pg_database where datname = $1', [name])).rowCount) return;
    const draft = `${name}_draft`;
    await client.query(`drop database if exists ${draft} with (force)`);
    await client.query(`create database ${draft} owner reeve`);
    await migrate(inDatabase(services.databaseOwnerUrl(), draft), inDatabase(services.databaseAppUrl(), draft));
    await client.query(`alter database ${draft} rename to ${name}`);
  } finally {
    await client.end();
  }
}

const inDatabase = (url: string, database: string) => Object.assign(new URL(url), { pathname: `/${database}` }).href;
