/**
 * One signed-in session at one wiki: by a bot password it is kept for the life of the process (cookies, edit token,
 * `assert`); by somebody's access token it acts as that person, for as long as the token lasts. gateways/mediawiki.ts makes
 * every call through it. A session that the wiki no longer takes is renewed once, by one request however many were
 * waiting, and the call that met it is sent again: the wiki had refused it unread.
 */
import { createHttp, type Http, type HttpReply } from './http';
import { Cookies } from './mediawiki-cookies';
import { apiError, type ApiError, badReply, foreignReply, lineError, safeCode, WikiError } from './mediawiki-error';

export interface BotPassword {
  /** Such as `ReeveBot@reeve`. */
  user: string;
  password: string;
}
export interface SessionOptions {
  /** The wiki's api.php. Its host is the only one ever called. */
  apiUrl: string;
  /** Who signs in: a bot password, or the access token of OAuth 2 by which a person lets Reeve act. */
  as: BotPassword | { accessToken: string };
  userAgent: string;
  timeoutMs?: number;
  allowPrivateHosts?: boolean;
  connections?: number;
}

/** Replication lag from which the wiki should refuse us. */
const MAX_LAG_S = 5;

/** Who the wiki takes us for. */
export interface Account {
  name: string;
  groups: string[];
  rights: string[];
  /** Clock of the wiki minus ours, milliseconds; whole seconds only. */
  clockOffsetMs: number;
}

export type ApiReply = Record<string, any>;

export class Session {
  private readonly url: URL;
  private readonly http: Http;
  private cookies = new Cookies();
  private token = '';
  private tokenSuffix = '';
  private tail = '';
  private headers: Record<string, string> = {};
  private cookieLine: string | undefined;
  private account: Account | undefined;
  private renewing: Promise<Account> | undefined;
  private generation = 0;

  constructor(private readonly options: SessionOptions) {
    this.url = new URL(options.apiUrl);
    const own = this.url.host;
    const { timeoutMs, allowPrivateHosts, connections } = options;
    this.http = createHttp({ allowHost: (host) => host === own, timeoutMs, allowPrivateHosts, connections });
  }

  /** Signs in if need be. */
  async ready(signal?: AbortSignal): Promise<Account> {
    return this.account ?? this.renew(this.generation, signal);
  }

  /**
   * One call of the API. `form` is the encoded parameters without format, assert, maxlag and token.
   * @throws WikiError
   */
  call(form: string, how: { write?: boolean; signal?: AbortSignal } = {}): Promise<ApiReply> {
    const { generation } = this;
    if (!this.account) return this.renew(generation, how.signal).then(() => this.call(form, how));
    return this.signed(form, how, () => this.renew(generation, how.signal).then(() => this.signed(form, how)));
  }

  private signed(form: string, { write = false, signal }: { write?: boolean; signal?: AbortSignal }, afresh?: () => Promise<ApiReply>): Promise<ApiReply> {
    return this.post(form + this.tail + (write ? this.tokenSuffix : ''), write, signal, afresh);
  }

  /** Asks another script beside api.php what needs no account. @returns its JSON; undefined where it gives none. @throws WikiError */
  async beside(path: string, form: string, signal?: AbortSignal): Promise<unknown> {
    const url = new URL(this.url.href.replace(/api\.php$/, path));
    const { body } = await this.http.post(url, form, this.headerLines(), signal).catch((error: unknown) => {
      throw lineError(error, false);
    });
    try {
      return JSON.parse(body);
    } catch {
      return undefined;
    }
  }

  async close(): Promise<void> {
    await this.http.close();
  }

  /** `seen`: the session that failed its caller; when another caller has renewed it since, there is nothing to do. */
  private renew(seen: number, signal?: AbortSignal): Promise<Account> {
    if (this.account && seen !== this.generation) return Promise.resolve(this.account);
    this.renewing ??= this.signIn().finally(() => { this.renewing = undefined; });
    return signal ? untilAborted(this.renewing, signal) : this.renewing;
  }

  private async signIn(): Promise<Account> {
    this.account = undefined;
    this.cookies = new Cookies();
    this.cookieLine = undefined;
    const { as } = this.options;
    if ('user' in as) await this.logIn(as);
    const who = await this.post(`action=query&meta=userinfo%7Ctokens&uiprop=groups%7Crights&curtimestamp=1&assert=user${plain}`, false);
    const info = who.query?.userinfo;
    const csrf = who.query?.tokens?.csrftoken;
    if (typeof info?.name !== 'string' || !Array.isArray(info.rights) || typeof csrf !== 'string') throw badReply();
    this.token = csrf;
    this.tail = `&maxlag=${MAX_LAG_S}&assert=${info.rights.includes('bot') ? 'bot' : 'user'}${plain}`;
    this.tokenSuffix = `&token=${encode(this.token)}`;
    this.generation += 1;
    const offset = Date.parse(who.curtimestamp) - Date.now();
    this.account = { name: info.name, groups: strings(info.groups), rights: strings(info.rights), clockOffsetMs: Number.isFinite(offset) ? offset : 0 };
    return this.account;
  }

