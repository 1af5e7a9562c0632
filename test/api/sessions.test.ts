import Redis from 'ioredis';
import { Client } from 'pg';
import request from 'supertest';
import { createApp } from '../../api/server';
import { readConfig } from '../../config';
import { PASSWORD, testApi, type TestPerson } from '../support/api';
import { eventually } from '../support/eventually';
import { services } from '../support/services';

const api = testApi();
let ada: TestPerson;
beforeAll(async () => {
  ada = await api.person('Ada');
  await api.sql('update "user" set password_hash = null where id = $1', [(await api.person('Keyless')).id]);
});
const signIn = (name: string, password: string) => request(api.app).post('/api/sessions').send({ name, password });
const cookieOf = (response: request.Response) => (response.headers['set-cookie'] as unknown as string[] | undefined)?.[0] ?? '';

describe('signing in', () => {
  test('gives a session that no script can read and other sites do not send along', async () => {
    const response = await signIn('ada', PASSWORD);
    expect(response.status).toBe(201);
    expect(response.body).toEqual({ user: { id: ada.id, name: 'Ada' }, csrfToken: expect.any(String) });
    expect(cookieOf(response)).toMatch(/^reeve=.*; Path=\/; Expires=.*; HttpOnly; SameSite=Lax$/);
  });

  test('answers the same for a wrong password, an unknown name and an account without a password', async () => {
    const answers = await Promise.all([signIn('Ada', 'wrong'), signIn('Nobody', 'wrong'), signIn('Keyless', 'wrong'), signIn('Ada\0', 'wrong')]);
    const bodies = answers.map(({ status, body }) => ({ status, ...body, requestId: '' }));
    expect(new Set(bodies.map((body) => JSON.stringify(body))).size).toBe(1);
    expect(bodies[0]).toMatchObject({ status: 401, code: 'auth.failed' });
  });

  test('takes about as long for an unknown name as for a wrong password', async () => {
    const time = async (name: string) => {
      const begun = performance.now();
      for (let i = 0; i < 5; i++) await signIn(name, 'wrong');
      return performance.now() - begun;
    };
    const [known, unknown] = [await time('Ada'), await time('Nobody')];
    expect(unknown).toBeGreaterThan(known * 0.4);
  });

  test('gives a new session id, so that a planted one opens nothing', async () => {
    const attacker = request.agent(api.app);
    const planted = cookieOf(await attacker.post('/api/sessions').send({ name: 'Ada', password: PASSWORD })).split(';')[0]!;
    const victim = await request(api.app).post('/api/sessions').set('Cookie', planted).set('X-CSRF-Token', '').send({ name: 'Ada', password: PASSWORD });
    expect(victim.status).toBe(403); // who is signed in needs the token, here too
    const me = await attacker.get('/api/me');
    const again = await attacker.post('/api/sessions').set('X-CSRF-Token', me.body.csrfToken).send({ name: 'Ada', password: PASSWORD });
    expect(again.status).toBe(201);
    expect(cookieOf(again).split(';')[0]).not.toBe(planted);
    expect((await request(api.app).get('/api/me').set('Cookie', planted)).status).toBe(401);
  });

  test('keeps neither the password nor the name in the session', async () => {
    await signIn('Ada', PASSWORD);
    expect(JSON.stringify(await api.sql('select * from session'))).not.toMatch(/Ada|a password/);
  });

  test('leaves nothing in the database that would open a session', async () => {
    await signIn('Ada', PASSWORD);
    const [{ hash }] = await api.sql('select hash from session order by since_ms desc limit 1');
    for (const way of ['hex', 'base64', 'base64url'] as const)
      expect((await request(api.app).get('/api/me').set('Cookie', `reeve=${(hash as Buffer).toString(way)}`)).status).toBe(401);
  });

  test('ends with signing out', async () => {
    const browser = await api.browser(ada);
    expect((await browser.get('/api/me')).status).toBe(200);
    expect((await browser.delete('/api/sessions/current')).status).toBe(204);
    expect((await browser.get('/api/me')).status).toBe(401);
  });

  test('a session whose account is gone is nobody\'s', async () => {
    const gone = await api.person('Gone');
    const browser = await api.browser(gone);
    await api.sql('delete from "user" where id = $1', [gone.id]);
    expect((await browser.get('/api/me')).status).toBe(401);
  });
});

