/** What a state means, for its chip: the word always, colour never alone. Typed from the machine, so that a new state does not compile without one. */
import type { StateValueFrom } from 'xstate';
import type { deliveryMachine } from '../../machines/delivery';
import { chip, type Status } from './codex';
import type { Html } from './html';
import type { Words } from './language';

const delivery: Record<Extract<StateValueFrom<typeof deliveryMachine>, string>, Status> = {
  draft: 'subtle', requested: 'warning', rejected: 'subtle', approved: 'notice', expanding: 'progressive', running: 'progressive', paused: 'warning', finished: 'success', cancelled: 'subtle',
};

/** A send that finished with failed or unknown pages waits for somebody's look. */
export function deliveryChip({ say }: Words, state: string, { failed, unknown }: { failed: number; unknown: number }): Html {
  const incomplete = state === 'finished' && failed + unknown > 0;
  return chip(incomplete ? 'warning' : delivery[state as keyof typeof delivery], say(`delivery.state.${state}${incomplete ? '.incomplete' : ''}`));
}
