/** How a queue's verbs look. */
import type { VerbLooks } from '../shared/verbs';

export const queueVerbs: VerbLooks = {
  edit: { order: 1, page: 'edit' },
  enable: { order: 2, inverse: 'disable' },
  disable: { order: 3, inverse: 'enable' },
};
