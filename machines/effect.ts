/** What every machine shares: the instant that each event carries, and effects, which are names and never code. */

/** Every event carries the door's instant, Unix milliseconds: nothing in machines/ reads a clock. */
export interface Instant {
  atMs: number;
}

/** A delay that never ends: db/apply.ts sets no timer for it (and refuses every other delay that is not finite). */
export const NEVER = Number.POSITIVE_INFINITY;

/** The first transition's event is XState's own; it carries the input. */
export const createdAtMs = (event: unknown): number => (event as { input: Instant }).input.atMs;

/** An effect by its name: dispatch/intents.ts (out) or db/effects/ (rows in the same commit) says what it does. */
export const effect = <T extends string>(type: T) => ({ type }) as const;

/** Tell people inside Reeve; db/effects/notify.ts knows who they are. @param code of what is told, where no verb says it: a clock's */
export const notify = <W extends 'sender' | 'approvers' | 'operators' | 'admins' | 'member' | 'organizers' | 'toolAdmins' | 'toolUsers' | 'handlers'>(who: W, code?: string) =>
  ({ type: 'notify', params: { who, ...(code && { code }) } }) as const;
