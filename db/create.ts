/** How a thing begins (`new`) and how its plain fields change (`edit`): audited and versioned like every verb. */
import { isDeepStrictEqual } from 'node:util';
import { initialTransition, type AnyMachineSnapshot } from 'xstate';
import { ReeveError } from '../config/errors';
import { may } from '../policies';
import { actorId } from '../policies/actor';
import { guardDuplicates, inTransaction, inWords, isUniqueViolation, readRow, wasDone } from './apply';
import { auditRows, outboxOf, writeChange, writeNew, type AuditRow, type Origin } from './commit';
import { writeEffects } from './effects';
import type { KernelColumns } from './entities/kernel';
import type { Kernel, Terms } from './kernel';
import { contextColumns, machineOf, dueSteps, effectsOf, foldTimers, step, timed, type Effect, type RawAction, type Step } from './step';
import { nounTables, type KernelNoun, type Rows } from './nouns';

export interface Creation<N extends KernelNoun> extends Origin {
  noun: N;
  /** What is not said of the machine's context stands as the machine begins. */
  values: Omit<Partial<Rows[N]>, keyof KernelColumns>;
  /** Columns that are the instant at which it is made, by the door's clock. */
  stamps?: (keyof Omit<Rows[N], keyof KernelColumns> & string)[];
  /** Checked on the row as it begins. @throws ReeveError */
  check?: (row: Rows[N]) => void;
  /** A verb that follows at once, by the same actor, in the same commit: a grant is an application that is approved. */
  then?: string;
  /** What that verb's facts would say (db/facts/). */
  thenInput?: Record<string, unknown>;
  /** Rows of the thing's own tables, in the same commit. */
  also?: (client: import('pg').ClientBase, id: number) => Promise<void>;
}

/**
 * Makes a thing. Idempotent by `commandId`: the second call answers with what the first made.
 * @throws ReeveError policy.forbidden, conflict (a unique value is taken), idempotency.reused.
 */
export async function create<N extends KernelNoun>(kernel: Kernel, creation: Creation<N>): Promise<{ row: Rows[N]; replayed: boolean }> {
  const { noun } = creation;
  const { rows: found } = await kernel.pool.query(
    `select ${kernel.clock.sql} as now_ms, nextval(pg_get_serial_sequence(quote_ident($1), 'id'))::int as id,
            (select to_jsonb(c) from (select noun, entity, verb, input_hash from audit where command_id = $2) c) as done`,
    [nounTables[noun].table, creation.commandId ?? null],
  );
  const { now_ms: atMs, id, done } = found[0] as { now_ms: number; id: number; done: { noun: string; entity: number; verb: string; input_hash: string | null } | null };
  if (done) {
    if (done.noun !== noun || done.verb !== 'new' || done.input_hash !== (creation.inputHash ?? null)) throw new ReeveError('idempotency.reused');
    return { row: (await readRow(kernel, noun, done.entity)).row!, replayed: true };
  }
  const steps = begin(id, atMs, creation);
  const last = steps.at(-1)!.row;
  try {
    await inTransaction(kernel.pool, (client) => insert(client, kernel.terms, creation, steps, last));
  } catch (error) {
    // Done by another just now: what it took shows before the command's id does.
    if (isUniqueViolation(error) && (await isDone(kernel, creation.commandId))) return create(kernel, creation);
    throw inWords(error);
  }
  kernel.wake();
  return { row: last, replayed: false };
}

/** What a new thing goes through at once. @throws ReeveError policy.forbidden, verb.refused */
function begin<N extends KernelNoun>(id: number, atMs: number, { noun, values, stamps = [], check, actor, then, thenInput }: Creation<N>): Step<Rows[N]>[] {
  const { machine, context } = nounTables[noun];
  let row = { ...values, ...Object.fromEntries(stamps.map((name) => [name, atMs])), id, state: 'active', version: 1, timers: {}, dueAtMs: null, createdAtMs: atMs, updatedAtMs: atMs } as unknown as Rows[N];
  let effects: Effect[] = [];
  if (machine) {
    const input: Record<string, unknown> = { atMs };
    for (const name of context) input[name] = (values as Record<string, unknown>)[name];
    const [snapshot, actions] = initialTransition(machineOf(noun), input as never) as unknown as [AnyMachineSnapshot, RawAction[]];
    row = { ...contextColumns(noun, snapshot.context as Record<string, unknown>), ...row, state: snapshot.value as string, ...timed(foldTimers({}, actions, atMs)) };
    effects = effectsOf(actions);
  }
  const verdict = may(actor, 'new', noun, row);
  if (!verdict.allowed) throw new ReeveError(verdict.code, verdict.reason);
  check?.(row);
  const begun: Step<Rows[N]> = { verb: 'new', atMs, from: row.state, to: row.state, effects, row };
  const steps: Step<Rows[N]>[] = [begun];
  if (then) {
    const allowed = may(actor, then, noun, row);
    if (!allowed.allowed) throw new ReeveError(allowed.code, allowed.reason);
    const next = step(noun, row, { ...thenInput, type: then, atMs });
    if (!next) throw new ReeveError('verb.refused');
    steps.push(next);
  }
  if (machine) steps.push(...dueSteps(noun, steps.at(-1)!.row, atMs));
  return steps;
}

