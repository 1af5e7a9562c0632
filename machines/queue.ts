/** A queue of account requests: it takes them until it is disabled, which those that Reeve itself sends requests to never are. */
import { setup } from 'xstate';
import type { Instant } from './effect';

/** Of everybody at the desk; of what is escalated; of an event's organizers. */
export const standingQueues: readonly string[] = ['default', 'flagged', 'event'];

export interface QueueContext {
  /** What requests name it by; it never changes. */
  key: string;
}
export type QueueVerb = Instant & { type: 'disable' | 'enable' };

export const queueMachine = setup({
  types: { context: {} as QueueContext, input: {} as QueueContext & Instant, events: {} as QueueVerb },
  guards: {
    isOptional: ({ context }) => !standingQueues.includes(context.key),
  },
}).createMachine({
  id: 'queue',
  context: ({ input }) => ({ key: input?.key ?? '' }),
  initial: 'enabled',
  states: {
    enabled: { on: { disable: { guard: 'isOptional', target: 'disabled' } } },
    disabled: { on: { enable: 'enabled' } },
  },
});
