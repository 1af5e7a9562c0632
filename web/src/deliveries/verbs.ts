/** How a delivery's verbs look. */
import { cdxIconPause, cdxIconPlay } from '@wikimedia/codex-icons';
import type { VerbLooks } from '../shared/verbs';

export const deliveryVerbs: VerbLooks = {
  approve: { order: 2, tone: 'progressive', key: 'a' },
  resume: { order: 3, tone: 'progressive', icon: cdxIconPlay, key: 'r', inverse: 'pause' },
  pause: { order: 4, icon: cdxIconPause, key: 'p', inverse: 'resume' },
  retryFailed: { order: 5, key: 'f' },
  reject: { order: 6, tone: 'destructive' },
  reschedule: { order: 7, own: true },
  revise: { order: 8 },
  cancel: { order: 9, tone: 'destructive' },
  // on the page of the form, and beside each target
  submit: { order: 1, elsewhere: true },
  edit: { order: 1, elsewhere: true },
  test: { order: 20, elsewhere: true },
  settle: { order: 21, elsewhere: true },
};

/** An operation's, where they stand in a wiki's row. */
export const operationVerbs: VerbLooks = { retry: { order: 1 }, skip: { order: 2, tone: 'destructive' }, abort: { order: 3, tone: 'destructive' } };
