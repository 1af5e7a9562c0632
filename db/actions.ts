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
  const takes = takenBy(noun, now, nowMs);
  return verbsOf(noun).filter((verb) => takes(verb) && may(actor, verb, noun, now).allowed);
}

/** Whether the row's state takes a verb; most are told by their name, the others ask their guards. */
export function takenBy<N extends KernelNoun>(noun: N, row: Rows[N], nowMs: number): (verb: string) => boolean {
  const snapshot = snapshotOf(noun, row);
  const named = new Set(snapshot._nodes.flatMap((node: { ownEvents: string[] }) => node.ownEvents));
  return (verb) => named.has(verb) && snapshot.can({ type: verb, atMs: nowMs } as never);
}

export const hasVerb = (noun: KernelNoun, verb: string): boolean => nounTables[noun].machine !== undefined && machineOf(noun).events.includes(verb) && !verb.startsWith('xstate.');
