/** What account requests are called, and who looks after one: for their list and their page. */
import { computed } from 'vue';
import { type List, type Thing, useGet } from '../shared/data';
import { has, inLanguage, instantWords, relativeWords, t, timeWords } from '../shared/words';
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

export interface Queue {
  key: string;
  names?: Record<string, string>;
}
/** Those in use, as whoever may move a request knows them; else those that Reeve itself sends requests to. */
export function useQueues(wanted: () => boolean = () => true) {
  const { data } = useGet<List>(() => (wanted() ? '/api/queues?state=enabled&sort=-priority&limit=1000' : undefined));
  return computed((): Queue[] => (data.value?.items.length ? (data.value.items as unknown as Queue[]) : ['flagged', 'events', 'event', 'default'].map((key) => ({ key }))));
}

/** What a queue is called: as it was named in the reader's language or what stands for it, else as Reeve calls it. */
export const queueWords = (key: string, names: Record<string, string> = {}): string => inLanguage(names) ?? (has(`request.queue.${key}`) ? t(`request.queue.${key}`) : key);
