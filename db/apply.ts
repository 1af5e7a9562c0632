/**
 * The only writer of a state column, and the only door to it: API, CLI, an activity's result, an integrator's signal and
 * every timer come through here. What is due by the clock comes first, then the verb, then what became due by it.
 */
import type pg from 'pg';
import { ReeveError } from '../config/errors';
import { may } from '../policies';
import { system, type Actor } from '../policies/actor';
import { allowedVerbs } from './actions';
import { named } from './clock';
import { fromRow } from './columns';
import { auditRows, outboxOf, writeChange, type Origin } from './commit';
import { writeEffects, writers } from './effects';
import { facts } from './facts';
import type { Kernel } from './kernel';
import { nounTables, type KernelNoun, type Rows } from './nouns';
import { dueSteps, step, type Effect, type Following, type Step } from './step';

export interface Command<N extends KernelNoun = KernelNoun> extends Origin {
  noun: N;
  id: number;
  verb: string;
  /** What the verb asks for: validated by the door that it came through. */
  input?: Record<string, unknown>;
  /** Refuse unless this is the version that stands. */
  ifMatch?: number;
  /** Answer what it would do and change nothing. */
  dryRun?: boolean;
}
export interface Applied<Row> {
  row: Row;
  /** False when the command had been done before, or the state did not take a verb that the system sent. */
  changed: boolean;
  /** The command id was known: this is the thing as it now is. */
  replayed: boolean;
  from: string;
  effects: Effect[];
}

/**
 * Does one verb to one thing.
 * Idempotent by `commandId`. An actor that is no person (system, temporal) gets a no-op where the state refuses.
 * @throws ReeveError not-found, policy.forbidden, verb.refused, version.conflict, idempotency.reused, conflict (a unique value is taken), or what the noun's facts refuse.
 */
export async function apply<N extends KernelNoun>(kernel: Kernel, command: Command<N>): Promise<Applied<Rows[N]>> {
  const { noun, id, verb, actor } = command;
  if (verb.startsWith('xstate.')) throw new ReeveError('not-found');
  for (let tries = 0; tries < 50; tries++) {
    const replayed = tries > 0 && (await wasDone(kernel, command)); // asked where something speaks for it: most commands come once
    const { row, nowMs } = await readRow(kernel, noun, id);
    if (!row || !may(actor, 'read', noun, row).allowed) throw new ReeveError('not-found');
    if (replayed) return { row, changed: false, replayed, from: row.state, effects: [] };
    const before = dueSteps(noun, row, nowMs);
    const current = before.at(-1)?.row ?? row;
    const taken = await attempt(kernel, command, current, nowMs).catch((error: unknown) => error);
    if (taken instanceof Error || taken === null) {
      if (tries === 0 && (await wasDone(kernel, command))) continue;
      // The clock's part stands even where the verb does not.
      if (before.length && !command.dryRun && !(await write(kernel, command, row, before))) continue;
      if (taken) throw taken;
      return { row: current, changed: false, replayed: false, from: row.state, effects: [] };
    }
    const steps = [...before, ...(taken as Step<Rows[N]>[])];
    steps.push(...dueSteps(noun, steps.at(-1)!.row, nowMs));
    const applied: Applied<Rows[N]> = { row: steps.at(-1)!.row, changed: true, replayed: false, from: current.state, effects: steps.flatMap((s) => s.effects) };
    if (command.dryRun || (await write(kernel, command, row, steps))) return applied;
  }
  throw new ReeveError('unavailable', 'Others keep changing this at the same time.');
}

/**
 * Lets the clock do what is due to one thing: how a timer of Temporal comes in. An early or repeated call does nothing.
 * @returns the thing's timers as they now stand, or null when it is gone.
 */
export async function applyDue(kernel: Kernel, noun: KernelNoun, id: number, actor: Actor): Promise<{ version: number; timers: Record<string, number> } | null> {
  for (;;) {
    const { row, nowMs } = await readRow(kernel, noun, id);
    if (!row) return null;
    const steps = dueSteps(noun, row, nowMs);
    if (!steps.length) return { version: row.version, timers: row.timers };
    if (await write(kernel, { actor }, row, steps, noun)) return { version: steps.at(-1)!.row.version, timers: steps.at(-1)!.row.timers };
  }
}

/** The row and the door's clock, in one round trip. */
export async function readRow<N extends KernelNoun>(kernel: Kernel, noun: N, id: number): Promise<{ row: Rows[N] | null; nowMs: number }> {
  const { rows } = await kernel.pool.query({
    ...named(kernel, `read-${noun}`),
    text: `select *, ${kernel.clock.sql} as now_ms from "${nounTables[noun].table}" where id = $1`,
    values: [id],
  });
  if (!rows.length) return { row: null, nowMs: 0 };
  const { now_ms: nowMs, ...columns } = rows[0];
  return { row: fromRow<Rows[N]>(columns), nowMs };
}

