import request from 'supertest';
import { sealOnce } from '../../db/seal';
import { testApi, type Script } from '../support/api';

const api = testApi();
let sender: Script;
let approver: Script;
let auditor: Script;
let operator: Script;
let stranger: Script;
let id: number;
let draftId: number;
beforeAll(async () => {
  await api.wiki('en.example.org');
  sender = await api.script(await api.person('Sender'));
  approver = await api.script(await api.person('Approver', ['deliveryApprover']));
  auditor = await api.script(await api.person('Auditor', ['auditor']));
  operator = await api.script(await api.person('Operator', ['operator']));
  stranger = await api.script(await api.person('Stranger'));
  const list = await sender.post('/api/target-lists', { name: 'L', wiki: 'en.example.org', content: 'Talk:A' });
  const draft = () => sender.post('/api/deliveries', { wiki: 'en.example.org', listIds: [list.body.id], subject: 'Secret subject', body: 'Secret body' });
  draftId = (await draft()).body.id;
  id = (await draft()).body.id;
  await sender.post(`/api/deliveries/${id}/submit`);
  await approver.post(`/api/deliveries/${id}/reject`, { reason: 'words of the approver' }).set('X-Request-Id', 'request-7');
  await sender.post(`/api/deliveries/${id}/revise`);
  await sender.post(`/api/deliveries/${id}/submit`);
  await approver.post(`/api/deliveries/${id}/approve`);
  await sealOnce(api.api.kernel.pool);
});
const ofDelivery = async (script: Script) => (await script.get(`/api/log?noun=delivery&entity=${id}`)).body.items;

describe('the log', () => {
  test('is whole and in the order of its seal for who may read all of it', async () => {
    const seen: { position: number }[] = [];
    for (let path = '/api/log?limit=7'; ; ) {
      const { body } = await auditor.get(path);
      seen.push(...body.items);
      if (!body.next) break;
      path = `/api/log?limit=7&cursor=${body.next}`;
    }
    const [{ n }] = await api.sql('select count(*)::int as n from audit');
    expect(seen.map(({ position }) => position)).toEqual(Array.from({ length: n }, (_, i) => i + 1));
    expect((await auditor.get('/api/log?after=5&limit=1')).body.items[0].position).toBe(6);
  });

  test('says who did what to which thing, from what to what', async () => {
    const rows = await ofDelivery(auditor);
    expect(rows.map((row: { verb: string; from: string; to: string }) => `${row.verb} ${row.from} ${row.to}`)).toEqual([
      'new null draft', 'submit draft requested', 'reject requested rejected', 'revise rejected draft', 'submit draft requested', 'approve requested approved', 'xstate.after.untilSend.delivery.approved approved expanding',
    ]);
    expect(rows[2]).toMatchObject({ noun: 'delivery', entity: id, version: 3, actor: expect.stringMatching(/^user\/\d+\/key\/\d+$/), reason: 'words of the approver', requestId: 'request-7', at: expect.any(String), hidden: [] });
    expect(rows[6].actor).toBe('system');
  });

  test('holds no name, no subject, no text', async () => {
    expect(JSON.stringify((await operator.get('/api/log?limit=1000')).body)).not.toMatch(/Secret|Sender|Approver|words of/);
  });

  test('shows a reason to auditors and to whom it concerns, and nobody else', async () => {
    const reason = async (script: Script) => (await ofDelivery(script))[2].reason as string | undefined;
    expect(await Promise.all([auditor, sender, operator, stranger].map(reason))).toEqual(['words of the approver', 'words of the approver', undefined, undefined]);
    expect((await ofDelivery(stranger))[2].hidden).toEqual(['requestId', 'reason']);
  });

  test('of one thing is for who may read the thing', async () => {
    expect((await stranger.get(`/api/log?noun=delivery&entity=${draftId}`)).status).toBe(404);
    expect((await sender.get(`/api/log?noun=delivery&entity=${draftId}`)).body.items).toHaveLength(1);
  });

  test('asks who may not read all of it to name a thing', async () => {
    for (const query of ['', '?noun=delivery', '?entity=1']) expect((await stranger.get(`/api/log${query}`)).status).toBe(403);
    expect((await stranger.get(`/api/log?noun=delivery&entity=${id}&actor=user/1`)).body.errors).toMatchObject([{ pointer: '?actor' }]);
    expect((await request(api.app).get('/api/log')).status).toBe(401);
  });

  test('is searched by noun, verb and actor, with a person\'s keys', async () => {
    const { body } = await auditor.get('/api/log?noun=delivery&verb=reject');
    expect(body.items).toHaveLength(1);
    const actor = (body.items[0].actor as string).split('/key/')[0]!;
    const verbs = (await auditor.get(`/api/log?actor=${actor}`)).body.items.map(({ verb }: { verb: string }) => verb);
    expect(verbs).toEqual(['reject', 'approve']);
  });

  test.each([['after=-1', '?after'], ['noun=ticket', '?noun'], ['entity=x', '?entity'], ['entity=99999999999', '?entity']])('with ?%s names %s', async (query, pointer) => {
    expect((await auditor.get(`/api/log?${query}`)).body.errors).toMatchObject([{ pointer }]);
  });
});
