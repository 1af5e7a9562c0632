/** How a membership's verbs look. */
import type { VerbLooks } from '../shared/verbs';

export const membershipVerbs: VerbLooks = {
  approve: { order: 1, tone: 'progressive', key: 'a' },
  reinstate: { order: 2, tone: 'progressive', inverse: 'suspend' },
  decline: { order: 3, tone: 'destructive', key: 'd' },
  changeRole: { order: 4, own: true },
  appeal: { order: 7, tone: 'progressive' },
  identify: { order: 8 },
  suspend: { order: 5, tone: 'destructive', inverse: 'reinstate' },
  end: { order: 6, tone: 'destructive' },
};
