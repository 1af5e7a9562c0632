import request from 'supertest';
import { createApp } from '../../api/server';
import { standingClock } from '../../db/clock';
import { testApi, type Script, type TestPerson } from '../support/api';

const api = testApi();
let admin: Script;
let adminPerson: TestPerson;
let toolAdmin: Script;
let ada: TestPerson;
let own: Script;
let stranger: Script;
beforeAll(async () => {
  await api.wiki('en.example.org', { aliases: ['en.m.example.org'] });
  adminPerson = await api.person('Admin', ['admin']);
  admin = await api.script(adminPerson);
  toolAdmin = await api.script(await api.person('Tool admin', ['toolAdmin']));
  ada = await api.person('Ada');
  own = await api.script(ada);
  stranger = await api.script(await api.person('Stranger'));
});
const apply = (script: Script, body: object) => script.post('/api/memberships', body);
const verb = (script: Script, id: number, name: string, body: object = {}) => script.post(`/api/memberships/${id}/${name}`, body);

describe('an application', () => {
  test('waits until somebody with the right lets it in, and its applicant is told', async () => {
    const applied = await apply(own, { role: 'sender', wiki: 'en.m.example.org', note: 'I write the newsletter.' });
    expect(applied.body).toMatchObject({ state: 'applied', role: 'sender', wiki: 'en.example.org', user: { name: 'Ada' }, note: 'I write the newsletter.', actions: [] });
    const seen = await admin.get(`/api/memberships/${applied.body.id}`);
    expect(seen.body.actions.map((one: { verb: string }) => one.verb)).toEqual(['approve', 'decline', 'changeRole', 'identify']);
    expect((await verb(admin, applied.body.id, 'approve', { reason: 'Known to us.' })).body.state).toBe('active');
    expect((await own.get('/api/notices')).body.items).toMatchObject([{ code: 'membership.approve', noun: 'membership', entity: applied.body.id, title: 'sender', readAt: null }]);
    expect((await own.get('/api/me')).body.roles).toEqual([{ role: 'sender', wiki: 'en.example.org' }]);
  });

  test('is nobody else\'s to see', async () => {
    const { body } = await apply(own, { role: 'organizer', accepted: true });
    expect((await stranger.get(`/api/memberships/${body.id}`)).status).toBe(404);
    expect((await stranger.get('/api/memberships')).body.items).toEqual([]);
    expect((await verb(stranger, body.id, 'approve')).status).toBe(404);
  });

  test('is shown with its note to the applicant and to those who decide; auditors and operators have the log', async () => {
    const { body } = await apply(own, { role: 'helper', note: 'private words' });
    for (const asking of [own, admin]) expect((await asking.get(`/api/memberships/${body.id}`)).body.note).toBe('private words');
    const others = await api.script(await api.person('Auditor', ['auditor', 'operator', 'toolAdmin']));
    expect((await others.get(`/api/memberships/${body.id}`)).status).toBe(404);
  });

  test('asks of who may grant nothing only what an application takes', async () => {
    const asks = async (script: Script): Promise<string[]> => Object.keys((await script.get('/api/memberships')).body.actions.find(({ verb }: { verb: string }) => verb === 'new').input.properties);
    expect(await asks(stranger)).toEqual(['role', 'wiki', 'until', 'note', 'vouchedBy', 'officialEmail', 'accepted']);
    expect(await asks(toolAdmin)).toEqual(expect.arrayContaining(['user', 'identified']));
  });

  test('is not made twice while one waits or holds', async () => {
    await apply(own, { role: 'ux' });
    expect((await apply(own, { role: 'ux' })).body).toMatchObject({ status: 409, code: 'membership.exists', errors: [{ pointer: '/role' }] });
    expect((await apply(own, { role: 'sender' })).status).toBe(201); // everywhere is another thing than on one wiki
  });

  test('is for one wiki only of a sender: every other role holds everywhere, and says so', async () => {
    expect((await apply(own, { role: 'deliveryApprover', wiki: 'en.example.org' })).body).toMatchObject({ status: 422, errors: [{ pointer: '/wiki', code: 'membership.everywhere' }] });
    const { body } = await apply(stranger, { role: 'sender', wiki: 'en.example.org' });
    expect((await verb(admin, body.id, 'changeRole', { role: 'deliveryApprover' })).body).toMatchObject({ status: 422, code: 'membership.everywhere' });
    expect((await verb(admin, body.id, 'decline')).body.state).toBe('declined');
  });

  test('has Reeve write to official addresses of one person five times a day, and is not made beyond', async () => {
    const eager = await api.script(await api.person('Eager'));
    const answers: number[] = [];
    for (const role of ['sender', 'helper', 'ux', 'moderator', 'foundations', 'sysadmin']) answers.push((await apply(eager, { role, officialEmail: `${role}@library.example` })).status);
    expect(answers).toEqual([201, 201, 201, 201, 201, 429]);
    expect((await eager.get('/api/memberships?mine=true')).body.items).toHaveLength(5);
    expect((await apply(eager, { role: 'sysadmin' })).status).toBe(201); // without an address
  });
});