describe('another site', () => {
  test('cannot act in a signed-in person\'s name: without the token nothing is done', async () => {
    const browser = await api.browser(ada);
    expect((await browser.agent.patch('/api/me').send({ language: 'de' })).body).toMatchObject({ status: 403, code: 'auth.csrf' });
    expect((await browser.agent.patch('/api/me').set('X-CSRF-Token', 'guessed').send({ language: 'de' })).status).toBe(403);
    expect((await browser.get('/api/me')).body.user.language).toBe('en');
    expect((await browser.patch('/api/me', { language: 'de' })).body.user.language).toBe('de');
  });

  test.each([
    ['a browser that says cross-site', { 'Sec-Fetch-Site': 'cross-site' }],
    ['a browser that says same-site', { 'Sec-Fetch-Site': 'same-site' }],
    ['an origin that is not ours', { Origin: 'https://evil.example' }],
    ['a sandboxed frame', { Origin: 'null' }],
  ])('is refused from %s, with the right token and at signing in', async (_what, headers) => {
    const browser = await api.browser(ada);
    expect((await browser.patch('/api/me', { language: 'fr' }).set(headers)).body.code).toBe('auth.csrf');
    expect((await request(api.app).post('/api/sessions').set(headers).send({ name: 'Ada', password: PASSWORD })).body.code).toBe('auth.csrf');
  });

  test('does not matter to an API key, which no browser sends by itself', async () => {
    const script = await api.script(ada);
    expect((await script.patch('/api/me', { language: 'en' }).set('Sec-Fetch-Site', 'cross-site')).status).toBe(200);
  });
});