export interface Edit<N extends KernelNoun> extends Origin {
  noun: N;
  id: number;
  values: Partial<Rows[N]>;
  ifMatch?: number;
  /** Checked on the row that is written over. @throws ReeveError */
  check?: (row: Rows[N]) => void;
  also?: (client: import('pg').ClientBase, row: Rows[N]) => Promise<void>;
}

/** Changes plain fields; what stands already writes nothing. @throws ReeveError not-found, policy.forbidden, version.conflict, conflict. */
export async function edit<N extends KernelNoun>(kernel: Kernel, change: Edit<N>): Promise<{ row: Rows[N]; replayed: boolean }> {
  const { noun, id, values, actor, ifMatch } = change;
  for (;;) {
    const replayed = await wasDone(kernel, { ...change, verb: 'edit' });
    const { row: stored, nowMs } = await readRow(kernel, noun, id);
    if (!stored || !may(actor, 'read', noun, stored).allowed) throw new ReeveError('not-found');
    if (replayed) return { row: stored, replayed };
    const due = nounTables[noun].machine ? dueSteps(noun, stored, nowMs) : [];
    const row = due.at(-1)?.row ?? stored;
    const verdict = may(actor, 'edit', noun, row);
    if (!verdict.allowed) throw new ReeveError(verdict.code, verdict.reason);
    if (ifMatch !== undefined && ifMatch !== row.version) throw new ReeveError('version.conflict', undefined, { version: row.version });
    change.check?.(row);
    if (!change.also && Object.entries(values).every(([name, value]) => isDeepStrictEqual(row[name as keyof Rows[N]], value))) return { row, replayed: false };
    const edited: Step<Rows[N]> = { verb: 'edit', atMs: nowMs, from: row.state, to: row.state, effects: [], row: { ...row, ...values, version: row.version + 1, updatedAtMs: nowMs } };
    const steps = [...due, edited];
    const { rows: audit, reason } = auditRows(noun, id, steps, change, 'edit');
    const outbox = outboxOf(steps, stored.timers);
    const written = await guardDuplicates(() =>
      inTransaction(kernel.pool, async (client) => {
        if (!(await writeChange(client, { noun, before: stored, after: edited.row, columns: Object.keys(values), audit, outbox, reason }))) return false;
        await writeEffects(client, kernel.terms, noun, due, change.actor);
        await change.also?.(client, edited.row);
        return true;
      }),
    );
    if (!written) continue;
    if (outbox.length) kernel.wake();
    return { row: edited.row, replayed: false };
  }
}

const isDone = async (kernel: Kernel, commandId?: string): Promise<boolean> =>
  commandId !== undefined && (await kernel.pool.query('select from audit where command_id = $1', [commandId])).rowCount === 1;

async function insert<N extends KernelNoun>(client: import('pg').ClientBase, terms: Terms, creation: Creation<N>, steps: Step<Rows[N]>[], last: Rows[N]): Promise<void> {
  const { noun } = creation;
  const { rows: audit, reason } = auditRows(noun, last.id, steps, creation, 'new');
  const begun: AuditRow = { ...audit[0]!, fromState: null };
  // What follows at once is the same actor's act, though the command's id stands on `new` only.
  const rest = audit.slice(1).map((row) => (row.verb === creation.then ? { ...row, actor: actorId(creation.actor), commandId: null } : row));
  await writeNew(client, noun, last, { audit: [begun, ...rest], outbox: outboxOf(steps, {}), reason });
  await creation.also?.(client, last.id);
  await writeEffects(client, terms, noun, steps, creation.actor);
}
