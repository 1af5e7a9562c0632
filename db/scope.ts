/**
 * Policies as SQL: which rows of a noun an actor may read (or do another verb to), so that lists are filtered and paged
 * in the database. Says for every stored row exactly what `may()` says. Called by the queries behind every list.
 */
import { rulesToAST } from '@casl/ability/extra';
import { CompoundCondition, FieldCondition, type Condition } from '@ucast/core';
import type { EntitySchemaColumnOptions } from 'typeorm';
import { cachedAbility, inScope, type Ability, type Noun } from '../policies';
import type { Actor } from '../policies/actor';
import { snake } from './columns';
import { entities } from './entities';

export interface Scope {
  /** A boolean expression over the noun's columns, in brackets; never null. */
  sql: string;
  /** Its parameters, from `$firstParam` on. */
  values: unknown[];
}
export interface ScopeOptions {
  verb?: string;
  /** Only rows of which it may be read. */
  field?: string;
  /** The table's name in the query. */
  alias?: string;
  /** Number of the first parameter that is free in the query. */
  firstParam?: number;
}

/** @throws Error when a policy asks something of a column that SQL could not answer as `may()` does. */
export function scope(actor: Actor, noun: Noun, options: ScopeOptions = {}): Scope {
  if (!inScope(actor, options.verb ?? 'read', noun)) return { sql: '(false)', values: [] };
  return scopeOf(cachedAbility(actor), noun, options);
}

export function scopeOf(ability: Ability, noun: Noun, { verb = 'read', field, alias = 't', firstParam = 1 }: ScopeOptions = {}): Scope {
  let known = written.get(ability);
  if (!known) written.set(ability, (known = new Map()));
  const key = `${noun} ${verb} ${field} ${alias} ${firstParam}`;
  let made = known.get(key);
  if (!made) known.set(key, (made = makeScope(ability, noun, verb, field, alias, firstParam)));
  return { sql: made.sql, values: [...made.values] }; // the caller adds its own
}
const written = new WeakMap<Ability, Map<string, Scope>>();

function makeScope(ability: Ability, noun: Noun, verb: string, field: string | undefined, alias: string, firstParam: number): Scope {
  const rules = needed(ability.rulesFor(verb, noun, field));
  const ast = rulesToAST({ rulesFor: () => rules } as unknown as Ability, verb, noun);
  if (!ast) return { sql: '(false)', values: [] };
  const values: unknown[] = [];
  const writer: Writer = {
    column: (field) => columnOf(noun, field),
    reference: (field) => `${alias}.${snake(field)}`,
    param: (value, type) => `$${firstParam + values.push(value) - 1}::${type}`,
  };
  return { sql: `(${write(ast, writer)})`, values };
}

type Rule = ReturnType<Ability['rulesFor']>[number];

/** Without those that give only what a wider one gives, too: the database would ask both of every row. Where a rule forbids, the order says more, and all stay. */
function needed(rules: readonly Rule[]): readonly Rule[] {
  if (rules.some(({ inverted }) => inverted)) return rules;
  const conditions = rules.map((rule) => new Map(Object.entries(rule.conditions ?? {}).map(([field, value]) => [field, JSON.stringify(value)])));
  const isWithin = (one: number, other: number): boolean => [...conditions[other]!].every(([field, value]) => conditions[one]!.get(field) === value);
  return rules.filter((rule, one) => rule.inverted || !rules.some((wider, other) => !wider.inverted && other !== one && isWithin(one, other) && (!isWithin(other, one) || other < one)));
}

interface Writer {
  column(field: string): Column;
  reference(field: string): string;
  param(value: unknown, type: string): string;
}
interface Column {
  kind: 'number' | 'string' | 'boolean';
  nullable: boolean;
  /** A list of those: equal is what stands in it. */
  array: boolean;
}

