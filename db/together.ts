/**
 * Writes the plain changes of many things with one statement: those that are one step with at most one row for the
 * outbox and no words to keep, which most are. Each stands for itself: one whose version has moved, or whose row somebody
 * holds, is simply not written and says so; an error of one is found by writing each alone.
 */
import type pg from 'pg';
import { camel, snake } from './columns';
import { chainHash, writeChange, writtenOf, type Change } from './commit';
import { entities } from './entities';
import { gatherer, widest, widthFor } from './gather';
import { nounTables, type KernelNoun } from './nouns';

export const isPlain = ({ audit, outbox, reason, columns }: Change): boolean => audit.length === 1 && outbox.length <= 1 && !reason && !columns;

/** @returns whether it was written; when not, read again and write it alone. */
export const writeTogether = (pool: pg.Pool, change: Change): Promise<boolean> =>
  new Promise((resolve, reject) => writer(pool, change.noun)({ change, resolve, reject }));

interface Asked {
  change: Change;
  resolve(written: boolean): void;
  reject(error: unknown): void;
}
const writers = new WeakMap<pg.Pool, Partial<Record<KernelNoun, (asked: Asked) => void>>>();

function writer(pool: pg.Pool, noun: KernelNoun): (asked: Asked) => void {
  let ofPool = writers.get(pool);
  if (!ofPool) writers.set(pool, (ofPool = {}));
  return (ofPool[noun] ??= gatherer((asked) => writeAll(pool, noun, asked), widest));
}

async function writeAll(pool: pg.Pool, noun: KernelNoun, asked: Asked[]): Promise<void> {
  const first = new Map<number, Asked>();
  for (const one of asked) {
    if (first.has(one.change.before.id)) one.resolve(false); // the other goes first, and its version is another then
    else first.set(one.change.before.id, one);
  }
  try {
    const width = widthFor(first.size);
    const values: unknown[] = [noun];
    for (const { change } of first.values()) pushValues(values, change);
    for (let place = first.size; place < width; place++) for (let i = 0; i < valueTypes(noun).length; i++) values.push(null);
    const { rows } = await pool.query<{ id: number }>({ name: `apply-${noun}-${width}`, text: togetherSql(noun, width), values });
    const written = new Set(rows.map(({ id }) => id));
    for (const [id, { resolve }] of first) resolve(written.has(id));
  } catch (error) {
    // Only what Postgres itself has refused is known not to have happened.
    const refused = /^(22|23|40|42)/.test((error as { code?: string }).code ?? '');
    for (const { change, resolve, reject } of first.values()) refused ? writeChange(pool, change).then(resolve, reject) : reject(error);
  }
}

function pushValues(values: unknown[], { before, after, audit, outbox, noun }: Change): void {
  const [row, entry] = [audit[0]!, outbox[0]];
  after.auditHash = chainHash(before.auditHash, row);
  values.push(
    before.id, before.version, row.verb, row.actor, row.fromState, row.code, row.commandId, row.inputHash, row.requestId,
    entry ? entry.effect.type : null, entry ? entry.effect.params : null,
  );
  for (const name of writtenOf(noun)) values.push((after as unknown as Record<string, unknown>)[name]);
}

const ownNames = ['id', 'before', 'verb', 'actor', 'from_state', 'code', 'command_id', 'input_hash', 'request_id', 'effect', 'params'];
const ownTypes = ['int', 'int', 'text', 'text', 'text', 'text', 'text', 'text', 'text', 'text', 'jsonb'];

const typeLists = new Map<KernelNoun, string[]>();
function valueTypes(noun: KernelNoun): string[] {
  let types = typeLists.get(noun);
  if (!types) {
    const columns = entities.find(({ options }) => camel(options.name) === noun)!.options.columns as Record<string, { type: unknown }>;
    typeLists.set(noun, (types = [...ownTypes, ...writtenOf(noun).map((name) => String(columns[name]!.type))]));
  }
  return types;
}

const texts = new Map<string, string>();
function togetherSql(noun: KernelNoun, width: number): string {
  const key = `${noun} ${width}`;
  let text = texts.get(key);
  if (!text) texts.set(key, (text = makeSql(noun, width)));
  return text;
}

// `free` holds no row that somebody else has locked: one slow writer must not keep the others of this statement waiting.
function makeSql(noun: KernelNoun, width: number): string {
  const [table, types, columns] = [`"${nounTables[noun].table}"`, valueTypes(noun), writtenOf(noun).map(snake)];
  const rows = Array.from({ length: width }, (_, place) => `(${types.map((type, i) => `$${2 + place * types.length + i}::${type}`).join(', ')})`);
  return `
with x (${[...ownNames, ...columns].join(', ')}) as (values ${rows.join(', ')}),
free as (select t.id from x join ${table} t on t.id = x.id and t.version = x.before for no key update of t skip locked),
u as (update ${table} t set ${columns.map((name) => `${name} = x.${name}`).join(', ')} from x join free on free.id = x.id where t.id = x.id returning t.id),
a as (
  insert into audit (noun, entity, version, verb, actor, from_state, to_state, code, at_ms, command_id, input_hash, request_id, hash)
  select $1, x.id, x.version, x.verb, x.actor, x.from_state, x.state, x.code, x.updated_at_ms, x.command_id, x.input_hash, x.request_id, x.audit_hash from x join u on u.id = x.id
), o as (
  insert into outbox (noun, entity, version, effect, params) select $1, x.id, x.version, x.effect, x.params from x join u on u.id = x.id where x.effect is not null
)
select id from u`;
}
