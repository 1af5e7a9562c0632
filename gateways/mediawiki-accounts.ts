/** Accounts: whether one is there or may be made, making it, and who made it. Called by gateways/mediawiki.ts. */
import { badReply, safeCode, WikiError } from './mediawiki-error';
import { answersTo, encode, listIn, type Session } from './mediawiki-session';

export interface AccountName {
  /** As the wiki writes it. */
  name: string;
  /** `taken`: it is there; `free`: it may be made; `invalid`: no account can have such a name; `refused`: the wiki lets nobody take it. */
  fate: 'taken' | 'free' | 'invalid' | 'refused';
  /** Of `refused`: the wiki's code, such as `titleblacklist-forbidden-new-account` or `antispoof-name-illegal`. */
  code?: string;
}

/** One request; the wiki's own checks (title blacklist, similar names) are in its answer. @throws WikiError */
export async function askAccount(session: Session, name: string, signal?: AbortSignal): Promise<AccountName> {
  const [found] = listIn(await session.call(`action=query&list=users&ususers=${encode(name)}&usprop=cancreate`, { signal }), 'users');
  if (typeof found?.name !== 'string') throw badReply();
  const as = found.name;
  if (found.invalid === true) return { name: as, fate: 'invalid' };
  if (found.missing !== true) return { name: as, fate: 'taken' };
  return found.cancreate === false ? { name: as, fate: 'refused', code: safeCode(found.cancreateerror?.[0]?.code ?? found.cancreateerror?.[0]?.message) } : { name: as, fate: 'free' };
}

export interface NewAccount {
  name: string;
  /** The wiki sends a password of its own there, and nobody else sees it. */
  email: string;
  /** Public, in the wiki's log. */
  reason: string;
  signal?: AbortSignal;
}

/** The wiki's own number of accounts a day from one address is used up. */
const THROTTLED = new Set(['acct_creation_throttle_hit', 'throttled', 'ratelimited']);
const A_DAY_MS = 86_400_000;

/**
 * Makes an account, once: a name can be taken only once, so that a second try after `lost` meets `userexists`.
 * @throws WikiError `busy` with the code acct_creation_throttle_hit where the day's number is used up, `refused` with the wiki's code, `lost`
 */
export async function createAccount(session: Session, { name, email, reason, signal }: NewAccount): Promise<void> {
  const { query } = await session.call('action=query&meta=tokens&type=createaccount', { signal });
  const token = query?.tokens?.createaccounttoken;
  if (typeof token !== 'string') throw badReply();
  const reply = await session
    .call(`action=createaccount&username=${encode(name)}&email=${encode(email)}&mailpassword=1&realname=&reason=${encode(reason)}&createreturnurl=${encode('https://reeve.invalid/')}&createtoken=${encode(token)}`, { write: true, signal })
    .catch((error: unknown) => {
      throw error instanceof WikiError && THROTTLED.has(error.code) ? throttled(error.detail) : error;
    });
  const { status, messagecode, message } = reply.createaccount ?? {};
  if (status === 'PASS') return;
  if (status !== 'FAIL' && status !== 'UI' && status !== 'REDIRECT') throw badReply(true);
  const code = status === 'FAIL' ? safeCode(messagecode) : 'wants-more'; // a captcha, or a second page: nothing that Reeve could answer
  throw THROTTLED.has(code) ? throttled() : new WikiError('refused', code, typeof message === 'string' ? message.slice(0, 500) : undefined);
}

const throttled = (detail?: string): WikiError => new WikiError('busy', 'acct_creation_throttle_hit', detail, A_DAY_MS);

/** When one of these accounts made one of this name, by the wiki's own log, newest first; empty where none did. @throws WikiError */
export async function createdBy(session: Session, name: string, creators: readonly string[], signal?: AbortSignal): Promise<number[]> {
  const { clockOffsetMs } = await session.ready(signal);
  const reply = await session.call(`action=query&list=logevents&letype=newusers&letitle=${encode(`User:${name}`)}&leprop=user%7Ctimestamp%7Ctype&lelimit=50`, { signal });
  return listIn(reply, 'logevents').filter(({ user }) => creators.includes(user)).map(({ timestamp }) => Date.parse(timestamp) - clockOffsetMs);
}

/** One account that somebody made for somebody else, as the wiki's log of new users has it. */
export interface LoggedAccount {
  logId: number;
  /** By the wiki's clock; whole seconds. */
  atMs: number;
  /** Who made it. */
  by: string;
  /** null: an admin has hidden it. */
  name: string | null;
  /** What was given as the reason; empty where that is hidden. */
  reason: string;
}
/** By whom, and between which instants of the wiki's clock, both included. */
export interface LogPeriod {
  by: string;
  fromMs: number;
  toMs: number;
  signal?: AbortSignal;
}

/** Newest first, in pieces as the wiki gives them. @throws WikiError */
export async function* loggedAccounts(session: Session, { by, fromMs, toMs, signal }: LogPeriod): AsyncGenerator<LoggedAccount[]> {
  const form = `action=query&list=logevents&letype=newusers&leuser=${encode(by)}&ledir=older&lestart=${iso(toMs)}&leend=${iso(fromMs)}&leprop=ids%7Ctitle%7Ctype%7Cuser%7Ctimestamp%7Ccomment&lelimit=max`;
  for await (const reply of answersTo(session, form, signal))
    yield listIn(reply, 'logevents').filter((entry) => !OWN_DOING.has(entry?.action)).map((entry) => loggedAccount(entry ?? {}, by));
}

/** Whoever makes an account for themselves is their own creator. */
const OWN_DOING = new Set(['create', 'autocreate']);
const iso = (atMs: number): string => `${new Date(atMs).toISOString().slice(0, 19)}Z`;

function loggedAccount({ logid, timestamp, user, title, comment }: Record<string, unknown>, by: string): LoggedAccount {
  const atMs = typeof timestamp === 'string' ? Date.parse(timestamp) : Number.NaN;
  if (!Number.isSafeInteger(logid) || !Number.isFinite(atMs)) throw badReply();
  return {
    logId: logid as number, atMs, by: typeof user === 'string' ? user : by,
    name: typeof title === 'string' ? title.slice(title.indexOf(':') + 1) : null, reason: typeof comment === 'string' ? comment : '',
  };
}
