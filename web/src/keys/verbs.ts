/** How a key's verbs look. */
import type { VerbLooks } from '../shared/verbs';

export const keyVerbs: VerbLooks = { revoke: { order: 1, tone: 'destructive' } };
