/**
 * The one way to the API. An answer brings its version for If-Match; whatever goes wrong is a Problem. Where the
 * session is over it waits until the person has signed in again and then asks the same once more, with the same key: nothing
 * that was typed is lost.
 */
import { reactive } from 'vue';

export interface FieldProblem {
  pointer: string;
  code: string;
  detail: string;
}

/** An answer that is no success, as problem+json says it; `status` 0: no answer at all. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly title: string,
    readonly more: { detail?: string; errors?: FieldProblem[]; requestId?: string; retryAfterS?: number; [key: string]: unknown } = {},
  ) {
    super(title);
  }
  /** Worth asking again, unchanged. */
  get passing(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

export interface Answer<T> {
  data: T;
  version: string | null;
}
export interface Asking {
  body?: unknown;
  /** Version that the change is made to. */
  ifMatch?: number;
  /** Made at the first press and kept through every retry of it. */
  key?: string;
  signal?: AbortSignal;
}

/** What the shell shows while nobody is signed in. */
export const session = reactive({ csrfToken: '', signedOut: false });
let signedInAgain: Promise<void> | undefined;
let tellSignedIn: (() => void) | undefined;

export const newKey = (): string => crypto.randomUUID();

/** @throws Problem */
export async function ask<T>(method: string, path: string, asking: Asking = {}): Promise<Answer<T>> {
  for (;;) {
    const reply = await send(method, path, asking);
    if (!reply.ok) {
      const problem = await problemOf(reply);
      // a wrong password is a 401, too; and who is reading is asked to learn whether anybody is signed in
      if (problem.code !== 'auth.required' || (method === 'GET' && path === '/api/me')) throw problem;
      await untilSignedIn();
      continue;
    }
    const data = reply.status === 204 ? undefined : await reply.json();
    return { data: data as T, version: reply.headers.get('etag') };
  }
}

export const get = async <T>(path: string, signal?: AbortSignal): Promise<T> => (await ask<T>('GET', path, { signal })).data;
export const post = async <T>(path: string, body: unknown = {}, asking: Asking = {}): Promise<T> => (await ask<T>('POST', path, { body, ...asking, key: asking.key ?? newKey() })).data;
export const patch = async <T>(path: string, body: unknown, ifMatch?: number): Promise<T> => (await ask<T>('PATCH', path, { body, ifMatch, key: newKey() })).data;

/** The shell calls it when the sign-in in the other tab is done. */
export function signedIn(): void {
  session.signedOut = false;
  tellSignedIn?.();
  signedInAgain = tellSignedIn = undefined;
}

export function untilSignedIn(): Promise<void> {
  session.signedOut = true;
  return (signedInAgain ??= new Promise((done) => (tellSignedIn = done)));
}

/** When somebody last did something here: what the page asks by itself after that is no use of the session. */
let touchedAtMs = Date.now();
for (const doing of ['pointerdown', 'pointermove', 'keydown', 'scroll']) addEventListener(doing, () => (touchedAtMs = Date.now()), { capture: true, passive: true });

async function send(method: string, path: string, { body, ifMatch, key, signal }: Asking): Promise<Response> {
  const headers: Record<string, string> = { accept: 'application/json' };
  if (Date.now() - touchedAtMs > 60_000) headers['x-unattended'] = '1';
  if (body !== undefined) headers['content-type'] = typeof body === 'string' ? 'text/plain' : 'application/json';
  if (method !== 'GET') headers['x-csrf-token'] = session.csrfToken;
  if (ifMatch !== undefined) headers['if-match'] = `"${ifMatch}"`;
  if (key !== undefined) headers['idempotency-key'] = key;
  try {
    return await fetch(path, { method, headers, signal, body: body === undefined || typeof body === 'string' ? (body as string | undefined) : JSON.stringify(body) });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Problem(0, 'offline', 'offline');
  }
}

export async function problemOf(reply: Response): Promise<Problem> {
  const retryAfterS = Number(reply.headers.get('retry-after')) || undefined;
  const requestId = reply.headers.get('x-request-id') ?? undefined;
  try {
    const { code, title, status: _, type: __, ...more } = (await reply.json()) as Record<string, unknown> & { code: string; title: string };
    return new Problem(reply.status, code, title, { requestId, retryAfterS, ...more });
  } catch {
    return new Problem(reply.status, 'internal', 'internal', { requestId, retryAfterS });
  }
}