function write(condition: Condition, writer: Writer): string {
  if (condition instanceof CompoundCondition) {
    const parts = (condition.value as Condition[]).map((part) => `(${write(part, writer)})`);
    if (condition.operator === 'and') return parts.join(' and ') || 'true';
    if (condition.operator === 'or') return parts.join(' or ') || 'false';
    if (condition.operator === 'not') return `not ${parts[0]!}`;
  }
  if (condition instanceof FieldCondition && Object.hasOwn(fieldOperators, condition.operator)) {
    const field = String(condition.field);
    return fieldOperators[condition.operator]!(writer.reference(field), condition.value, writer.column(field), writer);
  }
  throw new Error(`A policy uses the operator ${condition.operator}, which lists cannot ask of the database.`);
}

type FieldOperator = (column: string, value: any, meta: Column, writer: Writer) => string;

// Each answers true or false, never null, so that `not` around it means what it says.
const fieldOperators: Record<string, FieldOperator> = {
  eq: (column, value, meta, writer) => oneOf(column, [value], meta, writer),
  ne: (column, value, meta, writer) => `not (${oneOf(column, [value], meta, writer)})`,
  in: oneOf,
  nin: (column, value, meta, writer) => `not (${oneOf(column, value, meta, writer)})`,
  gt: range('>', (order) => order > 0),
  gte: range('>=', (order) => order >= 0),
  lt: range('<', (order) => order < 0),
  lte: range('<=', (order) => order <= 0),
  exists: (_column, value) => String(value === true), // every row has every column, if only as null
};

function oneOf(column: string, wanted: unknown[], { kind, nullable, array }: Column, { param }: Writer): string {
  if (wanted.some((value) => value === undefined)) throw new Error(`A policy compares ${column} with undefined.`);
  const values = wanted.filter((value) => typeof value === kind && !String(value).includes('\0')); // nothing else can be equal
  const ways: string[] = [];
  if (values.length && array) ways.push(`coalesce(${column} && ${param(values, `${sqlType(kind, values, true)}[]`)}, false)`);
  else if (values.length) {
    const match = values.length === 1 ? `${column} = ${param(values[0], sqlType(kind, values))}` : `${column} = any(${param(values, `${sqlType(kind, values)}[]`)})`;
    ways.push(nullable ? `(${column} is not null and ${match})` : match);
  }
  if (nullable && wanted.includes(null)) ways.push(`${column} is null`);
  return ways.join(' or ') || 'false';
}

function range(operator: string, holds: (order: number) => boolean): FieldOperator {
  return (column, value, { kind, nullable, array }, { param }) => {
    if (array || kind !== 'number' || typeof value !== 'number' || Number.isNaN(value)) throw new Error(`A policy asks a range of ${column} that is none of numbers.`);
    const match = `${column} ${operator} ${param(value, sqlType(kind, [value]))}`;
    const ofNull = holds(0 > value ? 1 : -1); // as JavaScript orders null, which is what may() does
    return nullable ? `coalesce(${match}, ${String(ofNull)})` : match;
  };
}

/** @param exact as the column has it: lists of other types cannot be laid beside each other. */
const sqlType = (kind: Column['kind'], values: unknown[], exact = false): string =>
  kind === 'string' ? 'text' : kind === 'boolean' ? 'boolean' : exact ? 'integer' : values.every(Number.isSafeInteger) ? 'bigint' : 'numeric';

const kinds: Record<string, Column['kind']> = { integer: 'number', bigint: 'number', text: 'string', boolean: 'boolean' };

function columnOf(noun: Noun, field: string): Column {
  const options = columnOptions.get(snake(noun))?.[field];
  if (!options) throw new Error(`A policy of ${noun} names ${field}, which is no column.`);
  const kind = kinds[String(options.type)];
  if (!kind) throw new Error(`A policy of ${noun} compares ${field}, whose type lists cannot compare.`);
  return { kind, nullable: options.nullable === true, array: options.array === true };
}

const columnOptions = new Map(
  entities.map(({ options }): [string, Record<string, EntitySchemaColumnOptions | undefined>] => [options.name, options.columns]),
);
