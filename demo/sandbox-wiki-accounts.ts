/** Accounts of the sandbox wiki: making one, as MediaWiki's AuthManager answers, how many a day one address may, and the log of new users. */
import { isIP } from 'node:net';
import { type ApiAnswer, type ApiCall, ApiFailure, hasRight, isoSeconds } from './sandbox-wiki-call';

const DAY_MS = 86_400_000;
/** A title blacklist of one line. */
const BLACKLISTED = /forbidden/i;

export const accountToken = ({ editToken }: ApiCall['session']): string => `account-${editToken}`;

/** @returns why a name cannot be taken by a new account; undefined where it can */
export const unmakeable = (name: string): string | undefined =>
  isIP(name) || /[#<>[\]|{}/@:]/.test(name) || name === '' ? 'noname' : BLACKLISTED.test(name) ? 'titleblacklist-forbidden-new-account' : undefined;

/** @throws ApiFailure */
export function createAccount({ journal, wiki, params, session, settings }: ApiCall): ApiAnswer {
  if (params.createtoken !== accountToken(session)) throw new ApiFailure('badtoken', 'Invalid CSRF token.');
  const fail = (messagecode: string, message: string): ApiAnswer => ({ json: { createaccount: { status: 'FAIL', messagecode, message } } });
  const name = params.username ?? '';
  if (session.user?.blocked && !session.user.blocked.partial) return fail('cantcreateaccount-text', 'Account creation from your account has been blocked.');
  const why = unmakeable(name);
  if (why) return fail(why, 'This name cannot be taken.');
  if (wiki.userNamed(name)) return fail('userexists', 'Username entered already in use. Please choose a different name.');
  if (params.mailpassword === undefined || !/^[^@\s]+@[^@\s]+$/.test(params.email ?? '')) return fail('noemailcreate', 'You need to provide a valid email address.');
  const by = session.user?.name ?? '127.0.0.1';
  const atMs = Date.now();
  if (settings.accountsPerDay && !hasRight(session.user, 'noratelimit')) {
    const tries = wiki.accountTries.filter((one) => one > atMs - DAY_MS);
    wiki.accountTries.push(atMs); // a try that is sent away counts, too
    if (tries.length >= settings.accountsPerDay) return fail('acct_creation_throttle_hit', `Visitors to this wiki using your IP address have created ${settings.accountsPerDay} accounts in the last day, which is the maximum allowed in this time period.`);
  }
  journal.apply({ op: 'account', wiki: wiki.name, name, by, atMs, reason: params.reason ?? '' });
  journal.apply({ op: 'mail', wiki: wiki.name, to: name, from: by, atMs, subject: 'Your account', text: `The account ${name} was made for you.` });
  return { json: { createaccount: { status: 'PASS', username: wiki.userNamed(name)!.name } } };
}

/** list=logevents, of new users only: newest first, by position in the log, so that who comes meanwhile shifts nothing. */
export function newUsers({ wiki, params }: ApiCall, limit: number, more: Record<string, string>): Record<string, unknown>[] {
  const name = params.letitle?.replace(/^User:/, '');
  const [newest, oldest] = [instant(params.lestart) ?? Infinity, instant(params.leend) ?? -Infinity];
  const found: Record<string, unknown>[] = [];
  for (let at = Number(params.lecontinue?.split('|')[1] ?? wiki.newUsers.length - 1); at >= 0; at -= 1) {
    const { name: title, by, atMs, reason, hidden } = wiki.newUsers[at]!;
    const second = Math.floor(atMs / 1_000) * 1_000;
    if (second > newest || second < oldest) continue;
    if ((name !== undefined && (hidden || title !== wiki.userNamed(name)?.name)) || (params.leuser !== undefined && by !== wiki.userNamed(params.leuser)?.name)) continue;
    if (found.length === limit) {
      more.lecontinue = `${isoSeconds(atMs).replace(/\D/g, '')}|${at}`;
      break;
    }
    found.push({ logid: at + 1, ...(hidden ? { actionhidden: true } : { ns: 2, title: `User:${title}` }), type: 'newusers', action: 'byemail', user: by, timestamp: isoSeconds(atMs), comment: reason });
  }
  return found;
}

const instant = (text: string | undefined): number | undefined => (text === undefined ? undefined : Date.parse(text));
