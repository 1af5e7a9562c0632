import { transition, type AnyMachineSnapshot } from 'xstate';
import { membershipMachine } from '../../machines/membership';

describe('a membership', () => {
  function go(state: string, event: Record<string, unknown>, untilMs: number | null = null, more: object = {}) {
    const before = membershipMachine.resolveState({ value: state, context: { role: 'sender', untilMs, addressConfirmedAtMs: null, declinedBy: null, appealedAtMs: null, identifiedAtMs: null, purgeAtMs: null, purgedAtMs: null, ...more } } as never);
    const [after, actions] = transition(membershipMachine, before, { atMs: 1_000, ...event } as never);
    const delays = actions.filter(({ type }) => type === 'xstate.raise').map(({ params }) => (params as { delay: number }).delay);
    const snapshot = after as AnyMachineSnapshot;
    return { state: snapshot.value, context: snapshot.context as object, delays, told: actions.filter(({ type }) => type === 'notify').length };
  }

  test('ends at its instant, counted from when it was given and not from each decision', () => {
    expect(go('applied', { type: 'approve' }, 61_000).delays).toEqual([60_000]);
    expect(go('suspended', { type: 'reinstate' }, 61_000).delays).toEqual([60_000]);
    expect(go('active', { type: 'suspend' }, 61_000).delays).toEqual([60_000]);
  });

  test('without an instant never ends by itself', () => {
    expect(go('applied', { type: 'approve' }, null).delays).toEqual([Number.POSITIVE_INFINITY]);
  });

  test('takes another role and, only where one is given, another end', () => {
    expect(go('active', { type: 'changeRole', role: 'globalSender' }, 61_000)).toMatchObject({ context: { role: 'globalSender', untilMs: 61_000 }, delays: [60_000] });
    expect(go('active', { type: 'changeRole', role: 'globalSender', untilMs: 3_000 }, 61_000)).toMatchObject({ context: { untilMs: 3_000 }, delays: [2_000] });
    expect(go('active', { type: 'changeRole', role: 'globalSender', untilMs: null }, 61_000)).toMatchObject({ context: { untilMs: null } });
  });

  test('that was applied for takes another role, too, and waits on', () => {
    expect(go('applied', { type: 'changeRole', role: 'organizer' })).toMatchObject({ state: 'applied', context: { role: 'organizer' }, told: 1 });
  });

  test('that was declined can be appealed once, and not when its record is gone', () => {
    expect(go('applied', { type: 'decline', declinedBy: 7 })).toMatchObject({ state: 'declined', context: { declinedBy: 7, purgeAtMs: 1_000 + 90 * 86_400_000 } });
    expect(go('declined', { type: 'appeal', text: 'But.' }, null, { declinedBy: 7, purgeAtMs: 5_000 })).toMatchObject({ state: 'applied', context: { declinedBy: 7, appealedAtMs: 1_000, purgeAtMs: null } });
    expect(go('declined', { type: 'appeal', text: 'But.' }, null, { appealedAtMs: 500 }).state).toBe('declined');
    expect(go('declined', { type: 'appeal', text: 'But.' }, null, { purgedAtMs: 500 }).state).toBe('declined');
  });

  test('keeps what it was judged by for 90 days after its end', () => {
    for (const state of ['active', 'suspended']) expect(go(state, { type: 'end' })).toMatchObject({ state: 'ended', context: { purgeAtMs: 1_000 + 90 * 86_400_000 } });
    expect(go('ended', { type: 'purge' }, null, { purgeAtMs: 1_001 }).context).toMatchObject({ purgedAtMs: null });
    expect(go('ended', { type: 'purge' }, null, { purgeAtMs: 1_000 }).context).toMatchObject({ purgedAtMs: 1_000, purgeAtMs: null });
  });

  test('tells its member of every decision', () => {
    for (const [state, type] of [['applied', 'approve'], ['applied', 'decline'], ['active', 'suspend'], ['active', 'end'], ['active', 'changeRole'], ['suspended', 'reinstate'], ['suspended', 'end']] as const)
      expect(go(state, { type, role: 'sender' }).told).toBe(1);
    expect(go('active', { type: 'xstate.after.untilEnd.membership.active' }, 1_000)).toMatchObject({ state: 'ended', told: 1 });
    expect(go('suspended', { type: 'xstate.after.untilEnd.membership.suspended' }, 1_000)).toMatchObject({ state: 'ended', told: 1 });
  });
});
