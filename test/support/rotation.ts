/** Requests without a pause to whichever API is ready, as a balancer hands them on: it asks each of its APIs for /readyz five times a second. */
import { setTimeout as sleep } from 'node:timers/promises';

export interface Asked {
  requests: number;
  /** What each that failed came to. */
  failed: string[];
}

/** @param write what is posted, one time in three */
export function askAllTheWhile(firstUrl: string, key: string, write: { path: string; body: object }): { asked: Asked; add(url: string): void; stop(): Promise<void> } {
  const asked: Asked = { requests: 0, failed: [] };
  const ready = new Map([[firstUrl, true]]);
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  const ask = async (method: string, path: string, body?: object): Promise<void> => {
    const urls = [...ready].flatMap(([url, isReady]) => (isReady ? [url] : []));
    const url = urls[asked.requests++ % urls.length];
    const said = url === undefined ? 'no API is ready' : await fetch(`${url}/api${path}`, { method, headers, body: body && JSON.stringify(body) }).then(async (answer) => (await answer.text(), answer.ok ? '' : `${answer.status}`), (error: Error) => String(error.cause ?? error));
    if (said) asked.failed.push(`${method} ${path}: ${said}`);
  };
  let over = false;
  const look = async (): Promise<void> => {
    for (; !over; await sleep(200))
      for (const url of ready.keys()) ready.set(url, await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(2_000) }).then(({ status }) => status === 200, () => false));
  };
  const hands = [0, 1].map(async () => {
    for (let n = 0; !over; n++) {
      await (n % 3 ? ask('GET', n % 2 ? '/deliveries' : '/me') : ask('POST', write.path, write.body));
      await sleep(25);
    }
  });
  const looking = look();
  return {
    asked,
    add: (url) => void ready.set(url, true),
    async stop() {
      over = true;
      await Promise.all([looking, ...hands]);
    },
  };
}
