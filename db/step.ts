/**
 * One step of a machine over a row, without I/O: restore, transition, fold the timers. db/apply.ts writes what comes out;
 * reads on which time decides fold what is due in memory with the same functions.
 */
import { createActor, type AnyActorScope, type AnyMachineSnapshot, type AnyStateMachine } from 'xstate';
import type { KernelColumns } from './entities/kernel';
import { nounTables, type KernelNoun } from './nouns';

export interface Effect {
  type: string;
  params: Record<string, unknown>;
}
export interface StepEvent {
  type: string;
  atMs: number;
  [input: string]: unknown;
}
/** What the system does at once after a verb, at the same instant (db/facts/). */
export type Following = { type: string; [input: string]: unknown };
export interface Step<Row extends KernelColumns = KernelColumns> {
  verb: string;
  atMs: number;
  from: string;
  to: string;
  effects: Effect[];
  /** The row afterwards: state, context columns, timers, version. */
  row: Row;
}

/** @returns the step, or null when the state does not take the event. */
export function step<Row extends KernelColumns>(noun: KernelNoun, row: Row, event: StepEvent): Step<Row> | null {
  const before = snapshotOf(noun, row);
  const [after, actions] = pureTransition(machineOf(noun), before, event);
  if (after === before && actions.length === 0) return null;
  return made(noun, row, event, after, actions);
}

/** Everything that the clock has done to the row by now, oldest first, each at its own due instant. */
export function dueSteps<Row extends KernelColumns>(noun: KernelNoun, row: Row, nowMs: number): Step<Row>[] {
  const steps: Step<Row>[] = [];
  let current = row;
  while (current.dueAtMs !== null && current.dueAtMs <= nowMs) {
    const [timer, atMs] = Object.entries(current.timers).sort((a, b) => a[1] - b[1])[0]!;
    const { [timer]: _, ...rest } = current.timers; // fired, whatever the machine makes of it
    current = { ...current, ...timed(rest) };
    const fired = step(noun, current, { type: timer, atMs }) ?? still(current, timer, atMs);
    steps.push(fired);
    current = fired.row;
    if (steps.length > 100) throw new Error(`${noun} ${row.id}: its timers never come to rest`);
  }
  return steps;
}

/** The row as it stands now, for a read on which time decides. */
export const foldDue = <Row extends KernelColumns>(noun: KernelNoun, row: Row, nowMs: number): Row =>
  nounTables[noun].machine ? (dueSteps(noun, row, nowMs).at(-1)?.row ?? row) : row;

export const snapshotOf = (noun: KernelNoun, row: KernelColumns): AnyMachineSnapshot => {
  const context: Record<string, unknown> = {};
  for (const name of nounTables[noun].context) context[name] = (row as unknown as Record<string, unknown>)[name];
  return machineOf(noun).resolveState({ value: row.state, context });
};

/**
 * What XState's `transition()` answers, four times as fast: that one makes an actor for each call, only to have a scope
 * in which nothing runs. Here every machine keeps one, which is never started.
 */
export function pureTransition(machine: AnyStateMachine, before: AnyMachineSnapshot, event: StepEvent): [AnyMachineSnapshot, RawAction[]] {
  let inert = inertScopes.get(machine);
  if (!inert) inertScopes.set(machine, (inert = inertScope(machine)));
  const actions: RawAction[] = (inert.actions = []);
  return [machine.transition(before, event, inert.scope) as AnyMachineSnapshot, actions];
}

interface InertScope {
  scope: AnyActorScope;
  actions: RawAction[];
}
const inertScopes = new WeakMap<AnyStateMachine, InertScope>();

function inertScope(machine: AnyStateMachine): InertScope {
  const nothing = (): void => {};
  const self = createActor(machine);
  const inert: InertScope = {
    actions: [],
    scope: {
      self, id: '', sessionId: '', system: self.system, logger: nothing, defer: nothing, emit: nothing, stopChild: nothing,
      actionExecutor: (action: RawAction) => void inert.actions.push(action),
    } as unknown as AnyActorScope,
  };
  return inert;
}

export function machineOf(noun: KernelNoun): AnyStateMachine {
  const { machine } = nounTables[noun];
  if (!machine) throw new Error(`${noun} has no machine`);
  return machine;
}

export interface RawAction {
  type: string;
  params?: { id?: string; sendId?: string; delay?: number; [key: string]: unknown };
}

/** The columns that a list of XState actions leaves: in order, because the cancel of a timer comes before its new raise. */
export function foldTimers(timers: Record<string, number>, actions: RawAction[], atMs: number): Record<string, number> {
  const next = { ...timers };
  for (const { type, params } of actions) {
    if (type === 'xstate.cancel') delete next[params!.sendId!];
    if (type !== 'xstate.raise' || params?.delay === undefined) continue;
    if (params.delay === Number.POSITIVE_INFINITY) continue; // NEVER (machines/effect.ts)
    if (!Number.isFinite(params.delay)) throw new Error(`the delay of ${params.id} is not a finite number`);
    next[params.id!] = Math.round(atMs + Math.max(0, params.delay));
  }
  return next;
}

export const timed = (timers: Record<string, number>): { timers: Record<string, number>; dueAtMs: number | null } => {
  const instants = Object.values(timers);
  return { timers, dueAtMs: instants.length ? Math.min(...instants) : null };
};

export const effectsOf = (actions: RawAction[]): Effect[] =>
  actions.filter(({ type }) => !type.startsWith('xstate.')).map(({ type, params }) => ({ type, params: params ?? {} }));

function made<Row extends KernelColumns>(noun: KernelNoun, row: Row, event: StepEvent, after: AnyMachineSnapshot, actions: RawAction[]): Step<Row> {
  if (typeof after.value !== 'string') throw new Error(`${noun}: a parallel state needs a jsonb column`);
  const next: Row = {
    ...row,
    ...contextColumns(noun, after.context),
    ...timed(foldTimers(row.timers, actions, event.atMs)),
    state: after.value,
    version: row.version + 1,
    updatedAtMs: event.atMs,
  };
  return { verb: event.type, atMs: event.atMs, from: row.state, to: after.value, effects: effectsOf(actions), row: next };
}

const still = <Row extends KernelColumns>(row: Row, verb: string, atMs: number): Step<Row> => ({
  verb,
  atMs,
  from: row.state,
  to: row.state,
  effects: [],
  row: { ...row, version: row.version + 1, updatedAtMs: atMs },
});

/** What a machine's context tells, as columns. */
export const contextColumns = (noun: KernelNoun, context: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(nounTables[noun].context.map((name) => [name, context[name]]));
