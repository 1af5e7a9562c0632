/**
 * An event: an organizer asks, a tool admin approves, its key works between two instants. Called through db/apply.ts only;
 * its timers sleep in the workflow event/<id>.
 */
import { assign, setup } from 'xstate';
import { notify, type Instant } from './effect';

export interface EventContext {
  /** Wall-clock times in the event's zone, and the same as Unix milliseconds; null = not chosen yet. */
  startsAt: string | null;
  endsAt: string | null;
  startsAtMs: number | null;
  endsAtMs: number | null;
  /** The window that was approved: what it may be moved by is measured from here. */
  approvedStartsAtMs: number | null;
  approvedEndsAtMs: number | null;
  /** How many accounts it may ask for: wanted, and approved. */
  places: number | null;
  approvedPlaces: number | null;
  /** Since when an admin has it switched off. */
  disabledAtMs: number | null;
  /** How long after its end it is archived, milliseconds. */
  archiveAfterMs: number;
}
export interface Window {
  startsAt: string;
  endsAt: string;
  startsAtMs: number;
  endsAtMs: number;
}
export type EventVerb =
  | (Instant & Partial<Window> & { type: 'submit' | 'approve' | 'reject' | 'revise' | 'disable' | 'enable' | 'cancel' })
  /** `widens`: the door lets it go beyond what was approved, which is then what is approved. */
  | (Instant & Window & { type: 'reschedule'; widens?: boolean });

type By = ReturnType<typeof notify> | 'pinLimits' | 'moveWindow' | 'markEnabled';
/** Where the clock says that the event now stands; nowhere once its end is over. */
const byClock = (...actions: By[]) => [
  { guard: 'beforeStart' as const, target: 'approved' as const, reenter: true, actions },
  { guard: 'beforeEnd' as const, target: 'open' as const, reenter: true, actions },
];

const told = notify('organizers');
const stop = { target: 'cancelled', actions: told } as const;
const disable = { target: 'disabled', actions: ['markDisabled', told] } as const;
const reschedule = byClock('moveWindow', told);

export const eventMachine = setup({
  types: { context: {} as EventContext, input: {} as EventContext & Instant, events: {} as EventVerb },
  delays: {
    untilStart: ({ context, event }) => context.startsAtMs! - event.atMs,
    untilEnd: ({ context, event }) => context.endsAtMs! - event.atMs,
    untilArchive: ({ context, event }) => Math.max(context.endsAtMs ?? 0, event.atMs) + context.archiveAfterMs - event.atMs,
  },
  guards: {
    beforeStart: ({ context, event }) => event.atMs < (event.startsAtMs ?? context.startsAtMs ?? 0),
    beforeEnd: ({ context, event }) => event.atMs < (event.endsAtMs ?? context.endsAtMs ?? 0),
  },
  actions: {
    notify: (_, _params: { who: string }) => {}, // effects are names: db/effects/ says what each does
    pinLimits: assign(({ context }) => ({ approvedStartsAtMs: context.startsAtMs, approvedEndsAtMs: context.endsAtMs, approvedPlaces: context.places })),
    moveWindow: assign(({ event }) => {
      if (event.type !== 'reschedule') return {};
      const { startsAt, endsAt, startsAtMs, endsAtMs, widens } = event;
      return { startsAt, endsAt, startsAtMs, endsAtMs, ...(widens && { approvedStartsAtMs: startsAtMs, approvedEndsAtMs: endsAtMs }) };
    }),
    markDisabled: assign({ disabledAtMs: ({ event }) => event.atMs }),
    markEnabled: assign({ disabledAtMs: null }),
  },
}).createMachine({
  id: 'event',
  context: ({ input }) => ({
    startsAt: input?.startsAt ?? null, endsAt: input?.endsAt ?? null, startsAtMs: input?.startsAtMs ?? null, endsAtMs: input?.endsAtMs ?? null,
    approvedStartsAtMs: null, approvedEndsAtMs: null, places: input?.places ?? null, approvedPlaces: null, disabledAtMs: null, archiveAfterMs: input?.archiveAfterMs ?? 0,
  }),
  initial: 'draft',
  states: {
    draft: { on: { submit: { guard: 'beforeStart', target: 'requested', actions: notify('toolAdmins') }, cancel: 'cancelled' } },
    requested: {
      on: { approve: byClock('pinLimits', told), reject: { target: 'rejected', actions: told }, revise: 'draft', cancel: 'cancelled' },
    },
    rejected: { on: { revise: 'draft' } },
    approved: { after: { untilStart: 'open' }, on: { reschedule, disable, cancel: stop } },
    open: { tags: 'keyWorks', after: { untilEnd: 'ended' }, on: { reschedule, disable, cancel: stop } },
    disabled: {
      after: { untilArchive: 'archived' },
      on: { enable: [...byClock('markEnabled', told), { target: 'ended', actions: ['markEnabled', told] }] },
    },
    ended: { after: { untilArchive: 'archived' } },
    cancelled: { after: { untilArchive: 'archived' } },
    archived: {},
  },
});
