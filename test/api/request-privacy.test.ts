import request from 'supertest';
import type { Script } from '../support/api';
import { offered, testDesk } from '../support/desk';

const desk = testDesk();
const { api, verb, see } = desk;

describe('a comment', () => {
  test('is read by those whom it is for', async () => {
    const { ada, bo, tom, max, kim, root } = desk;
    const { id } = await desk.tagged();
    for (const [by, visibility] of [[ada, 'requester'], [bo, 'user'], [tom, 'user'], [max, 'admin'], [kim, 'checkuser']] as const) expect((await verb(by, id, 'comment', { text: `For ${visibility}`, visibility })).status).toBe(200);
    const read = async (by: Script) => (await see(by, id)).comments.map(({ user, visibility }: { user: { name: string }; visibility: string }) => `${user.name} ${visibility}`);
    expect(await read(ada)).toEqual(['Ada requester', 'Bo user']); // those of its organizers
    expect(await read(tom)).toEqual(['Ada requester', 'Bo user', 'Tom user']);
    for (const by of [max, root]) expect(await read(by)).toEqual(['Ada requester', 'Bo user', 'Tom user', 'Max admin']);
    expect(await read(kim)).toEqual(['Ada requester', 'Bo user', 'Tom user', 'Max admin', 'Kim checkuser']);
  });

  test('is written for admins and checkusers by none but them', async () => {
    const { ada, tom, max } = desk;
    const { id } = await desk.tagged();
    for (const [by, visibility] of [[ada, 'admin'], [tom, 'admin'], [tom, 'checkuser'], [max, 'checkuser']] as const)
      expect((await verb(by, id, 'comment', { text: 'Well.', visibility })).body).toMatchObject({ status: 403, errors: [{ pointer: '/visibility', code: 'policy.forbidden' }] });
    expect((await see(tom, id)).comments).toEqual([]);
  });

  test.each(['Write to ask.er@example.org.', 'From 203.0.113.9, she says', 'at 2001:db8::17:2 since', '2001:DB8:0:0:0:0:0:1'])('%j is kept only when it is said to be meant', async (text) => {
    const { id } = await desk.open();
    expect((await verb(desk.tom, id, 'comment', { text })).body).toMatchObject({ status: 422, errors: [{ pointer: '/text', code: 'request.private-comment' }] });
    expect((await verb(desk.tom, id, 'comment', { text, acknowledge: true })).body.comments).toMatchObject([{ text }]);
  });

  test.each(['At 10:30 we meet, 1.2 or 3.4.5', 'She writes as user:Anna @ home', 'Ratio 16:9'])('%j holds no address', async (text) => {
    expect((await verb(desk.tom, (await desk.open()).id, 'comment', { text })).status).toBe(200);
  });
});

describe('where a requester is to be found', () => {
  const reveal = (by: Script, id: number, fields: string[], more = {}) => verb(by, id, 'reveal', { fields, ...more });
  const entries = async (id: number) => (await api.sql(`select a.actor, a.code, r.text from audit a left join audit_reason r on r.id = a.reason_id where noun = 'request' and entity = $1 and verb = 'reveal' order by a.id`, [id]));

  test('is shown to a tool user who has the request in hand, and written into the log with what was shown and why', async () => {
    const { tom, tess, ids } = desk;
    const { id, email } = await desk.open({ forwarded: '198.51.100.4' });
    expect((await reveal(tom, id, ['email'])).body).toMatchObject({ status: 403, code: 'policy.forbidden', detail: expect.stringContaining('Reserve it first') });
    expect(offered(await see(tom, id))).not.toContain('reveal');
    await verb(tom, id, 'reserve');
    expect(offered(await see(tom, id))).toContain('reveal');
    expect((await reveal(tess, id, ['email'])).body.code).toBe('policy.forbidden');
    expect(await entries(id)).toEqual([]);
    expect((await reveal(tom, id, ['email', 'forwarded'], { reason: 'It looks like a hotel.' })).body).toEqual({ fields: { email, forwarded: '198.51.100.4' } });
    expect(await entries(id)).toEqual([{ actor: `user/${ids.tom}/key/${tom.id}`, code: 'email,forwarded', text: 'It looks like a hotel.' }]);
  });

  test('is shown to tool admins and checkusers always, to an organizer and to an admin never', async () => {
    const { ada, max, kim, root, ulla } = desk;
    const { id, email } = await desk.tagged();
    await verb(ada, id, 'reserve');
    for (const by of [max, kim]) expect((await reveal(by, id, ['email', 'ip', 'userAgent'])).body.fields).toEqual({ email, ip: '192.0.2.7', userAgent: 'A browser' });
    for (const by of [ada, root]) expect((await reveal(by, id, ['email'])).body.code).toBe('policy.forbidden');
    expect((await reveal(ulla, id, ['email'])).status).toBe(404);
    expect(await entries(id)).toHaveLength(2);
  });

  test('is not shown where it cannot be written into the log', async () => {
    const { id, email } = await desk.open();
    const { kernel } = api.api;
    const pool = { query: kernel.pool.query.bind(kernel.pool), connect: () => Promise.reject(new Error('the database is away')) };
    Object.assign(api.api, { kernel: { ...kernel, pool } });
    const answer = await request(api.app).post(`/api/requests/${id}/reveal`).set('Authorization', `Bearer ${desk.kim.key}`).send({ fields: ['email'] });
    Object.assign(api.api, { kernel });
    expect([answer.status, answer.text.includes(email)]).toEqual([500, false]);
  });

  test('is asked for by its fields', async () => {
    const { id } = await desk.open();
    expect((await reveal(desk.kim, id, [])).body).toMatchObject({ status: 422, errors: [{ pointer: '/fields' }] });
    expect((await reveal(desk.kim, id, ['answer'])).body).toMatchObject({ status: 422, errors: [{ pointer: '/fields/0', code: 'choice' }] });
    const narrow = await api.script({ id: desk.ids.kim, name: 'Kim' }, ['request:read']);
    expect((await reveal(narrow, id, ['email'])).status).toBe(403);
  });
});
