/**
 * The sandbox wiki: a small real server that speaks what Reeve uses of MediaWiki's Action API, with faults on demand and
 * a bare page view. Started by `reeve sandbox-wiki`, by `npm start` and by tests. One process holds many wikis:
 * `/api.php` and `/wiki/Title` are the default one's, `/<name>/api.php` and `/<name>/wiki/Title` another's.
 * Loopback only, in memory, or in a file (`--data`) that survives kill -9. Not a wiki to keep anything in.
 */
import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseArgs } from 'node:util';
import { lagged, newSession, readOnly, runApi } from './sandbox-wiki-api';
import { ApiFailure, type ApiSession, type Params } from './sandbox-wiki-call';
import { archive, type Control, runControl } from './sandbox-wiki-control';
import { type FaultRule, Faults, isAfter } from './sandbox-wiki-faults';
import { lint } from './sandbox-wiki-lint';
import { Journal } from './sandbox-wiki-journal';
import { type OAuthReply, SandboxOAuth } from './sandbox-wiki-oauth';
import { readTitle } from './sandbox-wiki-title';
import { changesView, missingView, pageView } from './sandbox-wiki-view';

export { sandboxAccounts } from './sandbox-wiki-state';

export interface SandboxWikiOptions {
  /** 0, the default, takes a free one. */
  port?: number;
  dataFile?: string;
  /** How long every API call takes. */
  latencyMs?: number;
}

export interface SandboxWiki {
  url: string;
  apiUrl: string;
  /** Settings, faults, seeds and counts (demo/sandbox-wiki-control.ts), without the way through HTTP. */
  control: (method: 'GET' | 'POST' | 'DELETE', path: string, body?: object) => any;
  close: () => Promise<void>;
}

export async function startSandboxWiki({ port = 0, dataFile, latencyMs = 0 }: SandboxWikiOptions = {}): Promise<SandboxWiki> {
  const sessions = new Map<string, ApiSession>();
  const control: Control = {
    journal: await Journal.open(dataFile),
    faults: new Faults(),
    oauth: new SandboxOAuth(),
    settings: { latencyMs, lagSeconds: 0, readOnly: '', linter: false, accountsPerDay: 0 },
    counts: { requests: 0, edits: 0, inFlight: 0, peakInFlight: 0, actions: {} },
    forgetSessions(except) {
      for (const [id, { user }] of sessions) if (except === undefined || user?.name !== except) sessions.delete(id);
    },
  };
  const desk = new Desk(control, sessions);
  const server = createServer({ keepAliveTimeout: 65_000 }, (request, response) => desk.take(request, response));
  await new Promise<void>((done, fail) => server.once('error', fail).listen(port, '127.0.0.1', done));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    apiUrl: `${url}/api.php`,
    control(method, path, body = {}) {
      const [name = '', query] = path.split('?');
      const answer = runControl(control, method, name, new URLSearchParams(query), body as Record<string, unknown>);
      control.journal.flush();
      return answer;
    },
    close: () => new Promise<void>((done) => {
      server.close(() => done(control.journal.close()));
      server.closeAllConnections();
    }),
  };
}

/** `reeve sandbox-wiki --port N [--data FILE] [--latency MS]`: runs until it is told to stop. */
export async function runSandboxWiki(argv: string[]): Promise<void> {
  const { values } = parseArgs({ args: argv, options: { port: { type: 'string' }, data: { type: 'string' }, latency: { type: 'string' } } });
  const wiki = await startSandboxWiki({ port: Number(values.port ?? 0), dataFile: values.data, latencyMs: Number(values.latency ?? 0) });
  process.stdout.write(`Sandbox wiki: ${wiki.url}/wiki/ (API ${wiki.apiUrl})\n`);
  await new Promise<void>((done) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => done());
  });
  await wiki.close();
}

/** Takes requests in, and lets answers out once what they tell of is in the journal. */
class Desk {
  private waiting: (() => void)[] = [];

  constructor(private readonly control: Control, private readonly sessions: Map<string, ApiSession>) {}

