/**
 * The Action API of the sandbox wiki, as MediaWiki 1.39 answers under formatversion=2: sign-in, tokens, asserts, maxlag,
 * and the actions that change pages. Reading is in demo/sandbox-wiki-query.ts. The order of the checks is MediaWiki's:
 * assert, token, read-only, lag, then the action itself.
 */
import { randomBytes } from 'node:crypto';
import { createAccount } from './sandbox-wiki-accounts';
import { emailUser, newThread, newTopic } from './sandbox-wiki-boards';
import { type ApiAnswer, type ApiCall, ApiFailure, type ApiSession, hasRight, isoSeconds, maxArticleBytes, mayEdit, titleOf } from './sandbox-wiki-call';
import { parseText } from './sandbox-wiki-parse';
import { runQuery } from './sandbox-wiki-query';
import { exists, type Page, textOf, type User } from './sandbox-wiki-state';

export const newSession = (): ApiSession => ({ loginToken: token(), editToken: token() });

/** @throws ApiFailure */
export function runApi(call: ApiCall): ApiAnswer {
  const { params, session, settings } = call;
  if (params.assert === 'user' && !session.user) throw new ApiFailure('assertuserfailed', 'You are no longer logged in, so the action could not be completed.');
  if (params.assert === 'bot' && !hasRight(session.user, 'bot')) throw new ApiFailure('assertbotfailed', 'You do not have the "bot" right, so the action could not be completed.');
  const action = actions[params.action ?? 'help'];
  if (!action) throw new ApiFailure('badvalue', `Unrecognized value for parameter "action": ${params.action}.`);
  if (action.writes) {
    if (params.token === undefined) throw new ApiFailure('missingparam', 'The "token" parameter must be set.');
    if (params.token !== (session.user ? session.editToken : '+\\')) throw new ApiFailure('badtoken', 'Invalid CSRF token.');
    if (settings.readOnly) throw readOnly(settings.readOnly);
  }
  if (params.maxlag !== undefined && settings.lagSeconds > Number(params.maxlag)) throw lagged(settings.lagSeconds);
  return action.run(call);
}

export const readOnly = (reason: string): ApiFailure =>
  new ApiFailure('readonly', 'The wiki is currently in read-only mode.', { readonlyreason: reason });

export const lagged = (seconds: number, retryAfter = 5): ApiFailure =>
  new ApiFailure('maxlag', `Waiting for a database server: ${seconds} seconds lagged.`, { host: 'sandbox', lag: seconds, type: 'db' },
    { 'retry-after': String(retryAfter), 'x-database-lag': String(Math.floor(seconds)) });

const actions: Record<string, { writes: boolean; run: (call: ApiCall) => ApiAnswer }> = {
  query: { writes: false, run: (call) => ({ json: runQuery(call) }) },
  login: { writes: false, run: login },
  parse: { writes: false, run: ({ wiki, params, session }) => ({ json: parseText(wiki, session.user?.name ?? '127.0.0.1', titleOf(params.title ?? 'API').full, params.text ?? '') }) },
  edit: { writes: true, run: edit },
  flow: { writes: true, run: newTopic },
  threadaction: { writes: true, run: newThread },
  createaccount: { writes: false, run: createAccount }, // its token is another
  emailuser: { writes: true, run: emailUser },
  protect: { writes: true, run: ({ journal, wiki, params, session }) => {
    needs(session.user, 'protect');
    const { full } = titleOf(params.title);
    const levels = Object.fromEntries((params.protections ?? '').split('|').map((one) => one.split('=', 2) as [string, string]));
    journal.apply({ op: 'protect', wiki: wiki.name, title: full, levels });
    return { json: { protect: { title: full, reason: params.reason ?? '', protections: Object.entries(levels).map(([type, level]) => ({ [type]: level, expiry: 'infinite' })) } } };
  } },
  delete: { writes: true, run: ({ journal, wiki, params, session }) => {
    needs(session.user, 'delete');
    const { full } = titleOf(params.title);
    if (!exists(wiki.pages.get(full))) throw new ApiFailure('missingtitle', 'The page you specified doesn\'t exist.');
    journal.apply({ op: 'delete', wiki: wiki.name, title: full });
    return { json: { delete: { title: full, reason: params.reason ?? '', logid: 1 } } };
  } },
  block: { writes: true, run: ({ journal, wiki, params, session }) => {
    needs(session.user, 'block');
    journal.apply({ op: 'block', wiki: wiki.name, name: params.user ?? '', reason: params.reason ?? '', partial: params.partial !== undefined });
    return { json: { block: { user: params.user, expiry: 'infinite' } } };
  } },
  unblock: { writes: true, run: ({ journal, wiki, params, session }) => {
    needs(session.user, 'block');
    journal.apply({ op: 'unblock', wiki: wiki.name, name: params.user ?? '' });
    return { json: { unblock: { user: params.user } } };
  } },
};

function needs(user: User | undefined, right: string): void {
  if (!hasRight(user, right)) throw new ApiFailure('permissiondenied', 'You don\'t have permission to do this.');
}

