/** One message on its way: as an edit, a topic or a mail. Called by activities/poster.ts. */
import type { Claimed } from '../db/queries/ledger';
import type { HeldSlot } from './held-slot';
import { appendTo, emailTo, topicFor, type DescribedPage, type Message } from './message';
import type { WikiTrouble } from './trouble';
import type { OpenWiki } from './wikis';

export interface PosterOptions {
  wiki: OpenWiki;
  message: Message;
  /** How long the wiki may be in trouble without one success, milliseconds. */
  patienceMs: number;
  /** Aborted when the worker shuts down. */
  stopped: AbortSignal;
  /** Counts what operators watch: `lookups`, `found_posted`. */
  count(name: string, by?: number): void;
}
export interface Job {
  row: Claimed;
  page: DescribedPage;
  /** Conflicts and lost answers so far. */
  tries: number;
  /** It was looked up: an answer was lost, and an edit that the wiki sat on may still come. */
  doubted?: boolean;
}
export type Doubt = Omit<Job, 'page' | 'doubted'> & { conflict?: string };

/** @returns null when the slot was lost and nothing was sent. @throws WikiError */
export function post(job: Job, slot: HeldSlot, trouble: WikiTrouble, options: PosterOptions): Promise<{ revisionId: number | null } | null> {
  const { row, page } = job;
  const { wiki: { gateway }, stopped } = options;
  if (!slot.named) return gateway.whoAmI(stopped).then(({ name }) => slot.noteBot(name)).then(() => post(job, slot, trouble, options));
  if (options.message.channel === 'email' || page.board) return postOnce(job, slot, trouble, options);
  return gateway.append(appendTo(page, options.message, row.id));
}

/** A mail or a topic, of which the wiki cannot say afterwards whether it took it. */
async function postOnce({ row, page }: Job, slot: HeldSlot, trouble: WikiTrouble, { wiki: { gateway }, message, stopped: signal }: PosterOptions): Promise<{ revisionId: null } | null> {
  // What gets lost now is lost for good: not before the wiki is seen to answer again.
  if (trouble.lasts) await gateway.pages([page.title], { signal });
  if (!row.givenAway && !(await slot.giveAway(row))) return null;
  row.givenAway = true;
  if (message.channel === 'email') await gateway.email(emailTo(page, message));
  else await gateway.newTopic(topicFor({ ...page, board: page.board! }, message, row.id));
  return { revisionId: null };
}
