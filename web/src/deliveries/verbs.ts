/** How a delivery's verbs look. */
import { cdxIconPause, cdxIconPlay } from '@wikimedia/codex-icons';
import type { VerbLooks } from '../shared/verbs';

export const deliveryVerbs: VerbLooks = {
  submit: { order: 1, tone: 'progressive', key: 's', elsewhere: true },
  approve: { order: 2, tone: 'progressive', key: 'a' },
  resume: { order: 3, tone: 'progressive', icon: cdxIconPlay, key: 'r', inverse: 'pause' },
  pause: { order: 4, icon: cdxIconPause, key: 'p', inverse: 'resume' },
  retryFailed: { order: 5, key: 'f' },
  reject: { order: 6, tone: 'destructive' },
  reschedule: { order: 7 },
  revise: { order: 8 },
  cancel: { order: 9, tone: 'destructive' },
  test: { order: 20, elsewhere: true },
  settle: { order: 21, elsewhere: true },
};