describe('a grant', () => {
  test('is active at once, until its instant', async () => {
    const granted = await apply(admin, { role: 'organizer', user: 'stranger', until: '2099-01-01T00:00:00+01:00' });
    expect(granted.body).toMatchObject({ state: 'active', user: { name: 'Stranger' }, until: '2098-12-31T23:00:00.000Z' });
  });

  test('is for those who look after the role', async () => {
    expect((await apply(stranger, { role: 'sender', user: 'Ada' })).body.code).toBe('policy.forbidden');
    expect((await apply(stranger, { role: 'sender', user: 'Nobody at all' })).body.code).toBe('policy.forbidden'); // the same: names stay unknown
    expect((await apply(toolAdmin, { role: 'toolUser', user: 'Ada' })).body.state).toBe('active');
    expect((await apply(toolAdmin, { role: 'admin', user: 'Ada' })).status).toBe(403);
  });

  test('for oneself is an application like any other, also for an admin', async () => {
    const mine = await apply(admin, { role: 'globalSender', user: adminPerson.id });
    expect(mine.body.state).toBe('applied');
    expect((await verb(admin, mine.body.id, 'approve')).body).toMatchObject({ status: 403, code: 'policy.own', detail: 'Nobody decides what is their own.' });
    const shown = await admin.get(`/api/memberships/${mine.body.id}`);
    const unavailable = { code: 'policy.own', reason: 'Nobody decides what is their own.' };
    expect(shown.body.actions).toMatchObject(['approve', 'decline', 'changeRole', 'identify'].map((one) => ({ verb: one, unavailable })));
  });

  test.each([
    [{ role: 'king' }, '/role'], [{ role: 'sender', user: 'Nobody at all' }, '/user'], [{ role: 'sender', wiki: 'nowhere.example.org' }, '/wiki'], [{ role: 'sender', until: '2020-01-01T00:00:00Z' }, '/until'],
  ])('%j names %s', async (body, pointer) => {
    expect((await apply(admin, { user: 'Ada', ...body })).body).toMatchObject({ status: 422, errors: [{ pointer }] });
  });
});

describe('a membership that holds', () => {
  test('is suspended, given back and ended, each at once felt', async () => {
    const bea = await api.person('Bea');
    const hers = await api.script(bea);
    const { body } = await apply(admin, { role: 'auditor', user: 'Bea' });
    const reads = async () => (await hers.get('/api/log')).status;
    expect(await reads()).toBe(200);
    await verb(admin, body.id, 'suspend');
    expect(await reads()).toBe(403);
    await verb(admin, body.id, 'reinstate');
    expect(await reads()).toBe(200);
    await verb(admin, body.id, 'end');
    expect(await reads()).toBe(403);
    expect((await verb(admin, body.id, 'reinstate')).body).toMatchObject({ status: 409, code: 'verb.refused', state: 'ended', allowed: [] });
  });

  test('changes its role only into one that the changer may give', async () => {
    const { body } = await apply(toolAdmin, { role: 'organizer', user: (await api.person('Cleo')).name });
    expect((await verb(toolAdmin, body.id, 'changeRole', { role: 'admin' })).status).toBe(403);
    expect((await verb(toolAdmin, body.id, 'changeRole', { role: 'toolUser', until: '2099-01-01T00:00:00Z' })).body).toMatchObject({ state: 'active', role: 'toolUser', until: '2099-01-01T00:00:00.000Z' });
  });

  test('ends at its instant although no timer has come in, and not a moment before', async () => {
    const clock = standingClock(Date.now());
    const { app, close } = createApp({ ...api.api, kernel: { ...api.api.kernel, clock } });
    const dora = await api.person('Dora');
    const hers = await api.script(dora);
    const { body } = await apply(admin, { role: 'auditor', user: 'Dora', until: new Date(clock.atMs + 60_000).toISOString() });
    const reads = async () => (await request(app).get('/api/log').set('Authorization', `Bearer ${hers.key}`)).status;
    clock.advance(59_999);
    expect(await reads()).toBe(200); // the control: until then it holds
    clock.advance(1);
    expect(await reads()).toBe(403);
    expect((await request(app).get(`/api/memberships/${body.id}`).set('Authorization', `Bearer ${admin.key}`)).body.state).toBe('ended');
    await close();
  });

  test('is stamped by the clock of the database, before which no end of it may lie', async () => {
    const clock = standingClock(Date.UTC(2040, 0, 1));
    const { app, close } = createApp({ ...api.api, kernel: { ...api.api.kernel, clock } });
    const post = (by: Script, body: object) => request(app).post('/api/memberships').set('Authorization', `Bearer ${by.key}`).send(body);
    const stamped = await api.person('Stamped');
    const hers = await api.script(stamped);
    const now = '2040-01-01T00:00:00.000Z';
    expect((await post(hers, { role: 'organizer', accepted: true })).body).toMatchObject({ acceptedAt: now, identifiedAt: null, createdAt: now });
    expect((await post(admin, { role: 'toolUser', user: 'Stamped', identified: true, accepted: true })).body).toMatchObject({ acceptedAt: null, identifiedAt: now, state: 'active' });
    for (const until of [now, '2039-12-31T23:59:59Z']) expect((await post(admin, { role: 'auditor', user: 'Stamped', until })).body).toMatchObject({ status: 422, errors: [{ pointer: '/until', detail: 'It must lie ahead.' }] });
    expect((await post(admin, { role: 'auditor', user: 'Stamped', until: '2040-01-01T00:00:00.001Z' })).status).toBe(201);
    await close();
  });

  test('lists are filtered by state, role and person', async () => {
    const names = async (query: string) => new Set((await admin.get(`/api/memberships?${query}`)).body.items.map((one: { role: string; state: string; user: { name: string } }) => `${one.user.name} ${one.role} ${one.state}`));
    expect(await names('user=cleo')).toEqual(new Set(['Cleo toolUser active']));
    expect([...(await names('role=admin&state=active'))]).toEqual(['Admin admin active']);
  });
});

