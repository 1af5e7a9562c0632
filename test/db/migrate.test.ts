import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { migrate } from '../../db/migrate';
import { services } from '../support/services';

describe('migrating', () => {
  const names: string[] = [];
  const inDatabase = (url: string, name: string) => Object.assign(new URL(url), { pathname: `/${name}` }).href;
  const ask = async (url: string, sql: string) => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    try {
      return (await client.query(sql)).rows;
    } finally {
      await client.end();
    }
  };
  async function empty(): Promise<{ owner: string; app: string }> {
    const name = `test_migrate_${randomBytes(6).toString('hex')}`;
    await ask(services.databaseUrl(), `create database ${name} owner reeve`);
    names.push(name);
    return { owner: inDatabase(services.databaseOwnerUrl(), name), app: inDatabase(services.databaseAppUrl(), name) };
  }
  afterAll(async () => {
    for (const name of names) await ask(services.databaseUrl(), `drop database if exists ${name} with (force)`);
  });

  test('an empty database twice makes the schema once', async () => {
    const { owner, app } = await empty();
    expect((await migrate(owner, app)).length).toBeGreaterThan(0);
    expect(await migrate(owner, app)).toEqual([]);
    expect(await ask(app, 'select count(*)::int as n from delivery')).toEqual([{ n: 0 }]);
  });

  test('one database by four processes at once makes the schema once, and all four come to an end', async () => {
    const { owner, app } = await empty();
    const ran = await Promise.all([1, 2, 3, 4].map(() => migrate(owner, app)));
    expect(ran.filter((names) => names.length)).toHaveLength(1);
    expect(await ask(owner, 'select count(*)::int as n from migration')).toEqual([{ n: ran.flat().length }]);
  });

  test('lets the application\'s role in, but not at the audit\'s past or at the list of migrations', async () => {
    const { owner, app } = await empty();
    await migrate(owner, app);
    await expect(ask(app, 'delete from audit')).rejects.toMatchObject({ code: '42501' });
    await expect(ask(app, 'update seal set position = 0')).rejects.toMatchObject({ code: '42501' });
    await expect(ask(app, 'delete from migration')).rejects.toMatchObject({ code: '42501' });
    await expect(ask(app, `update delivery set state = 'draft'`)).resolves.toEqual([]);
  });

  test('works with one role for everything, where there is only one', async () => {
    const { owner } = await empty();
    await migrate(owner);
    await expect(ask(owner, 'delete from audit')).rejects.toThrow('append-only'); // by a trigger, where no right stands in the way
  });
});
