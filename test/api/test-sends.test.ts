import { intents } from '../../dispatch/intents';
import type { Temporal } from '../../gateways/temporal';
import { testApi, type Script } from '../support/api';

const api = testApi();
let wikiId: number;
let sender: Script;
let local: Script;
let user: Script;
beforeAll(async () => {
  wikiId = (await api.wiki('en.example.org')).id;
  await api.wiki('de.example.org');
  sender = await api.script(await api.person('Sender', ['globalSender']));
  local = await api.script(await api.person('Local', ['sender'], wikiId));
  user = await api.script(await api.person('User'));
});

const draft = async (script: Script) => {
  const list = await script.post('/api/target-lists', { name: 'L', wiki: 'en.example.org', content: 'Talk:A' });
  return (await script.post('/api/deliveries', { wiki: 'en.example.org', listIds: [list.body.id], subject: 'Apples', body: 'Ripe.' })).body.id as number;
};
const tried = (script: Script, id: number, page: string) => script.post(`/api/deliveries/${id}/test`, { page });
/** What the dispatcher does with the rows that wait; each comes twice. */
const dispatched = async (id: number) => {
  const rows = await api.sql(`delete from outbox where noun = 'delivery' and entity = $1 returning noun, entity, version, effect, params`, [id]);
  for (const row of [...rows, ...rows]) await intents[row.effect]!({ kernel: api.api.kernel, temporal: {} as Temporal }, row);
};
const testsOf = async (script: Script, id: number) => (await script.get(`/api/deliveries/${id}`)).body.tests;

describe('a test send', () => {
  test('is the same message as a delivery of its own to one page, on its way at once, and changes nothing of the first', async () => {
    const id = await draft(sender);
    expect((await tried(sender, id, ' user talk:Me ')).status).toBe(200);
    await dispatched(id);
    const { body } = await sender.get(`/api/deliveries/${id}`);
    expect(body).toMatchObject({ id, state: 'draft', counts: { total: 0 }, tests: [{ wiki: 'en.example.org', page: 'User talk:Me', outcome: 'pending', code: null }] });
    const [{ delivery }] = body.tests;
    const made = (await sender.get(`/api/deliveries/${delivery}`)).body;
    expect(made).toMatchObject({ state: 'expanding', subject: 'Apples', body: 'Ripe.', testOf: id, lists: [] });
    expect(made.marker).not.toBe(body.marker);
    expect(await api.sql(`select effect from outbox where noun = 'delivery' and entity = $1`, [delivery])).toEqual([{ effect: 'startDelivery' }]);
    expect(await api.sql(`select verb from audit where noun = 'delivery' and entity = $1 order by version`, [id])).toEqual([{ verb: 'new' }, { verb: 'test' }]);
  });

  test('is not listed among the deliveries, and leaves the draft to be changed and submitted', async () => {
    const id = await draft(sender);
    const { version } = (await tried(sender, id, 'User talk:Me')).body;
    await dispatched(id);
    const { items } = (await sender.get('/api/deliveries?mine=true')).body;
    expect(items.map((one: { id: number }) => one.id)).toContain(id);
    expect(items.every((one: { subject: string; state: string }) => one.state === 'draft')).toBe(true);
    expect((await sender.patch(`/api/deliveries/${id}`, { body: 'Riper.' }).set('If-Match', `"${version}"`)).status).toBe(200);
    expect((await sender.post(`/api/deliveries/${id}/submit`)).body.state).toBe('expanding');
    expect((await tried(sender, id, 'User talk:Me')).body.code).toBe('verb.refused'); // it is on its way itself
  });

  test('is made once by one Idempotency-Key, however often it is asked', async () => {
    const id = await draft(sender);
    for (let i = 0; i < 2; i++) expect((await tried(sender, id, 'User talk:Me').set('Idempotency-Key', 'try-1')).status).toBe(200);
    await dispatched(id);
    expect(await testsOf(sender, id)).toHaveLength(1);
    await tried(sender, id, 'User talk:Me'); // asked again on purpose
    await dispatched(id);
    expect(await testsOf(sender, id)).toHaveLength(2);
  });

  test('goes only where its sender may send unreviewed: it is no way around the approval', async () => {
    const id = await draft(local);
    expect((await tried(local, id, 'User talk:Me')).status).toBe(200);
    expect((await tried(local, id, 'User talk:Me@de.example.org')).body).toMatchObject({ status: 403, code: 'policy.forbidden', errors: [{ pointer: '/page' }] });
    const unreviewed = await draft(user);
    expect((await tried(user, unreviewed, 'User talk:Me')).body).toMatchObject({ status: 403, code: 'policy.forbidden' });
    expect((await user.get(`/api/deliveries/${unreviewed}`)).body.actions).toContainEqual(expect.objectContaining({ verb: 'test', unavailable: { code: 'policy.forbidden', reason: expect.stringContaining('without approval') } }));
    expect((await tried(user, id, 'User talk:Me')).status).toBe(404);
    await dispatched(id);
    expect(await testsOf(local, id)).toHaveLength(1);
  });

  test('by wiki mail is offered to who may send mail unreviewed alone: all others are told why not', async () => {
    const mail = async (script: Script) => {
      const id = await draft(script);
      const { version } = (await script.get(`/api/deliveries/${id}`)).body;
      const { body } = await script.patch(`/api/deliveries/${id}`, { channel: 'email' }).set('If-Match', `"${version}"`);
      const { status } = await tried(script, id, 'User talk:Me');
      return { offered: body.actions.find(({ verb }: { verb: string }) => verb === 'test'), status };
    };
    for (const script of [sender, local]) expect(await mail(script)).toEqual({ offered: expect.objectContaining({ unavailable: { code: 'policy.forbidden', reason: expect.stringContaining('without approval') } }), status: 403 });
    const byAdmin = await mail(await api.script(await api.person('Admin', ['admin'])));
    expect(byAdmin).toEqual({ offered: expect.not.objectContaining({ unavailable: expect.anything() }), status: 200 });
  });

  test('sends what was let through, not what the draft has become until it goes out', async () => {
    const id = await draft(local);
    await tried(local, id, 'User talk:Me');
    expect((await local.patch(`/api/deliveries/${id}`, { channel: 'email', subject: 'Pears', body: 'Rotten.' }).set('If-Match', '*')).status).toBe(200);
    await dispatched(id);
    const [{ delivery }] = await testsOf(local, id);
    expect((await local.get(`/api/deliveries/${delivery}`)).body).toMatchObject({ channel: 'page', subject: 'Apples', body: 'Ripe.', testOf: id });
  });

  test.each([['', '/page'], ['bad|title', '/page'], ['Talk:A@nowhere.example.org', '/page']])('to %j is refused, naming the field', async (page, pointer) => {
    expect((await tried(sender, await draft(sender), page)).body).toMatchObject({ status: 422, errors: [{ pointer }] });
  });
});
