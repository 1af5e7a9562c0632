/**
 * The bar that P1 and P5 measure against: nothing but HTTP. N loops post the same edit that Reeve posts (appendtext,
 * base revision or createonly, token, assert, maxlag) with the same client, keep-alive and all, and read the answer.
 * No ledger, no look-up, no limit on the rate. Called by the benches of goals.md.
 */
import { Pool } from 'undici';

export interface RawLoopOptions {
  apiUrl: string;
  user: string;
  password: string;
  /** A page each; `baseRevisionId` missing means a page to create. */
  targets: Iterable<{ title: string; baseRevisionId?: number }>;
  text: string;
  summary: string;
  inFlight: number;
}

export interface RawLoopResult {
  done: number;
  failed: number;
  ms: number;
  perSecond: number;
}

export async function rawLoop({ apiUrl, user, password, targets, text, summary, inFlight }: RawLoopOptions): Promise<RawLoopResult> {
  const url = new URL(apiUrl);
  const pool = new Pool(url.origin, { connections: inFlight, pipelining: 1 });
  const cookies = new Map<string, string>();
  const post = async (body: string, headers: Record<string, string>): Promise<string> => {
    const reply = await pool.request({ method: 'POST', path: url.pathname, headers, body });
    for (const line of [reply.headers['set-cookie'] ?? []].flat()) {
      const [pair = ''] = line.split(';');
      cookies.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1));
    }
    return reply.body.text();
  };
  const headers = (): Record<string, string> => ({
    'content-type': 'application/x-www-form-urlencoded', 'user-agent': 'raw-loop', cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; '),
  });
  const plain = '&format=json&formatversion=2';
  const tokens = async (type: string): Promise<Record<string, string>> =>
    JSON.parse(await post(`action=query&meta=tokens&type=${type}${plain}`, headers())).query.tokens;
  const { logintoken = '' } = await tokens('login');
  await post(`action=login&lgname=${encodeURIComponent(user)}&lgpassword=${encodeURIComponent(password)}&lgtoken=${encodeURIComponent(logintoken)}${plain}`, headers());
  const { csrftoken = '' } = await tokens('csrf');

  const shared = `&appendtext=${encodeURIComponent(text)}&summary=${encodeURIComponent(summary)}&maxlag=5&assert=bot${plain}&errorformat=plaintext&token=${encodeURIComponent(csrftoken)}`;
  const signedIn = headers();
  const queue = targets[Symbol.iterator]();
  const result = { done: 0, failed: 0 };
  const lane = async (): Promise<void> => {
    for (let next = queue.next(); !next.done; next = queue.next()) {
      const { title, baseRevisionId } = next.value;
      const guard = baseRevisionId === undefined ? '&createonly=1' : `&nocreate=1&baserevid=${baseRevisionId}`;
      const answer = await post(`action=edit&title=${encodeURIComponent(title)}${guard}${shared}`, signedIn);
      if (answer.includes('"newrevid"')) result.done += 1;
      else result.failed += 1;
    }
  };
  const startMs = performance.now();
  await Promise.all(Array.from({ length: inFlight }, lane));
  const ms = performance.now() - startMs;
  await pool.close();
  return { ...result, ms, perSecond: (result.done / ms) * 1000 };
}
