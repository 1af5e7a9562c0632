/**
 * Every HTTP request to a wiki leaves through here (gateways/mediawiki-session.ts and mediawiki-oauth.ts call it): keep-alive pools, one
 * deadline per request, a cap on the answer's size, and the guard: hosts of configured wikis only, addresses checked
 * when connecting, redirects followed by hand with each hop checked again. An error is a code, and says whether
 * anything was sent: only then may the wiki have acted.
 */
import { lookup as systemLookup, type LookupAddress, type LookupOptions } from 'node:dns';
import type { IncomingHttpHeaders } from 'node:http';
import { isIP, type LookupFunction } from 'node:net';
import { Client, type Dispatcher } from 'undici';
import { isAllowedAddress } from './addresses';

export type HttpCode =
  | 'wiki.forbidden-host' | 'wiki.unreachable' | 'wiki.timeout' | 'wiki.reset' | 'wiki.too-large' | 'wiki.aborted' | 'wiki.redirect';

export interface HttpReply {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

export interface HttpRequest {
  method: 'GET' | 'POST';
  url: URL;
  headers: Record<string, string>;
  body?: string;
}

export interface HttpOptions {
  /** Whether this host (`name` or `name:port`) is that of a configured wiki. Asked for each request and each redirect. */
  allowHost: (host: string) => boolean;
  allowPrivateHosts?: boolean;
  /** Longest wait for a whole answer, connecting included. Default 20 s. */
  timeoutMs?: number;
  /** Largest answer taken. Default 32 MiB: 500 titles with all they carry stay below 1 MiB. */
  maxBytes?: number;
  /** Connections per origin. Default 64. */
  connections?: number;
  /** Name resolution, replaced in tests. */
  lookup?: (hostname: string, options: LookupOptions, done: (error: NodeJS.ErrnoException | null, found: LookupAddress[]) => void) => void;
}

export interface Http {
  /**
   * Posts a form. Redirects are followed at most 3 times, only to allowed hosts, with the same body; cookies and
   * tokens stay behind when the host changes.
   * @throws HttpError; `sent` false means that the wiki has seen nothing of it.
   */
  post(url: URL, body: string, headers: Record<string, string>, signal?: AbortSignal): Promise<HttpReply>;
  /** Sends one request and follows no redirect. @throws HttpError */
  ask(request: HttpRequest, signal?: AbortSignal): Promise<HttpReply>;
  close(): Promise<void>;
}

export class HttpError extends Error {
  override readonly name = 'HttpError';
  constructor(readonly code: HttpCode, readonly sent: boolean) {
    super(code);
  }
}

export function createHttp(options: HttpOptions): Http {
  const { allowHost, allowPrivateHosts = false, timeoutMs = 20_000, maxBytes = 32 * 1024 * 1024, connections = 64 } = options;
  const origins = new Map<string, Lines>();
  const resolve = options.lookup ?? ((name, how, done) => systemLookup(name, { ...how, all: true }, done));

  const guardedLookup: LookupFunction = (hostname, how, done) => {
    resolve(hostname, { ...how, all: true }, (error, found) => {
      if (error) return done(error, '', 0);
      const [first] = found;
      // One that is not allowed condemns the name: no wiki stands half in a private network.
      if (!first || !found.every(({ address }) => isAllowedAddress(address, allowPrivateHosts))) return done(Object.assign(new Error('forbidden'), { code: 'FORBIDDEN_HOST' }), '', 0);
      if (how.all) (done as unknown as (error: null, found: LookupAddress[]) => void)(null, found);
      else done(null, first.address, first.family);
    });
  };

  const linesTo = (url: URL): Lines => {
    const allowed = (url.protocol === 'https:' || url.protocol === 'http:') && !url.username && !url.password && allowHost(url.host);
    if (!allowed) throw new HttpError('wiki.forbidden-host', false);
    const known = origins.get(url.origin);
    if (known) return known;
    const literal = isIP(url.hostname.replace(/^\[|\]$/g, '')) !== 0;
    if (literal && !isAllowedAddress(url.hostname, allowPrivateHosts)) throw new HttpError('wiki.forbidden-host', false);
    const lines = new Lines(connections, () => new Client(url.origin, {
      pipelining: 1,
      headersTimeout: 0, // one deadline of our own covers headers and body, drip by drip
      bodyTimeout: 0,
      connect: { lookup: guardedLookup, timeout: Math.min(timeoutMs, 10_000) },
    }));
    origins.set(url.origin, lines);
    return lines;
  };

  /** @param after what becomes of the answer: here, for another promise would cost each edit more than this */
  const send = ({ method, url, body, headers }: HttpRequest, signal?: AbortSignal, after: (reply: HttpReply) => HttpReply | Promise<HttpReply> = (reply) => reply): Promise<HttpReply> =>
    new Promise((done, fail) => {
      if (signal?.aborted) return fail(new HttpError('wiki.aborted', false));
      const lines = linesTo(url); // a throw in here rejects
      const line = lines.take();
      const exchange = new Exchange((reply) => done(after(reply)), fail, () => lines.give(line), timeoutMs, maxBytes, signal);
      line.client.dispatch({ method, path: url.pathname + url.search, headers, body }, exchange);
    });

  /** `first`: the answer that leads elsewhere. */
  const follow = async (first: HttpReply, { url, headers, ...request }: HttpRequest, signal?: AbortSignal): Promise<HttpReply> => {
    let [reply, from] = [first, url];
    for (let hop = 0; isRedirect(reply); hop += 1) {
      const to = hop < 3 ? nextHop(from, reply) : undefined;
      if (!to) throw new HttpError('wiki.redirect', true);
      const { cookie: _, authorization: __, ...open } = headers;
      reply = await send({ ...request, url: to, headers: to.host === url.host ? headers : open }, signal);
      from = to;
    }
    return reply;
  };

  return {
    post(url, body, headers, signal) {
      const request: HttpRequest = { method: 'POST', url, body, headers };
      return send(request, signal, (reply) => (isRedirect(reply) ? follow(reply, request, signal) : reply));
    },
    ask: (request, signal) => send(request, signal),
    async close() {
      await Promise.all([...origins.values()].map((lines) => lines.close()));
      origins.clear();
    },
  };
}

const isRedirect = ({ status }: HttpReply): boolean => status >= 301 && status <= 308 && status !== 304;

/** Never from https to http, and never a 303, which asks for another method: what was meant is then unknown. */
function nextHop(from: URL, { status, headers }: HttpReply): URL | undefined {
  const to = headers.location && URL.canParse(headers.location, from.href) ? new URL(headers.location, from) : undefined;
  if (!to || status === 303 || (from.protocol === 'https:' && to.protocol !== 'https:')) return undefined;
  return to;
}

/**
 * The connections to one origin. The one that came free last is taken first: as few stay open as are in flight, and no
 * search for a free one (undici's Pool looks through them all) stands on the hot path.
 */
class Lines {
  private readonly all: Line[] = [];
  private readonly free: Line[] = [];
  private next = 0;

