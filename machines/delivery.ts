/**
 * A delivery: one message to every page of its lists. A sender drafts and submits, another person approves,
 * the clock starts it, the wikis take it. Called through db/apply.ts only.
 */
import { assign, setup } from 'xstate';
import { effect, notify, type Instant } from './effect';

export interface DeliveryContext {
  /** When to send, Unix milliseconds; null = as soon as approved. */
  sendAtMs: number | null;
}
export type DeliveryVerb =
  | (Instant & { type: 'submit'; maySend: boolean })
  | (Instant & { type: 'reschedule'; sendAtMs: number | null })
  | (Instant & { type: 'test'; wikiId: number; page: string; message: object })
  | (Instant & { type: 'settle'; target: number; as: 'sent' | 'failed' | 'pending' })
  | (Instant & {
      type: 'approve' | 'reject' | 'revise' | 'pause' | 'resume' | 'cancel' | 'retryFailed' | 'expanded' | 'finish';
    });

/** To one page, as a delivery of its own, the message as the door let it through: nothing of this one changes. */
const sendTest = { type: 'sendTest' as const, params: ({ event }: { event: DeliveryVerb }) => (event.type === 'test' ? { wikiId: event.wikiId, page: event.page, message: event.message } : { wikiId: 0, page: '', message: {} }) };
const settle = { actions: [effect('settleTarget'), effect('tellDelivery')] };
const stop = { target: 'cancelled', actions: [effect('tellDelivery'), notify('sender')] };

export const deliveryMachine = setup({
  types: { context: {} as DeliveryContext, input: {} as DeliveryContext & Instant, events: {} as DeliveryVerb },
  delays: {
    untilSend: ({ context, event }) => Math.max(0, (context.sendAtMs ?? event.atMs) - event.atMs),
  },
  guards: {
    /** The door knows whether the actor may send to every wiki of the lists (policies/delivery.ts). */
    maySend: ({ event }) => event.type === 'submit' && event.maySend === true,
    asPending: ({ event }) => event.type === 'settle' && event.as === 'pending',
  },
  actions: {
    startDelivery: () => {}, // effects are names: dispatch/intents.ts or db/effects/ say what each does
    tellDelivery: () => {},
    settleTarget: () => {},
    sendTest: (_, _params: { wikiId: number; page: string; message: object }) => {},
    pinLists: () => {},
    unpinLists: () => {},
    pinTexts: () => {},
    notify: (_, _params: { who: string }) => {},
    moveInstant: assign({ sendAtMs: ({ context, event }) => (event.type === 'reschedule' ? event.sendAtMs : context.sendAtMs) }),
  },
}).createMachine({
  id: 'delivery',
  context: ({ input }) => ({ sendAtMs: input?.sendAtMs ?? null }),
  initial: 'draft',
  states: {
    draft: {
      on: {
        submit: [
          { guard: 'maySend', target: 'approved', actions: ['pinLists', 'pinTexts'] },
          { target: 'requested', actions: ['pinLists', 'pinTexts', notify('approvers')] },
        ],
        cancel: 'cancelled',
        test: { actions: sendTest },
      },
    },
    requested: {
      on: {
        test: { actions: sendTest },
        approve: { target: 'approved', actions: notify('sender') },
        reject: { target: 'rejected', actions: notify('sender') },
        revise: { target: 'draft', actions: 'unpinLists' },
        reschedule: { actions: 'moveInstant' },
        cancel: { target: 'cancelled', actions: notify('sender') },
      },
    },
    rejected: { on: { revise: { target: 'draft', actions: 'unpinLists' } } },
    approved: {
      after: { untilSend: { target: 'expanding', actions: 'startDelivery' } },
      on: { reschedule: { target: 'approved', reenter: true, actions: 'moveInstant' }, cancel: { target: 'cancelled', actions: notify('sender') }, test: { actions: sendTest } },
    },
    expanding: { on: { expanded: 'running', cancel: stop } },
    running: {
      on: {
        pause: { target: 'paused', actions: 'tellDelivery' },
        cancel: stop,
        settle,
        finish: { target: 'finished', actions: notify('sender') },
      },
    },
    paused: { on: { resume: { target: 'running', actions: 'tellDelivery' }, cancel: stop, settle } },
    finished: {
      on: {
        retryFailed: { target: 'running', actions: 'startDelivery' },
        settle: [ // an operator's skip leaves unknown targets behind
          { guard: 'asPending', target: 'running', actions: [effect('settleTarget'), effect('startDelivery')] },
          { actions: effect('settleTarget') },
        ],
      },
    },
    cancelled: { on: { settle } },
  },
});