  take(request: IncomingMessage, response: ServerResponse): void {
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on('error', () => response.destroy());
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= 64 * 1024 * 1024) chunks.push(chunk);
    });
    request.on('end', () => {
      const body = chunks.length === 1 ? chunks[0]!.toString() : Buffer.concat(chunks).toString();
      const [path = '', query = ''] = (request.url ?? '/').split('?', 2);
      if (path.endsWith('/api.php')) this.api(request, response, path, query, body);
      else if (path.endsWith('/rest.php/v1/transform/wikitext/to/lint') && this.control.settings.linter) send(response, 200, 'application/json', JSON.stringify(lint(form(body, {}).wikitext ?? '')));
      else if (/\/rest\.php\/oauth2\/(authorize|access_token|resource\/profile)$/.test(path)) this.oauth(request, response, path, query, body);
      else if (path.startsWith('/_control')) this.steer(request, response, path.slice('/_control'.length).replace(/^\//, ''), query, body);
      else this.view(response, path.endsWith('/index.php') ? path.replace(/index\.php$/, `wiki/${encodeURIComponent(new URLSearchParams(query).get('title') ?? '')}`) : path);
    });
  }

  private api(request: IncomingMessage, response: ServerResponse, path: string, query: string, body: string): void {
    const { counts, settings } = this.control;
    const params = form(body, form(query, {}));
    const action = params.action ?? 'help';
    counts.requests += 1;
    counts.actions[action] = (counts.actions[action] ?? 0) + 1;
    counts.inFlight += 1;
    counts.peakInFlight = Math.max(counts.peakInFlight, counts.inFlight);
    response.once('close', () => { counts.inFlight -= 1; });
    const name = decodeURIComponent(path.slice(1, -'api.php'.length).replace(/\/$/, ''));
    if (settings.latencyMs > 0) setTimeout(() => this.answer(request, response, name, action, params), settings.latencyMs);
    else this.answer(request, response, name, action, params);
  }

  private answer(request: IncomingMessage, response: ServerResponse, name: string, action: string, params: Params): void {
    const { journal, faults, settings } = this.control;
    if (response.destroyed) return;
    const rule = faults.rules.length ? faults.strike(name, action, readTitle(params.title ?? params.page ?? params.talkpage ?? (params.target ? `User talk:${params.target}` : '')).full) : undefined;
    if (rule?.fault === 'logout') this.sessions.clear();
    if (rule && !isAfter(rule.fault) && this.disturb(response, rule)) return;
    const headers: Record<string, string> = {};
    let json: Record<string, unknown>;
    try {
      const { session, cookie } = this.session(request, name);
      if (cookie) headers['set-cookie'] = cookie;
      if (rule) failBefore(rule);
      const answer = runApi({ journal, wiki: journal.wiki(name), params, session, settings, origin: `http://${request.headers.host ?? '127.0.0.1'}` });
      json = answer.json;
      if (answer.page) {
        this.control.counts.edits += 1;
        if (rule && faults.chance(rule.hide)) journal.apply({ op: 'hide', wiki: name, title: answer.page.title, revision: answer.page.revisions.at(-1)!.id });
        if (rule && faults.chance(rule.archive)) archive(journal, name, answer.page.title, answer.page.revisions.at(-1)?.added ?? '');
      }
    } catch (error) {
      if (!(error instanceof ApiFailure)) throw error;
      const { code, text, data } = error;
      Object.assign(headers, error.headers, { 'mediawiki-api-error': code });
      json = params.errorformat ? { errors: [{ code, text, ...(data && { data }), module: action }], docref: '' } : { error: { code, info: text, ...data } };
    }
    const text = JSON.stringify(json);
    this.afterJournal(() => (rule && isAfter(rule.fault) ? this.disturb(response, rule, text) : send(response, 200, 'application/json; charset=utf-8', text, headers)));
  }

  private oauth(request: IncomingMessage, response: ServerResponse, path: string, query: string, body: string): void {
    const { journal, faults, oauth } = this.control;
    const [, name = '', what = ''] = /^(.*)\/rest\.php\/oauth2\/(.+)$/.exec(path)!;
    const [action, wiki] = [`oauth-${{ access_token: 'token', 'resource/profile': 'profile' }[what] ?? what}`, journal.wiki(plain(name.slice(1)))];
    const rule = faults.strike(wiki.name, action, '');
    if (rule && !isAfter(rule.fault) && this.disturb(response, rule)) return;
    const reply: OAuthReply = action === 'oauth-authorize' ? oauth.authorize(wiki, request.method ?? 'GET', form(query, {}), form(body, {}))
      : action === 'oauth-token' ? oauth.token(wiki, form(body, {})) : oauth.profile(wiki, request.headers.authorization);
    if (rule && isAfter(rule.fault) && this.disturb(response, rule, reply.text)) return;
    send(response, reply.status, reply.type === 'json' ? 'application/json' : html, reply.text, reply.headers);
  }

  /** @returns whether the fault has taken the answer. */
  private disturb(response: ServerResponse, { fault, retryAfter = 1 }: FaultRule, text = ''): boolean {
    if (fault === 'cut-before' || fault === 'cut-after') response.destroy();
    else if (fault === 'html' || fault === 'html-after') send(response, 200, 'text/html', '<!doctype html><title>Down for maintenance</title>');
    else if (fault === 'invalid-json') send(response, 200, 'application/json', text.slice(0, -7));
    else if (fault === 'empty-json') send(response, 200, 'application/json', '{"batchcomplete":true}');
    else if (fault.startsWith('http-')) send(response, Number(fault.slice(5, 8)), 'text/html', '<h1>Error</h1>', { 'retry-after': String(retryAfter) });
    else return fault === 'hang' || fault === 'hang-after';
    return true;
  }

  private session(request: IncomingMessage, name: string): { session: ApiSession; cookie?: string } {
    // An access token stands for its account, without cookies.
    const bearer = request.headers.authorization;
    if (bearer !== undefined) {
      const known = this.sessions.get(bearer) ?? { ...newSession(), user: undefined };
      this.sessions.set(bearer, known);
      known.user = this.control.oauth.userOf(this.control.journal.wiki(name), bearer);
      if (!known.user) throw new ApiFailure('mwoauth-invalid-authorization', 'The authorization headers in your request are not valid: Invalid access token.');
      return { session: known };
    }
    const label = `sandbox${name && `_${encodeURIComponent(name)}`}_session`;
    const id = request.headers.cookie?.split('; ').find((one) => one.startsWith(`${label}=`))?.slice(label.length + 1);
    const known = id === undefined ? undefined : this.sessions.get(id);
    if (known) return { session: known };
    const [fresh, session] = [randomBytes(16).toString('hex'), newSession()];
    this.sessions.set(fresh, session);
    return { session, cookie: `${label}=${fresh}; path=/; HttpOnly` };
  }

  /** One write to the file for all the edits of a moment. */
  private afterJournal(answer: () => void): void {
    if (!this.control.journal.isDirty) return answer();
    this.waiting.push(answer);
    if (this.waiting.length > 1) return;
    setImmediate(() => {
      this.control.journal.flush();
      const answers = this.waiting;
      this.waiting = [];
      for (const one of answers) one();
    });
  }

  private steer(request: IncomingMessage, response: ServerResponse, path: string, query: string, body: string): void {
    try {
      const answer = runControl(this.control, request.method ?? 'GET', path, new URLSearchParams(query), body ? JSON.parse(body) as Record<string, unknown> : {});
      this.control.journal.flush();
      send(response, answer === undefined ? 404 : 200, 'application/json', JSON.stringify(answer ?? { error: 'no such control' }));
    } catch (error) {
      send(response, 400, 'application/json', JSON.stringify({ error: String(error) }));
    }
  }

  private view(response: ServerResponse, path: string): void {
    const [, name = '', title] = /^(?:\/([^/]+))?\/wiki\/(.*)$/.exec(path) ?? [];
    const wiki = this.control.journal.wiki(plain(name));
    if (title === undefined || title === '') return title === '' || path === '/' ? send(response, 200, html, changesView(wiki)) : send(response, 404, html, missingView(wiki, 'Not found'));
    const page = pageView(wiki, plain(title));
    send(response, page === undefined ? 404 : 200, html, page ?? missingView(wiki, plain(title)));
  }
}