/** Whether this very command has been done. @throws ReeveError idempotency.reused where its id belongs to another. */
export async function wasDone(kernel: Kernel, { commandId, inputHash, noun, id, verb }: Pick<Command, 'commandId' | 'inputHash' | 'noun' | 'id' | 'verb'>): Promise<boolean> {
  if (commandId === undefined) return false;
  const { rows } = await kernel.pool.query('select noun, entity, verb, input_hash from audit where command_id = $1', [commandId]);
  if (!rows.length) return false;
  const [done] = rows;
  if (done.noun !== noun || done.entity !== id || done.verb !== verb || done.input_hash !== (inputHash ?? null)) throw new ReeveError('idempotency.reused');
  return true;
}

/** The verb's own step, and those that the system does after it; null where it is a no-op for an actor that is no person. */
async function attempt<N extends KernelNoun>(kernel: Kernel, command: Command<N>, row: Rows[N], nowMs: number): Promise<Step<Rows[N]>[] | null> {
  const { noun, verb, actor } = command;
  const verdict = may(actor, verb, noun, row);
  if (!verdict.allowed) throw new ReeveError(verdict.code, verdict.reason);
  if (command.ifMatch !== undefined && command.ifMatch !== row.version)
    throw new ReeveError('version.conflict', undefined, { version: row.version });
  const { follow = [], ...known } = (await facts[noun]?.[verb]?.(kernel, row, actor, command.input ?? {}, nowMs)) ?? {};
  const taken = step(noun, row, { ...command.input, ...known, type: verb, atMs: nowMs });
  if (taken) return followed(noun, taken, follow);
  if (actor.kind === 'system' || actor.kind === 'temporal') return null;
  throw new ReeveError('verb.refused', `It is ${row.state}, which does not take ${verb}.`, {
    state: row.state,
    allowed: allowedVerbs(noun, row, actor, nowMs),
  });
}

/** What the system does at once, as far as policy and machine let it. */
function followed<N extends KernelNoun>(noun: N, first: Step<Rows[N]>, acts: Following[]): Step<Rows[N]>[] {
  const steps = [first];
  for (const act of acts) {
    const { row, atMs } = steps.at(-1)!;
    const next = may(system, act.type, noun, row).allowed ? step(noun, row, { ...act, atMs }) : null;
    if (next) steps.push(next);
  }
  return steps;
}

/** @returns false when somebody else was faster: read again. */
async function write(kernel: Kernel, command: Origin & { noun?: KernelNoun; verb?: string; input?: Record<string, unknown> }, before: Rows[KernelNoun], steps: Step[], only?: KernelNoun): Promise<boolean> {
  const noun = (only ?? command.noun)!;
  const { rows: audit, reason } = auditRows(noun, before.id, steps, command, command.verb ?? null);
  const after = steps.at(-1)!.row;
  const outbox = outboxOf(steps, before.timers);
  const change = { noun, before, after, audit, outbox, reason };
  const written = await guardDuplicates(() =>
    steps.some(({ effects }) => effects.some(({ type }) => writers[type]))
      ? inTransaction(kernel.pool, async (client) => {
          if (!(await writeChange(client, change))) return false;
          await writeEffects(client, kernel.terms, noun, steps, command.actor, command.input);
          return true;
        })
      : writeChange(kernel.pool, change),
  );
  if (written && outbox.length) kernel.wake();
  return written;
}

/** A command id that another process has just used shows as a unique violation: read again and find it done. @throws ReeveError of what else the schema refuses */
export async function guardDuplicates(write: () => Promise<boolean>): Promise<boolean> {
  try {
    return await write();
  } catch (error) {
    if (isUniqueViolation(error) && ['audit_command_id_key', 'audit_noun_entity_version_key'].includes(constraintOf(error)!)) return false;
    throw inWords(error);
  }
}

/** What the schema refuses, as a problem that the asker can understand. */
export function inWords(error: unknown): unknown {
  if (isUniqueViolation(error)) return new ReeveError('conflict', undefined, { constraint: constraintOf(error) });
  if ((error as { code?: string }).code === '23503') return new ReeveError('input.invalid', 'It names something that does not exist.');
  return error;
}
export const isUniqueViolation = (error: unknown): boolean => (error as { code?: string }).code === '23505';
const constraintOf = (error: unknown): string | undefined => (error as { constraint?: string }).constraint;

export async function inTransaction<T>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  client.on('error', heardLater);
  const giveBack = (broken?: Error): void => {
    client.off('error', heardLater);
    client.release(broken);
  };
  try {
    await client.query('begin');
    const result = await work(client);
    await client.query(result === false ? 'rollback' : 'commit');
    giveBack();
    return result;
  } catch (error) {
    await client.query('rollback').then(() => giveBack(), giveBack);
    throw error;
  }
}

/** A connection that dies between two statements must not end the process: the next statement says so to whoever sent it. */
const heardLater = (): void => {};
