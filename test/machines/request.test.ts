import { transition, type AnyMachineSnapshot } from 'xstate';
import { requestMachine, type RequestContext } from '../../machines/request';
import { byClock } from './spec';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const NOW = 100 * DAY_MS;

describe('an account request', () => {
  const filed: RequestContext = {
    queue: 'event', expiresAtMs: NOW + 7 * DAY_MS, confirmedAtMs: null, holderId: null, reservedUntilMs: null, escalatedAtMs: null, remindAtMs: null, escalateAtMs: null, warnAtMs: NOW + 83 * DAY_MS, closeByMs: NOW + 90 * DAY_MS,
    outcome: null, closedAtMs: null, keepMs: 15 * DAY_MS, purgeAtMs: null, purgedAtMs: null, mode: null, signInAskedAtMs: null, takeBackUntilMs: null, closerId: null,
  };
  const waiting: RequestContext = { ...filed, confirmedAtMs: NOW - 5, remindAtMs: NOW + DAY_MS, escalateAtMs: NOW + 3 * DAY_MS };
  const held: RequestContext = { ...waiting, holderId: 7, reservedUntilMs: NOW + HOUR_MS };
  function go(state: string, event: Record<string, unknown>, context: RequestContext = waiting) {
    const before = requestMachine.resolveState({ value: state, context } as never);
    const [after, actions] = transition(requestMachine, before, { atMs: NOW, ...event } as never);
    const effects = actions.filter(({ type }) => !type.startsWith('xstate.')).map(({ type, params }) => [type, ...Object.values((params ?? {}) as object)].join(' '));
    const timers = Object.fromEntries(actions.filter(({ type }) => type === 'xstate.raise').map(({ params }) => [(params as { id: string }).id.split('.')[2], (params as { delay: number }).delay]).filter(([, delay]) => delay !== Infinity));
    return { state: (after as AnyMachineSnapshot).value, context: (after as unknown as { context: RequestContext }).context, effects, timers };
  }
  const onTime = (delay: string, state: string, context = waiting) => go(state, { type: byClock(delay, 'request', state) }, context);

  test('waits for its confirmation for as long as it says, and then expires without a word', () => {
    expect(onTime('untilExpiry', 'unconfirmed', filed)).toMatchObject({ state: 'expired', effects: [], context: { closedAtMs: NOW, purgeAtMs: NOW + 15 * DAY_MS, outcome: null } });
    expect(go('unconfirmed', { type: 'resendConfirmation' }, filed)).toMatchObject({ state: 'unconfirmed', effects: ['mailConfirmation'], timers: {} }); // and gets no longer to live by it
  });

  test('that is confirmed is called to mind, escalated, warned about and closed, each at its own instant', () => {
    expect(go('unconfirmed', { type: 'confirm', remindAtMs: NOW + DAY_MS, escalateAtMs: NOW + 3 * DAY_MS }, filed)).toMatchObject({
      state: 'open', effects: [], context: { confirmedAtMs: NOW }, timers: { untilReminder: DAY_MS, untilEscalation: 3 * DAY_MS, untilWarning: 83 * DAY_MS, untilTooOld: 90 * DAY_MS },
    });
  });

  test('that a check hits is escalated by the system, once, and stays with who has it in hand', () => {
    for (const state of ['open', 'reserved']) expect(go(state, { type: 'flag' }, held)).toMatchObject({ state, effects: ['recordBans ', 'notify toolUsers escalated'], context: { escalatedAtMs: NOW, holderId: 7, remindAtMs: null, escalateAtMs: null } });
    expect(go('open', { type: 'flag' }, { ...waiting, escalatedAtMs: 9 })).toMatchObject({ effects: [], context: { escalatedAtMs: 9, remindAtMs: NOW + DAY_MS } });
  });

  test('of which the wiki has not said what it thinks of the name asks again once it is confirmed', () => {
    expect(go('unconfirmed', { type: 'confirm', unasked: true, remindAtMs: NOW + DAY_MS, escalateAtMs: NOW + 3 * DAY_MS }, filed)).toMatchObject({ state: 'open', effects: ['askName'], timers: { untilReminder: DAY_MS } });
  });

  test('can be taken back for as long as the wiki\'s switch holds it up, also after its time', () => {
    const making: RequestContext = { ...waiting, holderId: 7, mode: 'bot', takeBackUntilMs: NOW - 1 };
    expect(go('creating', { type: 'takeBack', untilMs: NOW + HOUR_MS }, making).state).toBe('creating');
    expect(go('creating', { type: 'takeBack', untilMs: NOW + HOUR_MS, held: true }, making)).toMatchObject({ state: 'reserved', effects: [`needUntried bot  ${NOW - 1}`, 'tellCreation'], context: { mode: null, reservedUntilMs: NOW + HOUR_MS } });
  });

  test('asks whoever has it in hand to sign in at the wiki, once, and goes on when they have; meanwhile it can be taken back', () => {
    const making: RequestContext = { ...waiting, holderId: 7, mode: 'organizer', takeBackUntilMs: NOW - 1 };
    const asked = go('creating', { type: 'askSignIn' }, making);
    expect(asked).toMatchObject({ state: 'creating', effects: ['notify one 7'], context: { signInAskedAtMs: NOW, holderId: 7, mode: 'organizer' } });
    expect(go('creating', { type: 'askSignIn' }, asked.context)).toMatchObject({ effects: [], context: { signInAskedAtMs: NOW } });
    expect(go('creating', { type: 'signedIn' }, asked.context)).toMatchObject({ state: 'creating', effects: ['tellCreation'], context: { signInAskedAtMs: null } });
    expect(go('creating', { type: 'signedIn' }, making).effects).toEqual([]);
    expect(go('creating', { type: 'takeBack', untilMs: NOW + HOUR_MS, held: true }, asked.context)).toMatchObject({ state: 'reserved', effects: [`needUntried organizer ${NOW} ${NOW - 1}`, 'tellCreation'], context: { mode: null, signInAskedAtMs: null } });
  });

  test('is called to mind and warned about once, whoever has it in hand', () => {
    for (const state of ['open', 'reserved']) {
      expect(onTime('untilReminder', state, held)).toMatchObject({ state, effects: ['notify handlers reminded'], context: { remindAtMs: null, holderId: 7 } });
      expect(onTime('untilWarning', state, held)).toMatchObject({ state, effects: ['notify handlers oldSoon'], context: { warnAtMs: null } });
    }
    expect(go('reserved', { type: 'release' }, { ...held, remindAtMs: null, warnAtMs: null }).timers).toEqual({ untilEscalation: 3 * DAY_MS, untilTooOld: 90 * DAY_MS });
  });

  test('is escalated by the clock also while somebody has it in hand, who keeps it', () => {
    expect(onTime('untilEscalation', 'reserved', held)).toMatchObject({ state: 'reserved', effects: ['notify toolUsers escalated'], context: { escalatedAtMs: NOW, remindAtMs: null, escalateAtMs: null, holderId: 7 } });
  });

  test('that is escalated by a person is free for the account team, which is told', () => {
    expect(go('reserved', { type: 'escalate' }, held)).toMatchObject({
      state: 'open', effects: ['notify toolUsers'], context: { escalatedAtMs: NOW, holderId: null, reservedUntilMs: null, queue: 'event' }, timers: { untilWarning: 83 * DAY_MS, untilTooOld: 90 * DAY_MS },
    });
    expect(go('open', { type: 'escalate' }, { ...waiting, escalatedAtMs: 9 }).context.escalatedAtMs).toBe(9); // since when it first was
  });

  test('is reserved for one person until an instant, who is told ten minutes before and when it is over', () => {
    const taken = go('open', { type: 'reserve', holderId: 7, untilMs: NOW + HOUR_MS });
    expect(taken).toMatchObject({ state: 'reserved', effects: [], context: { holderId: 7, reservedUntilMs: NOW + HOUR_MS }, timers: { untilLastMinutes: 50 * MINUTE_MS, untilReservationEnds: HOUR_MS, untilReminder: DAY_MS } });
    expect(onTime('untilLastMinutes', 'reserved', held)).toMatchObject({ state: 'reserved', effects: ['notify one 7 reservationEnds'] });
    expect(onTime('untilReservationEnds', 'reserved', held)).toMatchObject({ state: 'open', effects: ['notify one 7 reservationEnded'], context: { holderId: null, reservedUntilMs: null } });
  });

  test('that is reserved for ten minutes or less has no last minutes', () => {
    expect(go('open', { type: 'reserve', holderId: 7, untilMs: NOW + 10 * MINUTE_MS }).timers).not.toHaveProperty('untilLastMinutes');
    expect(go('open', { type: 'reserve', holderId: 7, untilMs: NOW + 10 * MINUTE_MS + 1 }).timers).toMatchObject({ untilLastMinutes: 1 });
  });

  test('is nobody else\'s to reserve, but may be sent on or broken, of which its holder is told', () => {
    expect(go('reserved', { type: 'reserve', holderId: 8, untilMs: NOW + HOUR_MS }, held)).toMatchObject({ state: 'reserved', context: { holderId: 7 }, timers: {} });
    expect(go('reserved', { type: 'sendReservation', holderId: 8, untilMs: NOW + 2 * HOUR_MS }, held)).toMatchObject({ state: 'reserved', effects: ['notify one 8'], context: { holderId: 8 }, timers: { untilReservationEnds: 2 * HOUR_MS } });
    expect(go('reserved', { type: 'breakReservation' }, held)).toMatchObject({ state: 'open', effects: ['notify one 7'], context: { holderId: null } });
  });

  test('is kept from organizers by a check that hits, with what it hit, and the team is told only where it is to be', () => {
    const hit = (tell: string | null) => go('open', { type: 'flag', bans: [3], tell });
    expect(hit('banned')).toMatchObject({ state: 'open', context: { escalatedAtMs: NOW, remindAtMs: null }, effects: ['recordBans 3', 'notify toolUsers banned'] });
    expect(hit(null).effects).toEqual(['recordBans 3', 'notify nobody ']);
  });

  test('that was answered goes back into the hand of whoever answered it, while that can be taken back', () => {
    const answered = go('reserved', { type: 'close', outcome: 'not-created', closerId: 7, takeBackUntilMs: NOW + 15_000 }, held);
    expect(answered).toMatchObject({ state: 'closed', context: { holderId: null, closerId: 7, takeBackUntilMs: NOW + 15_000 } });
    const again = { type: 'takeBack', untilMs: NOW + HOUR_MS, remindAtMs: NOW + DAY_MS, escalateAtMs: NOW + 2 * DAY_MS };
    expect(go('closed', { ...again, atMs: NOW + 14_999 }, answered.context as RequestContext)).toMatchObject({
      state: 'reserved', context: { holderId: 7, reservedUntilMs: NOW + HOUR_MS, outcome: null, purgeAtMs: null, closerId: null, remindAtMs: NOW + DAY_MS }, effects: ['recallMail'],
    });
    expect(go('closed', { ...again, atMs: NOW + 15_000 }, answered.context as RequestContext)).toMatchObject({ state: 'closed', effects: [] });
  });

  test('goes to another queue, and to the flagged one by a mark that leaves its queue as it is', () => {
    expect(go('reserved', { type: 'defer', queue: 'events' }, held)).toMatchObject({ state: 'open', context: { queue: 'events', holderId: null, escalatedAtMs: null } });
    expect(go('open', { type: 'defer', queue: 'flagged' })).toMatchObject({ effects: ['mailNote', 'notify toolUsers escalate'], context: { queue: 'event', escalatedAtMs: NOW } });
    expect(go('open', { type: 'defer', queue: 'event' }, { ...waiting, escalatedAtMs: 9 })).toMatchObject({ context: { queue: 'event', escalatedAtMs: null } }); // the account team gives it back
  });

  test('is closed with an outcome by mail, or dropped without, and says until when it is kept', () => {
    expect(go('reserved', { type: 'close', outcome: 'created' }, held)).toMatchObject({ state: 'closed', effects: ['mailOutcome'], context: { outcome: 'created', closedAtMs: NOW, purgeAtMs: NOW + 15 * DAY_MS, holderId: null, remindAtMs: null }, timers: {} });
    expect(go('open', { type: 'drop' })).toMatchObject({ state: 'closed', effects: [], context: { outcome: 'dropped' } });
    expect(onTime('untilTooOld', 'open')).toMatchObject({ state: 'closed', effects: ['mailOutcome'], context: { outcome: 'too-old' } });
  });

  test('that is being made waits for the wiki alone, may be taken back for a while, and goes back to whoever began it where the wiki refuses', () => {
    const making = go('open', { type: 'create', holderId: 7, mode: 'bot', takeBackUntilMs: NOW + 15_000 });
    expect(making).toMatchObject({ state: 'creating', effects: ['startCreation'], context: { holderId: 7, reservedUntilMs: null, mode: 'bot', takeBackUntilMs: NOW + 15_000 }, timers: {} });
    const back = (type: string, atMs: number) => go('creating', { type, atMs, untilMs: NOW + HOUR_MS }, making.context);
    expect(back('takeBack', NOW + 14_999)).toMatchObject({ state: 'reserved', effects: [`needUntried bot  ${NOW + 15_000}`, 'tellCreation'], context: { holderId: 7, reservedUntilMs: NOW + HOUR_MS, mode: null, takeBackUntilMs: null, closerId: null } });
    expect(back('takeBack', NOW + 15_000)).toMatchObject({ state: 'creating', effects: [] });
    expect(back('creationFailed', NOW + 60_000)).toMatchObject({ state: 'reserved', effects: ['notify one 7'], context: { holderId: 7, mode: null } });
    expect(back('created', NOW + 60_000)).toMatchObject({ state: 'closed', effects: ['mailOutcome'], context: { outcome: 'created', holderId: null, mode: null, takeBackUntilMs: null, closerId: null, purgeAtMs: NOW + 60_000 + 15 * DAY_MS } });
  });

  test('is opened again as if it had just been confirmed, but gets no older than any other', () => {
    const closed: RequestContext = { ...waiting, outcome: 'dropped', closedAtMs: NOW - 5, purgeAtMs: NOW + 5, remindAtMs: null, escalateAtMs: null };
    expect(go('closed', { type: 'reopen', remindAtMs: NOW + DAY_MS, escalateAtMs: NOW + 2 * DAY_MS }, closed)).toMatchObject({
      state: 'open', context: { outcome: null, closedAtMs: null, purgeAtMs: null, confirmedAtMs: NOW - 5 }, timers: { untilReminder: DAY_MS, untilEscalation: 2 * DAY_MS, untilTooOld: 90 * DAY_MS },
    });
  });

  test('is erased when its time is over and no sooner, once, and then neither opened nor commented', () => {
    const purged = go('closed', { type: 'purge' }, { ...waiting, purgeAtMs: NOW });
    expect(purged).toMatchObject({ state: 'closed', effects: ['eraseRequest'], context: { purgedAtMs: NOW, purgeAtMs: null } });
    expect(go('closed', { type: 'purge' }, { ...waiting, purgeAtMs: NOW + 1 })).toMatchObject({ effects: [], context: { purgedAtMs: null } });
    for (const type of ['purge', 'reopen', 'comment']) expect(go('closed', { type }, purged.context)).toMatchObject({ state: 'closed', effects: [], timers: {} });
    expect(go('expired', { type: 'purge' }, { ...filed, purgeAtMs: NOW }).effects).toEqual(['eraseRequest']);
  });
});