const html = 'text/html; charset=utf-8';

function failBefore({ fault, retryAfter }: FaultRule): void {
  if (fault === 'maxlag') throw lagged(9, retryAfter ?? 5);
  if (fault === 'readonly') throw readOnly('The sandbox is being tidied.');
  const said = failures[fault];
  if (said) throw new ApiFailure(said[0], said[1], undefined, fault === 'ratelimited' && retryAfter !== undefined ? { 'retry-after': String(retryAfter) } : {});
}

const failures: Partial<Record<FaultRule['fault'], [code: string, text: string]>> = {
  'ratelimited': ['ratelimited', 'You\'ve exceeded your rate limit. Please wait some time and try again.'],
  'badtoken': ['badtoken', 'Invalid CSRF token.'],
  'assertfailed': ['assertbotfailed', 'You do not have the "bot" right, so the action could not be completed.'],
  'blocked': ['blocked', 'You have been blocked from editing.'],
  'protected': ['protectedpage', 'This page has been protected to prevent editing or other actions.'],
  'abusefilter': ['abusefilter-disallowed', 'This action has been automatically identified as harmful, and therefore disallowed.'],
  'titleblacklist': ['titleblacklist-forbidden', 'The title has been banned from creation.'],
  'nomail': ['noemail', 'This user has not specified a valid email address.'],
  'internal-error': ['internal_api_error_DBQueryError', 'Caught exception of type DBQueryError'],
};

function send(response: ServerResponse, status: number, type: string, text: string, headers: Record<string, string> = {}): void {
  if (response.destroyed) return;
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(text), ...headers });
  response.end(text);
}

/** Form decoding; the long value that many requests share is decoded once. */
function form(text: string, into: Params): Params {
  for (const pair of text ? text.split('&') : []) {
    const cut = pair.indexOf('=');
    if (cut < 0) into[plain(pair)] = '';
    else into[pair.slice(0, cut)] = value(pair.slice(cut + 1));
  }
  return into;
}

let lastRaw = '';
let lastValue = '';
function value(raw: string): string {
  if (raw.length < 100) return plain(raw);
  if (raw !== lastRaw) [lastRaw, lastValue] = [raw, plain(raw)];
  return lastValue;
}

function plain(raw: string): string {
  const text = raw.includes('+') ? raw.replaceAll('+', ' ') : raw;
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