function login({ wiki, params, session }: ApiCall): ApiAnswer {
  const failed = (code: string, text: string): ApiAnswer => ({ json: { login: { result: 'Failed', reason: { code, text } } } });
  if (params.lgtoken === undefined) return { json: { login: { result: 'NeedToken', token: session.loginToken } } };
  if (params.lgtoken !== session.loginToken) return failed('sessionlost', 'Unable to continue login. Your session most likely timed out.');
  const user = wiki.userNamed((params.lgname ?? '').replace(/@[^@]*$/, ''));
  if (!user?.password || user.password !== params.lgpassword) return failed('wrongpassword', 'Incorrect username or password entered. Please try again.');
  session.user = user;
  session.editToken = token();
  return { json: { login: { result: 'Success', lguserid: user.id, lgusername: user.name } } };
}

function edit(call: ApiCall): ApiAnswer {
  const { journal, wiki, params, session } = call;
  const user = session.user?.name ?? '127.0.0.1';
  const { ns, full } = titleOf(params.title);
  if (ns < 0) throw new ApiFailure('pagecannotexist', 'Namespace doesn\'t allow actual pages.');
  const page = wiki.pages.get(full);
  if (page?.board === 'flow') throw new ApiFailure('no-direct-editing', 'Direct editing via API is not supported for content model flow-board used by this page.');
  const there = exists(page);
  if (params.createonly !== undefined && there) throw new ApiFailure('articleexists', 'The article you tried to create has been created already.');
  if (params.nocreate !== undefined && !there) throw new ApiFailure('missingtitle', 'The page you specified doesn\'t exist.');
  mayEdit(session.user, page, there);
  const tags = params.tags?.split('|').filter(Boolean) ?? [];
  if (tags.some((tag) => !knownTags.has(tag))) throw new ApiFailure('badtags', `The tag "${tags[0]}" is not allowed to be manually applied.`, { disallowedtags: tags });

  const heading = params.section === 'new' && params.sectiontitle ? `== ${params.sectiontitle} ==\n\n` : '';
  const added = params.section === 'new' ? `${there ? '\n\n' : ''}${heading}${params.text ?? params.appendtext ?? ''}` : params.appendtext;
  const change = added !== undefined ? { added: ended(added) } : { text: ended(params.text ?? '') };
  if (added === undefined && params.text === undefined) throw new ApiFailure('missingparam', 'One of the parameters "text", "appendtext", "prependtext" and "undo" is required.');
  const base = Number(params.baserevid ?? 0);
  const latest = page?.revisions.at(-1);
  if (there && base && base !== latest?.id && params.section !== 'new' && !merges(page, base, change.added)) throw new ApiFailure('editconflict', 'Edit conflict.');
  if ((change.text ?? change.added ?? '').length + (change.text === undefined ? latest?.bytes ?? 0 : 0) > maxArticleBytes) {
    throw new ApiFailure('contenttoobig', 'The content you supplied exceeds the article size limit of 2048 kibibytes.');
  }
  const same = there && (change.added === '' || (change.text !== undefined && change.text === textOf(page)));
  const result = { result: 'Success', pageid: page?.id ?? 0, title: full, contentmodel: 'wikitext' };
  if (same) return { json: { edit: { ...result, nochange: true } } };
  const summary = shortened((params.summary ?? (params.section === 'new' ? `/* ${params.sectiontitle} */ new section` : '')).trim());
  const bot = params.bot !== undefined && hasRight(session.user, 'bot');
  const made = journal.apply({ op: 'edit', wiki: wiki.name, title: full, atMs: Date.now(), user, summary, ...change, ...(tags.length && { tags }), ...(bot && { bot }) })!;
  const { id, parent, atMs } = made.revision;
  return {
    page: made.page,
    json: { edit: { ...(!there && { new: true }), ...result, pageid: made.page.id, oldrevid: parent, newrevid: id, newtimestamp: isoSeconds(atMs) } },
  };
}

/**
 * MediaWiki tries a three-way merge before it calls a conflict: an append over changes further up goes through, one over
 * another append does not, and **one over an append that was taken away again does**.
 */
function merges(page: Page, base: number, added: string | undefined): boolean {
  if (added === undefined || !page.revisions.some(({ id }) => id === base)) return false;
  const [old, now] = [textOf(page, base).split('\n'), textOf(page).split('\n')];
  const shorter = Math.min(old.length, now.length);
  let head = 0;
  while (head < shorter && old[head] === now[head]) head += 1;
  if (head === old.length && head === now.length) return true;
  let tail = 0;
  while (tail < shorter - head && old[old.length - 1 - tail] === now[now.length - 1 - tail]) tail += 1;
  return tail >= 2; // the append touches the last line (it had no line end): one untouched line must lie between
}

export const knownTags = new Set(['reeve', 'massmessage-delivery']);

const shortened = (text: string): string => (text.length > 500 && [...text].length > 500 ? `${[...text].slice(0, 497).join('')}...` : text);

let endedText = '';
let endedResult = '';
/** MediaWiki takes white space off the end. */
const ended = (text: string): string => {
  if (text !== endedText) [endedText, endedResult] = [text, text.trimEnd()];
  return endedResult;
};

function token(): string {
  return `${randomBytes(20).toString('hex')}+\\`;
}
