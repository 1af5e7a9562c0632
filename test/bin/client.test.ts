import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { client, type Client } from '../../bin/client';
import { commandLine } from '../support/command';

interface Asked {
  method: string;
  path: string;
  key: string | undefined;
  body: string;
}
type Answer = (asked: Asked) => { status?: number; body?: unknown; headers?: Record<string, string>; cut?: boolean };

/** An API that says what a test wants it to say. */
class StandIn {
  asked: Asked[] = [];
  answer: Answer = () => ({});
  private readonly server: Server = createServer((req, res) => void this.take(req).then(({ status = 200, body = {}, headers = {}, cut }) => {
    if (cut) return req.socket.destroy();
    res.writeHead(status, { 'content-type': 'application/json', ...headers }).end(typeof body === 'string' ? body : JSON.stringify(body));
  }));
  url = '';
  async open(): Promise<void> {
    await new Promise<void>((done) => this.server.listen(0, '127.0.0.1', done));
    this.url = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }
  close(): Promise<void> {
    return new Promise((done) => {
      this.server.close(() => done());
      this.server.closeAllConnections();
    });
  }
  private async take(req: IncomingMessage): Promise<ReturnType<Answer>> {
    let body = '';
    for await (const chunk of req) body += String(chunk);
    const asked = { method: req.method!, path: req.url!, key: req.headers['idempotency-key'] as string | undefined, body };
    this.asked.push(asked);
    return this.answer(asked);
  }
}

describe('what commands ask of the API', () => {
  const api = new StandIn();
  let asks: Client;
  const reeve = commandLine(() => ({ REEVE_URL: api.url, REEVE_API_KEY: 'reeve_x' }));
  beforeAll(async () => {
    await api.open();
    asks = client({ url: api.url, key: 'reeve_x' });
  });
  beforeEach(() => void (api.asked = []));
  afterAll(() => api.close());

  it('carries one Idempotency-Key through every retry of an act, and another for the next act', async () => {
    api.answer = () => (api.asked.length === 1 ? { cut: true } : api.asked.length === 2 ? { status: 503, headers: { 'retry-after': '0.01' } } : { body: { id: 1 } });
    expect(await asks.post('/deliveries', { subject: 'a' })).toEqual({ id: 1 });
    await asks.post('/deliveries', { subject: 'a' });
    const [first, second, third, next] = api.asked;
    expect(first!.key).toMatch(/^[\w-]{36}$/);
    expect([second!.key, third!.key]).toEqual([first!.key, first!.key]);
    expect(next!.key).not.toBe(first!.key);
    expect(third!.body).toBe(first!.body);
  });

  it('sends the same file again when the answer was lost', async () => {
    api.answer = () => (api.asked.length === 1 ? { cut: true } : { status: 201, body: { id: 7 } });
    await asks.act({ method: 'POST', path: '/target-lists', stream: { type: 'text/plain', open: async function* () { yield Buffer.from('A\n'); yield Buffer.from('B\n'); } } });
    expect(api.asked.map(({ body, key }) => ({ body, same: key === api.asked[0]!.key }))).toEqual([{ body: 'A\nB\n', same: true }, { body: 'A\nB\n', same: true }]);
  });

  it('does not repeat what the API refuses, and prints the problem: title, each field, request id', async () => {
    api.answer = () => ({
      status: 422, headers: { 'x-request-id': 'request-9' },
      body: { title: 'Some fields need another value.', detail: 'no news', errors: [{ pointer: '/host', code: 'format', detail: 'It must be a host.' }] },
    });
    const said = await reeve.run(['wikis', 'add', '--host', '??', '--api-url', 'x', '--bot-user', 'b', '--bot-password', 'p']);
    expect(said).toEqual({ code: 1, stdout: '', stderr: 'Some fields need another value.\n  host: It must be a host.\nRequest request-9\n' });
    expect(api.asked).toHaveLength(1);
  });

  it('reads every page of a list', async () => {
    api.answer = ({ path }) => ({ body: path.includes('cursor=two') ? { items: [{ id: 3 }] } : { items: [{ id: 1 }, { id: 2 }], next: 'two' } });
    const ids: number[] = [];
    for await (const { id } of asks.list<{ id: number }>('/wikis')) ids.push(id);
    expect(ids).toEqual([1, 2, 3]);
  });

  it('says in words that nothing answers', async () => {
    const said = await reeve.run(['wikis', 'list'], { REEVE_URL: 'http://127.0.0.1:9' });
    expect(said).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('reeve doctor') });
  }, 30_000);

  it('says of a key that cannot be one that it is none, without a word of it, and asks nobody', async () => {
    api.answer = () => ({});
    for (const key of ['reeve_se\ncret', 'reeve_secret\u2026'])
      expect(await reeve.run(['deliveries', 'list'], { REEVE_API_KEY: key })).toMatchObject({ code: 1, stderr: 'This API key holds a character that no key has: copy it once more.\n' });
    expect(api.asked).toEqual([]);
  });

  it('ends as it would when nobody reads what it says', async () => {
    api.answer = () => ({ body: { items: [] } });
    const child = spawn(process.execPath, ['bin/reeve.mjs', 'deliveries', 'list'], { env: { PATH: process.env.PATH, REEVE_HOME: reeve.home, REEVE_URL: api.url, REEVE_API_KEY: 'reeve_x' } });
    child.stdout.destroy();
    let stderr = '';
    child.stderr.on('data', (text) => (stderr += text));
    const [code] = await once(child, 'close');
    expect({ code, stderr, asked: api.asked.length }).toEqual({ code: 0, stderr: '', asked: 1 });
  });

  it('never sends the key of this home to another address', async () => {
    const said = await reeve.run(['wikis', 'list'], { REEVE_API_KEY: '' });
    expect(said).toMatchObject({ code: 1, stderr: expect.stringContaining('REEVE_API_KEY') });
    expect(api.asked).toEqual([]);
  });

  it('counts first and answers many operations only with --yes', async () => {
    api.answer = ({ path }) => ({ body: { count: 3, items: path.includes('dryRun') ? [{ id: 1, workflowId: 'delivery/1' }] : [{ id: 1, workflowId: 'delivery/1', state: 'retrying' }] } });
    const careful = await reeve.run(['ops', 'retry', '--code', 'wiki.readonly']);
    expect(careful.code).toBe(2);
    expect(careful.stderr).toContain('3 steps wait.');
    expect(api.asked.map(({ path }) => path)).toEqual(['/api/operations/retry?dryRun=true']);
    const sure = await reeve.run(['ops', 'retry', '--code', 'wiki.readonly', '--reason', 'writable again', '--yes']);
    expect(sure).toMatchObject({ code: 0, stdout: 'delivery/1: retrying\n' });
    expect(JSON.parse(api.asked.at(-1)!.body)).toEqual({ filter: { code: 'wiki.readonly' }, reason: 'writable again' });
  });

  it('ends with 1 when one of many operations was not answered', async () => {
    api.answer = () => ({ body: { count: 1, items: [{ id: 1, workflowId: 'delivery/1', problem: { code: 'operation.skip-unsound', title: 'This step cannot be skipped.' } }] } });
    expect(await reeve.run(['ops', 'skip', 'delivery/1'])).toMatchObject({ code: 1, stdout: 'delivery/1: This step cannot be skipped.\n' });
  });
});
