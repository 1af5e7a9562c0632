import { Client } from 'pg';
import { testDatabase } from '../support/database';

describe('the database of a test file', () => {
  const database = testDatabase();
  const query = async (url: string, sql: string) => {
    const client = new Client({ connectionString: url });
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(sql)).rows;
    } finally {
      await client.end();
    }
  };

  test('is migrated and empty', async () => {
    expect(await query(database.url, 'select count(*)::int as n from delivery')).toEqual([{ n: 0 }]);
  });

  test('lets the application write rows but not change the schema', async () => {
    await query(database.url, `insert into audit_reason (text) values ('because')`);
    expect(await query(database.ownerUrl, 'select text from audit_reason')).toEqual([{ text: 'because' }]);
    await expect(query(database.url, 'drop table audit_reason')).rejects.toThrow('must be owner');
    await expect(query(database.url, 'create table mine ()')).rejects.toThrow('permission denied');
  });
});
