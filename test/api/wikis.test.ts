import { unseal } from '../../gateways/secret-box';
import { createApp } from '../../api/server';
import request from 'supertest';
import { testApi, type Script } from '../support/api';

const api = testApi();
let admin: Script;
let reader: Script;
beforeAll(async () => {
  admin = await api.script(await api.person('Admin', ['admin']));
  reader = await api.script(await api.person('Reader'));
});
const wiki = (more: object = {}) => ({ host: 'en.example.org', apiUrl: 'http://127.0.0.1:8123/api.php', botUser: 'Bot@reeve', botPassword: 'very secret words', ...more });

describe('a wiki', () => {
  test('is configured by an admin; its password is sealed and never comes out again', async () => {
    const made = await admin.post('/api/wikis', wiki({ editsPerMinute: 90, allowedNamespaces: [4, 100], aliases: ['EN.m.example.org'], inFlight: 2 }));
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({ host: 'en.example.org', editsPerMinute: 90, inFlight: 2, aliases: ['en.m.example.org'], optOutCategory: 'Opted-out of message delivery', hidden: ['botPassword', 'oauthClientSecret'], signsIn: false, oauthClientId: null });
    const all = JSON.stringify([made.body, (await admin.get('/api/wikis')).body, await api.sql('select * from wiki'), await api.sql('select * from audit'), await api.sql('select * from outbox')]);
    expect(all).not.toContain('very secret words');
    const [{ bot_password: sealed }] = await api.sql('select bot_password from wiki');
    expect(unseal(api.api.config.REEVE_SECRET_KEY, sealed)).toBe('very secret words');
  });

  test('shows who is signed in that it is there, not its bot; others nothing', async () => {
    const { body } = await reader.get('/api/wikis?host=en.m.example.org');
    expect(body.items).toMatchObject([{ host: 'en.example.org', hidden: ['botUser', 'botPassword', 'footer', 'welcome', 'oauthClientId', 'oauthClientSecret'] }]);
    expect(JSON.stringify(body)).not.toContain('Bot@reeve');
    expect((await request(api.app).get('/api/wikis')).status).toBe(401);
    expect((await reader.post('/api/wikis', wiki({ host: 'x.example.org' }))).status).toBe(403);
    expect((await reader.patch(`/api/wikis/${body.items[0].id}`, { editsPerMinute: 1 })).status).toBe(403);
  });

  test('has a host of its own, as name and as alias', async () => {
    expect((await admin.post('/api/wikis', wiki())).body).toMatchObject({ status: 409, errors: [{ pointer: '/host', code: 'conflict' }] });
    expect((await admin.post('/api/wikis', wiki({ host: 'en.m.example.org' }))).body.errors).toMatchObject([{ pointer: '/host' }]);
    expect((await admin.post('/api/wikis', wiki({ host: 'de.example.org', aliases: ['ok.example.org', 'en.example.org'] }))).body.errors).toMatchObject([{ pointer: '/aliases/1' }]);
  });

  test.each([
    ['ftp://wiki.example.org/api.php', '/apiUrl'], ['wiki.example.org/api.php', '/apiUrl'], ['http://user:password@wiki.example.org/api.php', '/apiUrl'], ['javascript:alert(1)', '/apiUrl'], ['', '/apiUrl'],
  ])('is not called at %j', async (apiUrl, pointer) => {
    expect((await admin.post('/api/wikis', wiki({ host: 'de.example.org', apiUrl }))).body).toMatchObject({ status: 422, errors: [{ pointer }] });
  });

  test.each(['', 'de example org', 'de.example.org/wiki', 'https://de.example.org', 'de.example.org:port', 'a@b', '-a.example.org'])('is not named %j', async (host) => {
    expect((await admin.post('/api/wikis', wiki({ host }))).body).toMatchObject({ status: 422, errors: [{ pointer: '/host' }] });
  });

  test('may carry a port', async () => {
    expect((await admin.post('/api/wikis', wiki({ host: '127.0.0.1:8123' }))).body.host).toBe('127.0.0.1:8123');
    expect((await admin.post('/api/wikis', wiki({ host: 'LOCALHOST:8123' }))).body.host).toBe('localhost:8123');
  });

  test.each(['http://169.254.169.254/latest', 'http://[fe80::1]/api.php', 'http://0.0.0.0/api.php'])('stands never at %s', async (apiUrl) => {
    expect((await admin.post('/api/wikis', wiki({ host: 'de.example.org', apiUrl }))).body.errors).toMatchObject([{ pointer: '/apiUrl', code: 'wiki.forbidden-host' }]);
  });

  test.each(['http://127.0.0.1/api.php', 'http://10.0.0.1/api.php', 'http://[::1]/api.php', 'http://localhost/api.php', 'http://2130706433/api.php', 'http://0x7f.1/api.php'])('stands at %s only where private hosts are allowed', async (apiUrl) => {
    const { app, close } = createApp({ ...api.api, config: { ...api.api.config, REEVE_ALLOW_PRIVATE_HOSTS: false } });
    const { body } = await request(app).post('/api/wikis').set('Authorization', `Bearer ${admin.key}`).send(wiki({ host: 'de.example.org', apiUrl }));
    expect(body.errors).toMatchObject([{ pointer: '/apiUrl', code: 'wiki.forbidden-host', detail: expect.stringContaining('REEVE_ALLOW_PRIVATE_HOSTS') }]);
    await close();
  });

  test('lets people sign in by it where its client is given, whose secret is sealed', async () => {
    const { body } = await admin.post('/api/wikis', wiki({ host: 'nl.example.org', oauthClientId: 'the client', oauthClientSecret: 'secret of the client' }));
    expect(body).toMatchObject({ oauthClientId: 'the client', signsIn: true });
    expect((await reader.get('/api/wikis?host=nl.example.org')).body.items).toMatchObject([{ signsIn: true }]);
    const path = `/api/wikis/${body.id}`;
    const sealed = async () => (await api.sql('select oauth_client_secret as secret from wiki where id = $1', [body.id]))[0].secret;
    expect(unseal(api.api.config.REEVE_SECRET_KEY, await sealed())).toBe('secret of the client');
    expect((await admin.patch(path, { editsPerMinute: 7 })).body.oauthClientId).toBe('the client');
    expect((await admin.patch(path, { oauthClientId: 'another client' })).body.errors).toMatchObject([{ pointer: '/oauthClientSecret' }]);
    expect((await admin.patch(path, { apiUrl: 'http://127.0.0.1:9999/api.php', botPassword: 'another' })).body.errors).toMatchObject([{ pointer: '/oauthClientSecret' }]);
    expect((await admin.patch(path, { oauthClientId: null })).body).toMatchObject({ oauthClientId: null, signsIn: false });
    expect(await sealed()).toBeNull();
    expect((await admin.patch(path, { oauthClientSecret: 'of nobody' })).body.errors).toMatchObject([{ pointer: '/oauthClientId' }]);
    for (const half of [{ oauthClientId: 'alone' }, { oauthClientSecret: 'alone' }]) expect((await admin.post('/api/wikis', wiki({ host: 'pl.example.org', ...half }))).status).toBe(422);
  });

  test('whose address changes wants the password again: the old one goes to nobody else', async () => {
    const { body } = await admin.post('/api/wikis', wiki({ host: 'fr.example.org' }));
    expect((await admin.patch(`/api/wikis/${body.id}`, { apiUrl: 'http://127.0.0.1:9999/api.php' })).body.errors).toMatchObject([{ pointer: '/botPassword' }]);
    expect((await admin.patch(`/api/wikis/${body.id}`, { apiUrl: 'http://127.0.0.1:8123/w/api.php' })).status).toBe(200); // the same host
    expect((await admin.patch(`/api/wikis/${body.id}`, { apiUrl: 'http://127.0.0.1:9999/api.php', botPassword: 'another' })).status).toBe(200);
    expect(unseal(api.api.config.REEVE_SECRET_KEY, (await api.sql('select bot_password from wiki where id = $1', [body.id]))[0].bot_password)).toBe('another');
  });

  test('whose address changes while another change of it is looked at keeps its password for the address that it was given for', async () => {
    const elsewhere = 'http://127.0.0.1:9999/api.php';
    const { id } = (await admin.post('/api/wikis', wiki({ host: 'race.example.org', apiUrl: elsewhere }))).body;
    const { pool } = api.api.kernel;
    const ask = pool.query.bind(pool) as (...asked: unknown[]) => never;
    let looks = 0;
    const before = jest.spyOn(pool, 'query').mockImplementation(((...asked: unknown[]) => { // between its own look and the commit's
      const isLook = (asked[0] as { text?: string }).text?.includes('from "wiki" where id = $1');
      if (!isLook || ++looks !== 2) return ask(...asked);
      return (ask("update wiki set api_url = 'http://127.0.0.1:8123/api.php', version = version + 1 where id = $1", [id]) as Promise<unknown>).then(() => ask(...asked));
    }) as never);
    expect(await admin.patch(`/api/wikis/${id}`, { apiUrl: elsewhere, footer: 'x' })).toMatchObject({ status: 409, body: { code: 'conflict' } });
    before.mockRestore();
    expect((await admin.get(`/api/wikis/${id}`)).body.apiUrl).toBe('http://127.0.0.1:8123/api.php');
  });

  test('by which people sign in leads to another address only where an admin says that it is the same: number 7 there may be somebody else', async () => {
    const { body } = await admin.post('/api/wikis', wiki({ host: 'people.example.org', apiUrl: 'http://127.0.0.1/api.php' }));
    const { id } = await api.person('Number seven');
    await api.sql(`insert into identity (user_id, wiki_id, wiki_user_id, name, linked_at_ms, signed_in_at_ms) values ($1, $2, '7', 'Number seven', 0, 0)`, [id, body.id]);
    const moved = (apiUrl: string, more: object = {}) => admin.patch(`/api/wikis/${body.id}`, { apiUrl, botPassword: 'as before', ...more });
    for (const other of ['http://127.0.0.1/other/api.php', 'http://localhost/api.php', 'http://127.0.0.1:81/api.php', 'http://127.0.0.1/api.php?wiki=other'])
      expect((await moved(other)).body).toMatchObject({ status: 422, errors: [{ pointer: '/apiUrl', code: 'wiki.has-people' }] });
    expect((await moved('https://127.0.0.1/api.php')).status).toBe(200);
    expect((await moved('https://127.0.0.1/w/api.php', { sameWiki: true })).body).toMatchObject({ apiUrl: 'https://127.0.0.1/w/api.php' });
    expect(await api.sql('select user_id from identity where wiki_id = $1', [body.id])).toEqual([{ user_id: id }]);
  });
});

