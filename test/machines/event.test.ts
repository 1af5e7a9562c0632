import { transition, type AnyMachineSnapshot } from 'xstate';
import { eventMachine, type EventContext } from '../../machines/event';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const [NOW, START, END] = [1_000, 5_000, 9_000];

describe('an event', () => {
  const planned: EventContext = {
    startsAt: '2028-01-01T10:00', endsAt: '2028-01-01T12:00', startsAtMs: START, endsAtMs: END, approvedStartsAtMs: null, approvedEndsAtMs: null, places: 20, approvedPlaces: null, disabledAtMs: null, archiveAfterMs: 90 * DAY_MS,
  };
  function go(state: string, event: Record<string, unknown>, context: Partial<EventContext> = {}) {
    const before = eventMachine.resolveState({ value: state, context: { ...planned, ...context } } as never);
    const [after, actions] = transition(eventMachine, before, { atMs: NOW, ...event } as never);
    const named = actions.filter(({ type }) => !type.startsWith('xstate.')).map(({ type, params }) => `${type} ${(params as { who?: string }).who ?? ''}`.trim());
    const timers = Object.fromEntries(actions.filter(({ type }) => type === 'xstate.raise').map(({ params }) => [(params as { id: string }).id.split('.')[2], (params as { delay: number }).delay]));
    const cancelled = actions.filter((action) => (action.type as string) === 'xstate.cancel').map(({ params }) => (params as { sendId: string }).sendId.split('.')[2]);
    return { state: (after as AnyMachineSnapshot).value, context: (after as unknown as { context: EventContext }).context, named, timers, cancelled };
  }

  test('waits for its start once it is approved, and tells its organizers', () => {
    expect(go('draft', { type: 'submit' })).toMatchObject({ state: 'requested', named: ['notify toolAdmins'], timers: {} });
    expect(go('requested', { type: 'approve' })).toMatchObject({ state: 'approved', named: ['notify organizers'], timers: { untilStart: START - NOW }, context: { approvedStartsAtMs: START, approvedEndsAtMs: END, approvedPlaces: 20 } });
  });

  test('that is approved late opens at once', () => {
    expect(go('requested', { type: 'approve', atMs: 6_000 })).toMatchObject({ state: 'open', timers: { untilEnd: 3_000 } });
  });

  test('that is approved after its end is not', () => {
    expect(go('requested', { type: 'approve', atMs: END })).toMatchObject({ state: 'requested', named: [], timers: {} });
  });

  test('is not submitted when its start is over, or not chosen', () => {
    expect(go('draft', { type: 'submit', atMs: START }).state).toBe('draft');
    expect(go('draft', { type: 'submit' }, { startsAtMs: null, endsAtMs: null }).state).toBe('draft');
  });

  test('opens at its start and ends at its end, each by the clock', () => {
    expect(go('approved', { type: 'xstate.after.untilStart.event.approved', atMs: START })).toMatchObject({ state: 'open', timers: { untilEnd: END - START } });
    expect(go('open', { type: 'xstate.after.untilEnd.event.open', atMs: END })).toMatchObject({ state: 'ended', timers: { untilArchive: 90 * DAY_MS } });
    expect(go('ended', { type: 'xstate.after.untilArchive.event.ended', atMs: END + 90 * DAY_MS })).toMatchObject({ state: 'archived', timers: {} });
  });

  const moved = { type: 'reschedule', startsAt: '2028-01-01T11:00', endsAt: '2028-01-01T14:00', startsAtMs: 6_000, endsAtMs: 12_000 };

  test('that is moved takes its old timer back before it sets the new one, and goes where the clock says', () => {
    expect(go('approved', moved)).toMatchObject({ state: 'approved', cancelled: ['untilStart'], timers: { untilStart: 5_000 }, context: { startsAt: '2028-01-01T11:00', endsAtMs: 12_000 } });
    expect(go('open', { ...moved, atMs: 8_000 })).toMatchObject({ state: 'open', cancelled: ['untilEnd'], timers: { untilEnd: 4_000 } }); // it overruns
    expect(go('approved', { ...moved, startsAtMs: 500 })).toMatchObject({ state: 'open', timers: { untilEnd: 11_000 } });
    expect(go('open', { ...moved, atMs: 5_500 })).toMatchObject({ state: 'approved', timers: { untilStart: 500 } });
  });

  test('that is moved keeps what was approved, unless whoever moves it may widen that', () => {
    const approved = { approvedStartsAtMs: START, approvedEndsAtMs: END };
    expect(go('approved', moved, approved).context).toMatchObject(approved);
    expect(go('approved', { ...moved, widens: true }, approved).context).toMatchObject({ approvedStartsAtMs: 6_000, approvedEndsAtMs: 12_000 });
  });

  test('that has ended is moved by nobody, nor into the past', () => {
    for (const state of ['ended', 'archived', 'cancelled', 'disabled']) expect(go(state, moved)).toMatchObject({ state, named: [], timers: {} });
    expect(go('approved', { ...moved, startsAtMs: 100, endsAtMs: 900 })).toMatchObject({ state: 'approved', cancelled: [] });
  });

  test('that is disabled loses its timers, and comes back where the clock says', () => {
    expect(go('open', { type: 'disable' })).toMatchObject({ state: 'disabled', cancelled: ['untilEnd'], named: ['notify organizers'], context: { disabledAtMs: NOW }, timers: { untilArchive: END - NOW + 90 * DAY_MS } });
    const enabled = (atMs: number) => go('disabled', { type: 'enable', atMs }, { disabledAtMs: 2_000 });
    expect(enabled(4_000)).toMatchObject({ state: 'approved', context: { disabledAtMs: null }, timers: { untilStart: 1_000 }, cancelled: ['untilArchive'] });
    expect(enabled(6_000)).toMatchObject({ state: 'open', timers: { untilEnd: 3_000 } });
    expect(enabled(10_000)).toMatchObject({ state: 'ended', timers: { untilArchive: 90 * DAY_MS }, context: { disabledAtMs: null } });
  });

  test('that is called off or was never held is archived, too', () => {
    expect(go('draft', { type: 'cancel' }, { startsAtMs: null, endsAtMs: null }).timers).toEqual({ untilArchive: 90 * DAY_MS });
    expect(go('open', { type: 'cancel' })).toMatchObject({ state: 'cancelled', named: ['notify organizers'], timers: { untilArchive: END - NOW + 90 * DAY_MS } });
  });
});
