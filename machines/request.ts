/**
 * An account request: somebody files it and confirms the address, one person at a time has it in hand and answers it.
 * Who looks after it is no state: that follows from `queue`, its event and `escalatedAtMs`. Called through db/apply.ts
 * only; its timers sleep in the workflow escalation/request/<id>.
 */
import { assign, setup } from 'xstate';
import { createdAtMs, effect, NEVER, notify, type Instant } from './effect';
import type { Flag, RequestContext, RequestVerb } from './request-context';

export type { RequestContext };

/** How long before the end of a reservation its holder is told. */
const LAST_MINUTES_MS = 10 * 60_000;
const wait = (untilMs: number | null, atMs: number): number => (untilMs === null ? NEVER : Math.max(0, untilMs - atMs));
type At = 'remindAtMs' | 'escalateAtMs' | 'warnAtMs' | 'closeByMs' | 'reservedUntilMs';
const until = (at: At) => ({ context, event }: { context: RequestContext; event: Instant }): number => wait(context[at], event.atMs);
/** Asked before the reservation is taken off. */
const tellHolder = (code?: string) => ({ type: 'notify' as const, params: ({ context }: { context: RequestContext }) => ({ who: 'one', userId: context.holderId, ...(code && { code }) }) });
const recordBans = { type: 'recordBans' as const, params: ({ event }: { event: object }) => ({ bans: (event as Flag).bans ?? [] }) };
const tellTeam = { type: 'notify' as const, params: ({ event }: { event: object }) => (({ tell = 'escalated' }: Flag) => ({ who: tell ? 'toolUsers' : 'nobody', code: tell ?? undefined }))(event) };
const endAs = (outcome: RequestContext['outcome']) => ({ type: 'end', params: { outcome } }) as const;
const named = (): void => {};
const clocks = {
  untilReminder: { actions: ['markReminded', notify('handlers', 'reminded')] },
  untilEscalation: { actions: ['markEscalated', notify('toolUsers', 'escalated')] },
  untilWarning: { actions: ['markWarned', notify('handlers', 'oldSoon')] },
  untilTooOld: { target: 'closed', actions: ['letGo', endAs('too-old'), effect('mailOutcome')] },
} as const;
const verbs = {
  escalate: { target: 'open', reenter: true, actions: ['letGo', 'markEscalated', notify('toolUsers')] },
  defer: [
    { guard: 'isFlagging', target: 'open', reenter: true, actions: ['letGo', 'move', effect('mailNote'), notify('toolUsers', 'escalate')] },
    { target: 'open', reenter: true, actions: ['letGo', 'move', 'startClocks', effect('mailNote')] },
  ],
  close: { target: 'closed', actions: ['letGo', 'holdBack', endAs(null), effect('mailOutcome')] },
  drop: { target: 'closed', actions: ['letGo', endAs('dropped')] },
  create: { target: 'creating', actions: ['beginCreation', effect('startCreation')] },
  comment: { actions: effect('addComment') },
  flag: { guard: 'isNotEscalated', actions: ['markEscalated', recordBans, tellTeam] }, // as by the clock: whoever has it in hand keeps it
} as const;
const purge = { guard: 'isDue', actions: ['markPurged', effect('eraseRequest')] } as const;
/** Of a making that is under way: either the account is made or it is taken back. */
const back = { target: 'reserved', actions: [{ type: 'needUntried', params: ({ context: { mode, signInAskedAtMs, takeBackUntilMs } }: { context: RequestContext }) => ({ mode, signInAskedAtMs, takeBackUntilMs }) }, 'endCreation', effect('tellCreation')] } as const;
/** Before its time, because somebody is to be forgotten; not while an account is being made. */
const erase = {
  unconfirmed: { target: 'expired', actions: [endAs(null), 'markPurged', effect('eraseRequest')] },
  waiting: { target: 'closed', actions: ['letGo', endAs('dropped'), 'markPurged', effect('eraseRequest')] },
  over: { guard: 'isKept', actions: ['markPurged', effect('eraseRequest')] },
} as const;