describe('the switch that holds up the making of accounts', () => {
  let toolAdmin: Script;
  let toolUser: Script;
  let id: number;
  beforeAll(async () => {
    toolAdmin = await api.script(await api.person('Tool admin', ['toolAdmin']));
    toolUser = await api.script(await api.person('Tool user', ['toolUser']));
    ({ id } = (await admin.post('/api/wikis', wiki({ host: 'switched.example.org', welcome: '{{subst:Welcome}} ~~~~' }))).body);
  });
  const turn = (by: Script, verb: string, body: object = { mode: 'bot', reason: 'A wave of odd names.' }) => by.post(`/api/wikis/${id}/${verb}`, body);
  const offers = async (by: Script): Promise<Record<string, string[]>> =>
    Object.fromEntries((await by.get(`/api/wikis/${id}`)).body.actions.filter(({ verb }: { verb: string }) => /Creations$/.test(verb)).map(({ verb, input }: { verb: string; input: any }) => [verb, input.properties.mode.enum ?? [input.properties.mode.const]]));

  test('is turned by tool admins and admins, for each mode by itself, and the log says by whom, when and why', async () => {
    expect(await offers(toolAdmin)).toEqual({ pauseCreations: ['bot', 'organizer'] });
    const { body } = await turn(toolAdmin, 'pauseCreations');
    expect(body.creationsPaused).toEqual({ bot: expect.stringMatching(/^20/), organizer: null });
    expect(await offers(admin)).toEqual({ pauseCreations: ['organizer'], resumeCreations: ['bot'] });
    expect((await turn(admin, 'pauseCreations')).body.version).toBe(body.version); // it stands so already
    expect((await turn(admin, 'resumeCreations', { mode: 'bot' })).body.creationsPaused).toEqual({ bot: null, organizer: null });
    const { items } = (await admin.get(`/api/log?noun=wiki&entity=${id}`)).body;
    const deeds = await api.sql(`select verb, code, actor from audit where noun = 'wiki' and entity = $1 and verb like '%Creations' order by version`, [id]);
    expect(deeds.map(({ verb, code }) => [verb, code])).toEqual([['pauseCreations', 'bot'], ['resumeCreations', 'bot']]);
    expect(items).toEqual([]); // not sealed yet
    expect(await api.sql(`select effect, params from outbox where noun = 'wiki' and entity = $1`, [id])).toEqual([{ effect: 'resumeCreations', params: { mode: 'bot' } }]);
  });

  test('is nobody else\'s', async () => {
    for (const by of [toolUser, reader]) {
      expect((await turn(by, 'pauseCreations')).status).toBe(403);
      expect((await turn(by, 'resumeCreations', { mode: 'bot' })).status).toBe(403);
      expect(await offers(by)).toEqual({});
    }
    expect((await toolAdmin.patch(`/api/wikis/${id}`, { welcome: 'Mine' })).status).toBe(403);
    expect((await toolAdmin.get(`/api/wikis/${id}`)).body.welcome).toBeUndefined();
    expect((await admin.get(`/api/wikis/${id}`)).body.welcome).toBe('{{subst:Welcome}} ~~~~');
  });

  test('asks for a mode that there is, and why', async () => {
    expect((await turn(admin, 'pauseCreations', { mode: 'all', reason: 'x' })).body.errors).toMatchObject([{ pointer: '/mode', code: 'choice' }]);
    expect((await turn(admin, 'pauseCreations', { mode: 'bot' })).body.errors).toMatchObject([{ pointer: '/reason', code: 'required' }]);
    expect((await turn(admin, 'pauseCreations', { mode: 'bot', reason: 'x' }).set('If-Match', '"1"')).status).toBe(412);
    expect((await admin.post('/api/wikis/999999/pauseCreations', { mode: 'bot', reason: 'x' })).status).toBe(404);
  });
});
