/**
 * Sends a file as it lies on the disk, however large: the browser streams it, the page holds none of it. By XMLHttpRequest,
 * because fetch does not say how much has gone. Else it keeps the rules of api.ts: key, version, sign-in again, Problem.
 */
import { Problem, problemOf, session, untilSignedIn } from './api';

export interface Upload {
  type: 'text/plain' | 'text/csv';
  /** Made at the first press and kept through every retry of it. */
  key?: string;
  ifMatch?: number;
  signal?: AbortSignal;
  /** 0 to 1; 1 = it is sent, and the server reads it. */
  progress?: (part: number) => void;
}

/** @throws Problem */
export async function upload<T>(method: 'POST' | 'PUT', path: string, file: Blob, how: Upload): Promise<T> {
  for (;;) {
    const reply = await send(method, path, file, how);
    if (reply.ok) return (await reply.json()) as T;
    const problem = await problemOf(reply);
    if (problem.code !== 'auth.required') throw problem;
    await untilSignedIn();
  }
}

const send = (method: string, path: string, file: Blob, { type, key, ifMatch, signal, progress }: Upload): Promise<Response> =>
  new Promise((done, fail) => {
    const asked = new XMLHttpRequest();
    asked.open(method, path);
    const headers = { accept: 'application/json', 'content-type': type, 'x-csrf-token': session.csrfToken, 'idempotency-key': key, 'if-match': ifMatch === undefined ? undefined : `"${ifMatch}"` };
    for (const [name, value] of Object.entries(headers)) if (value !== undefined) asked.setRequestHeader(name, value);
    asked.upload.onprogress = ({ loaded, total }) => progress?.(total ? loaded / total : 0);
    asked.upload.onload = () => progress?.(1);
    asked.onload = () => done(new Response(asked.status === 204 ? null : asked.responseText, { status: asked.status, headers: headersOf(asked) }));
    asked.onerror = () => fail(new Problem(0, 'offline', 'offline'));
    asked.onabort = () => fail(new DOMException('', 'AbortError'));
    signal?.addEventListener('abort', () => asked.abort());
    asked.send(file);
  });

const headersOf = (asked: XMLHttpRequest): Headers =>
  new Headers(asked.getAllResponseHeaders().trim().split('\r\n').filter(Boolean).map((line): [string, string] => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]));
