/** A membership: one user holds one role, on one wiki or on all, until an instant or without end. What an application was judged by goes 90 days after it is over. */
import { assign, setup } from 'xstate';
import { effect, NEVER, notify, type Instant } from './effect';

/** Instants are Unix milliseconds; null = there is none. */
export interface MembershipContext {
  /** When it ends by itself; null = never. */
  untilMs: number | null;
  role: string;
  /** Since when the official address is known to be the applicant's. */
  addressConfirmedAtMs: number | null;
  /** Who declined it: another decides about an appeal. */
  declinedBy: number | null;
  appealedAtMs: number | null;
  /** Since when it is recorded that an admin knows who they are. */
  identifiedAtMs: number | null;
  /** What it was judged by is kept until then; and is gone since. */
  purgeAtMs: number | null;
  purgedAtMs: number | null;
}
export type MembershipVerb =
  | (Instant & { type: 'approve' | 'suspend' | 'reinstate' | 'end' | 'confirmAddress' | 'identify' | 'purge' })
  | (Instant & { type: 'decline'; declinedBy: number | null })
  | (Instant & { type: 'appeal'; text: string })
  | (Instant & { type: 'changeRole'; role: string; untilMs?: number | null });

/** How long what an application was judged by is kept after it is over. */
export const VETTING_KEPT_MS = 90 * 86_400_000;
const named = (): void => {};
const confirmAddress = { guard: 'isUnconfirmed', actions: 'markConfirmed' } as const;
const identify = { guard: 'isUnidentified', actions: 'markIdentified' } as const;
const purge = { guard: 'isDue', actions: ['markPurged', effect('eraseVetting')] } as const;
const end = { target: 'ended', actions: ['letGo', notify('member')] } as const;

export const membershipMachine = setup({
  types: { context: {} as MembershipContext, input: {} as Partial<MembershipContext> & Instant & { granted?: boolean }, events: {} as MembershipVerb },
  delays: {
    untilEnd: ({ context, event }) => {
      return context.untilMs === null ? NEVER : context.untilMs - event.atMs;
    },
  },
  guards: {
    isUnconfirmed: ({ context }) => context.addressConfirmedAtMs === null,
    isUnidentified: ({ context }) => context.identifiedAtMs === null,
    mayAppeal: ({ context }) => context.appealedAtMs === null && context.purgedAtMs === null, // once
    isDue: ({ context, event }) => context.purgeAtMs !== null && context.purgeAtMs <= event.atMs,
  },
  actions: {
    notify: (_, _params: { who: string }) => {},
    writeAppeal: named, eraseVetting: named,
    takeRole: assign(({ context, event }) =>
      event.type === 'changeRole'
        ? { role: event.role, untilMs: event.untilMs === undefined ? context.untilMs : event.untilMs }
        : {},
    ),
    markConfirmed: assign({ addressConfirmedAtMs: ({ event }) => event.atMs }),
    markIdentified: assign({ identifiedAtMs: ({ event }) => event.atMs }),
    markDeclined: assign(({ event }) => (event.type === 'decline' ? { declinedBy: event.declinedBy } : {})),
    markAppealed: assign({ appealedAtMs: ({ event }) => event.atMs, purgeAtMs: null }),
    letGo: assign({ purgeAtMs: ({ event }) => event.atMs + VETTING_KEPT_MS }),
    markPurged: assign({ purgedAtMs: ({ event }) => event.atMs, purgeAtMs: null }),
  },
}).createMachine({
  id: 'membership',
  context: ({ input }) => ({ untilMs: input?.untilMs ?? null, role: input?.role ?? '', addressConfirmedAtMs: null, declinedBy: null, appealedAtMs: null, identifiedAtMs: null, purgeAtMs: null, purgedAtMs: null }),
  initial: 'applied',
  states: {
    applied: {
      on: {
        approve: { target: 'active', actions: notify('member') },
        decline: { target: 'declined', actions: ['markDeclined', 'letGo', notify('member')] },
        changeRole: { actions: ['takeRole', notify('member')] },
        confirmAddress, identify,
      },
    },
    active: {
      after: { untilEnd: end },
      on: {
        suspend: { target: 'suspended', actions: notify('member') },
        end,
        changeRole: { target: 'active', reenter: true, actions: ['takeRole', notify('member')] },
        confirmAddress, identify,
      },
    },
    suspended: { after: { untilEnd: end }, on: { reinstate: { target: 'active', actions: notify('member') }, end, identify } },
    declined: { on: { appeal: { guard: 'mayAppeal', target: 'applied', actions: ['markAppealed', effect('writeAppeal')] }, purge } },
    ended: { on: { purge } },
  },
});
