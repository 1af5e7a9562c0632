import request from 'supertest';
import { standingClock } from '../../db/clock';
import { createApp } from '../../api/server';
import { testApi, type Script, type TestPerson } from '../support/api';

const api = testApi();
let ada: TestPerson;
let script: Script;
beforeAll(async () => {
  ada = await api.person('Ada', ['admin']);
  script = await api.script(ada);
  await api.wiki('en.example.org');
});
const withKey = (key: string, path = '/api/me') => request(api.app).get(path).set('Authorization', `Bearer ${key}`);

describe('an API key', () => {
  test('is shown once, when it is made, and opens', async () => {
    const made = await script.post('/api/keys', { label: 'for tests', scopes: ['all'] });
    expect(made.status).toBe(201);
    expect(made.body.key).toMatch(/^reeve_[\w-]{43}$/);
    expect((await withKey(made.body.key)).body.user.name).toBe('Ada');
    expect((await script.get(`/api/keys/${made.body.id}`)).body).toMatchObject({ label: 'for tests', scopes: ['all'], hidden: ['key'] });
    expect(JSON.stringify((await script.get('/api/keys')).body)).not.toContain(made.body.key);
  });

  test('stands in the database as a hash only, and not at all in the audit', async () => {
    const { body } = await script.post('/api/keys', { scopes: ['all'] });
    const stored = JSON.stringify([await api.sql('select * from key'), await api.sql('select * from audit'), await api.sql('select * from outbox')]);
    expect(stored).not.toContain(body.key);
    expect(stored).not.toContain(Buffer.from(body.key as string).toString('hex'));
  });

  test('is not made twice by the same Idempotency-Key, and its secret is not shown again', async () => {
    const once = await script.post('/api/keys', { scopes: ['all'] }).set('Idempotency-Key', 'k-1');
    const twice = await script.post('/api/keys', { scopes: ['all'] }).set('Idempotency-Key', 'k-1');
    expect([twice.status, twice.body.id]).toEqual([201, once.body.id]);
    expect(twice.body.key).toBeUndefined();
  });

  test('opens no more from the moment that it is revoked', async () => {
    const { body } = await script.post('/api/keys', { scopes: ['all'] });
    expect((await script.post(`/api/keys/${body.id}/revoke`)).body.state).toBe('revoked');
    expect((await withKey(body.key)).body).toMatchObject({ status: 401, code: 'auth.key-invalid' });
  });

  test('opens until its time is over and not a moment longer, although no timer has come in', async () => {
    const clock = standingClock(Date.now());
    const { app, close } = createApp({ ...api.api, kernel: { ...api.api.kernel, clock } });
    const expiresAt = new Date(clock.atMs + 60_000).toISOString();
    const { body } = await request(app).post('/api/keys').set('Authorization', `Bearer ${script.key}`).send({ scopes: ['all'], expiresAt });
    const ask = () => request(app).get('/api/me').set('Authorization', `Bearer ${body.key}`);
    clock.advance(59_999);
    expect((await ask()).status).toBe(200); // the control: it does open before
    clock.advance(1);
    expect((await ask()).status).toBe(401);
    expect((await request(app).get(`/api/keys/${body.id}`).set('Authorization', `Bearer ${script.key}`)).body.state).toBe('expired');
    await close();
  });

  test.each(['reeve_', 'reeve_unknownunknownunknownunknownunknownunknow', 'Ada', ''])('that is none (%j) is refused, also where a visitor is let in', async (key) => {
    expect((await withKey(key)).status).toBe(401);
    expect((await withKey(key, '/api/deliveries')).status).toBe(401);
  });

  test('remembers when it was used, to the minute', async () => {
    const { body } = await script.post('/api/keys', { scopes: ['all'] });
    const at = async () => (await api.sql('select last_used_at_ms as ms, version from key where id = $1', [body.id]))[0];
    expect(await at()).toEqual({ ms: null, version: 1 });
    await withKey(body.key);
    const first = await at();
    expect(first.ms).toBeGreaterThan(Date.now() - 60_000);
    await withKey(body.key);
    expect(await at()).toEqual(first);
    await api.sql('update key set last_used_at_ms = last_used_at_ms - 60001 where id = $1', [body.id]);
    await withKey(body.key);
    expect((await at()).ms).toBeGreaterThan(first.ms - 1);
  });

  test('loses at once what its owner loses', async () => {
    const bea = await api.person('Bea', ['admin']);
    const hers = await api.script(bea);
    expect((await hers.get('/api/users')).body.items.length).toBeGreaterThan(1);
    const [{ id }] = await api.sql('select id from membership where user_id = $1', [bea.id]);
    await script.post(`/api/memberships/${id}/suspend`);
    expect((await hers.get('/api/users')).body.items).toHaveLength(1);
  });
});

