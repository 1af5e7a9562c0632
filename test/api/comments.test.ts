import { MockActivityEnvironment } from '@temporalio/testing';
import { createCommentActivities } from '../../activities/comments';
import { apply } from '../../db/apply';
import { system } from '../../policies/actor';
import { withoutWhereabouts } from '../../db/whereabouts';
import type { Script } from '../support/api';
import { DAY_MS, testDesk } from '../support/desk';

const desk = testDesk();
const { api, verb, see } = desk;
const scan = (): Promise<{ scanned: number; flagged: number; more: boolean }> => new MockActivityEnvironment().run(createCommentActivities({ kernel: api.api.kernel }).scan) as never;
const flagged = async (by: Script = desk.max) => (await by.get('/api/comments?flagged=true&count=true')).body;
const log = (request: number) => api.sql(`select verb, actor, code from audit where noun = 'request' and entity = $1 and verb like '%omment' and verb <> 'comment' order by id`, [request]);

/** By Tom, meant as it stands. */
async function said(text: string, { visibility = 'user', by = desk.tom } = {}): Promise<{ request: number; id: number }> {
  const { id: request } = await desk.tagged();
  await verb(by, request, 'comment', { text, visibility, acknowledge: true });
  const [{ id }] = await api.sql('select id from request_comment where request_id = $1', [request]);
  return { request, id };
}
const decide = (id: number, what: string, by: Script = desk.max, body: object = {}) => by.post(`/api/comments/${id}/${what}`, body);

describe('the nightly look through comments', () => {
  test('flags those that hold an address, meant or not, each in the log of its request, and leaves the others', async () => {
    const [mail, plain, ip] = [await said('Write to ask.er@example.org.'), await said('She is here.'), await said('From 203.0.113.9')];
    expect(await scan()).toEqual({ scanned: 3, flagged: 2, more: false });
    const { items, count } = await flagged();
    expect([items.map(({ id }: { id: number }) => id), count]).toEqual([[ip.id, mail.id], 2]);
    expect(await log(mail.request)).toEqual([{ verb: 'flagComment', actor: 'system', code: `comment/${mail.id}` }]);
    expect(await log(plain.request)).toEqual([]);
    expect(await scan()).toEqual({ scanned: 0, flagged: 0, more: false });
  });

  test('is counted where those who decide find their way, and waits for them, until somebody has decided', async () => {
    const { max, kim, tom, ada, root } = desk;
    const [theirs, all] = [await said('c@d.example', { visibility: 'checkuser', by: kim }), await said('a@b.example')];
    await scan();
    const counted = async (by: Script) => (await by.get('/api/me')).body.areas.find(({ area }: { area: string }) => area === 'requests')?.sections.find(({ section }: { section: string }) => section === 'comments')?.count;
    const waiting = async (by: Script): Promise<any[]> => (await by.get('/api/home')).body.areas.flatMap(({ items }: { items: { kind: string }[] }) => items.filter(({ kind }) => kind === 'commentFlagged'));
    for (const by of [max, kim]) expect(await counted(by)).toBe((await flagged(by)).count);
    expect((await waiting(max)).at(-1)).toEqual({ kind: 'commentFlagged', entity: `comment/${all.id}`, path: `/comments/${all.id}`, title: null, since: new Date(desk.clock.atMs).toISOString() });
    const [ofMax, ofKim] = [await waiting(max), await waiting(kim)].map((items) => items.map(({ entity }) => entity));
    expect([ofMax!.includes(`comment/${theirs.id}`), ofKim!.includes(`comment/${theirs.id}`)]).toEqual([false, true]);
    for (const by of [tom, ada, root]) expect([await counted(by), await waiting(by)]).toEqual([undefined, []]);
    const before = await counted(max);
    await decide(all.id, 'unflag');
    expect(await counted(max)).toBe(before - 1);
    expect((await waiting(max)).map(({ entity }) => entity)).not.toContain(`comment/${all.id}`);
  });

  test('leaves an address out of what anybody reads until somebody has decided', async () => {
    const { request } = await said('Ada says: ask.er@example.org, at 203.0.113.9', { by: desk.ada });
    await scan();
    for (const by of [desk.ada, desk.bo, desk.tom, desk.max, desk.kim, desk.root])
      expect((await see(by, request)).comments).toMatchObject([{ text: 'Ada says: […] at […]', flagged: true }]);
    expect((await flagged()).items[0].text).toBe('Ada says: […] at […]');
  });

  test('takes one chunk after the other', async () => {
    const { request } = await said('Well.');
    await api.sql(`insert into request_comment (request_id, user_id, visibility, text, at_ms) select $1, $2, 'user', 'Number ' || n, 1 from generate_series(1, 600) n`, [request, desk.ids.tom]);
    expect(await scan()).toEqual({ scanned: 500, flagged: 0, more: true });
    expect(await scan()).toEqual({ scanned: 101, flagged: 0, more: false });
  });

  test('looks again at one that was changed while it looked', async () => {
    const { id } = await said('Fine.');
    const { pool } = api.api.kernel;
    const query = pool.query.bind(pool) as (...args: unknown[]) => Promise<unknown>;
    const between = jest.spyOn(pool, 'query').mockImplementation((async (...args: unknown[]) => {
      if (/scanned_at_ms = .* from unnest/.test(String(args[0]))) await query(`update request_comment set text = 'Or c@d.example', version = version + 1 where id = $1`, [id]);
      return query(...args);
    }) as never);
    await scan();
    between.mockRestore();
    expect(await scan()).toEqual({ scanned: 1, flagged: 1, more: false });
  });
});

