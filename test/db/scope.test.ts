import { createMongoAbility, subject } from '@casl/ability';
import fc from 'fast-check';
import { openDatabase, type Database } from '../../db/data-source';
import { scope, scopeOf, type Scope } from '../../db/scope';
import { snake } from '../../db/columns';
import { may, nouns, type Ability, type Noun } from '../../policies';
import { columnsOf, comparable, plain, someActor, someRows, someValue } from '../support/arbitraries';
import { testDatabase } from '../support/database';

const listed = nouns.filter((noun) => noun !== 'audit'); // the audit's rules have no conditions

describe('the SQL of a policy', () => {
  const house = testDatabase();
  let database: Database;
  beforeAll(async () => (database = await openDatabase(house.url, 2)));
  afterAll(() => database.close());

  /** Positions of the rows that the expression lets through; Postgres itself makes the rows from JSON. */
  async function through(noun: Noun, rows: object[], { sql, values }: Scope): Promise<number[]> {
    const table = `"${snake(noun)}"`;
    const list = rows.map((row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [snake(name), value])));
    const found = await database.pool.query<{ place: number }>(
      `select (place - 1)::int as place from jsonb_array_elements($1::jsonb) with ordinality as e (one, place)
       cross join lateral jsonb_populate_record(null::${table}, one) as t where ${sql} order by place`,
      [JSON.stringify(list), ...values],
    );
    return found.rows.map(({ place }) => place);
  }
  const places = (rows: object[], allowed: (row: object) => boolean): number[] => rows.flatMap((row, place) => (allowed(row) ? [place] : []));

  test.each(listed)('lets through the same rows of %s as may() does, for every actor, verb and field', async (noun) => {
    const someVerb = fc.constantFrom('read', 'edit', 'approve', 'send', 'retry', 'revoke', 'cancel', 'reserve', 'close', 'release', 'reveal', 'breakReservation', 'nonsense');
    await fc.assert(
      fc.asyncProperty(someActor, someVerb, fc.constantFrom(undefined, 'outcome', 'approver', 'name'), someRows(noun), async (drawn, verb, field, drawnRows) => {
        const [actor, rows] = plain([drawn, drawnRows] as const);
        const expected = places(rows, (row) => may(actor, verb, noun, row, field).allowed);
        expect(await through(noun, rows, scope(actor, noun, { verb, field, firstParam: 2 }))).toEqual(expected);
      }),
      { numRuns: 60 },
    );
  });

  test('lets through the same rows as CASL for random rules with every operator, nulls included', async () => {
    const noun = fc.constantFrom<Noun>('delivery', 'request', 'membership', 'operation', 'notice', 'targetList');
    const withRules = noun.chain((name) => fc.record({ name: fc.constant(name), rules: fc.array(someRule(name), { minLength: 1, maxLength: 5 }), rows: someRows(name) }));
    await fc.assert(
      fc.asyncProperty(withRules, async (drawn) => {
        const { name, rules, rows } = plain(drawn);
        const ability = createMongoAbility(rules as never) as unknown as Ability;
        const expected = places(rows, (row) => ability.can('read', subject(name, { ...row })));
        expect(await through(name, rows, scopeOf(ability, name, { firstParam: 2 }))).toEqual(expected);
      }),
      { numRuns: 400 },
    );
  });

  test('numbers its parameters from where the query says and uses the query\'s alias', () => {
    const ability = createMongoAbility([{ action: 'read', subject: 'delivery', conditions: { senderId: 7 } }]) as unknown as Ability;
    expect(scopeOf(ability, 'delivery', { alias: 'd', firstParam: 3 })).toEqual({ sql: '(d.sender_id = $3::bigint)', values: [7] });
  });

  test('lets nothing through for a key whose scopes do not name the noun, whatever its owner may', () => {
    const key = { kind: 'key' as const, userId: 1, keyId: 1, grants: [{ role: 'admin' as const, wikiId: null }], scopes: ['wiki:read'] };
    expect(scope(key, 'delivery').sql).toBe('(false)');
    expect(scope({ ...key, scopes: ['delivery:approve'] }, 'delivery').sql).not.toBe('(false)');
  });

  test.each([
    [{ nosuch: 1 }, 'no column'],
    [{ $or: [{ id: 1 }] }, 'no column'],
    [{ subject: { $regex: 'a' } }, 'operator regex'],
    [{ subject: { $gt: 'a' } }, 'range'],
    [{ senderId: undefined }, 'undefined'],
    [{ timers: { $exists: true } }, 'cannot compare'],
  ])('refuses the condition %j, which it could not answer as may() does', (conditions, words) => {
    const ability = createMongoAbility([{ action: 'read', subject: 'delivery', conditions: conditions as never }]) as unknown as Ability;
    expect(() => scopeOf(ability, 'delivery')).toThrow(words);
  });
});

function someRule(noun: Noun): fc.Arbitrary<unknown> {
  const columns = Object.entries(columnsOf(noun)).filter(([, options]) => comparable(options));
  const condition = fc.constantFrom(...columns).chain(([name, options]) => {
    const value = someValue(noun, name, { ...options, nullable: false });
    const equals = fc.oneof(value, fc.constant(null), fc.constant('7'), fc.constant(1.5));
    const numbers = options.type === 'integer' || options.type === 'bigint';
    const ranges = ['$gt', '$gte', '$lt', '$lte'].map((operator) => fc.integer({ min: -1, max: 5 }).map((bound) => ({ [operator]: bound })));
    const test = fc.oneof(
      equals,
      equals.map((one) => ({ $eq: one })),
      equals.map((one) => ({ $ne: one })),
      fc.array(equals, { maxLength: 3 }).map((some) => ({ $in: some })),
      fc.array(equals, { maxLength: 3 }).map((some) => ({ $nin: some })),
      fc.boolean().map((there) => ({ $exists: there })),
      ...(numbers ? ranges : []),
    );
    return test.map((asked) => ({ [name]: asked }));
  });
  const conditions = fc.option(fc.array(condition, { maxLength: 3 }).map((all) => Object.assign({}, ...all) as object), { nil: undefined });
  return fc.record({ action: fc.constant('read'), subject: fc.constant(noun), conditions, inverted: fc.boolean() });
}