describe('own settings', () => {
  test('a new password needs the present one', async () => {
    const browser = await api.browser(await api.person('Bea'));
    expect((await browser.patch('/api/me', { password: 'a quite new password' })).body.errors).toMatchObject([{ pointer: '/currentPassword' }]);
    expect((await browser.patch('/api/me', { password: 'a quite new password', currentPassword: 'wrong' })).status).toBe(401);
    expect((await browser.patch('/api/me', { password: 'a quite new password', currentPassword: PASSWORD })).status).toBe(200);
    expect((await signIn('Bea', PASSWORD)).status).toBe(401);
    expect((await signIn('Bea', 'a quite new password')).status).toBe(201);
  });

  test('a new password lets nobody in who is just being looked at with the old one', async () => {
    const dan = await api.person('Dan');
    const change = await api.api.kernel.pool.connect();
    await change.query('begin');
    await change.query(`update "user" set password_hash = 'another' where id = $1`, [dan.id]);
    const late = signIn('Dan', PASSWORD).then((answer) => answer);
    await eventually(async () => expect(await api.sql(`select from pg_stat_activity where wait_event_type = 'Lock' and query like '%insert into session%'`)).toHaveLength(1));
    await change.query('commit');
    change.release();
    expect((await late).body).toMatchObject({ status: 401, code: 'auth.failed' });
    expect(await api.sql('select from session where user_id = $1', [dan.id])).toEqual([]);
  });

  test('a new password signs out everywhere else, and not here', async () => {
    const cleo = await api.person('Cleo');
    const [here, there] = [await api.browser(cleo), await api.browser(cleo)];
    await here.patch('/api/me', { password: 'a quite new password', currentPassword: PASSWORD });
    expect([(await here.get('/api/me')).status, (await there.get('/api/me')).status]).toEqual([200, 401]);
  });

  test('a new password and the end of the other sessions are one: what is killed in between has changed neither', async () => {
    const mia = await api.person('Mia');
    const [here, there] = [await api.browser(mia), await api.browser(mia)];
    const { query } = Client.prototype;
    const killed = jest.spyOn(Client.prototype, 'query').mockImplementation(function (this: Client, ...given: any[]) {
      const ends = String(given[0]).startsWith('delete from session where user_id');
      return Reflect.apply(query as (...all: any[]) => any, this, ends ? ['select killed', ...given.slice(typeof given.at(-1) === 'function' ? -1 : given.length)] : given);
    });
    expect((await here.agent.patch('/api/me').set('X-CSRF-Token', here.token).send({ password: 'a quite new password', currentPassword: PASSWORD })).status).toBe(500);
    killed.mockRestore();
    expect([(await signIn('Mia', PASSWORD)).status, (await there.get('/api/me')).status]).toEqual([201, 200]);
  });

  test('say which roles one holds, where one may go, and the token', async () => {
    const wiki = await api.wiki('en.example.org');
    const browser = await api.browser(await api.person('Dora', ['sender'], wiki.id));
    const { body } = await browser.get('/api/me');
    expect(body).toMatchObject({ user: { name: 'Dora', language: 'en', timeZone: 'UTC' }, roles: [{ role: 'sender', wiki: 'en.example.org' }], csrfToken: browser.token });
    expect(body.areas.map(({ area }: { area: string }) => area)).toEqual(['events', 'deliveries', 'me']);
  });

  test.each([
    [{ timeZone: 'Mars/Olympus' }, '/timeZone'],
    [{ timeZone: '+05:30' }, '/timeZone'],
    [{ language: 'not a language' }, '/language'],
    [{ password: 'short' }, '/password'],
    [{ nickname: 'A' }, '/nickname'],
  ])('refuse %j at %s', async (body, pointer) => {
    const script = await api.script(ada);
    expect((await script.patch('/api/me', body)).body).toMatchObject({ status: 422, errors: [{ pointer }] });
  });
});

describe('where people come by HTTPS', () => {
  const secure = () => {
    const env = { DATABASE_URL: 'unused', REEVE_SECRET_KEY: 'only-for-tests-only-for-tests-only', REEVE_PUBLIC_URL: 'https://reeve.example.org', REEVE_TRUST_PROXY: 'loopback' };
    return createApp({ ...api.api, config: readConfig(env) });
  };

  test('the cookie is one that only this host can have set, and browsers are told to stay', async () => {
    const { app, close } = secure();
    const response = await request(app).post('/api/sessions').set('X-Forwarded-Proto', 'https').send({ name: 'Ada', password: PASSWORD });
    expect(cookieOf(response)).toMatch(/^__Host-reeve=.*; Path=\/; Expires=.*; HttpOnly; Secure; SameSite=Lax$/);
    expect(cookieOf(response)).not.toMatch(/Domain/);
    expect(response.headers['strict-transport-security']).toMatch(/max-age/);
    await close();
  });
});

