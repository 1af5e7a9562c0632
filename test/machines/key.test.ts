import { initialTransition, transition, type AnyMachineSnapshot } from 'xstate';
import { keyMachine } from '../../machines/key';

describe('an API key', () => {
  const begin = (expiresAtMs: number | null) => initialTransition(keyMachine, { expiresAtMs, atMs: 1_000 });

  test('expires at its instant, counted from when it was made', () => {
    expect(begin(61_000)[1]).toMatchObject([{ type: 'xstate.raise', params: { delay: 60_000 } }]);
    const [after] = transition(keyMachine, begin(61_000)[0] as never, { type: 'xstate.after.untilExpiry.key.active', atMs: 61_000 } as never);
    expect((after as AnyMachineSnapshot).value).toBe('expired');
  });

  test('that is revoked takes its timer back', () => {
    const [after, actions] = transition(keyMachine, begin(61_000)[0] as never, { type: 'revoke', atMs: 2_000 });
    expect((after as AnyMachineSnapshot).value).toBe('revoked');
    expect(actions.map(({ type }) => type)).toEqual(['xstate.cancel']);
  });
});
