import { initialTransition, transition, type AnyMachineSnapshot } from 'xstate';
import { banMachine } from '../../machines/ban';

describe('a ban', () => {
  const begin = (untilMs: number | null) => initialTransition(banMachine, { untilMs, atMs: 1_000 });

  test('expires at its instant, counted from when it was set', () => {
    expect(begin(61_000)[1]).toMatchObject([{ type: 'xstate.raise', params: { delay: 60_000 } }]);
    expect(begin(null)[1]).toMatchObject([{ params: { delay: Infinity } }]);
  });

  test('that is given another end forgets the first, and one that is lifted has none', () => {
    const [moved, actions] = transition(banMachine, begin(61_000)[0] as never, { type: 'reschedule', untilMs: 90_000, atMs: 2_000 });
    expect(actions).toMatchObject([{ type: 'xstate.cancel' }, { type: 'xstate.raise', params: { delay: 88_000 } }]);
    expect((moved as AnyMachineSnapshot).context).toEqual({ untilMs: 90_000 });
    const [lifted, after] = transition(banMachine, moved as never, { type: 'lift', atMs: 3_000 });
    expect([(lifted as AnyMachineSnapshot).value, after.map(({ type }) => type)]).toEqual(['lifted', ['xstate.cancel']]);
  });
});
