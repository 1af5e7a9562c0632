/** How a form's verbs look. */
import type { VerbLooks } from '../shared/verbs';

export const formVerbs: VerbLooks = {
  edit: { order: 1, page: 'edit' },
  publish: { order: 2, tone: 'progressive', key: 'p' },
  retire: { order: 3 },
};
