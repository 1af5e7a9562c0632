/**
 * P6: one transition with guard, policy, audit and outbox row by db/apply.ts, 8 at once; beside the same by TypeORM, and
 * beside one bare prepared statement, which is the limit. And whether it stays as fast from 10⁴ to 10⁶ things.
 *   npm run bench -- p6 [rounds] [transitions a round]
 */
import { createHash } from 'node:crypto';
import pg from 'pg';
import { DataSource, EntitySchema, type EntityManager, type EntitySchemaColumnOptions } from 'typeorm';
import { transition, type AnyMachineSnapshot } from 'xstate';
import { apply } from '../db/apply';
import { snake } from '../db/columns';
import { openDatabase, type Database } from '../db/data-source';
import { operationEntity, type Operation } from '../db/entities/operation';
import { createKernel, type Kernel } from '../db/kernel';
import { operationMachine } from '../machines/operation';
import { may } from '../policies';
import type { Actor } from '../policies/actor';
import { benchDatabase } from './database';
import { median, randomness, verdict } from './verdict';

const AT_ONCE = 8;
const [FEW, MANY] = [10_000, 1_000_000];
const random = randomness();

/** An operator leaves out a step: a guard (skippable), a policy, an audit row, an outbox row, a new state. */
const operator: Actor = { kind: 'user', userId: 1, grants: [{ role: 'operator', wikiId: null }] };

interface Side {
  kernel: Kernel;
  database: Database;
  /** TypeORM's own connections: it knows two tables more than the kernel's. */
  orm: DataSource;
  owner: pg.Pool;
  things: number;
}
type Transit = (side: Side, id: number) => Promise<void>;

const byKernel: Transit = async ({ kernel }, id) => {
  const { changed } = await apply(kernel, { noun: 'operation', id, verb: 'skip', actor: operator, requestId: 'bench' });
  if (!changed) throw new Error('nothing happened');
};

interface AuditRow { id?: number; noun: string; entity: number; version: number; verb: string; actor: string; fromState: string; toState: string; atMs: number; requestId: string; hash: Buffer }
interface OutboxRow { id?: number; noun: string; entity: number; version: number; effect: string; params: object }
const named = <T extends object>(name: string, columns: Record<string, EntitySchemaColumnOptions>): EntitySchema<T> =>
  new EntitySchema<T>({ name, columns: Object.fromEntries(Object.entries(columns).map(([key, options]) => [key, { ...options, name: snake(key) }])) as never });
const operations = named<Operation>('operation', operationEntity.options.columns as Record<string, EntitySchemaColumnOptions>);
const audits = named<AuditRow>('audit', {
  id: { type: 'bigint', primary: true, generated: 'increment' }, noun: { type: 'text' }, entity: { type: 'integer' }, version: { type: 'integer' }, verb: { type: 'text' },
  actor: { type: 'text' }, fromState: { type: 'text' }, toState: { type: 'text' }, atMs: { type: 'bigint' }, requestId: { type: 'text' }, hash: { type: 'bytea' },
});
const outboxes = named<OutboxRow>('outbox', {
  id: { type: 'bigint', primary: true, generated: 'increment' }, noun: { type: 'text' }, entity: { type: 'integer' }, version: { type: 'integer' }, effect: { type: 'text' }, params: { type: 'jsonb' },
});

/** As one would write it: a transaction, the row locked, the same machine and policy, three saves. */
const byTypeOrm: Transit = async ({ orm, kernel }, id) => {
  await orm.transaction(async (manager: EntityManager) => {
    const row = await manager.findOneOrFail(operations, { where: { id }, lock: { mode: 'pessimistic_write' } });
    if (!may(operator, 'read', 'operation', row).allowed || !may(operator, 'skip', 'operation', row).allowed) throw new Error('forbidden');
    const before = operationMachine.resolveState({ value: row.state, context: { skippable: row.skippable } } as never);
    const atMs = Date.now();
    const [after, actions] = transition(operationMachine, before, { type: 'skip', atMs });
    if (after === before) throw new Error('nothing happened');
    const from = row.state;
    Object.assign(row, { state: (after as AnyMachineSnapshot).value, version: row.version + 1, updatedAtMs: atMs });
    const entry: AuditRow = { noun: 'operation', entity: id, version: row.version, verb: 'skip', actor: 'user/1', fromState: from, toState: row.state, atMs, requestId: 'bench', hash: Buffer.alloc(0) };
    entry.hash = row.auditHash = createHash('sha256').update(row.auditHash).update(JSON.stringify(entry)).digest();
    await manager.save(operations, row);
    await manager.save(audits, entry);
    for (const action of actions) await manager.save(outboxes, { noun: 'operation', entity: id, version: row.version, effect: action.type, params: {} });
  });
  kernel.wake();
};

