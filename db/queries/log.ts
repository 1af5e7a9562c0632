/** The audit log in the order of its seal: positions without gaps, each once for ever. */
import { logField } from '../../policies';
import type { Actor } from '../../policies/actor';
import { verbsOf } from '../actions';
import { fromRow, snake } from '../columns';
import type { Kernel } from '../kernel';
import { notesOf } from '../note';
import { nounTables, type KernelNoun } from '../nouns';
import { scope } from '../scope';

export interface LogEntry {
  position: number;
  noun: string;
  entity: number;
  version: number;
  verb: string;
  actor: string;
  /** The person's name, where the reader may know it. */
  actorName: string | null;
  fromState: string | null;
  toState: string;
  code: string | null;
  atMs: number;
  requestId: string | null;
  reason: string | null;
}
export interface LogFilter {
  noun?: KernelNoun;
  entity?: number;
  /** As it stands in the log, such as `user/7`; keys of that user too. */
  actor?: string;
  /** `byTime`: what the clock did, whatever the machine calls it. */
  verb?: string;
  /** From this instant on, and before that one; by when it happened, which may be before it was written. */
  fromMs?: number;
  untilMs?: number;
  /** Who reads: names only of whom they may read, but where the reasons are theirs to know, too. */
  reader: Actor;
  named?: boolean;
  /** Only of those things of the noun that the reader may read. */
  readableOnly?: boolean;
}

export interface LogPart {
  /** Only positions above, and below. */
  after: number;
  before?: number;
  /** The newest first. */
  down?: boolean;
  limit: number;
}

export async function readLog({ pool }: Kernel, { noun, entity, actor, verb, fromMs, untilMs, reader, named, readableOnly }: LogFilter, { after, before, down, limit }: LogPart): Promise<LogEntry[]> {
  const values: unknown[] = [after, limit];
  const where = ['s.position > $1'];
  if (before !== undefined) where.push(`s.position < $${values.push(before)}`);
  if (fromMs !== undefined) where.push(`a.at_ms >= $${values.push(fromMs)}`);
  if (untilMs !== undefined) where.push(`a.at_ms < $${values.push(untilMs)}`);
  if (noun !== undefined) where.push(`a.noun = $${values.push(noun)}`);
  if (entity !== undefined) where.push(`a.entity = $${values.push(entity)}`);
  if (verb === BY_TIME) where.push("starts_with(a.verb, 'xstate.')");
  else if (verb !== undefined) where.push(`a.verb = $${values.push(verb)}`);
  if (actor !== undefined) where.push(`(a.actor = $${values.push(actor)} or starts_with(a.actor, $${values.push(`${actor}/key/`)}))`);
  if (readableOnly && noun) {
    const readable = scope(reader, noun, { field: logField[noun], alias: 't', firstParam: values.length + 1 });
    values.push(...readable.values);
    where.push(`exists (select 1 from "${snake(noun)}" t where t.id = a.entity and ${readable.sql})`);
  }
  const people = named ? { sql: 'true', values: [] } : scope(reader, 'user', { alias: 'u', firstParam: values.length + 1 });
  values.push(...people.values);
  const { rows } = await pool.query(
    `select s.position, a.noun, a.entity, a.version, a.verb, a.actor, (select u.name from "user" u where u.id = substring(a.actor from '^user/(\\d{1,9})')::int and ${people.sql}) as actor_name, a.from_state, a.to_state, a.code, a.at_ms, a.request_id, r.text as reason
     from seal s join audit a on a.id = s.audit_id left join audit_reason r on r.id = a.reason_id
     where ${where.join(' and ')} order by s.position ${down ? 'desc' : 'asc'} limit $2`,
    values,
  );
  return rows.map((row) => fromRow<LogEntry>(row));
}

const BY_TIME = 'byTime';

/** What can stand in the log of a noun's things. */
export function loggedVerbs(noun: KernelNoun): string[] {
  const timed = nounTables[noun].machine?.events.some((event: string) => event.startsWith('xstate.'));
  return [...new Set<string>(['new', 'edit', ...verbsOf(noun), ...(timed ? [BY_TIME] : []), ...((notesOf as Partial<Record<KernelNoun, readonly string[]>>)[noun] ?? []), ...notesOf.any])];
}

/** A person by their name, as the log has them; what is no name stands as it is. undefined: nobody is called so. */
export async function actorNamed({ pool }: Pick<Kernel, 'pool'>, given: string): Promise<string | undefined> {
  if (/^(user\/.*|system|temporal|visitor)$/.test(given)) return given; // no name holds a slash
  const { rows } = await pool.query<{ id: number }>('select id from "user" where lower(name) = lower($1)', [given]);
  return rows.length ? `user/${rows[0]!.id}` : undefined;
}

export interface Check {
  atMs: number;
  position: number;
  findings: number;
}

/** When `reeve audit verify` last went through the log, how far, and how much it found. */
export async function lastCheck({ pool }: Pick<Kernel, 'pool'>): Promise<Check | null> {
  const { rows } = await pool.query({ name: 'last-check', text: 'select at_ms, position, findings from audit_check order by id desc limit 1' });
  return rows.length ? fromRow<Check>(rows[0]) : null;
}

/** Where the log ends now. */
export async function logEnd({ pool }: Pick<Kernel, 'pool'>): Promise<number> {
  const { rows } = await pool.query<{ position: number | null }>({ name: 'log-end', text: 'select max(position) as position from seal' });
  return rows[0]!.position ?? 0;
}
