/** How a ban's verbs look. */
import type { VerbLooks } from '../shared/verbs';

export const banVerbs: VerbLooks = {
  reschedule: { order: 1, own: true },
  lift: { order: 2, tone: 'destructive', asks: true },
};
