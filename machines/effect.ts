/** What every machine shares: the instant that each event carries, and effects, which are names and never code. */

/** Every event carries the door's instant, Unix milliseconds: nothing in machines/ reads a clock. */
export interface Instant {
  atMs: number;
}

/** A delay that never ends: db/apply.ts sets no timer for it (and refuses every other delay that is not finite). */
export const NEVER = Number.POSITIVE_INFINITY;

/** An effect by its name: dispatch/intents.ts (out) or db/effects/ (rows in the same commit) says what it does. */
export const effect = <T extends string>(type: T) => ({ type }) as const;

/** Tell people inside Reeve; db/effects/notify.ts knows who they are. */
export const notify = <W extends 'sender' | 'approvers' | 'operators' | 'admins' | 'member' | 'organizers' | 'toolAdmins'>(who: W) =>
  ({ type: 'notify', params: { who } }) as const;
