import request from 'supertest';
import type { Script } from '../support/api';
import { apply } from '../../db/apply';
import { networkOf } from '../../db/network';
import { system } from '../../policies/actor';
import { DAY_MS, offered, testDesk } from '../support/desk';
import { makeRequest } from '../support/house';

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

describe('related requests', () => {
  const relatedOf = async (by: Script, id: number) => (await see(by, id)).related?.map((one: { id: number; by: string[] }) => [one.id, one.by]);

  test('are those with the same e-mail or IP address, without either, for tool users who have the request in hand, tool admins, checkusers and admins', async () => {
    const { ada, tom, tess, max, kim, root, event } = desk;
    const address = { email: 'same@related.example', ip: '203.0.113.77' };
    const first = await desk.open({ ...address, ip: '203.0.113.1' });
    const second = await desk.open({ ...address, email: 'Same@Related.example' });
    const third = await desk.tagged({ ...address, email: 'other@related.example' });
    const wanted = [[third.id, ['address']], [first.id, ['email']]];
    for (const by of [max, kim, root]) expect(await relatedOf(by, second.id)).toEqual(wanted);
    expect(await relatedOf(tom, second.id)).toBeUndefined();
    await verb(tom, second.id, 'reserve');
    expect(await relatedOf(tom, second.id)).toEqual(wanted);
    expect(await relatedOf(tess, second.id)).toBeUndefined();
    await verb(ada, third.id, 'reserve');
    expect(await relatedOf(ada, third.id)).toBeUndefined();
    for (const by of [tom, max, kim, root]) expect((await by.get(`/api/requests/${second.id}`)).text).not.toMatch(/related\.example|203\.0\.113/i);
    expect(event.id).toBe(third.eventId);
  });

  test('are not those of one event by their address alone, nor erased or unconfirmed ones', async () => {
    const { max, tom } = desk;
    const here = { ip: '2001:db8:5:6::1' };
    const one = await desk.tagged(here);
    const neighbour = await desk.tagged({ ip: '2001:db8:5:6:aaaa::2' });
    await makeRequest(api.api.kernel, here);
    const outside = await desk.open({ ip: '2001:DB8:5:6:9:9:9:9' });
    await desk.open({ ip: '2001:db8:5:7::1' });
    expect(await relatedOf(max, one.id)).toEqual([[outside.id, ['address']]]);
    expect(await relatedOf(max, outside.id)).toEqual([[neighbour.id, ['address']], [one.id, ['address']]]);
    await verb(tom, one.id, 'close', { outcome: 'none' });
    await desk.wait(one.id, 16 * DAY_MS);
    await apply(api.api.kernel, { noun: 'request', id: one.id, verb: 'purge', actor: system });
    expect(await relatedOf(max, outside.id)).toEqual([[neighbour.id, ['address']]]);
    expect(await api.sql('select email, ip, network from request where id = $1', [one.id])).toEqual([{ email: '', ip: null, network: null }]);
  });

  test.each([['203.0.113.9', '203.0.113.9'], ['::ffff:203.0.113.9', '203.0.113.9'], ['2001:db8::1', '2001:db8:0:0::'], ['2001:0DB8:0:0:1::', '2001:db8:0:0::'], ['::1', '0:0:0:0::'], ['fe80::1%eth0', 'fe80:0:0:0::'], ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::'], ['nonsense', null], [null, null]])('know %s as of the network %s', (ip, network) => {
    expect(networkOf(ip)).toBe(network);
  });
});

describe('looking for a person', () => {
  const lookFor = (by: Script, body: object) => by.post('/api/requests/search', body);
  const found = async (by: Script, search: string) => (await by.get(`/api/requests?search=${search}`)).body.items.map((one: { id: number }) => one.id);

  test('by e-mail or IP address finds what was filed with it, for who may see both of everybody, and stands in the log of who looks', async () => {
    const { max, kim, tom, ids } = desk;
    const one = await desk.open({ email: 'who@looked-for.example', ip: '203.0.113.200' });
    await makeRequest(api.api.kernel, { email: 'who@looked-for.example' });
    for (const body of [{ email: 'WHO@looked-for.example', reason: 'Asked by phone.' }, { address: '203.0.113.200' }]) {
      const answer = await lookFor(max, body);
      expect(answer.body).toEqual({ search: expect.any(String), found: 1 });
      expect(await found(max, answer.body.search)).toEqual([one.id]);
      for (const other of [kim, tom]) expect(await found(other, answer.body.search)).toEqual([]);
    }
    const log = await api.sql(`select a.code, r.text from audit a left join audit_reason r on r.id = a.reason_id where a.noun = 'user' and a.entity = $1 and a.verb = 'search' order by a.id`, [ids.max]);
    expect(log.slice(-2)).toEqual([{ code: 'email', text: 'Asked by phone.' }, { code: 'address', text: null }]);
    expect(JSON.stringify(await api.sql('select * from request_search'))).not.toMatch(/looked-for|203\.0/);
  });

  test('is for nobody else, names what is wrong, and ends after an hour', async () => {
    const { ada, tom, root, ulla, kim } = desk;
    for (const by of [ada, tom, root, ulla]) expect((await lookFor(by, { email: 'who@looked-for.example' })).status).toBe(403);
    expect((await lookFor(kim, {})).body.errors).toMatchObject([{ pointer: '/email' }]);
    expect((await lookFor(kim, { email: 'a@example.org', address: '203.0.113.9' })).body.errors).toMatchObject([{ pointer: '/address' }]);
    expect((await lookFor(kim, { address: '203.0.113' })).body.errors).toMatchObject([{ pointer: '/address' }]);
    const { id } = await desk.open({ email: 'hour@looked-for.example' });
    const { search } = (await lookFor(kim, { email: 'hour@looked-for.example' })).body;
    expect(await found(kim, search)).toEqual([id]);
    desk.clock.advance(3_600_000);
    expect(await found(kim, search)).toEqual([]);
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
