/** An API key: it opens until it is revoked or its time is over. The secret itself is stored as a hash only. */
import { setup } from 'xstate';
import { createdAtMs, NEVER, type Instant } from './effect';

export interface KeyContext {
  /** When it stops opening, Unix milliseconds; null = when revoked. */
  expiresAtMs: number | null;
}
export type KeyVerb = Instant & { type: 'revoke' };

export const keyMachine = setup({
  types: { context: {} as KeyContext, input: {} as KeyContext & Instant, events: {} as KeyVerb },
  delays: {
    untilExpiry: ({ context, event }) =>
      context.expiresAtMs === null ? NEVER : context.expiresAtMs - (event.atMs ?? createdAtMs(event)),
  },
}).createMachine({
  id: 'key',
  context: ({ input }) => ({ expiresAtMs: input?.expiresAtMs ?? null }),
  initial: 'active',
  states: {
    active: { after: { untilExpiry: 'expired' }, on: { revoke: 'revoked' } },
    expired: {},
    revoked: {},
  },
});
