/** A server that says what a test tells it to, and remembers what it was asked. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Asked {
  method: string;
  url: string;
  headers: IncomingMessage['headers'];
  body: string;
}

export class AnsweringServer {
  readonly asked: Asked[] = [];
  answer: (asked: Asked, response: ServerResponse) => void = (_asked, response) => response.end('{}');
  private readonly server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const asked = { method: request.method ?? '', url: request.url ?? '', headers: request.headers, body: Buffer.concat(chunks).toString() };
      this.asked.push(asked);
      this.answer(asked, response);
    });
  });

  async listen(): Promise<this> {
    await new Promise<void>((done) => this.server.listen(0, '127.0.0.1', done));
    return this;
  }
  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }
  /** Under any name that a test's look-up leads here. */
  url(path = '/', host = '127.0.0.1'): URL {
    return new URL(`http://${host}:${this.port}${path}`);
  }
  connections(): Promise<number> {
    return new Promise((done, fail) => this.server.getConnections((error, count) => (error ? fail(error) : done(count))));
  }
  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((done) => this.server.close(done));
  }
}
