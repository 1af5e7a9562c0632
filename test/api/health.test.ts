import { get } from 'node:http';
import request from 'supertest';
import { createApp, startApi } from '../../api/server';
import { readConfig } from '../../config';
import { testApi, type Script } from '../support/api';
import { eventually } from '../support/eventually';

const api = testApi();
let script: Script;
beforeAll(async () => {
  script = await api.script(await api.person('Ada', ['sender']));
  await api.wiki('en.example.org');
});

describe('readiness', () => {
  const readyz = async (more: Partial<typeof api.api>) => {
    const { app, close } = createApp({ ...api.api, ...more });
    const { status, body } = await request(app).get('/readyz');
    await close();
    return { answer: status, ...body };
  };
  // What does not answer in time counts as away: on a busy machine it is asked again.
  test('is whole when every part answers', () => eventually(async () => expect(await readyz({})).toEqual({ answer: 200, status: 'ready', parts: { postgres: 'ok', redis: 'ok', temporal: 'ok' }, degraded: [] })));
  test('names Temporal and Redis when they are away, and stays ready: verbs work without them', async () => {
    const away = { ping: () => Promise.reject(new Error('away')) } as never;
    await eventually(async () => expect(await readyz({ temporal: async () => false, redis: [away, away, away] })).toEqual({ answer: 200, status: 'degraded', parts: { postgres: 'ok', redis: 'down', temporal: 'down' }, degraded: ['redis', 'temporal'] }));
  });
  test('waits for no part that hangs', async () => {
    expect(await readyz({ temporal: () => new Promise(() => {}) })).toMatchObject({ degraded: ['temporal'] });
  });
});

describe('/metrics', () => {
  test('tells loopback of answers by route, of the outbox, of deliveries and of the pool', async () => {
    await script.get('/api/deliveries/4711');
    const { status, text } = await request(api.app).get('/metrics');
    expect(status).toBe(200);
    for (const name of ['reeve_http_request_duration_seconds', 'reeve_outbox_rows{state="dead"} 0', 'reeve_outbox_oldest_seconds', 'reeve_targets', 'reeve_operations_waiting', 'reeve_audit_unsealed', 'reeve_postgres_connections', 'process_cpu_seconds_total']) expect(text).toContain(name);
    expect(text).toContain('route="/api/deliveries/:id"');
    expect(text).not.toContain('4711');
  });
  test('is nothing to who comes through a proxy without an operator\'s key', async () => {
    const ask = (key?: string) => request(api.app).get('/metrics').set('X-Forwarded-For', '203.0.113.9').set(key ? { Authorization: `Bearer ${key}` } : {});
    expect((await ask()).status).toBe(404);
    expect((await ask(script.key)).status).toBe(404);
    expect((await ask((await api.script(await api.person('Op', ['operator']))).key)).status).toBe(200);
  });
});

test('/version and /healthz answer anybody', async () => {
  expect((await request(api.app).get('/version')).body).toEqual({ name: 'reeve', version: expect.stringMatching(/^\d+\.\d+\.\d+/) });
  expect((await request(api.app).get('/healthz')).body).toEqual({ status: 'ok' });
});

describe('going', () => {
  test('is not ready first, ends live streams, lets what runs finish, takes nothing new', async () => {
    const config = { ...api.api.config, ...readConfig({ DATABASE_URL: 'x', REEVE_SECRET_KEY: 'only-for-tests-only-for-tests-only', PORT: '0', REEVE_EMBEDDED: '1' }) };
    let letGo = (): void => {};
    const slow = new Promise<boolean>((done) => (letGo = () => done(true)));
    let asks = (): void => {};
    const asked = new Promise<void>((done) => (asks = done));
    const running = await startApi({ ...api.api, config, temporal: () => (asks(), slow) });
    const list = await script.post('/api/target-lists', { name: 'L', wiki: 'en.example.org', content: '' });
    const { body } = await script.post('/api/deliveries', { wiki: 'en.example.org', listIds: [list.body.id], subject: 'S', body: 'B' });
    let flows = (): void => {};
    const flowing = new Promise<void>((done) => (flows = done));
    const streamEnded = new Promise<void>((done) => {
      get(`${running.url}/api/deliveries/${body.id}/progress`, { headers: { authorization: `Bearer ${script.key}` } }, (response) => (flows(), response.resume().on('end', done)));
    });
    const unfinished = fetch(`${running.url}/readyz`); // waits for Temporal
    await Promise.all([flowing, asked]);
    const stopped = running.stop({ lameMs: 2_000 });
    letGo();
    const seen = await fetch(`${running.url}/readyz`);
    expect([seen.status, (await seen.json() as { status: string }).status]).toEqual([503, 'stopping']);
    await Promise.all([streamEnded, stopped]);
    expect((await unfinished).status).toBe(503);
    await expect(fetch(`${running.url}/healthz`)).rejects.toThrow();
  });
});
