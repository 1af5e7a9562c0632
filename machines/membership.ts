/** A membership: one user holds one role, on one wiki or on all, until an instant or without end. */
import { assign, setup } from 'xstate';
import { NEVER, notify, type Instant } from './effect';

export interface MembershipContext {
  /** When it ends by itself, Unix milliseconds; null = never. */
  untilMs: number | null;
  role: string;
}
export type MembershipVerb =
  | (Instant & { type: 'approve' | 'decline' | 'suspend' | 'reinstate' | 'end' })
  | (Instant & { type: 'changeRole'; role: string; untilMs?: number | null });

export const membershipMachine = setup({
  types: {
    context: {} as MembershipContext,
    input: {} as MembershipContext & Instant & { granted?: boolean },
    events: {} as MembershipVerb,
  },
  delays: {
    untilEnd: ({ context, event }) => {
      return context.untilMs === null ? NEVER : context.untilMs - event.atMs;
    },
  },
  actions: {
    notify: (_, _params: { who: string }) => {},
    takeRole: assign(({ context, event }) =>
      event.type === 'changeRole'
        ? { role: event.role, untilMs: event.untilMs === undefined ? context.untilMs : event.untilMs }
        : {},
    ),
  },
}).createMachine({
  id: 'membership',
  context: ({ input }) => ({ untilMs: input?.untilMs ?? null, role: input?.role ?? '' }),
  initial: 'applied',
  states: {
    applied: {
      on: { approve: { target: 'active', actions: notify('member') }, decline: { target: 'declined', actions: notify('member') } },
    },
    active: {
      after: { untilEnd: { target: 'ended', actions: notify('member') } },
      on: {
        suspend: { target: 'suspended', actions: notify('member') },
        end: { target: 'ended', actions: notify('member') },
        changeRole: { target: 'active', reenter: true, actions: ['takeRole', notify('member')] },
      },
    },
    suspended: {
      after: { untilEnd: { target: 'ended', actions: notify('member') } },
      on: { reinstate: { target: 'active', actions: notify('member') }, end: { target: 'ended', actions: notify('member') } },
    },
    declined: {},
    ended: {},
  },
});
