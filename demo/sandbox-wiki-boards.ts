/** What the sandbox wiki's API posts beside edits: Flow's topics, threads of LiquidThreads, and mail to its users. */
import { type ApiAnswer, type ApiCall, ApiFailure, mayEdit, titleOf } from './sandbox-wiki-call';
import { exists, type Page, type User } from './sandbox-wiki-state';

/** As in Flow, no contribution of the account tells of a topic. */
export function newTopic(call: ApiCall): ApiAnswer {
  const { journal, wiki, params, session } = call;
  if (params.submodule !== 'new-topic') throw new ApiFailure('badvalue', `Unrecognized value for parameter "submodule": ${params.submodule}.`);
  const { full } = titleOf(params.page);
  const page = boardAt(call, full, 'flow', 'invalid-page', 'The page you have given is no Flow board.');
  mayEdit(session.user, page, exists(page));
  const [subject, text] = [needed(call, 'nttopic'), needed(call, 'ntcontent')];
  if ([...subject].length > 260) throw new ApiFailure('flow-error-title-too-long', 'Topic titles are restricted to 260 characters.');
  journal.apply({ op: 'topic', wiki: wiki.name, title: full, atMs: Date.now(), user: nameOf(session.user), subject, text });
  return { json: { flow: { 'new-topic': { status: 'ok', workflow: '', committed: { topiclist: { 'topic-id': `t${page.topics!.length}` } } } } } };
}

/** As in LiquidThreads, a thread is a page of its own, and its edit a contribution. */
export function newThread(call: ApiCall): ApiAnswer {
  const { journal, wiki, params, session } = call;
  if (params.threadaction !== 'newthread') throw new ApiFailure('badvalue', `Unrecognized value for parameter "threadaction": ${params.threadaction}.`);
  const { full } = titleOf(params.talkpage);
  const page = boardAt(call, full, 'liquidthreads', 'invalid-talkpage', 'The talkpage you specified is invalid, or does not have discussion threading enabled.');
  mayEdit(session.user, page, exists(page));
  const [subject, text] = [needed(call, 'subject'), needed(call, 'text')];
  const [user, atMs] = [nameOf(session.user), Date.now()];
  const thread = `Thread:${full}/${subject}${page.topics?.length ? ` (${page.topics.length + 1})` : ''}`;
  journal.apply({ op: 'edit', wiki: wiki.name, title: thread, atMs, user, summary: params.reason || `New thread: ${subject}`, text });
  journal.apply({ op: 'topic', wiki: wiki.name, title: full, atMs, user, subject, text });
  return { json: { threadaction: { thread: { result: 'Success', 'thread-id': page.topics!.length, 'thread-title': thread, 'max-lag': 0 } } } };
}

export function emailUser(call: ApiCall): ApiAnswer {
  const { journal, wiki, params, session } = call;
  const target = wiki.userNamed(params.target ?? '');
  if (!target) throw new ApiFailure('notarget', 'You have not specified a valid target user or page to perform this function on.');
  if (target.mailless) throw new ApiFailure('noemail', 'This user has not specified a valid email address.');
  if (!session.user) throw new ApiFailure('cantsend', 'You are not logged in, you do not have a confirmed email address, or you are not allowed to send email to other users.');
  if (session.user.blocked) throw new ApiFailure('blockedemailuser', 'You have been blocked from sending email.');
  const [subject, text] = [needed(call, 'subject'), needed(call, 'text')];
  journal.apply({ op: 'mail', wiki: wiki.name, to: target.name, from: session.user.name, atMs: Date.now(), subject, text });
  return { json: { emailuser: { result: 'Success' } } };
}

function boardAt({ wiki }: ApiCall, title: string, board: Page['board'], code: string, text: string): Page {
  const page = wiki.pages.get(title);
  if (page?.board !== board) throw new ApiFailure(code, text);
  return page!;
}

function needed({ params }: ApiCall, name: string): string {
  const value = params[name];
  if (!value) throw new ApiFailure('missingparam', `The "${name}" parameter must be set.`);
  return value;
}

const nameOf = (user: User | undefined): string => user?.name ?? '127.0.0.1';
