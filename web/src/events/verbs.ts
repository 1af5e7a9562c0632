/** How an event's verbs look. */
import type { VerbLooks } from '../shared/verbs';

export const eventVerbs: VerbLooks = {
  approve: { order: 2, tone: 'progressive', key: 'a' },
  enable: { order: 3, tone: 'progressive', inverse: 'disable' },
  reschedule: { order: 4, key: 'r' },
  reject: { order: 5, tone: 'destructive' },
  disable: { order: 6, tone: 'destructive', inverse: 'enable' },
  revise: { order: 7 },
  cancel: { order: 8, tone: 'destructive' },
  // on the page of the form
  submit: { order: 1, elsewhere: true },
  edit: { order: 1, elsewhere: true },
};
