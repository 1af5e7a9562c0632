/**
 * The API as commands see it. One Idempotency-Key per act, made once and kept through every retry, so that a lost answer
 * never does a thing twice. Trouble with the network, 429 and 503 are waited out; every other problem is thrown in words.
 */
import { randomUUID } from 'node:crypto';
import type { FieldProblem } from '../config/errors';
import { PlainFault } from './fault';
import { apiAddress } from './run-file';

/** A problem+json answer. */
export class ApiProblem extends PlainFault {
  constructor(
    readonly status: number,
    readonly body: { type?: string; title?: string; detail?: string; errors?: FieldProblem[]; [key: string]: unknown },
    readonly requestId: string | null,
  ) {
    super(body.title ?? `The API answered ${status}.`);
  }
}

export interface Act {
  method: 'GET' | 'POST' | 'PATCH';
  path: string;
  /** JSON, or a way to read the same bytes again for another try. */
  body?: unknown;
  stream?: { type: string; open: () => AsyncIterable<Uint8Array> };
  ifMatch?: number;
}

export interface Client {
  url: string;
  get<T = any>(path: string): Promise<T>; // as varied as the API
  post<T = any>(path: string, body?: unknown): Promise<T>;
  act<T = any>(act: Act): Promise<T>;
  /** Every page of a list, one after the other. */
  list<T = any>(path: string, limit?: number): AsyncGenerator<T>;
  /** Server-sent events until the server ends the stream or the signal comes. */
  events(path: string, signal: AbortSignal): AsyncGenerator<{ event: string; data: any }>;
}

const TRIES = 6;
const FIRST_WAIT_MS = 250;

/** @throws PlainFault when nobody said where the API is. */
export function client({ url, key } = apiAddress()): Client {
  if (!url) throw new PlainFault('No API is known here: start Reeve by `npm start`, or set REEVE_URL and REEVE_API_KEY.');
  if (!key) throw new PlainFault('No API key is known: set REEVE_API_KEY. `reeve keys create` makes one.');
  if (!/^[\x21-\x7e]+$/.test(key)) throw new PlainFault('This API key holds a character that no key has: copy it once more.');
  const base = url.replace(/\/$/, '');
  const headers = { authorization: `Bearer ${key}`, accept: 'application/json' };

  async function act<T>({ method, path, body, stream, ifMatch }: Act): Promise<T> {
    const sent: Record<string, string> = { ...headers };
    if (method === 'POST') sent['idempotency-key'] = randomUUID();
    if (ifMatch !== undefined) sent['if-match'] = `"${ifMatch}"`;
    if (stream) sent['content-type'] = stream.type;
    else if (body !== undefined) sent['content-type'] = 'application/json';
    for (let tries = 1; ; tries++) {
      const asked = stream
        ? ({ method, headers: sent, body: ReadableStream.from(stream.open()), duplex: 'half' } as RequestInit)
        : { method, headers: sent, body: body === undefined ? undefined : JSON.stringify(body) };
      const { reply, error } = await fetch(`${base}/api${path}`, asked).then((reply) => ({ reply, error: undefined }), (error: Error) => ({ reply: undefined, error }));
      const waitMs = waitOf(reply, tries);
      if (reply && waitMs === null) return answer<T>(reply, path);
      if (tries >= TRIES) throw reply ? await problemOf(reply, path) : unreachable(base, error!);
      await reply?.arrayBuffer();
      await new Promise((resolve) => setTimeout(resolve, waitMs ?? 0));
    }
  }

  return {
    url: base,
    act,
    get: (path) => act({ method: 'GET', path }),
    post: (path, body = {}) => act({ method: 'POST', path, body }),
    async *list(path, limit = Infinity) {
      let cursor: string | undefined;
      for (let left = limit; left > 0; ) {
        const size = `limit=${Math.min(left, 1_000)}`;
        const page = await act<{ items: any[]; next?: string }>({ method: 'GET', path: `${path}${path.includes('?') ? '&' : '?'}${size}${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}` });
        yield* page.items;
        left -= page.items.length;
        cursor = page.next;
        if (!cursor) return;
      }
    },
    async *events(path, signal) {
      const reply = await fetch(`${base}/api${path}`, { headers: { ...headers, accept: 'text/event-stream' }, signal });
      if (!reply.ok) throw await problemOf(reply, path);
      yield* parseEvents(reply.body!);
    },
  };
}

/** Null: the answer stands. */
function waitOf(reply: Response | undefined, tries: number): number | null {
  const step = FIRST_WAIT_MS * 2 ** (tries - 1);
  if (!reply) return step;
  if (reply.status !== 429 && reply.status !== 503) return null;
  const after = Number(reply.headers.get('retry-after'));
  return after > 0 ? Math.min(after * 1_000, 30_000) : step;
}

async function answer<T>(reply: Response, path: string): Promise<T> {
  if (!reply.ok) throw await problemOf(reply, path);
  return (reply.status === 204 ? undefined : await reply.json()) as T;
}

async function problemOf(reply: Response, path: string): Promise<ApiProblem> {
  const text = await reply.text();
  let body: ApiProblem['body'] = {};
  try {
    body = JSON.parse(text) as ApiProblem['body'];
  } catch {
    // a proxy's page: the status tells enough
  }
  if (body.code === 'not-found' && !body.errors) body.detail = missing(path);
  return new ApiProblem(reply.status, body, reply.headers.get('x-request-id'));
}

const LISTS: Record<string, string> = { deliveries: 'deliveries list', events: 'events list', requests: 'requests list', queues: 'queues list', forms: 'forms list', bans: 'bans list', comments: 'comments list', templates: 'templates list', wikis: 'wikis list', memberships: 'memberships list', operations: 'ops list' };

/** The API says no more than that there is nothing; whoever asked knows what was asked for, and where to look. */
function missing(path: string): string | undefined {
  const [thing, noun] = /^\/([a-z-]+)\/\d+(?:\/[a-z]+\/\d+)*/.exec(path) ?? [];
  return thing && `There is no ${thing.slice(1)}, or you may not see it.${LISTS[noun!] ? ` \`reeve ${LISTS[noun!]}\` shows which there are.` : ''}`;
}

const unreachable = (base: string, error: Error): PlainFault =>
  new PlainFault(`${base} does not answer (${(error.cause as NodeJS.ErrnoException | undefined)?.code ?? error.message}). Is it running? \`reeve doctor\` looks at every part.`);

async function* parseEvents(body: AsyncIterable<Uint8Array>): AsyncGenerator<{ event: string; data: unknown }> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of body) {
    rest += decoder.decode(chunk, { stream: true }).replaceAll('\r\n', '\n');
    for (let end = rest.indexOf('\n\n'); end >= 0; end = rest.indexOf('\n\n')) {
      const lines = rest.slice(0, end).split('\n');
      rest = rest.slice(end + 2);
      const field = (name: string) => lines.filter((line) => line.startsWith(`${name}:`)).map((line) => line.slice(name.length + 1).replace(/^ /, '')).join('\n');
      if (field('data')) yield { event: field('event') || 'message', data: JSON.parse(field('data')) };
    }
  }
}
