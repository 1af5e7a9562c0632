/**
 * The bar that P1 and P5 measure against: nothing but HTTP. N loops post the same edit that Reeve posts (appendtext,
 * base revision or createonly, token, assert, maxlag) with the same client, keep-alive and all, and read the answer.
 * No ledger, no look-up, no limit on the rate. The peers of P3 and P4 post the same by `rawWiki`.
 */
import { Pool } from 'undici';

export interface RawTarget {
  title: string;
  /** Missing: a page to create. */
  baseRevisionId?: number;
}
export interface RawWikiOptions {
  apiUrl: string;
  user: string;
  password: string;
  text: string;
  summary: string;
  inFlight: number;
}
export interface RawWiki {
  /** Posts once. @returns whether the wiki says that it took it. */
  edit(target: RawTarget): Promise<boolean>;
  close(): Promise<void>;
}

export interface RawLoopResult {
  done: number;
  failed: number;
  ms: number;
  perSecond: number;
}

/** The message that Reeve's deliveries of the benches post, by hand. */
export const rawMessage = {
  text: '== News for everybody ==\n\nSomething happened. ~~~~\n<!-- Sent by Person-12345678 from wiki-12345678.example.org · reeve:0123456789 -->\n',
  summary: '/* News for everybody */ News for everybody (reeve:0123456789/abc)',
};

/** Signs in and gets a token; connections stay open. */
export async function rawWiki({ apiUrl, user, password, text, summary, inFlight }: RawWikiOptions): Promise<RawWiki> {
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
  return {
    async edit({ title, baseRevisionId }) {
      const guard = baseRevisionId === undefined ? '&createonly=1' : `&nocreate=1&baserevid=${baseRevisionId}`;
      const answer = await post(`action=edit&title=${encodeURIComponent(title)}${guard}${shared}`, signedIn);
      return answer.includes('"newrevid"');
    },
    close: () => pool.close(),
  };
}

export async function rawLoop({ targets, ...options }: RawWikiOptions & { targets: Iterable<RawTarget> }): Promise<RawLoopResult> {
  const wiki = await rawWiki(options);
  const queue = targets[Symbol.iterator]();
  const result = { done: 0, failed: 0 };
  const lane = async (): Promise<void> => {
    for (let next = queue.next(); !next.done; next = queue.next()) {
      if (await wiki.edit(next.value)) result.done += 1;
      else result.failed += 1;
    }
  };
  const startMs = performance.now();
  await Promise.all(Array.from({ length: options.inFlight }, lane));
  const ms = performance.now() - startMs;
  await wiki.close();
  return { ...result, ms, perSecond: (result.done / ms) * 1000 };
}