  private async logIn({ user, password }: BotPassword): Promise<void> {
    const { query } = await this.post(`action=query&meta=tokens&type=login${plain}`, false);
    const token = query?.tokens?.logintoken;
    if (typeof token !== 'string') throw badReply();
    const reply = await this.post(`action=login&lgname=${encode(user)}&lgpassword=${encode(password)}&lgtoken=${encode(token)}${plain}`, false);
    if (typeof reply.login?.result !== 'string') throw badReply();
    if (reply.login.result !== 'Success') throw loginError(reply.login);
  }

  // Each promise costs: those of an edit are few, from activities/poster.ts to gateways/http.ts (a `then` is one, an `await` in a function of its own two).
  /** @param afresh where the wiki no longer takes the session */
  private post(body: string, write: boolean, signal?: AbortSignal, afresh?: () => Promise<ApiReply>): Promise<ApiReply> {
    const { cookies } = this; // a late answer to an old session must not write into the jar of a new one
    return this.http.post(this.url, body, this.headerLines(), signal).then((reply) => {
      if (reply.headers['set-cookie']) cookies.take(reply.headers['set-cookie']);
      try {
        return read(reply, write);
      } catch (error) {
        if (afresh && error instanceof WikiError && error.kind === 'session') return afresh();
        throw error;
      }
    }, (error: unknown) => {
      throw lineError(error, write);
    });
  }

  private headerLines(): Record<string, string> {
    const cookie = this.cookies.header();
    if (cookie !== this.cookieLine) {
      this.cookieLine = cookie;
      this.headers = {
        'content-type': 'application/x-www-form-urlencoded',
        'user-agent': this.options.userAgent.replace(/[^\x20-\x7e]/g, '?'),
        ...(cookie && { cookie }),
        ...('accessToken' in this.options.as && { authorization: `Bearer ${this.options.as.accessToken}` }),
      };
    }
    return this.headers;
  }
}

const plain = '&format=json&formatversion=2&errorformat=plaintext';

/** Form encoding. A lone surrogate, which no wiki could store, becomes U+FFFD. */
export function encode(text: string): string {
  try {
    return encodeURIComponent(text);
  } catch {
    return encodeURIComponent(Buffer.from(text).toString());
  }
}

/** An answer in all its parts, each asked for when it is wanted. A wiki that goes in circles is an error: it would be asked for ever. @throws WikiError */
export async function* answersTo(session: Session, form: string, signal?: AbortSignal): AsyncGenerator<ApiReply> {
  const seen = new Set<string>();
  for (let more = ''; ; seen.add(more)) {
    const reply = await session.call(form + more, { signal });
    yield reply;
    more = Object.entries(reply.continue ?? {}).map(([key, value]) => `&${key}=${encode(String(value))}`).join('');
    if (!more) return;
    if (seen.has(more)) throw badReply();
  }
}

/** A list that was asked for. Where there is nothing MediaWiki gives an empty one: an answer without it tells nothing. @throws WikiError */
export function listIn({ query }: ApiReply, name: string): Record<string, any>[] {
  const list: unknown = query?.[name];
  if (!Array.isArray(list)) throw badReply();
  return list;
}

/** @throws WikiError for what the wiki refused, and for what no wiki would answer. */
function read(reply: HttpReply, write: boolean): ApiReply {
  const json = parse(reply.body);
  if (!json) throw foreignReply(reply, write);
  const first: ApiError | undefined = Array.isArray(json.errors) ? json.errors[0] : json.error;
  if (first?.code !== undefined) throw apiError(first, reply, write); // a proxy's own errors have none
  if (reply.status !== 200) throw foreignReply(reply, write);
  return json;
}

/** The object in a JSON answer; undefined for anything else, HTML and cut-off answers included. */
function parse(body: string): ApiReply | undefined {
  try {
    const json: unknown = JSON.parse(body);
    return typeof json === 'object' && json !== null && !Array.isArray(json) ? json : undefined;
  } catch {
    return undefined;
  }
}

function loginError(login: ApiReply): WikiError {
  const code = safeCode(login.reason?.code ?? login.result);
  const detail = typeof login.reason?.text === 'string' ? login.reason.text : undefined;
  if (code === 'login-throttled' || code === 'throttled') {
    return new WikiError('busy', 'login-throttled', detail, (Number(login.wait) || 300) * 1000);
  }
  return new WikiError('session', code, detail);
}

const strings = (value: unknown): string[] => (Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []);

const untilAborted = <T>(work: Promise<T>, signal: AbortSignal): Promise<T> =>
  new Promise((done, fail) => {
    const stop = (): void => fail(new WikiError('busy', 'aborted'));
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    work.then(done, fail).finally(() => signal.removeEventListener('abort', stop));
  });

