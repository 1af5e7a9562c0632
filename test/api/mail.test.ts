import { testApi, type Script, type TestPerson } from '../support/api';

const api = testApi();
let ada: TestPerson;
let own: Script;
let admin: Script;
let toolAdmin: Script;
beforeAll(async () => {
  ada = await api.person('Ada');
  own = await api.script(ada);
  admin = await api.script(await api.person('Admin', ['admin']));
  toolAdmin = await api.script(await api.person('Tool admin', ['toolAdmin']));
});

describe('a mail address', () => {
  test('is set, changed and taken away by its owner, with the kinds that stay out of it', async () => {
    expect((await own.get('/api/me')).body.user).toMatchObject({ email: null, appOnly: [] });
    const set = await own.patch('/api/me', { email: 'ada@example.org', appOnly: ['operation'] });
    expect(set.body.user).toMatchObject({ name: 'Ada', email: 'ada@example.org', appOnly: ['operation'] });
    expect((await own.patch('/api/me', { language: 'de' })).body.user).toMatchObject({ language: 'de', email: 'ada@example.org', appOnly: ['operation'] });
    expect((await own.patch('/api/me', { email: null })).body.user).toMatchObject({ email: null });
  });

  test('is an admin\'s to set, too, and nobody\'s to see but its owner\'s', async () => {
    const set = await admin.patch(`/api/users/${ada.id}`, { email: 'ada@example.org' });
    expect(set.body).toMatchObject({ language: expect.any(String), hidden: ['email'] });
    expect(set.text).not.toContain('@example.org');
    expect((await own.get('/api/me')).body.user.email).toBe('ada@example.org');
    expect((await own.get(`/api/users/${ada.id}`)).body).toMatchObject({ email: 'ada@example.org', hidden: [] });
    const [narrow, reading] = [await api.script(ada, ['delivery:read']), await api.script(ada, ['user:read'])];
    expect((await narrow.get('/api/me')).body.user).toEqual({ id: ada.id, name: 'Ada', language: 'de', timeZone: 'UTC' });
    expect((await reading.get('/api/me')).body.user.email).toBe('ada@example.org');
    for (const path of [`/api/users/${ada.id}`, '/api/users?name=Ada']) {
      const { body } = await toolAdmin.get(path);
      expect(JSON.stringify(body)).toContain('Ada');
      expect(JSON.stringify(body)).not.toContain('@example.org');
      expect((body.items?.[0] ?? body).hidden).toEqual(['language', 'timeZone', 'email', 'appOnly']);
    }
    expect((await toolAdmin.patch(`/api/users/${ada.id}`, { email: 'mine@example.org' })).status).toBe(403);
    expect((await (await api.script(await api.person('Stranger'))).get(`/api/users/${ada.id}`)).status).toBe(404);
    const made = await admin.post('/api/users', { name: 'Grace', email: 'grace@example.org' });
    expect(made.body).toMatchObject({ name: 'Grace', appOnly: [] });
    expect(await api.sql('select email from "user" where id = $1', [made.body.id])).toEqual([{ email: 'grace@example.org' }]);
  });

  test.each([
    'nobody', '', ' ada@example.org', 'ada@example.org\r\nBcc: all@example.org', 'ada@example.org\n', 'ada@example.org, all@example.org', 'Ada <ada@example.org>',
    'ada@exam\u2028ple.org', `${'a'.repeat(250)}@example.org`, 'ada\u0000@example.org',
  ])('is not taken as %j, and nothing changes', async (email) => {
    const before = (await own.get('/api/me')).body;
    const refused = await own.patch('/api/me', { email, language: 'fr' });
    expect({ status: refused.status, pointer: refused.body.errors[0].pointer }).toEqual({ status: 422, pointer: '/email' });
    expect((await own.get('/api/me')).body).toEqual(before);
  });

  test.each([[['nonsense']], [['delivery', 'delivery']], ['delivery']])('comes with kinds that exist, once each: not %j', async (appOnly) => {
    const refused = await own.patch('/api/me', { appOnly });
    expect({ status: refused.status, pointer: refused.body.errors[0].pointer }).toEqual({ status: 422, pointer: expect.stringMatching(/^\/appOnly/) });
  });

  test('stands neither in the log nor in the outbox', async () => {
    const tables = await api.sql(`select (select jsonb_agg(a) from audit a)::text || coalesce((select jsonb_agg(o) from outbox o)::text, '') as all`);
    expect(tables[0].all).toContain('"edit"');
    expect(tables[0].all).not.toContain('@example.org');
  });
});
