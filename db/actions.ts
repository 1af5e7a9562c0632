/** What a reader may do next with a thing: the verbs that its state takes, of those that the policy allows. */
import { may } from '../policies';
import type { Actor } from '../policies/actor';
import { foldDue, machineOf, snapshotOf } from './step';
import { nounTables, type KernelNoun, type Rows } from './nouns';

/** Every verb of a noun's machine; what only the clock sends is none. */
export function verbsOf(noun: KernelNoun): string[] {
  const { machine } = nounTables[noun];
  return machine ? machine.events.filter((event: string) => !event.startsWith('xstate.')) : [];
}

export function allowedVerbs<N extends KernelNoun>(noun: N, row: Rows[N], actor: Actor, nowMs: number): string[] {
  if (!nounTables[noun].machine) return [];
  const now = foldDue(noun, row, nowMs);
  const snapshot = snapshotOf(noun, now);
  return verbsOf(noun).filter((verb) => may(actor, verb, noun, now).allowed && snapshot.can({ type: verb, atMs: nowMs } as never));
}

export const hasVerb = (noun: KernelNoun, verb: string): boolean => nounTables[noun].machine !== undefined && machineOf(noun).events.includes(verb) && !verb.startsWith('xstate.');
