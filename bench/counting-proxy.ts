/** A proxy before a wiki that counts what is asked: `action` → requests. Used by p5-real-wiki.ts. */
import { once } from 'node:events';
import { Agent, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface CountingProxy {
  apiUrl: string;
  /** What was asked since the last time. */
  take(): Record<string, number>;
  close(): void;
}

export async function startCountingProxy(apiUrl: string): Promise<CountingProxy> {
  const target = new URL(apiUrl);
  const agent = new Agent({ keepAlive: true });
  let counts: Record<string, number> = {};
  const server = createServer(async (from, to) => {
    const chunks: Buffer[] = [];
    for await (const chunk of from) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const action = new URLSearchParams(body.toString()).get('action') ?? 'other';
    counts[action] = (counts[action] ?? 0) + 1;
    const on = request({ agent, host: target.hostname, port: target.port, method: from.method, path: from.url, headers: { ...from.headers, host: target.host } }, (answer) => {
      to.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(to);
    });
    on.on('error', () => to.destroy());
    on.end(body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    apiUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}${target.pathname}`,
    take() {
      const taken = counts;
      counts = {};
      return taken;
    },
    close() {
      server.close();
      server.closeAllConnections();
      agent.destroy();
    },
  };
}