describe('a flagged comment', () => {
  test('is left as it is, read whole again, and not flagged once more', async () => {
    const { id, request } = await said('Their own: a@b.example');
    await scan();
    expect((await decide(id, 'unflag', desk.max, { reason: 'It is the office.' })).body).toMatchObject({ text: 'Their own: a@b.example', flaggedAt: null, hidden: [] });
    await scan();
    expect((await see(desk.tom, request)).comments).toMatchObject([{ text: 'Their own: a@b.example' }]);
    expect(await log(request)).toEqual([expect.objectContaining({ verb: 'flagComment' }), { verb: 'unflagComment', actor: `user/${desk.ids.max}/key/${desk.max.id}`, code: `comment/${id}` }]);
  });

  test('loses its addresses for good, or gets another text', async () => {
    const [one, other] = [await said('Write to a@b.example!'), await said('Write to c@d.example!')];
    await scan();
    expect((await decide(one.id, 'redact')).body).toMatchObject({ text: 'Write to […]', flaggedAt: null });
    expect((await desk.max.patch(`/api/comments/${other.id}`, { text: 'Write to e@f.example' })).body).toMatchObject({ status: 422, errors: [{ pointer: '/text', code: 'request.private-comment' }] });
    expect((await desk.max.patch(`/api/comments/${other.id}`, { text: 'Write to them.' })).body).toMatchObject({ text: 'Write to them.', flaggedAt: null, version: 3 });
    expect(await api.sql('select text from request_comment where id = any ($1) order by id', [[one.id, other.id]])).toEqual([{ text: 'Write to […]' }, { text: 'Write to them.' }]);
    expect((await desk.max.patch(`/api/comments/${other.id}`, { text: 'Late.' }).set('If-Match', '"1"')).status).toBe(412);
  });

  test('is hidden from everybody, shown to who asks for it with that written down, and shown again', async () => {
    const { id, request } = await said('a@b.example');
    await scan();
    expect((await decide(id, 'hide')).body).toMatchObject({ text: null, hidden: ['text'], flaggedAt: null });
    expect((await see(desk.max, request)).comments).toMatchObject([{ text: null, isHidden: true }]);
    expect((await decide(id, 'reveal', desk.max, { fields: ['text'], reason: 'A question.' })).body).toEqual({ fields: { text: 'a@b.example' } });
    expect(await api.sql(`select code from audit where noun = 'request' and entity = $1 and verb = 'reveal'`, [request])).toEqual([{ code: `comment/${id}` }]);
    expect((await desk.max.get('/api/comments?hidden=true')).body.items.map((item: { id: number }) => item.id)).toEqual([id]);
    expect((await decide(id, 'show')).body.text).toBe('a@b.example');
    expect((await decide(id, 'show')).status).toBe(200); // done already
  });

  test('is for tool admins and checkusers, one for checkusers only for them', async () => {
    const { id } = await said('a@b.example');
    const theirs = await said('c@d.example', { visibility: 'checkuser', by: desk.kim });
    await scan();
    const { ada, tom, ulla, root, kim, max } = desk;
    for (const by of [ada, tom, ulla, root]) {
      expect((await by.get('/api/comments')).status).toBe(403);
      for (const what of ['unflag', 'hide', 'reveal']) expect((await decide(id, what, by, what === 'reveal' ? { fields: ['text'] } : {})).status).toBe(403);
    }
    expect((await max.get(`/api/comments/${theirs.id}`)).status).toBe(404);
    expect((await kim.get(`/api/comments/${theirs.id}`)).body.actions.map((action: { verb: string }) => action.verb)).toEqual(['redact', 'unflag', 'hide', 'edit', 'reveal']);
    const [ofMax, ofKim] = [await flagged(max), await flagged(kim)].map(({ items }) => items.map((item: { id: number }) => item.id));
    expect([ofMax.includes(theirs.id), ofKim.includes(theirs.id)]).toEqual([false, true]);
  });

  test('goes with its request', async () => {
    const { id, request } = await said('a@b.example');
    await scan();
    await verb(desk.tom, request, 'close', { outcome: 'none' });
    await desk.wait(request, 16 * DAY_MS);
    await apply(api.api.kernel, { noun: 'request', id: request, verb: 'purge', actor: system });
    expect((await flagged()).items.map((item: { id: number }) => item.id)).not.toContain(id);
    expect((await desk.max.get(`/api/comments/${id}`)).body).toMatchObject({ text: null, actions: [] });
    expect((await decide(id, 'hide')).body).toMatchObject({ status: 410, code: 'request.purged' });
  });
});

describe('what the requester wrote', () => {
  test('is read by organizers without the addresses in it, by the account team whole', async () => {
    const { id } = await desk.tagged({ comment: 'I am new: new.comer@example.org, 203.0.113.9.' });
    for (const by of [desk.ada, desk.bo]) expect((await see(by, id)).comment).toBe('I am new: […] […].');
    expect((await desk.ada.get('/api/requests?limit=1')).text).not.toMatch(/new\.comer|203\.0/);
    for (const by of [desk.tom, desk.max]) expect((await see(by, id)).comment).toContain('new.comer@example.org');
  });

  test.each([['', ''], ['At 10:30, ratio 16:9', 'At 10:30, ratio 16:9'], ['<a@b.example>', '[…]'], ['a@b.example c@d.example', '[…] […]'], ['2001:db8::17:2!', '[…]!'], ['2a02::5, std::list', '[…], std::list']])('%j is %j without addresses', (text, left) => {
    expect(withoutWhereabouts(text)).toBe(left);
  });
});
