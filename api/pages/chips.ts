/** What a state looks like and is called, by its meaning: the word always, colour never alone. Typed from the machines. */
import type { StateValueFrom } from 'xstate';
import type { deliveryMachine } from '../../machines/delivery';
import type { membershipMachine } from '../../machines/membership';
import { chip, type Tone } from './blocks';
import type { Html } from './html';

type Chip = [tone: Tone, words: string];

const deliveries: Record<StateValueFrom<typeof deliveryMachine>, Chip> = {
  draft: ['subtle', 'Draft'],
  requested: ['warning', 'Waits for approval'],
  rejected: ['subtle', 'Rejected'],
  approved: ['notice', 'Approved'],
  expanding: ['progressive', 'Reading the lists'],
  running: ['progressive', 'Running'],
  paused: ['warning', 'Paused'],
  finished: ['success', 'Finished'],
  cancelled: ['subtle', 'Cancelled'],
};
const memberships: Record<StateValueFrom<typeof membershipMachine>, Chip> = {
  applied: ['warning', 'Waits for approval'],
  active: ['success', 'Active'],
  suspended: ['error', 'Suspended'],
  declined: ['subtle', 'Declined'],
  ended: ['subtle', 'Ended'],
};
/** A send that finished with failed or unknown pages waits for somebody's look. */
export function deliveryChip(state: string, { failed, unknown }: { failed: number; unknown: number }): Html {
  const [tone, words] = deliveries[state as keyof typeof deliveries];
  return state === 'finished' && failed + unknown > 0 ? chip('warning', 'Finished, not all sent') : chip(tone, words);
}
export const membershipChip = (state: string): Html => chip(...memberships[state as keyof typeof memberships]);
export const attentionChip = (): Html => chip('error', 'Needs attention');
