/** A topic on a talk page that is a board: Flow's, or a thread of LiquidThreads. Called by gateways/mediawiki.ts. */
import { badReply, editFailure } from './mediawiki-error';
import type { Board } from './mediawiki-pages';
import { type ApiReply, encode } from './mediawiki-session';

export interface Topic {
  title: string;
  board: Board;
  subject: string;
  /** Wikitext without heading and signature: the board shows who wrote it. */
  text: string;
  /** LiquidThreads keeps it as the summary of the thread's edit, by which it can be found again. Flow keeps none. */
  summary: string;
  signal?: AbortSignal;
}

/** @throws WikiError */
export async function postTopic(write: (form: string, signal?: AbortSignal) => Promise<ApiReply>, { title, board, subject, text, summary, signal }: Topic): Promise<void> {
  if (board === 'flow') {
    const { flow } = await write(`action=flow&submodule=new-topic&page=${encode(title)}&nttopic=${encode(subject)}&ntcontent=${encode(text)}&ntformat=wikitext`, signal);
    if (flow?.['new-topic']?.status === 'ok') return;
  } else {
    const { threadaction } = await write(`action=threadaction&threadaction=newthread&talkpage=${encode(title)}&subject=${encode(subject)}&text=${encode(text)}&reason=${encode(summary)}`, signal);
    if (threadaction?.thread?.result === 'Success') return;
    if (threadaction?.result === 'EditFailure') throw editFailure(threadaction.details?.edit ?? {});
  }
  throw badReply(true);
}
