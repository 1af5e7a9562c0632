/** How a target list's verbs look. */
import { cdxIconEdit, cdxIconReload } from '@wikimedia/codex-icons';
import type { VerbLooks } from '../shared/verbs';

export const targetListVerbs: VerbLooks = {
  edit: { order: 1, icon: cdxIconEdit, key: 'e', page: 'edit' },
  refresh: { order: 2, icon: cdxIconReload, key: 'r' },
  revert: { order: 9, elsewhere: true },
};