export const requestMachine = setup({
  types: { context: {} as RequestContext, input: {} as Partial<RequestContext> & Instant, events: {} as RequestVerb },
  delays: {
    untilExpiry: ({ context, event }) => wait(context.expiresAtMs, event.atMs ?? createdAtMs(event)),
    untilReminder: until('remindAtMs'), untilEscalation: until('escalateAtMs'), untilWarning: until('warnAtMs'), untilTooOld: until('closeByMs'), untilReservationEnds: until('reservedUntilMs'),
    untilLastMinutes: ({ context: { reservedUntilMs }, event }) => (reservedUntilMs! - event.atMs > LAST_MINUTES_MS ? reservedUntilMs! - LAST_MINUTES_MS - event.atMs : NEVER),
  },
  guards: {
    isKept: ({ context }) => context.purgedAtMs === null, isFlagging: ({ event }) => event.type === 'defer' && event.queue === 'flagged',
    canBeTakenBack: ({ context, event }) => event.atMs < (context.takeBackUntilMs ?? 0),
    isNotEscalated: ({ context }) => context.escalatedAtMs === null,
    isUnasked: ({ event }) => event.type === 'confirm' && event.unasked === true, // the wiki did not answer when it was filed
    isHeld: ({ event }) => event.type === 'takeBack' && event.held === true, // by the wiki's switch, or until somebody signs in there
    isSignInAsked: ({ context }) => context.signInAskedAtMs !== null, isSignInUnasked: ({ context }) => context.signInAskedAtMs === null,
    isOfThisCreation: ({ context, event }) => event.type === 'creationFailed' && (event.of === undefined || event.of === context.takeBackUntilMs),
    isDue: ({ context, event }) => context.purgeAtMs !== null && context.purgeAtMs <= event.atMs,
  },
  actions: {
    notify: (_, _params: { who: string; userId?: number | null; code?: string }) => {}, // effects are names: db/effects/ says what each does
    recordBans: (_, _params: { bans: number[] }) => {},
    mailNote: named, recallMail: named, mailConfirmation: named, mailOutcome: named, addComment: named, eraseRequest: named, startCreation: named, tellCreation: named, askName: named,
    markConfirmed: assign({ confirmedAtMs: ({ event }) => event.atMs }), markPurged: assign({ purgedAtMs: ({ event }) => event.atMs, purgeAtMs: null, takeBackUntilMs: null }),
    startClocks: assign(({ event }) => ('remindAtMs' in event ? { remindAtMs: event.remindAtMs ?? null, escalateAtMs: event.escalateAtMs ?? null } : {})),
    holdBack: assign(({ event }) => (event.type === 'close' ? { closerId: event.closerId ?? null, takeBackUntilMs: event.takeBackUntilMs ?? null } : {})),
    takeAgain: assign(({ context, event }) => (event.type === 'takeBack' ? { holderId: context.closerId, reservedUntilMs: event.untilMs } : {})),
    needUntried: (_, _params: Pick<RequestContext, 'mode' | 'signInAskedAtMs' | 'takeBackUntilMs'>) => {},
    take: assign(({ event }) => ('holderId' in event && 'untilMs' in event ? { holderId: event.holderId, reservedUntilMs: event.untilMs } : {})),
    beginCreation: assign(({ event }) => (event.type === 'create' ? { holderId: event.holderId, reservedUntilMs: null, mode: event.mode, takeBackUntilMs: event.takeBackUntilMs } : {})),
    askForSignIn: assign({ signInAskedAtMs: ({ event }) => event.atMs }), goOn: assign({ signInAskedAtMs: null }),
    endCreation: assign(({ event }) => ({ mode: null, takeBackUntilMs: null, signInAskedAtMs: null, ...('untilMs' in event && { reservedUntilMs: event.untilMs }) })),
    letGo: assign({ holderId: null, reservedUntilMs: null }), markReminded: assign({ remindAtMs: null }), markWarned: assign({ warnAtMs: null }),
    markEscalated: assign({ escalatedAtMs: ({ context, event }) => context.escalatedAtMs ?? event.atMs, remindAtMs: null, escalateAtMs: null }),
    move: assign(({ context, event }) =>
      event.type !== 'defer' ? {} : event.queue === 'flagged' ? { escalatedAtMs: context.escalatedAtMs ?? event.atMs } : { queue: event.queue, escalatedAtMs: null }),
    end: assign(({ context, event }, { outcome }: { outcome: RequestContext['outcome'] }) => ({
      outcome: event.type === 'close' ? event.outcome : outcome, closedAtMs: event.atMs, purgeAtMs: event.atMs + context.keepMs, remindAtMs: null, escalateAtMs: null,
    })),
    beginAgain: assign({ outcome: null, closedAtMs: null, purgeAtMs: null, closerId: null, takeBackUntilMs: null }),
  },
}).createMachine({
  id: 'request',
  context: ({ input }) => ({
    queue: input?.queue ?? 'default', expiresAtMs: input?.expiresAtMs ?? 0, confirmedAtMs: null, holderId: null, reservedUntilMs: null, escalatedAtMs: null, remindAtMs: null, escalateAtMs: null,
    warnAtMs: input?.warnAtMs ?? null, closeByMs: input?.closeByMs ?? 0, mode: null, signInAskedAtMs: null, takeBackUntilMs: null, closerId: null, outcome: null, closedAtMs: null, keepMs: input?.keepMs ?? 0, purgeAtMs: null, purgedAtMs: null,
  }),
  initial: 'unconfirmed',
  states: {
    unconfirmed: {
      after: { untilExpiry: { target: 'expired', actions: endAs(null) } },
      on: {
        confirm: [{ guard: 'isUnasked', target: 'open', actions: ['markConfirmed', 'startClocks', effect('askName')] }, { target: 'open', actions: ['markConfirmed', 'startClocks'] }],
        resendConfirmation: { actions: effect('mailConfirmation') }, erase: erase.unconfirmed,
      },
    },
    open: { after: clocks, on: { ...verbs, reserve: { target: 'reserved', actions: 'take' }, erase: erase.waiting } },
    reserved: {
      after: { ...clocks, untilLastMinutes: { actions: tellHolder('reservationEnds') }, untilReservationEnds: { target: 'open', actions: [tellHolder('reservationEnded'), 'letGo'] } },
      on: {
        ...verbs, release: { target: 'open', actions: 'letGo' }, breakReservation: { target: 'open', actions: [tellHolder(), 'letGo'] },
        sendReservation: { target: 'reserved', reenter: true, actions: ['take', tellHolder()] }, erase: erase.waiting,
      },
    },
    creating: {
      on: {
        takeBack: [{ guard: 'canBeTakenBack', ...back }, { guard: 'isHeld', ...back }],
        created: { target: 'closed', actions: ['letGo', 'endCreation', endAs('created'), effect('mailOutcome')] },
        askSignIn: { guard: 'isSignInUnasked', actions: ['askForSignIn', tellHolder()] }, signedIn: { guard: 'isSignInAsked', actions: ['goOn', effect('tellCreation')] },
        creationFailed: { guard: 'isOfThisCreation', target: 'reserved', actions: ['endCreation', tellHolder()] },
        comment: verbs.comment,
      },
    },
    closed: {
      on: {
        takeBack: { guard: 'canBeTakenBack', target: 'reserved', actions: ['takeAgain', 'beginAgain', 'startClocks', effect('recallMail')] },
        reopen: { guard: 'isKept', target: 'open', actions: ['beginAgain', 'startClocks'] }, comment: { guard: 'isKept', actions: effect('addComment') }, purge, erase: erase.over,
      },
    },
    expired: { on: { purge, erase: erase.over } },
  },
});
