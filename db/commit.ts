/** The one statement that writes a thing: row where the version still holds, audit chain, outbox. All or nothing. */
import { createHash, randomBytes } from 'node:crypto';
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
export interface Change {
  noun: KernelNoun;
  before: KernelColumns;
  after: KernelColumns;
  /** Columns to write besides the kernel's and the machine's context. */
  columns?: string[];
  audit: AuditRow[];
  outbox: OutboxEntry[];
  reason?: { text: string; salt: string };
}

/** The chain: each row's hash covers the one before it. Order and names of this list are for ever (db/verify.ts). */
export const chainHash = (previous: Buffer, row: AuditRow): Buffer =>
  createHash('sha256')
    .update(previous)
    .update(
      JSON.stringify([
        row.noun, row.entity, row.version, row.verb, row.actor, row.fromState, row.toState, row.code, row.atMs,
        row.commandId, row.inputHash, row.requestId, row.reasonHash,
      ]),
    )
    .digest();

export const NO_HASH: Buffer = Buffer.alloc(0);

/** The audit rows of some steps: the command's own verb carries its id and reason, what the clock did stands beside it. */
export function auditRows(noun: KernelNoun, id: number, steps: Step[], origin: Origin, verb: string | null): { rows: AuditRow[]; reason?: Change['reason'] } {
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
export async function writeChange(client: pg.Pool | pg.ClientBase, change: Change): Promise<boolean> {
  const { noun, before, audit, outbox, reason } = change;
  const hashes: Buffer[] = [];
  for (const row of audit) hashes.push(chainHash(hashes.at(-1) ?? before.auditHash, row));
  const after = { ...change.after, auditHash: hashes.at(-1)! } as unknown as Record<string, unknown>;
  change.after.auditHash = hashes.at(-1)!;
  const written = change.columns ? [...kernelWritten, ...new Set([...nounTables[noun].context, ...change.columns])] : writtenOf(noun);
  const { rowCount } = await client.query({
    name: change.columns ? undefined : `apply-${noun}`, // an edit's columns vary, a verb's never do
    text: change.columns ? changeSql(noun, written) : verbSql(noun),
    values: [
      before.id, before.version, noun,
      audit.map((row) => row.version), audit.map((row) => row.verb), audit.map((row) => row.actor),
      audit.map((row) => row.fromState), audit.map((row) => row.toState), audit.map((row) => row.code),
      audit.map((row) => row.atMs), audit.map((row) => row.commandId), audit.map((row) => row.inputHash),
      audit.map((row) => row.requestId), audit.map((row) => row.reasonHash), hashes,
      outbox.map((entry) => entry.version), outbox.map((entry) => entry.effect.type), outbox.map((entry) => JSON.stringify(entry.effect.params)),
      reason?.text ?? null, reason?.salt ?? null,
      ...written.map((name) => after[name]),
    ],
  });
  return rowCount === 1;
}

const kernelWritten = ['state', 'version', 'timers', 'dueAtMs', 'auditHash', 'updatedAtMs'];
const writtenOf = (noun: KernelNoun): string[] => [...kernelWritten, ...nounTables[noun].context];

const verbTexts = new Map<KernelNoun, string>();
function verbSql(noun: KernelNoun): string {
  let text = verbTexts.get(noun);
  if (!text) verbTexts.set(noun, (text = changeSql(noun, writtenOf(noun))));
  return text;
}

const FIRST_COLUMN = 21;
const changeSql = (noun: KernelNoun, columns: string[]): string => `
with u as (
  update "${nounTables[noun].table}" set ${columns.map((name, i) => `${snake(name)} = $${FIRST_COLUMN + i}`).join(', ')}
  where id = $1 and version = $2 returning id
), r as (
  insert into audit_reason (text, salt) select $19::text, $20::text from u where $19::text is not null returning id
), a as (
  insert into audit (noun, entity, version, verb, actor, from_state, to_state, code, at_ms, command_id, input_hash, request_id, reason_hash, hash, reason_id)
  select $3, u.id, x.*, case when x.reason_hash is not null then (select id from r) end
  from u, unnest($4::int[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::bigint[], $11::text[], $12::text[], $13::text[], $14::text[], $15::bytea[])
    as x (version, verb, actor, from_state, to_state, code, at_ms, command_id, input_hash, request_id, reason_hash, hash)
), o as (
  insert into outbox (noun, entity, version, effect, params)
  select $3, u.id, x.version, x.effect, x.params::jsonb from u, unnest($16::int[], $17::text[], $18::text[]) with ordinality as x (version, effect, params, place)
  order by x.place
)
select id from u`;