/** The limit: everything is known beforehand, one prepared statement writes it, and nobody is told. */
const byStatement: Transit = async ({ database }, id) => {
  const { rowCount } = await database.pool.query({
    name: 'bench-limit',
    text: `with u as (update operation set state = $3, version = version + 1, audit_hash = $4, updated_at_ms = $5 where id = $1 and version = $2 returning id, version),
      a as (insert into audit (noun, entity, version, verb, actor, from_state, to_state, at_ms, request_id, hash)
        select 'operation', id, version, 'skip', 'user/1', 'waiting', $3, $5, 'bench', $4 from u)
      insert into outbox (noun, entity, version, effect) select 'operation', id, version, 'answerWorkflow' from u`,
    values: [id, 1, 'skipped', Buffer.alloc(32), Date.now()],
  });
  if (rowCount !== 1) throw new Error('nothing happened');
};

async function perSecond(side: Side, transit: Transit, count: number): Promise<number> {
  const ids = new Set<number>();
  while (ids.size < count) ids.add(1 + Math.floor(random.next() * side.things));
  const queue = ids.values();
  const beganMs = performance.now();
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (const id of queue) await transit(side, id);
    }),
  );
  const rate = (count / (performance.now() - beganMs)) * 1_000;
  await reset(side, [...ids]);
  return rate;
}

/** Lets everything wait again: the next round finds the same table, in the same shape. */
async function reset({ owner, things }: Side, ids: number[]): Promise<void> {
  await owner.query(`update operation set state = 'waiting', version = 1 where id = any($1)`, [ids]);
  await owner.query('alter table audit disable trigger user');
  await owner.query(`delete from audit where id > $1`, [things]);
  await owner.query('alter table audit enable trigger user');
  await owner.query('truncate outbox');
  for (const table of ['operation', 'audit']) await owner.query(`vacuum ${table}`);
}

async function open(name: string, things: number): Promise<Side> {
  const { ownerUrl, appUrl } = await benchDatabase(name);
  const owner = new pg.Pool({ connectionString: ownerUrl, max: 1 });
  await owner.query(
    `insert into operation (workflow_id, run_id, seq, kind, entity, code, attempts, skippable, audit_hash, created_at_ms, updated_at_ms)
     select 'delivery/' || n, 'run-' || n, 1, 'wikiDelivery', 'delivery/' || n, 'wiki.blocked', 5, true, sha256(n::text::bytea), 0, 0 from generate_series(1, ${things}) n`,
  );
  await owner.query(
    `insert into audit (noun, entity, version, verb, actor, to_state, at_ms, hash) select 'operation', n, 1, 'new', 'system', 'waiting', 0, sha256(n::text::bytea) from generate_series(1, ${things}) n`,
  );
  await owner.query('vacuum analyze');
  const database = await openDatabase(appUrl, 16, 'bench');
  const orm = await new DataSource({ type: 'postgres', url: appUrl, entities: [operations, audits, outboxes], poolSize: 16 }).initialize();
  return { kernel: createKernel(database), database, orm, owner, things };
}

async function main(): Promise<void> {
  const [rounds = 5, count = 4_000] = process.argv.slice(2).map(Number);
  const [few, many] = [await open('bench_few', FEW), await open('bench_many', MANY)];
  const lines: [name: string, side: Side, transit: Transit][] = [
    ['apply', few, byKernel], ['TypeORM', few, byTypeOrm], ['one statement', few, byStatement], ['apply, 10⁶ things', many, byKernel], ['one statement, 10⁶ things', many, byStatement],
  ];
  const rates = new Map(lines.map(([name]) => [name, [] as number[]]));
  for (let round = 0; round <= rounds; round++)
    for (const [name, side, transit] of round % 2 ? lines : [...lines].reverse()) {
      const rate = await perSecond(side, transit, count);
      if (round) rates.get(name)!.push(rate); // the first warms up
    }
  const at = (name: string): number => median(rates.get(name)!);
  for (const [name, all] of rates) console.log(`${name.padEnd(26)} ${Math.round(median(all)).toLocaleString('en').padStart(7)}/s   (${all.map((rate) => Math.round(rate)).join(' ')})`);
  console.log(`8 at once, ${count} transitions a round, medians of ${rounds}, seed ${random.seed}`);
  const [timesOrm, ofLimit, flat] = [at('apply') / at('TypeORM'), at('apply') / at('one statement'), at('apply, 10⁶ things') / at('apply')];
  verdict('P6 against TypeORM', `${timesOrm.toFixed(2)} × (wanted ≥ 3)`, timesOrm >= 3);
  verdict('P6 of the limit', `${ofLimit.toFixed(2)} (wanted ≥ 0.7)`, ofLimit >= 0.7);
  const ownFlat = at('one statement, 10⁶ things') / at('one statement');
  verdict('P6 from 10⁴ to 10⁶ things', `${flat.toFixed(2)} (wanted ≥ 0.85), the one statement's own ${ownFlat.toFixed(2)}`, flat >= 0.85);
  for (const { database, orm, owner } of [few, many]) await Promise.all([database.close(), orm.destroy(), owner.end()]);
}

void main();