describe('users', () => {
  test('are made and changed by admins', async () => {
    const made = await admin.post('/api/users', { name: '  New_person ', password: 'a password of tests' });
    expect(made.body).toMatchObject({ name: 'New person', state: 'active', language: 'en' });
    expect((await admin.patch(`/api/users/${made.body.id}`, { language: 'de' })).body.language).toBe('de');
    expect((await stranger.post('/api/users', { name: 'Mine' })).status).toBe(403);
    expect((await stranger.get(`/api/users/${made.body.id}`)).status).toBe(404);
    expect(JSON.stringify({ ...(await admin.get(`/api/users/${made.body.id}`)).body, actions: [] })).not.toMatch(/argon2|password/i);
  });

  test('have names of their own, whatever the case', async () => {
    expect((await admin.post('/api/users', { name: 'ADA' })).body).toMatchObject({ status: 409, code: 'user.name-taken', errors: [{ pointer: '/name' }] });
    const { body } = await admin.post('/api/users', { name: 'Unique' });
    expect((await admin.patch(`/api/users/${body.id}`, { name: 'ada' })).body).toMatchObject({ status: 409, code: 'user.name-taken' });
  });

  test('keep their names until an admin changes them, and set the rest themselves', async () => {
    const gil = await api.script(await api.person('Gil'));
    const { id } = (await gil.get('/api/me')).body.user;
    expect((await gil.patch(`/api/users/${id}`, { name: 'Admin 2' })).body).toMatchObject({ errors: [{ pointer: '/name', code: 'policy.forbidden' }] });
    expect((await gil.patch(`/api/users/${id}`, { language: 'de' })).body).toMatchObject({ name: 'Gil', language: 'de' });
    expect((await admin.patch(`/api/users/${id}`, { name: 'Gill' })).body.name).toBe('Gill');
  });

  test.each(['', '  ', 'a'.repeat(86), 'A|B', 'A@B', 'A#B', 'A\u202eB', 'A\nB', 'A/B'])('a name like %j is refused', async (name) => {
    expect((await admin.post('/api/users', { name })).body).toMatchObject({ status: 422, errors: [{ pointer: '/name' }] });
  });

  test('are signed out everywhere by a password that an admin sets, which nobody does for themselves', async () => {
    const browser = await api.browser(ada);
    expect((await admin.patch(`/api/users/${ada.id}`, { password: 'another password' })).status).toBe(200);
    expect((await browser.get('/api/me')).status).toBe(401);
    expect((await admin.patch(`/api/users/${adminPerson.id}`, { password: 'another password' })).body.errors).toMatchObject([{ pointer: '/password' }]);
  });
});

describe('notices', () => {
  test('are read once, and only one\'s own', async () => {
    const eve = await api.person('Eve');
    const hers = await api.script(eve);
    await apply(admin, { role: 'organizer', user: 'Eve' });
    const [notice] = (await hers.get('/api/notices?unread=true')).body.items;
    expect((await hers.get('/api/me')).body.notices).toBe(1);
    expect((await stranger.post(`/api/notices/${notice.id}/read`)).status).toBe(404);
    const read = await hers.post(`/api/notices/${notice.id}/read`);
    expect(read.body.readAt).not.toBeNull();
    expect((await hers.post(`/api/notices/${notice.id}/read`)).body).toEqual(read.body);
    expect((await hers.get('/api/notices?unread=true')).body.items).toEqual([]);
    expect((await hers.get('/api/notices?unread=false')).body.items).toHaveLength(1);
  });
});
