/** What account requests are called, and who looks after one: for their list and their page. */
import type { Thing } from '../shared/data';
import { instantWords, relativeWords, t, timeWords } from '../shared/words';
import { me } from '../shell/me';

/** The account team has it: to whoever reads this it shows that it is there, and no more. */
export const isTrace = ({ hidden }: Thing): boolean => hidden.includes('outcome');

/** By the name that is asked for, where the reader knows it and it has not been erased. */
export const nameOf = (request: Thing): string => (request.name as string | undefined) || t(isTrace(request) ? 'request.with-team' : 'request.unnamed', String(request.id));

export const isMine = ({ holder }: Thing): boolean => holder?.id === me.user.id;

/** Who has it in hand and for how much longer; undefined where nobody has, or it is not the reader's to know. */
export function heldWords(request: Thing, nowMs: number): string | undefined {
  const { holder, reservedUntilMs } = request;
  if (!holder || !reservedUntilMs) return undefined;
  const until = new Date(reservedUntilMs).toISOString();
  const when = Math.abs(reservedUntilMs - nowMs) < 12 * 3_600_000 ? timeWords(until) : instantWords(until);
  return isMine(request) ? t('request.held.you', when, relativeWords(until, nowMs)) : t('request.held', holder.name, when, relativeWords(until, nowMs));
}

export const queues = ['default', 'flagged', 'events', 'event'];
