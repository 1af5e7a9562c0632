/** A ban: who fits it is kept out until it is lifted or its time is over. What it says never changes; another is set instead. */
import { assign, setup } from 'xstate';
import { createdAtMs, NEVER, type Instant } from './effect';

export interface BanContext {
  /** When it ends by itself, Unix milliseconds; null = when it is lifted. */
  untilMs: number | null;
}
export type BanVerb = (Instant & { type: 'lift' }) | (Instant & { type: 'reschedule'; untilMs: number | null });

export const banMachine = setup({
  types: { context: {} as BanContext, input: {} as BanContext & Instant, events: {} as BanVerb },
  delays: {
    untilExpiry: ({ context, event }) => (context.untilMs === null ? NEVER : context.untilMs - (event.atMs ?? createdAtMs(event))),
  },
  actions: {
    move: assign(({ context, event }) => ({ untilMs: event.type === 'reschedule' ? event.untilMs : context.untilMs })),
  },
}).createMachine({
  id: 'ban',
  context: ({ input }) => ({ untilMs: input?.untilMs ?? null }),
  initial: 'active',
  states: {
    active: {
      after: { untilExpiry: 'expired' },
      on: { lift: 'lifted', reschedule: { target: 'active', reenter: true, actions: 'move' } },
    },
    expired: {},
    lifted: {},
  },
});
