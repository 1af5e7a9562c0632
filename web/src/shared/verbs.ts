/** How a noun's verbs look: order, tone, letter, inverse. It holds no condition: which verbs there are, the server says. */
import type { Icon } from '@wikimedia/codex-icons';
import type { Action } from './data';
import { has, t } from './words';

export interface VerbLook {
  /** Lower comes first; the first is the page's primary act. */
  order: number;
  tone?: 'progressive' | 'destructive';
  icon?: Icon;
  /** The letter that does it on the thing's page. */
  key?: string;
  /** The verb that takes it back: then the act asks nothing and its toast offers the way back. */
  inverse?: string;
  /** It is done on a page of its own, below the thing's. */
  page?: string;
  /** It is done at once by its rules, but better with what its dialog asks. */
  asks?: boolean;
  /** What it asks for are the thing's own values: they begin as they stand. */
  own?: boolean;
  /** It asks to type what it is done to: the id, or how many. */
  typed?: boolean;
  /** Drawn elsewhere on the page, not in the act bar. */
  elsewhere?: boolean;
}
export type VerbLooks = Record<string, VerbLook>;

/** What can be done to many rows at once: not what has a page or a place of its own. */
export const forMany = (looks: VerbLooks) => ({ verb, unavailable }: Action): boolean => !unavailable && !looks[verb]?.elsewhere && !looks[verb]?.page;

/** `delivery.approve`, else `verb.approve`. */
export const verbKey = (noun: string, verb: string, part = ''): string => (has(`${noun}.${verb}${part}`) ? `${noun}.${verb}${part}` : `verb.${verb}${part}`);
export const verbWords = (noun: string, verb: string): string => t(verbKey(noun, verb));
/** As the log says it afterwards; what the clock did has no verb. */
export const deedWords = (noun: string, verb: string): string => (has(`${noun}.${verb}.deed`) ? t(`${noun}.${verb}.deed`) : verbWords(noun, verb.startsWith('xstate.') ? 'byTime' : verb));
/** Who did it. Whose name is not the reader's to know is no number either. */
export const actorWords = ({ actor, actorName }: { actor: string; actorName?: string | null }): string => actorName ?? (has(`actor.${actor}`) ? t(`actor.${actor}`) : t('actor.somebody'));
/** What the verb does, as its dialog says; of what waits with a reason code of its own, where there are words for that. */
export function confirmKey(noun: string, verb: string, code?: unknown): string {
  const own = `${noun}.${verb}.confirm.${String(code)}`;
  return has(own) ? own : verbKey(noun, verb, '.confirm');
}
