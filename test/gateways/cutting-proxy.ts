/** Stands between the gateway and a wiki, and loses what it is told to lose. */
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Cut = 'before' | 'after' | 'half' | 'bad-gateway';

export class CuttingProxy {
  /** What happens to the next requests whose body contains `text`. */
  private plan: { text: string; cut: Cut; times: number } | undefined;
  private readonly server = createServer((from, to) => this.pass(from, to));

  private constructor(private readonly target: URL) {}

  static async before(apiUrl: string): Promise<CuttingProxy> {
    const proxy = new CuttingProxy(new URL(apiUrl));
    await new Promise<void>((done) => proxy.server.listen(0, '127.0.0.1', done));
    return proxy;
  }

  get apiUrl(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}${this.target.pathname}`;
  }

  cut(text: string, cut: Cut, times = 1): void {
    this.plan = { text, cut, times };
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((done) => this.server.close(done));
  }

  private pass(from: IncomingMessage, to: ServerResponse): void {
    const chunks: Buffer[] = [];
    from.on('data', (chunk: Buffer) => chunks.push(chunk));
    from.on('end', () => {
      const body = Buffer.concat(chunks);
      const cut = this.plan && this.plan.times > 0 && body.includes(this.plan.text) ? this.plan.cut : undefined;
      if (cut) this.plan!.times -= 1;
      if (cut === 'before') return to.destroy();
      const onward = request(this.target, { method: from.method, headers: { ...from.headers, host: this.target.host, connection: 'close' } }, (answer) => {
        const answered: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => answered.push(chunk));
        answer.on('end', () => {
          const whole = Buffer.concat(answered);
          if (cut === 'after') return to.destroy();
          if (cut === 'bad-gateway') return to.writeHead(502, { 'content-type': 'text/html' }).end('<h1>Bad gateway</h1>');
          const { 'transfer-encoding': _chunked, connection: _close, ...headers } = answer.headers;
          to.writeHead(answer.statusCode ?? 502, { ...headers, 'content-length': whole.length });
          if (cut !== 'half') return to.end(whole);
          to.write(whole.subarray(0, whole.length / 2), () => to.destroy());
        });
      });
      onward.on('error', () => to.destroy());
      onward.end(body);
    });
  }
}
