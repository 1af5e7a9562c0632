import { existsSync } from 'node:fs';
import { DataSource } from 'typeorm';
import { openDatabase, type Database } from '../../db/data-source';
import { documents } from '../../docs/generate';
import { freshSchema } from '../../docs/schema';
import { testDatabase } from '../support/database';
import { join } from 'node:path';
import words from '../../web/i18n/shared/en.json';
import { filesIn, read, root } from './tree';

describe('what is written from the code', () => {
  test.each([...documents()])('%s is current (else: npm run docs)', (path, content) => {
    expect(existsSync(join(root, path)) ? read(path) : '').toBe(content);
  });

  test('the help has a line for every code and every warning', () => {
    const lines = (path: string): number => documents().get(path)!.match(/^\| `/gm)?.length ?? 0;
    expect(lines('docs/using/outcomes.md')).toBe(Object.keys(words).filter((key) => key.startsWith('code.') && key !== 'code.none').length);
    expect(lines('docs/using/outcomes.md')).toBeGreaterThan(20);
    expect(lines('docs/using/warnings.md')).toBeGreaterThan(5);
  });

  test('docs/states has no page of a machine that is gone', () => {
    expect([...documents().keys()].filter((path) => path.startsWith('docs/states/')).length).toBe(filesIn('machines').length - 2); // effect.ts and request-context.ts are none
  });

  test('db/schema.sql is current (else: npm run docs)', async () => {
    expect(read('db/schema.sql')).toBe(await freshSchema());
  });
});

describe('the entities', () => {
  const address = testDatabase();
  let database: Database;
  beforeAll(async () => (database = await openDatabase(address.url, 2)));
  afterAll(() => database.close());

  test('have the very columns of their tables: type, array or not, and whether they may be empty', async () => {
    const { rows } = await database.pool.query<{ table: string; name: string; type: string; nullable: boolean }>(
      `select c.relname as table, a.attname as name, format_type(a.atttypid, a.atttypmod) as type, not a.attnotnull as nullable
       from pg_attribute a join pg_class c on c.oid = a.attrelid where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and a.attnum > 0 and not a.attisdropped`,
    );
    const stored = (table: string) => rows.filter((row) => row.table === table).map(({ name, type, nullable }) => `${name} ${type}${nullable ? ' null' : ''}`).sort();
    expect(database.source.entityMetadatas.length).toBeGreaterThan(7);
    for (const { tableName, columns } of database.source.entityMetadatas) {
      const declared = columns.map(({ databaseName, type, isArray, isNullable }) => `${databaseName} ${String(type)}${isArray ? '[]' : ''}${isNullable ? ' null' : ''}`).sort();
      expect({ [tableName]: declared }).toEqual({ [tableName]: stored(tableName) });
    }
  });

  test('are read and written by TypeORM as they stand', async () => {
    expect(database.source).toBeInstanceOf(DataSource);
    for (const { target, name } of database.source.entityMetadatas) await expect(database.source.getRepository(target).find({ take: 1, order: { id: 'asc' } })).resolves.toEqual(name === 'queue' ? [expect.objectContaining({ key: 'default', hours: [] })] : []);
  });
});
