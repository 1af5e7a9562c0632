/** The one statement that writes a thing: row where the version still holds, audit chain, outbox. All or nothing. */
import { createHash, hash, randomBytes } from 'node:crypto';
import type pg from 'pg';
import { actorId, type Actor } from '../policies/actor';
import { snake } from './columns';
import { writers } from './effects';
import type { KernelColumns } from './entities/kernel';
import { nounTables, type KernelNoun } from './nouns';
import type { Effect, Step } from './step';

/** Who asks for what, as it stands in the audit log. */
export interface Origin {
  actor: Actor;
  /** Unique for ever: a repeated command does nothing. */
  commandId?: string;
  /** Of the command's input: the same command id with another input is a mistake. */
  inputHash?: string;
  requestId?: string;
  /** Why, in a person's words: kept apart and erasable, its salted hash in the chain. */
  reason?: string;
  /** Why, as a code. */
  code?: string;
}
export interface AuditRow {
  noun: string;
  entity: number;
  version: number;
  verb: string;
  actor: string;
  fromState: string | null;
  toState: string;
  code: string | null;
  atMs: number;
  commandId: string | null;
  inputHash: string | null;
  requestId: string | null;
  reasonHash: string | null;
}
/** An effect that leaves Postgres, with the version that it belongs to. */
export interface OutboxEntry {
  version: number;
  effect: Effect;
}
/** What stands beside a thing's row for each change of it. */
export interface Recorded {
  audit: AuditRow[];
  outbox: OutboxEntry[];
  reason?: { text: string; salt: string };
}
export interface Change extends Recorded {
  noun: KernelNoun;
  before: KernelColumns;
  after: KernelColumns;
  /** Columns to write besides the kernel's and the machine's context. */
  columns?: string[];
}

/** The chain: each row's hash covers the one before it. Order and names of this list are for ever (db/verify.ts). */
export function chainHash(previous: Buffer, row: AuditRow): Buffer {
  const text = JSON.stringify([
    row.noun, row.entity, row.version, row.verb, row.actor, row.fromState, row.toState, row.code, row.atMs,
    row.commandId, row.inputHash, row.requestId, row.reasonHash,
  ]);
  return hash('sha256', Buffer.concat([previous, Buffer.from(text)]), 'buffer');
}

export const NO_HASH: Buffer = Buffer.alloc(0);

function hashesAfter(previous: Buffer, audit: AuditRow[]): Buffer[] {
  let last = previous;
  return audit.map((row) => (last = chainHash(last, row)));
}

/** The audit rows of some steps: the command's own verb carries its id and reason, what the clock did stands beside it. */
export function auditRows(noun: KernelNoun, id: number, steps: Step[], origin: Origin, verb: string | null): { rows: AuditRow[]; reason?: Recorded['reason'] } {
  const reason = origin.reason ? { text: origin.reason, salt: randomBytes(16).toString('hex') } : undefined;
  const rows = steps.map(({ verb: done, atMs, from, to, row }): AuditRow => {
    const own = done === verb;
    return {
      noun, entity: id, version: row.version, verb: done, fromState: from, toState: to, atMs,
      actor: own ? actorId(origin.actor) : 'system',
      code: (own && origin.code) || null,
      commandId: own ? (origin.commandId ?? null) : `${noun}/${id}/${done}@${atMs}`,
      inputHash: (own && origin.inputHash) || null,
      requestId: origin.requestId ?? null,
      reasonHash: own && reason ? createHash('sha256').update(reason.salt).update(reason.text).digest('hex') : null,
    };
  });
  return { rows, reason };
}

/** What has to leave Postgres: the effects that are no rows of its own, and the whole timer set where it is another now. */
export function outboxOf(steps: Step[], timersBefore: Record<string, number>): OutboxEntry[] {
  const outbox = steps.flatMap(({ row, effects }) => effects.filter(({ type }) => !writers[type]).map((effect): OutboxEntry => ({ version: row.version, effect })));
  const { timers, version } = steps.at(-1)!.row;
  if (JSON.stringify(timersBefore) !== JSON.stringify(timers)) outbox.push({ version, effect: { type: 'setTimers', params: { timers } } });
  return outbox;
}

/** @returns whether the version still held; when not, nothing was written. */
export async function writeChange(client: pg.Pool | pg.ClientBase, { noun, before, after, columns, ...record }: Change): Promise<boolean> {
  const written = columns ? [...kernelWritten, ...new Set([...nounTables[noun].context, ...columns])] : writtenOf(noun);
  const hashes = hashesAfter(before.auditHash, record.audit);
  after.auditHash = hashes.at(-1)!;
  const row = after as unknown as Record<string, unknown>;
  const { rowCount } = await client.query({
    name: columns ? undefined : `apply-${noun}-${shapeOf(record)}`, // an edit's columns vary, a verb's never do
    text: columns ? changeSql(noun, written, record) : verbSql(noun, record),
    values: [...recordValues(noun, before.id, hashes, record), before.version, ...written.map((name) => row[name])],
  });
  return rowCount === 1;
}

