import { initialTransition, transition, type AnyMachineSnapshot, type AnyStateMachine } from 'xstate';
import { nounTables } from '../../db/nouns';
import { pureTransition } from '../../db/step';
import { specified, type MachineNoun } from './spec';

/** Every input that decides something, so that each verb is asked with all of them. */
const contexts: Record<MachineNoun, object[]> = {
  delivery: [{ sendAtMs: null }, { sendAtMs: 50 }, { sendAtMs: 5_000 }],
  event: [[200, 300], [50, 300], [50, 80]].map(([startsAtMs, endsAtMs]) => ({ startsAtMs, endsAtMs, archiveAfterMs: 1_000 })),
  request: [{ holderId: null, closerId: 1, takeBackUntilMs: 200, purgeAtMs: 90, purgedAtMs: null }, { holderId: 1, reservedUntilMs: 5_000, purgedAtMs: null }, { holderId: null, purgedAtMs: 50, signInAskedAtMs: 80 }].map((one) => ({
    queue: 'default', expiresAtMs: 7_000, reservedUntilMs: null, purgeAtMs: null, mode: null, signInAskedAtMs: null, takeBackUntilMs: 90, escalatedAtMs: null, remindAtMs: 2_000, escalateAtMs: 3_000, warnAtMs: 6_000, closeByMs: 9_000, keepMs: 1_000, ...one,
  })),
  queue: [{ key: 'default' }, { key: 'second-look' }],
  form: [{ draft: { intro: { en: 'New' } }, content: { intro: { en: 'Old' } } }, { draft: {}, content: {} }],
  ban: [{ untilMs: null }, { untilMs: 5_000 }],
  membership: [{ untilMs: null }, { untilMs: 5_000, purgeAtMs: 90 }, { untilMs: null, addressConfirmedAtMs: 50, appealedAtMs: 50, identifiedAtMs: 50, purgedAtMs: 50 }].map((one) => ({
    role: 'sender', addressConfirmedAtMs: null, declinedBy: null, appealedAtMs: null, identifiedAtMs: null, purgeAtMs: null, purgedAtMs: null, ...one,
  })),
  key: [{ expiresAtMs: null }, { expiresAtMs: 5_000 }],
  operation: [{ skippable: true }, { skippable: false }],
};
const inputs: object[] = [
  {}, { tell: null, bans: [1] }, { maySend: true }, { maySend: false }, { as: 'pending', target: 1 }, { as: 'sent', target: 1 }, { sendAtMs: 9_000, role: 'organizer', untilMs: 9_000 },
  { queue: 'flagged', holderId: 2, untilMs: 9_000, outcome: 'none' }, { queue: 'events', outcome: 'created', mode: 'bot', takeBackUntilMs: 8_000, remindAtMs: 4_000, escalateAtMs: 5_000 },
];

describe.each(Object.keys(specified) as MachineNoun[])('the machine of %s', (noun) => {
  const machine = nounTables[noun].machine as AnyStateMachine;
  const verbs = [...machine.events, 'nonsense'];
  const states = Object.keys(specified[noun]);

  /** Where a verb may lead from a state, over every context and input; an own state means that it did something there. */
  function targets(state: string, type: string): string[] {
    const found = new Set<string>();
    for (const context of contexts[noun])
      for (const input of inputs) {
        const before = machine.resolveState({ value: state, context });
        const [after, actions] = transition(machine, before, { ...input, type, atMs: 100 } as never);
        if (after !== before || actions.length) found.add((after as AnyMachineSnapshot).value as string);
      }
    return [...found].sort();
  }

  test('has exactly the states of the specification', () => {
    expect(Object.keys(machine.states).sort()).toEqual([...states].sort());
  });

  test.each(states)('takes in %s the verbs of the specification, and no others', (state) => {
    const taken = Object.fromEntries(verbs.map((verb) => [verb, targets(state, verb)]).filter(([, found]) => found!.length));
    const wanted = Object.fromEntries(Object.entries(specified[noun][state]!).map(([verb, found]) => [verb, [...found].sort()]));
    expect(taken).toEqual(wanted);
  });

  test('reaches every state from the beginning by verbs and the clock alone', () => {
    const reached = new Set<string>();
    const open = contexts[noun].map((context) => initialTransition(machine, { ...context, atMs: 0 } as never)[0] as AnyMachineSnapshot);
    for (let snapshot = open.pop(); snapshot; snapshot = open.pop()) {
      if (reached.has(snapshot.value as string) && reached.size === states.length) break;
      reached.add(snapshot.value as string);
      for (const type of machine.events)
        for (const input of inputs) {
          const [next] = transition(machine, snapshot, { ...input, type, atMs: 100 } as never) as unknown as [AnyMachineSnapshot];
          if (!reached.has(next.value as string)) open.push(next);
        }
    }
    expect([...reached].sort()).toEqual([...states].sort());
  });

  test('goes through the door exactly as XState itself has it go: state, context and actions in order', () => {
    const plain = (actions: { type: string; params?: unknown }[]) => actions.map(({ type, params }) => ({ type, params }));
    for (const state of states)
      for (const context of contexts[noun])
        for (const type of machine.events)
          for (const input of inputs) {
            const [before, event] = [machine.resolveState({ value: state, context }), { ...input, type, atMs: 100 }];
            const [ours, ourActions] = pureTransition(machine, before, event);
            const [theirs, theirActions] = transition(machine, before, event as never);
            expect({ value: ours.value, context: ours.context, same: ours === before, actions: plain(ourActions) }).toEqual({
              value: (theirs as AnyMachineSnapshot).value, context: (theirs as AnyMachineSnapshot).context, same: theirs === before, actions: plain(theirActions),
            });
          }
  });

  test('can be restored in every state, and in no state that it does not have', () => {
    for (const state of states) expect(machine.resolveState({ value: state, context: contexts[noun][0] }).value).toBe(state);
    expect(() => machine.resolveState({ value: 'nonsense', context: contexts[noun][0] })).toThrow();
  });
});
