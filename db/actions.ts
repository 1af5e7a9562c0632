/** What a reader may do next with a thing: the verbs that its state takes, of those that the policy allows. */
import type { AnyMachineSnapshot } from 'xstate';
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

/** Whether the row's state takes a verb: told by its name where nothing guards it, else by its guards. */
export function takenBy<N extends KernelNoun>(noun: N, row: Rows[N], nowMs: number): (verb: string) => boolean {
  const verbs = verbsIn(noun, row.state);
  let snapshot: AnyMachineSnapshot | undefined;
  return (verb) => {
    const taken = verbs.get(verb) ?? 'never';
    return taken === 'guarded' ? (snapshot ??= snapshotOf(noun, row)).can({ type: verb, atMs: nowMs } as never) : taken === 'always';
  };
}

/** A noun's state → what it takes, worked out once: every list asks for each of its rows. */
function verbsIn(noun: KernelNoun, state: string): Map<string, 'always' | 'guarded'> {
  const key = `${noun} ${state}`;
  let verbs = known.get(key);
  if (!verbs) {
    known.set(key, (verbs = new Map()));
    for (const node of machineOf(noun).resolveState({ value: state, context: {} })._nodes)
      for (const [verb, ways] of node.transitions) {
        const leads = ways.filter(({ target, actions }) => target !== undefined || actions.length > 0);
        if (leads.length) verbs.set(verb, ways.every(({ guard }) => !guard) ? 'always' : 'guarded');
      }
  }
  return verbs;
}
const known = new Map<string, Map<string, 'always' | 'guarded'>>();