/** Writes a new thing and what is recorded of it; its `auditHash` is set here. */
export async function writeNew(client: pg.ClientBase, noun: KernelNoun, row: KernelColumns, record: Recorded): Promise<void> {
  const hashes = hashesAfter(NO_HASH, record.audit);
  row.auditHash = hashes.at(-1)!;
  const columns = Object.entries(row).filter(([name, value]) => name !== 'id' && value !== undefined);
  const first = recordWidth(record) + 1;
  await client.query(
    `with u as (
      insert into "${nounTables[noun].table}" (id, ${columns.map(([name]) => snake(name)).join(', ')}) values ($2, ${columns.map((_, i) => `$${first + i}`).join(', ')}) returning id
    )${recordSql(record)} select id from u`,
    [...recordValues(noun, row.id, hashes, record), ...columns.map(([, value]) => value)],
  );
}

const kernelWritten = ['state', 'version', 'timers', 'dueAtMs', 'auditHash', 'updatedAtMs'];
const writtenOf = (noun: KernelNoun): string[] => [...kernelWritten, ...nounTables[noun].context];

const verbTexts = new Map<string, string>();
function verbSql(noun: KernelNoun, record: Recorded): string {
  const key = `${noun}-${shapeOf(record)}`;
  let text = verbTexts.get(key);
  if (!text) verbTexts.set(key, (text = changeSql(noun, writtenOf(noun), record)));
  return text;
}

function changeSql(noun: KernelNoun, columns: string[], record: Recorded): string {
  const version = recordWidth(record) + 1;
  return `with u as (
    update "${nounTables[noun].table}" set ${columns.map((name, i) => `${snake(name)} = $${version + 1 + i}`).join(', ')}
    where id = $2 and version = $${version} returning id
  )${recordSql(record)} select id from u`;
}

const auditColumns = {
  version: 'int', verb: 'text', actor: 'text', from_state: 'text', to_state: 'text', code: 'text', at_ms: 'bigint',
  command_id: 'text', input_hash: 'text', request_id: 'text', reason_hash: 'text', hash: 'bytea',
};
const outboxColumns = { version: 'int', effect: 'text', params: 'jsonb' };
const [AUDIT_WIDTH, OUTBOX_WIDTH, FIRST] = [Object.keys(auditColumns).length, Object.keys(outboxColumns).length, 3];

/** A statement's text depends on how much is recorded, and on nothing else: there are few, and each is prepared once. */
const shapeOf = ({ audit, outbox, reason }: Recorded): string => `${audit.length}-${outbox.length}${reason ? '-reason' : ''}`;
const recordWidth = ({ audit, outbox, reason }: Recorded): number => FIRST - 1 + audit.length * AUDIT_WIDTH + outbox.length * OUTBOX_WIDTH + (reason ? 2 : 0);

// Rows of scalars: for an array Postgres plans anew at every call, and takes it apart.
function recordSql({ audit, outbox, reason }: Recorded): string {
  const afterAudit = FIRST + audit.length * AUDIT_WIDTH;
  const afterOutbox = afterAudit + outbox.length * OUTBOX_WIDTH;
  return [
    reason ? `, r as (insert into audit_reason (text, salt) select $${afterOutbox}::text, $${afterOutbox + 1}::text from u returning id)` : '',
    `, a as (insert into audit (noun, entity, ${Object.keys(auditColumns).join(', ')}${reason ? ', reason_id' : ''})
      select $1, u.id, x.*${reason ? ', case when x.reason_hash is not null then (select id from r) end' : ''} from u, ${rowsSql(auditColumns, FIRST, audit.length)})`,
    outbox.length
      ? `, o as (insert into outbox (noun, entity, ${Object.keys(outboxColumns).join(', ')})
      select $1, u.id, ${Object.keys(outboxColumns).join(', ')} from u, ${rowsSql({ ...outboxColumns, place: null }, afterAudit, outbox.length)} order by place)`
      : '',
  ].join('');
}

/** Some rows as parameters; a column without a type is the row's place. */
function rowsSql(columns: Record<string, string | null>, first: number, count: number): string {
  let param = first;
  const row = (place: number): string => `(${Object.values(columns).map((type) => (type ? `$${param++}::${type}` : place)).join(', ')})`;
  return `(values ${Array.from({ length: count }, (_, place) => row(place)).join(', ')}) as x (${Object.keys(columns).join(', ')})`;
}

function recordValues(noun: KernelNoun, id: number, hashes: Buffer[], { audit, outbox, reason }: Recorded): unknown[] {
  const values: unknown[] = [noun, id];
  for (const [i, row] of audit.entries())
    values.push(
      row.version, row.verb, row.actor, row.fromState, row.toState, row.code, row.atMs,
      row.commandId, row.inputHash, row.requestId, row.reasonHash, hashes[i],
    );
  for (const { version, effect } of outbox) values.push(version, effect.type, effect.params);
  if (reason) values.push(reason.text, reason.salt);
  return values;
}
