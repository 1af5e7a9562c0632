/** A database of its own for a test file: cloned from the migrated template, dropped when the file is done. */
import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import type { Borrower } from './environment';
import { services } from './services';

export interface TestDatabase {
  /** As the application's role, which is what the code under test should use. */
  readonly url: string;
  /** As the owner of the schema: to prepare rows, or to do what the application may not. */
  readonly ownerUrl: string;
  readonly name: string;
}

/**
 * Call it at the top of a file or of a describe; the database is there from the first beforeAll on.
 * The file fails when it leaves a connection open.
 */
export function testDatabase(): TestDatabase {
  const name = `test_${randomBytes(6).toString('hex')}`;
  let made = false;
  const url = (base: () => string) => {
    if (!made) throw new Error('the test database is made in beforeAll: read its address in a hook or a test');
    return Object.assign(new URL(base()), { pathname: `/${name}` }).href;
  };
  beforeAll(async () => {
    await asSuperuser(`create database ${name} template ${services.databaseTemplate()} owner reeve`);
    made = true;
    ((globalThis as Borrower).reeveGiveBack ??= []).push(() => giveBack(name));
  });
  return {
    name,
    get url() {
      return url(services.databaseAppUrl);
    },
    get ownerUrl() {
      return url(services.databaseOwnerUrl);
    },
  };
}

async function giveBack(name: string): Promise<void> {
  const open = await openConnections(name);
  await asSuperuser(`drop database if exists ${name} with (force)`);
  if (open.length) throw new Error(`The test file left ${open.length} database connection(s) open; the last statement of each:\n${open.join('\n')}`);
}

/** A closed pool needs a moment until the server has noticed. */
async function openConnections(name: string): Promise<string[]> {
  for (let tries = 0; ; tries++) {
    const rows = await asSuperuser(`select application_name, query from pg_stat_activity where datname = '${name}' and backend_type = 'client backend'`);
    if (!rows.length || tries === 20) return rows.map((row) => `${row.application_name} ${row.query}`.trim());
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function asSuperuser(sql: string): Promise<Record<string, string>[]> {
  const client = new Client({ connectionString: services.databaseUrl() });
  await client.connect();
  try {
    return (await client.query<Record<string, string>>(sql)).rows;
  } finally {
    await client.end();
  }
}
