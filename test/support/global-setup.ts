/** Once per run: one database, migrated by the command that also migrates production, from which every test file takes a clone. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { openDatabase } from '../../db/data-source';
import { projectRoot, templateName } from './template-database';

export default async function globalSetup(): Promise<void> {
  const url = process.env.REEVE_TEST_DATABASE_URL;
  if (!url) return; // tests that need no database run without services
  const name = templateName();
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query('select pg_advisory_lock(781212)'); // two runs on the same services
    if ((await client.query('select 1 from pg_database where datname = $1', [name])).rowCount) return;
    const draft = `${name}_draft`;
    await client.query(`drop database if exists ${draft} with (force)`);
    await client.query(`create database ${draft} owner reeve`);
    await migrate(inDatabase(process.env.REEVE_TEST_DATABASE_OWNER_URL ?? url, draft));
    await client.query(`alter database ${draft} rename to ${name}`);
  } finally {
    await client.end();
  }
}

const inDatabase = (url: string, database: string) => Object.assign(new URL(url), { pathname: `/${database}` }).href;

async function migrate(url: string): Promise<void> {
  if (!existsSync(join(projectRoot, 'bin/reeve.ts'))) {
    const database = await openDatabase(url, 2);
    await database.source.runMigrations();
    return database.close();
  }
  const env = { ...process.env, DATABASE_URL: url, DATABASE_OWNER_URL: url, REEVE_SECRET_KEY: 'only-for-tests-only-for-tests-only' };
  await promisify(execFile)(process.execPath, [join(projectRoot, 'bin/reeve.mjs'), 'migrate'], { cwd: projectRoot, env });
}
