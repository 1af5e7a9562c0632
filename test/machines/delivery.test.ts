import { transition, type AnyMachineSnapshot } from 'xstate';
import { deliveryMachine } from '../../machines/delivery';

describe('a delivery', () => {
  const at = (state: string, sendAtMs: number | null = null) => deliveryMachine.resolveState({ value: state, context: { sendAtMs } } as never);
  function go(state: string, event: Record<string, unknown>, sendAtMs: number | null = null) {
    const [after, actions] = transition(deliveryMachine, at(state, sendAtMs), { atMs: 1_000, ...event } as never);
    const names = actions.filter(({ type }) => !type.startsWith('xstate.')).map(({ type, params }) => (type === 'notify' ? `notify ${(params as { who: string }).who}` : type));
    const delays = actions.filter(({ type }) => type === 'xstate.raise').map(({ params }) => (params as { delay: number }).delay);
    const cancelled = actions.filter((action) => (action.type as string) === 'xstate.cancel').map(({ params }) => (params as { sendId: string }).sendId);
    return { state: (after as AnyMachineSnapshot).value, names, delays, cancelled };
  }

  test('of somebody who may send there needs nobody\'s approval; of anybody else it waits, and approvers are told', () => {
    expect(go('draft', { type: 'submit', maySend: true })).toMatchObject({ state: 'approved', names: ['pinLists', 'pinTexts'] });
    expect(go('draft', { type: 'submit', maySend: false })).toMatchObject({ state: 'requested', names: ['pinLists', 'pinTexts', 'notify approvers'] });
    expect(go('draft', { type: 'submit' })).toMatchObject({ state: 'requested' });
    expect(go('draft', { type: 'submit', maySend: 'yes' })).toMatchObject({ state: 'requested' });
  });

  test('starts at once, or at its instant', () => {
    expect(go('requested', { type: 'approve' }).delays).toEqual([0]);
    expect(go('requested', { type: 'approve' }, 61_000).delays).toEqual([60_000]);
    expect(go('requested', { type: 'approve' }, 500).delays).toEqual([0]);
    expect(go('approved', { type: 'xstate.after.untilSend.delivery.approved' })).toMatchObject({ state: 'expanding', names: ['startDelivery'] });
  });

  test('that is moved takes its old timer back before it sets the new one', () => {
    const moved = go('approved', { type: 'reschedule', sendAtMs: 3_000 }, 61_000);
    expect(moved).toMatchObject({ state: 'approved', delays: [2_000], cancelled: ['xstate.after.untilSend.delivery.approved'], names: [] });
  });

  test('that is cancelled before its instant leaves no timer', () => {
    expect(go('approved', { type: 'cancel' }, 61_000)).toMatchObject({ state: 'cancelled', delays: [], cancelled: ['xstate.after.untilSend.delivery.approved'] });
  });

  test('that goes back to the draft lets its lists go on', () => {
    for (const state of ['requested', 'rejected']) expect(go(state, { type: 'revise' })).toMatchObject({ state: 'draft', names: ['unpinLists'] });
  });

  test('tells its workflow of every pause, resume and cancel, and of a settled target, but starts nothing anew', () => {
    for (const [state, type] of [['running', 'pause'], ['paused', 'resume'], ['running', 'settle'], ['paused', 'settle'], ['cancelled', 'settle']] as const)
      expect(go(state, { type }).names).toContain('tellDelivery');
    for (const state of ['expanding', 'running', 'paused']) expect(go(state, { type: 'cancel' }).names).toEqual(['tellDelivery', 'notify sender']);
  });

  test('that is over runs again for what failed, and for an unknown target that is to be sent after all', () => {
    expect(go('finished', { type: 'retryFailed' })).toMatchObject({ state: 'running', names: ['startDelivery'] });
    expect(go('finished', { type: 'settle', as: 'pending', target: 1 })).toMatchObject({ state: 'running', names: ['settleTarget', 'startDelivery'] });
    expect(go('finished', { type: 'settle', as: 'sent', target: 1 })).toMatchObject({ state: 'finished', names: ['settleTarget'] });
  });

  test('tells its sender what others decide and how it ends', () => {
    for (const [state, type] of [['requested', 'approve'], ['requested', 'reject'], ['running', 'finish']] as const) expect(go(state, { type }).names).toContain('notify sender');
  });
});