  constructor(private readonly most: number, private readonly open: () => Client) {}

  take(): Line {
    let line = this.free.pop();
    if (!line && this.all.length < this.most) this.all.push((line = { client: this.open(), waiting: 0 }));
    line ??= this.all[(this.next += 1) % this.all.length]!; // all busy: it waits its turn there
    line.waiting += 1;
    return line;
  }

  give(line: Line): void {
    line.waiting -= 1;
    if (line.waiting === 0) this.free.push(line);
  }

  async close(): Promise<void> {
    await Promise.all(this.all.map(({ client }) => client.destroy()));
  }
}

interface Line {
  client: Client;
  waiting: number;
}

/** One request on the wire. Written against undici's dispatch, not `request`: no stream per answer on the hot path. */
class Exchange implements Dispatcher.DispatchHandler {
  sent = false;
  private over = false;
  private status = 0;
  private headers: IncomingHttpHeaders = {};
  private chunks: Buffer[] = [];
  private size = 0;
  private controller: Dispatcher.DispatchController | undefined;
  private readonly timer: NodeJS.Timeout;
  constructor(
    private readonly done: (reply: HttpReply) => void,
    private readonly fail: (error: HttpError) => void,
    private readonly free: () => void,
    timeoutMs: number,
    private readonly maxBytes: number,
    private readonly signal?: AbortSignal,
  ) {
    this.timer = setTimeout(() => this.finish(new HttpError('wiki.timeout', this.sent)), timeoutMs);
    if (signal) watchers(signal).add(this);
  }

  abort(): void {
    this.finish(new HttpError('wiki.aborted', this.sent));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.over) return controller.abort(new Error('over')); // its time ran out while it waited for a connection
    this.controller = controller;
    this.sent = true;
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    this.status = status;
    this.headers = headers;
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.size += chunk.length;
    if (this.size > this.maxBytes) this.finish(new HttpError('wiki.too-large', true));
    else this.chunks.push(chunk);
  }

  onResponseEnd(): void {
    if (this.over) return;
    this.release();
    const body = (this.chunks.length === 1 ? this.chunks[0]! : Buffer.concat(this.chunks)).toString();
    this.done({ status: this.status, headers: this.headers, body });
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error & { code?: string }): void {
    const code = error.code === 'FORBIDDEN_HOST' ? 'wiki.forbidden-host' : this.sent ? 'wiki.reset' : 'wiki.unreachable';
    this.finish(new HttpError(code, this.sent));
  }

  finish(error: HttpError): void {
    if (this.over) return;
    this.release();
    this.chunks = [];
    this.fail(error);
    this.controller?.abort(error);
  }

  private release(): void {
    this.over = true;
    this.free();
    clearTimeout(this.timer);
    if (this.signal) watchers(this.signal).delete(this);
  }
}

/** One listener per signal, however many requests hang on it: adding and removing one each would cost more than they do. */
function watchers(signal: AbortSignal): Set<Exchange> {
  let waiting = watched.get(signal);
  if (!waiting) {
    const fresh = new Set<Exchange>();
    watched.set(signal, (waiting = fresh));
    signal.addEventListener('abort', () => [...fresh].forEach((exchange) => exchange.abort()), { once: true });
  }
  return waiting;
}
const watched = new WeakMap<AbortSignal, Set<Exchange>>();