describe('too many tries', () => {
  let nodes: Redis[];
  const connect = async (): Promise<void> => {
    nodes = services.redisUrls().map((url) => new Redis(url, { maxRetriesPerRequest: 0, commandTimeout: 3_000 }).on('error', () => {}));
    for (const node of nodes) for (const key of await node.keys('reeve:limit:*')) await node.del(key); // of an earlier run
  };
  /** A node that was there and is not any more. */
  const gone = async (): Promise<Redis> => {
    const node = new Redis(services.redisUrls()[0]!, { maxRetriesPerRequest: 0, enableOfflineQueue: false, lazyConnect: true });
    await node.connect();
    await node.quit();
    return node;
  };
  const tryOut = async (redis: Redis[], name: string, times: number) => {
    const { app, close } = createApp({ ...api.api, redis });
    const answers = [];
    for (let i = 0; i < times; i++) answers.push(await request(app).post('/api/sessions').send({ name, password: 'wrong' }));
    const right = await request(app).post('/api/sessions').send({ name, password: PASSWORD });
    await close();
    return { answers, right };
  };
  beforeAll(connect);
  afterAll(() => nodes.forEach((node) => node.disconnect()));

  test('on one name are slowed down, also with the right password, and say when to come back', async () => {
    await api.person('Eve');
    const { answers, right } = await tryOut(nodes, 'Eve', 12);
    expect(answers.map(({ status }) => status)).toEqual([...Array(10).fill(401), 429, 429]);
    expect(answers[11]!.body).toMatchObject({ code: 'rate-limited' });
    expect(Number(answers[11]!.headers['retry-after'])).toBeGreaterThan(800);
    expect(right.status).toBe(429);
  });

  test('are counted together however the name is spelt, and from every address that one home has', async () => {
    await api.person('Zoe');
    const { app, close } = createApp({ ...api.api, redis: nodes, config: { ...api.api.config, REEVE_TRUST_PROXY: 'loopback' } });
    const statuses: number[] = [];
    for (const [i, name] of ['Zoe', 'ZOE', ' zoe ', '\0Zoe', 'Z\0oe', 'Zo\0e', 'Zoe\0', 'zo\0\0e', '\0z\0o\0e', 'ZoE\0\0', 'Zoe'].entries())
      statuses.push((await request(app).post(i % 2 ? '/api/sessions' : '/sign-in').type(i % 2 ? 'json' : 'form').set('X-Forwarded-For', `2001:db8:0:7:${i}::1`).send({ name, password: i === 10 ? PASSWORD : 'wrong' })).status);
    expect(statuses).toEqual([...Array(10).fill(401), 429]);
    await close();
  });

  test('do not count where the password was right', async () => {
    await api.person('Flo');
    const { app, close } = createApp({ ...api.api, redis: nodes });
    for (let i = 0; i < 15; i++) expect((await request(app).post('/api/sessions').send({ name: 'Flo', password: PASSWORD })).status).toBe(201);
    await close();
  });

  test('at the present password, at a session that was left open, are slowed down in the same way, wherever it is asked for', async () => {
    await api.person('Ned');
    const { app, close } = createApp({ ...api.api, redis: nodes });
    const agent = request.agent(app);
    const { csrfToken } = (await agent.post('/api/sessions').send({ name: 'Ned', password: PASSWORD })).body;
    const change = (currentPassword: string) => agent.patch('/api/me').set('X-CSRF-Token', csrfToken).send({ password: 'a quite new password', currentPassword });
    const begin = (currentPassword: string) => agent.post('/api/me/second-factor').set('X-CSRF-Token', csrfToken).send({ currentPassword });
    const statuses: number[] = [];
    for (let i = 0; i < 5; i++) statuses.push((await change('wrong')).status, (await begin('wrong')).status);
    expect(statuses).toEqual(Array(10).fill(401));
    expect([(await change(PASSWORD)).status, (await begin(PASSWORD)).status]).toEqual([429, 429]);
    await close();
  });

  test('are counted by the next Redis when the first is away', async () => {
    await api.person('Gil');
    const away = await gone();
    const { answers } = await tryOut([away, ...nodes], 'Gil', 11);
    expect(answers.at(-1)!.status).toBe(429);
  });

  test('lock nobody out when no Redis answers', async () => {
    await api.person('Hal');
    const away = await gone();
    const { answers, right } = await tryOut([away], 'Hal', 12);
    expect([answers.at(-1)!.status, right.status]).toEqual([401, 201]);
  });

  test('leave no address and no name in Redis', async () => {
    await tryOut(nodes, 'Ida', 1);
    const keys = (await nodes[0]!.keys('reeve:limit:*')).join();
    expect(keys).toMatch(/sign-in:name/);
    expect(keys).not.toMatch(/ida|127\.0\.0\.1|::1/i);
  });
});
