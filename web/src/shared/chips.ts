/**
 * What a state means, for its chip: the word always, colour never alone. Typed from the machines, so that a new state does
 * not compile without one. The public pages use it, too.
 */
import type { StateValueFrom } from 'xstate';
import type { banMachine } from '../../../machines/ban';
import type { deliveryMachine } from '../../../machines/delivery';
import type { eventMachine } from '../../../machines/event';
import type { formMachine } from '../../../machines/form';
import type { keyMachine } from '../../../machines/key';
import type { membershipMachine } from '../../../machines/membership';
import type { operationMachine } from '../../../machines/operation';
import type { queueMachine } from '../../../machines/queue';
import type { requestMachine } from '../../../machines/request';

/** subtle: over, or not begun · notice: waits in order · progressive: in hand · warning: waits for a person · error: broken, or kept out · success: reached what it was for. */
export type Status = 'subtle' | 'notice' | 'progressive' | 'warning' | 'error' | 'success';
type Chips<M extends import('xstate').AnyStateMachine> = Record<Extract<StateValueFrom<M>, string>, Status>;

const delivery: Chips<typeof deliveryMachine> = {
  draft: 'subtle', requested: 'warning', rejected: 'subtle', approved: 'notice', expanding: 'progressive', running: 'progressive', paused: 'warning', finished: 'success', cancelled: 'subtle',
};
const event: Chips<typeof eventMachine> = {
  draft: 'subtle', requested: 'warning', rejected: 'subtle', approved: 'notice', open: 'progressive', ended: 'subtle', disabled: 'error', cancelled: 'subtle', archived: 'subtle',
};
const request: Chips<typeof requestMachine> = { unconfirmed: 'notice', open: 'notice', reserved: 'progressive', creating: 'progressive', closed: 'subtle', expired: 'subtle' };
const queue: Chips<typeof queueMachine> = { enabled: 'success', disabled: 'subtle' };
const form: Chips<typeof formMachine> = { draft: 'subtle', published: 'success', retired: 'subtle' };
const ban: Chips<typeof banMachine> = { active: 'error', expired: 'subtle', lifted: 'subtle' };
const membership: Chips<typeof membershipMachine> = { applied: 'warning', active: 'success', suspended: 'error', declined: 'subtle', ended: 'subtle' };
const key: Chips<typeof keyMachine> = { active: 'success', expired: 'subtle', revoked: 'subtle' };
const operation: Chips<typeof operationMachine> = { waiting: 'error', retrying: 'progressive', skipped: 'subtle', aborted: 'subtle', settled: 'subtle' };
const target: Record<string, Status> = { pending: 'subtle', attempting: 'progressive', sent: 'success', skipped: 'notice', failed: 'error', unknown: 'warning', cancelled: 'subtle' };

const chips: Record<string, Record<string, Status>> = { delivery, event, request, queue, form, ban, membership, key, operation, target };

/** In the order of their life. */
export const statesOf = (noun: string): string[] => Object.keys(chips[noun] ?? {});

/** @param thing a send that finished with failed or unknown pages waits for somebody's look; a request reached what it was for where the account was made */
export function chipOf(noun: string, state: string, thing?: { counts?: { failed: number; unknown: number }; outcome?: string | null }): { status: Status; word: string } {
  const word = `${noun}.state.${state}`;
  if (noun === 'delivery' && state === 'finished' && thing?.counts && thing.counts.failed + thing.counts.unknown > 0) return { status: 'warning', word: `${word}.incomplete` };
  if (noun === 'request' && state === 'closed' && thing?.outcome === 'created') return { status: 'success', word: `${word}.created` };
  return { status: chips[noun]?.[state] ?? 'subtle', word };
}
