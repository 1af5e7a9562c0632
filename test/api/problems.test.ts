import { request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Pool } from 'pg';
import request from 'supertest';
import { createApp } from '../../api/server';
import { createLogger } from '../../bin/logger';
import { openDatabase } from '../../db/data-source';
import { testApi, type Script } from '../support/api';

const api = testApi();
let admin: Script;
let sender: Script;
let other: Script;
let delivery: number;
beforeAll(async () => {
  await api.wiki('en.example.org');
  admin = await api.script(await api.person('Admin', ['admin']));
  sender = await api.script(await api.person('Sender', ['sender']));
  other = await api.script(await api.person('Other'));
  const list = await sender.post('/api/target-lists', { name: 'L', wiki: 'en.example.org', content: 'Talk:A' });
  delivery = (await sender.post('/api/deliveries', { wiki: 'en.example.org', listIds: [list.body.id], subject: 'S', body: 'B' })).body.id;
});

const raw = (type: string, body: string) => request(api.app).post('/api/wikis').set('Authorization', `Bearer ${admin.key}`).set('Content-Type', type).send(body);

describe('a body that cannot be read', () => {
  test.each([
    ['broken JSON', 'application/json', '{"host": ', 400, 'input.malformed'],
    ['no JSON at all', 'application/json', 'hello', 400, 'input.malformed'],
    ['a form', 'application/x-www-form-urlencoded', 'host=a', 415, 'input.media-type'],
    ['XML', 'application/xml', '<a/>', 415, 'input.media-type'],
    ['another charset', 'application/json; charset=latin1', '{}', 415, 'input.media-type'],
    ['a list', 'application/json', '[]', 422, 'input.invalid'],
    ['a text', 'application/json', '"a"', 422, 'input.invalid'],
    ['null', 'application/json', 'null', 422, 'input.invalid'],
    ['more than is taken', 'application/json', JSON.stringify({ host: 'x'.repeat(70_000) }), 413, 'input.too-large'],
  ])('%s is a problem in words', async (_what, type, body, status, code) => {
    const response = await raw(type, body);
    expect([response.status, response.body.code]).toEqual([status, code]);
    expect(response.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(response.body).toMatchObject({ type: `/problems/${code}`, title: expect.any(String), status, requestId: response.headers['x-request-id'] });
  });

  test('in another encoding than UTF-8 is refused, not taken with signs of nobody in it', async () => {
    const response = await request(api.app).post('/api/deliveries').set('Authorization', `Bearer ${sender.key}`).set('Content-Type', 'application/json')
      .send(Buffer.from('{"wiki":"en.example.org","subject":"Caf\u00e9"}', 'latin1') as unknown as string).serialize((body) => body);
    expect([response.status, response.body.code, response.body.detail]).toEqual([400, 'input.malformed', 'The body is not in UTF-8.']);
  });

  test('nested a hundred thousand deep is refused like any other', async () => {
    const deep = `{"aliases":${'['.repeat(30_000)}${']'.repeat(30_000)}}`;
    expect((await raw('application/json', deep)).status).toBe(422);
  });

  test('with a key that JavaScript treats apart is refused by its name', async () => {
    expect((await raw('application/json', '{"__proto__":{"admin":true},"constructor":1}')).body.errors.map((one: { pointer: string }) => one.pointer)).toEqual(expect.arrayContaining(['/constructor']));
  });
});

describe('an address', () => {
  test('that there is not is a 404', async () => {
    expect((await admin.get('/api/nonsense').expect(404)).body.code).toBe('not-found');
  });
  test.each(['/api/deliveries/abc', '/api/deliveries/0', '/api/deliveries/-1', '/api/deliveries/99999999999', '/api/deliveries/1e3', '/api/deliveries/%00'])('%s is nothing', async (path) => {
    expect((await request(api.app).get(path).set('Authorization', `Bearer ${admin.key}`)).status).toBe(404);
  });
  test('that is no UTF-8 is malformed', async () => {
    expect((await request(api.app).get('/api/deliveries/%E0%A4%A').set('Authorization', `Bearer ${admin.key}`)).status).toBe(400);
  });
  test('that takes other methods says which', async () => {
    const response = await request(api.app).put('/api/wikis').set('Authorization', `Bearer ${admin.key}`);
    expect([response.status, response.headers.allow, response.body.code]).toEqual([405, 'POST, GET, HEAD', 'method-not-allowed']);
    const verb = await request(api.app).get(`/api/deliveries/${delivery}/submit`).set('Authorization', `Bearer ${admin.key}`);
    expect([verb.status, verb.headers.allow]).toEqual([405, 'POST']);
    const named = await request(api.app).get('/api/bans/try').set('Authorization', `Bearer ${admin.key}`); // no ban's number
    expect([named.status, named.headers.allow]).toEqual([405, 'POST']);
    expect((await request(api.app).options('/api/wikis')).status).toBe(204);
  });
  test.each(['finish', 'expanded', 'xstate.after.untilSend.delivery.approved', 'xstate.init', 'constructor', 'toString'])('of the verb %s, which nobody outside may send, is nothing', async (verb) => {
    expect((await request(api.app).post(`/api/deliveries/${delivery}/${verb}`).set('Authorization', `Bearer ${admin.key}`)).status).toBe(404);
  });
  test('with a query field that there is not names it and those that there are', async () => {
    const { body } = await admin.get('/api/deliveries?colour=red');
    expect(body.errors).toEqual([{ pointer: '?colour', code: 'unknown-field', detail: expect.stringContaining('limit') }]);
  });
  test.each(['limit=0', 'limit=1001', 'limit=-1', 'limit=ten', 'limit=1&limit=2', 'state=nonsense', 'cursor=nonsense'])('with ?%s names the field', async (query) => {
    const { status, body } = await admin.get(`/api/deliveries?${query}`);
    expect([status, body.errors[0].pointer]).toEqual([422, `?${query.split('=')[0]}`]);
  });
});

describe('what one may not see', () => {
  const bytes = async (script: Script, method: 'get' | 'post' | 'patch', path: string, headers: Record<string, string> = {}) => {
    const { status, text, headers: answered } = await script[method](path).set(headers);
    const { 'x-request-id': _, date: __, ...rest } = answered;
    return JSON.stringify({ status, text, rest });
  };

  test.each([
    ['reading it', 'get', ''],
    ['reading its targets', 'get', '/targets'],
    ['its targets as CSV', 'get', '/targets.csv'],
    ['following it', 'get', '/progress'],
    ['changing it', 'patch', ''],
    ['a verb', 'post', '/submit'],
    ['a verb in a dry run', 'post', '/submit?dryRun=true'],
    ['settling a target', 'post', '/targets/1/settle'],
  ] as const)('answers to %s like what does not exist, byte for byte', async (_what, method, path) => {
    const headers: Record<string, string> = method === 'patch' ? { 'If-Match': '"1"' } : {};
    const ask = (id: number) => (path.endsWith('settle') ? other.post(`/api/deliveries/${id}${path}`, { as: 'sent' }).then(({ status, text }) => JSON.stringify({ status, text })) : bytes(other, method, `/api/deliveries/${id}${path}`, headers));
    const hidden = await ask(delivery);
    expect(hidden).toBe(await ask(987_654));
    expect(JSON.parse(hidden).status).toBe(404);
  });

  test('holds for its log, and for a list in a new delivery', async () => {
    expect(await bytes(other, 'get', `/api/log?noun=delivery&entity=${delivery}`)).toBe(await bytes(other, 'get', '/api/log?noun=delivery&entity=987654'));
    const listIds = async (id: number) => (await other.post('/api/deliveries', { wiki: 'en.example.org', listIds: [id], subject: 'S', body: 'B' })).body.errors.map(({ code }: { code: string }) => code);
    expect(await listIds(1)).toEqual(await listIds(987_654));
  });

  test('asks a visitor to sign in, whether or not it is there', async () => {
    const ask = (id: number) => request(api.app).get(`/api/deliveries/${id}`).set('X-Request-Id', 'same');
    const [hidden, missing] = [await ask(delivery), await ask(987_654)];
    expect([hidden.status, hidden.text]).toEqual([401, missing.text]);
    expect(hidden.headers['www-authenticate']).toBe('Bearer realm="reeve"');
  });
});

describe('every answer', () => {
  test('has a request id, the caller\'s own if it is a plain one', async () => {
    expect((await admin.get('/api/me').set('X-Request-Id', 'mine-1')).headers['x-request-id']).toBe('mine-1');
    expect((await admin.get('/api/me').set('X-Request-Id', 'a b<c>')).headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('is kept by nobody on the way, runs no script and is framed by nobody', async () => {
    const { headers } = await admin.get('/api/me');
    expect(headers['cache-control']).toBe('no-store');
    expect(headers['content-security-policy']).toMatch(/default-src 'none'.*script-src 'none'/);
    expect(headers['content-security-policy']).toMatch(/frame-ancestors 'none'/);
    expect(headers['x-frame-options']).toBe('DENY');
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['x-powered-by']).toBeUndefined();
  });
});

describe('when a part is away', () => {
  test('Postgres: 503 with Retry-After, in words and without a stack', async () => {
    const pool = new Pool({ host: '127.0.0.1', port: 1 });
    const { app, close } = createApp({ ...api.api, kernel: { ...api.api.kernel, pool } });
    const response = await request(app).get('/api/me').set('Authorization', `Bearer ${admin.key}`);
    expect([response.status, response.headers['retry-after'], response.body.code]).toEqual([503, '2', 'unavailable']);
    expect(response.text).not.toMatch(/ECONNREFUSED|127\.0\.0\.1| at /);
    expect((await request(app).get('/healthz')).status).toBe(200);
    expect((await request(app).get('/readyz')).body).toMatchObject({ status: 'unavailable', parts: { postgres: 'down' } });
    await close();
    await pool.end();
  });

  test('Postgres takes too long for one question: 503, and the question is over', async () => {
    const { pool, close: closePool } = await openDatabase(api.api.config.DATABASE_URL, 1, 'hasty', false, 50);
    const slow = Object.assign(Object.create(pool) as Pool, { query: () => pool.query('select pg_sleep(10)') });
    const { app, close } = createApp({ ...api.api, kernel: { ...api.api.kernel, pool: slow } });
    const response = await request(app).get('/api/me').set('Authorization', `Bearer ${admin.key}`);
    expect([response.status, response.headers['retry-after'], response.body.code]).toEqual([503, '2', 'unavailable']);
    await close();
    await closePool();
  });

  test('something unforeseen: 500 with the request id and nothing of what happened, which the log tells: its class, code and frames, and no word of it', async () => {
    const broken = Object.assign(new Error('secret of Sender\n    at home'), { name: 'OddError', code: 'E7' });
    const pool = Object.assign(Object.create(api.api.kernel.pool) as Pool, { query: () => Promise.reject(broken) });
    const lines: string[] = [];
    const { app, close } = createApp({ ...api.api, kernel: { ...api.api.kernel, pool }, logger: createLogger('error', 'api', { write: (line) => void lines.push(line) }) });
    const response = await request(app).get('/api/me').set('Authorization', `Bearer ${admin.key}`);
    expect(response.body).toEqual({ type: '/problems/internal', title: 'Something broke on our side.', status: 500, code: 'internal', requestId: expect.any(String) });
    await request(app).get('/sign-in');
    for (const said of [lines[0]!, lines[2]!]) { // each before the line of its request
      expect(JSON.parse(said)).toMatchObject({ level: 'error', msg: 'internal', requestId: expect.any(String), err: { name: 'OddError', code: 'E7', stack: expect.stringContaining('problems.test.ts') } });
      expect(said).not.toMatch(/secret|at home/);
    }
    await close();
  });

  test('a client that breaks off leaves the process well', async () => {
    const server = api.app.listen(0);
    const { port } = server.address() as AddressInfo;
    await new Promise<void>((done) => {
      const begun = httpRequest({ port, method: 'POST', path: '/api/wikis', headers: { authorization: `Bearer ${admin.key}`, 'content-type': 'application/json', 'content-length': '1000' } });
      begun.on('error', () => done());
      begun.write('{"host"');
      setTimeout(() => begun.destroy(), 50);
    });
    expect((await request(server).get('/healthz')).status).toBe(200);
    await new Promise((done) => server.close(done));
  });
});
