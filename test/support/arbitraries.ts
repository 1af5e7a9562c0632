/** Random actors and random rows of every noun, small enough that they meet: the same few ids, states and roles. */
import fc from 'fast-check';
import type { EntitySchemaColumnOptions } from 'typeorm';
import { entities } from '../../db/entities';
import { camel } from '../../db/columns';
import { nounTables, type KernelNoun } from '../../db/nouns';
import { nouns, type Noun } from '../../policies';
import { roles, type Actor } from '../../policies/actor';

const someId = fc.integer({ min: 1, max: 4 });

const grants = fc.array(fc.record({ role: fc.constantFrom(...roles), wikiId: fc.option(someId) }), { maxLength: 3 });
const scopes = fc.array(
  fc.oneof(fc.constant('all'), fc.tuple(fc.constantFrom(...nouns), fc.constantFrom('read', 'edit', 'approve', 'retry')).map(([noun, verb]) => `${noun}:${verb}`)),
  { maxLength: 3 },
);

const events = fc.array(someId, { maxLength: 2 });
const forms = events;

export const someActor: fc.Arbitrary<Actor> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('user' as const), userId: someId, grants, events, forms }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('key' as const), userId: someId, grants, events, forms, scopes, keyId: someId }) },
  { weight: 1, arbitrary: fc.constantFrom('system', 'temporal', 'visitor').map((kind) => ({ kind, userId: null, grants: [] }) as Actor) },
);

/** fast-check's records have no prototype, which CASL takes for values. */
export const plain = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

export const columnsOf = (noun: Noun): Record<string, EntitySchemaColumnOptions> =>
  entities.find(({ options }) => camel(options.name) === noun)!.options.columns as Record<string, EntitySchemaColumnOptions>;

export const statesOf = (noun: Noun): string[] => Object.keys(nounTables[noun as KernelNoun]?.machine?.states ?? { active: {} });

/** A value such as the column may hold. */
export function someValue(noun: Noun, name: string, options: EntitySchemaColumnOptions): fc.Arbitrary<unknown> {
  const value = ((): fc.Arbitrary<unknown> => {
    if (options.array) return fc.array(someId, { maxLength: 3 });
    if (name === 'state') return fc.constantFrom(...statesOf(noun));
    if (name === 'queue') return fc.constantFrom('default', 'events', 'event', 'event');
    if (name === 'seenBy') return fc.constantFrom('admin', 'checkuser');
    if (name === 'role') return fc.constantFrom(...roles);
    if (name === 'channel') return fc.constantFrom('page', 'email');
    if (options.type === 'integer' || options.type === 'bigint') return someId;
    if (options.type === 'boolean') return fc.boolean();
    return fc.constantFrom('a', 'b', '', "it's");
  })();
  return options.nullable ? fc.option<unknown>(value, { freq: 3 }) : value;
}

/** Rows with every column that can be compared, and lists of ids. */
export function someRows(noun: Noun): fc.Arbitrary<Record<string, unknown>[]> {
  const columns = Object.entries(columnsOf(noun)).filter(([, options]) => comparable(options) || (options.array && options.type === 'integer'));
  const row = fc.record(Object.fromEntries(columns.map(([name, options]) => [name, someValue(noun, name, options)])));
  return fc.array(row, { minLength: 1, maxLength: 12 });
}

export const comparable = (options: EntitySchemaColumnOptions): boolean =>
  !options.array && ['integer', 'bigint', 'text', 'boolean'].includes(String(options.type));
