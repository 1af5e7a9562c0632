/** How a comment's verbs look. */
import type { VerbLooks } from '../shared/verbs';

export const commentVerbs: VerbLooks = {
  redact: { order: 1, asks: true },
  unflag: { order: 2 },
  hide: { order: 3, inverse: 'show' },
  show: { order: 4 },
  edit: { order: 5, page: 'edit' },
  reveal: { order: 9, elsewhere: true },
};
