/** How an operation's verbs look. */
import { cdxIconReload } from '@wikimedia/codex-icons';
import type { VerbLooks } from '../shared/verbs';

export const operationVerbs: VerbLooks = {
  retry: { order: 1, tone: 'progressive', icon: cdxIconReload, key: 'r' },
  skip: { order: 2, key: 's' },
  abort: { order: 3, tone: 'destructive', typed: true },
};