describe('scopes', () => {
  test.each([
    [['wiki:read'], 'get', '/api/wikis', 200],
    [['wiki:read'], 'get', '/api/users', 403],
    [['wiki:edit'], 'get', '/api/wikis/1', 200],
    [['delivery:read'], 'get', '/api/deliveries/987654', 404],
    [['wiki:read'], 'get', '/api/deliveries/987654', 403],
    [['wiki:read'], 'patch', '/api/wikis/1', 403],
    [['wiki:edit'], 'patch', '/api/wikis/1', 200],
    [['delivery:read'], 'post', '/api/deliveries/1/submit', 403],
    [['wiki:read'], 'get', '/api/log', 403],
    [['audit:read'], 'get', '/api/log', 200],
    [['all'], 'get', '/api/log', 200],
    [['wiki:read'], 'get', '/api/notices', 403],
    [['wiki:read'], 'get', '/api/operations', 403],
    [['wiki:read'], 'get', '/api/memberships', 403],
    [['wiki:read'], 'get', '/api/keys', 403],
    [['wiki:read'], 'get', '/api/target-lists', 403],
    [['user:read'], 'patch', '/api/me', 403],
  ] as const)('a key with %j asking %s %s gets %i', async (scopes, method, path, status) => {
    const key = await api.script(ada, [...scopes]);
    expect((await key[method](path)).status).toBe(status);
  });

  test.each([
    [['wiki:pauseCreations'], 'post', '/api/wikis/1/pauseCreations', { mode: 'bot', reason: 'Spam' }],
    [['wiki:resumeCreations'], 'post', '/api/wikis/1/resumeCreations', { mode: 'bot' }],
    [['audit:readCreations'], 'get', '/api/audits/account-creations', undefined],
  ] as const)('%j can be given to a key, although no machine has the verb', async (scopes, method, path, body) => {
    const { body: made } = await script.post('/api/keys', { scopes });
    const answer = request(api.app)[method](path).set('Authorization', `Bearer ${made.key}`);
    const { status } = await (body ? answer.send(body) : answer);
    expect([401, 403]).not.toContain(status);
  });

  test('never give more than the owner has', async () => {
    const nobody = await api.script(await api.person('Nobody'), ['all']);
    expect((await nobody.patch('/api/wikis/1', { editsPerMinute: 1 })).status).toBe(403);
    expect((await nobody.get('/api/users')).body.items).toHaveLength(1); // oneself
  });

  test('a key makes no key with more than it has', async () => {
    const maker = await api.script(ada, ['key:new', 'wiki:read']);
    expect((await maker.post('/api/keys', { scopes: ['all'] })).body.errors).toMatchObject([{ pointer: '/scopes/0', code: 'policy.forbidden' }]);
    expect((await maker.post('/api/keys', { scopes: ['wiki:read', 'wiki:edit'] })).body.errors).toMatchObject([{ pointer: '/scopes/1' }]);
    expect((await maker.post('/api/keys', { scopes: ['wiki:read'] })).status).toBe(201);
  });

  test('a key that ends makes none that opens longer', async () => {
    const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
    const made = await script.post('/api/keys', { scopes: ['all'], expiresAt });
    const maker = (body: object) => script.post('/api/keys', body).set('authorization', `Bearer ${made.body.key}`);
    expect((await maker({ scopes: ['wiki:read'] })).body.errors).toMatchObject([{ pointer: '/expiresAt' }]);
    expect((await maker({ scopes: ['wiki:read'], expiresAt: new Date(Date.now() + 7_200_000).toISOString() })).body.errors).toMatchObject([{ pointer: '/expiresAt' }]);
    expect((await maker({ scopes: ['wiki:read'], expiresAt })).status).toBe(201);
  });

  test.each(['everything', 'wiki', 'wiki:', ':read', 'wiki:approve', 'ticket:read', 'delivery:finish2', 'delivery:xstate.init', ''])('there is no scope %j, and the answer names the place', async (scope) => {
    expect((await script.post('/api/keys', { scopes: ['wiki:read', scope] })).body.errors).toMatchObject([{ pointer: '/scopes/1', code: 'choice' }]);
  });

  test.each([[{ scopes: [] }, '/scopes'], [{}, '/scopes'], [{ scopes: 'all' }, '/scopes'], [{ scopes: ['all'], expiresAt: '2020-01-01T00:00:00Z' }, '/expiresAt'], [{ scopes: ['all'], expiresAt: 'soon' }, '/expiresAt']])('%j is refused at %s', async (body, pointer) => {
    expect((await script.post('/api/keys', body)).body).toMatchObject({ status: 422, errors: [{ pointer }] });
  });
});

describe('other people\'s keys', () => {
  test('are nobody\'s to see but admins\', who see neither label nor secret, and may revoke', async () => {
    const eve = await api.script(await api.person('Eve'));
    const { body } = await eve.post('/api/keys', { label: 'mine alone', scopes: ['all'] });
    const stranger = await api.script(await api.person('Stranger'));
    expect((await stranger.get(`/api/keys/${body.id}`)).status).toBe(404);
    expect((await stranger.post(`/api/keys/${body.id}/revoke`)).status).toBe(404);
    const seen = await script.get(`/api/keys/${body.id}`);
    expect(seen.body).toMatchObject({ hidden: ['key', 'label'], actions: [{ verb: 'revoke' }] });
    expect(seen.text).not.toContain('mine alone');
    expect((await script.post(`/api/keys/${body.id}/revoke`)).body.state).toBe('revoked');
  });
});
