import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { create } from '../../db/create';
import { system } from '../../policies/actor';
import { testApi, type Script, type TestPerson } from '../support/api';

const api = testApi({ TEMPORAL_UI_URL: 'http://127.0.0.1:8233/', TEMPORAL_NAMESPACE: 'default' });
let operator: Script;
let person: TestPerson;
let seq = 0;
beforeAll(async () => {
  person = await api.person('Operator', ['operator']);
  operator = await api.script(person);
});

const wait = async (workflowId: string, more: object = {}) => {
  const values = { workflowId, runId: 'run-1', seq: ++seq, kind: 'wikiDelivery', entity: 'delivery/1', wiki: 'en.example.org', code: 'wiki.readonly', attempts: 5, skippable: true, detail: 'what the wiki said', ...more };
  return (await create(api.api.kernel, { noun: 'operation', values, actor: system })).row.id;
};
const states = async (...ids: number[]) => Promise.all(ids.map(async (id) => (await operator.get(`/api/operations/${id}`)).body.state));

describe('what needs attention', () => {
  test('is listed oldest first, with reason, tries, and a link to Temporal', async () => {
    const [first, second] = [await wait('delivery/7/en.example.org'), await wait('delivery/8')];
    const { body } = await operator.get('/api/operations?attention=true');
    expect(body.items.map(({ id }: { id: number }) => id)).toEqual([first, second]);
    expect(body.items[0]).toMatchObject({
      state: 'waiting', workflowId: 'delivery/7/en.example.org', code: 'wiki.readonly', attempts: 5, wiki: 'en.example.org', detail: 'what the wiki said',
      temporalUrl: 'http://127.0.0.1:8233/namespaces/default/workflows/delivery%2F7%2Fen.example.org/run-1',
    });
    expect(body.items[0].actions.map(({ verb }: { verb: string }) => verb)).toEqual(['retry', 'skip', 'abort']);
    expect(body.items[0].actions[2].confirm.facts).toEqual({ workflowId: 'delivery/7/en.example.org', entity: 'delivery/1', code: 'wiki.readonly', wiki: 'en.example.org', attempts: 5 });
  });

  test('is for operators and admins; to others there is nothing', async () => {
    const id = await wait('delivery/9');
    const stranger = await api.script(await api.person('Stranger', ['sender', 'auditor']));
    expect((await stranger.get('/api/operations')).body.items).toEqual([]);
    expect((await stranger.get(`/api/operations/${id}`)).status).toBe(404);
    expect((await stranger.post('/api/operations/delivery%2F9/retry', { reason: 'r' })).status).toBe(404);
    expect((await stranger.post('/api/operations/retry', { filter: {}, reason: 'r' })).status).toBe(403);
    expect(await states(id)).toEqual(['waiting']);
  });

  test('tells operators when it comes', async () => {
    const id = await wait('delivery/10');
    expect((await operator.get('/api/notices')).body.items[0]).toMatchObject({ noun: 'operation', entity: id });
  });
});

describe('an answer', () => {
  test('needs a reason, which stands in the audit and not on the way to Temporal', async () => {
    const id = await wait('delivery/11');
    expect((await operator.post(`/api/operations/${id}/retry`)).body.errors).toMatchObject([{ pointer: '/reason', code: 'required' }]);
    expect((await operator.post(`/api/operations/${id}/retry`, { reason: 'The owner of the wiki said so.' })).body.state).toBe('retrying');
    const [row] = await api.sql("select r.text, a.actor from audit a join audit_reason r on r.id = a.reason_id where a.noun = 'operation' and a.entity = $1", [id]);
    expect(row).toEqual({ text: 'The owner of the wiki said so.', actor: `user/${person.id}/key/${operator.id}` });
    const outbox = await api.sql("select effect, params from outbox where noun = 'operation' and entity = $1", [id]);
    expect(outbox.map(({ effect }) => effect)).toEqual(['answerWorkflow']);
    expect(JSON.stringify(outbox)).not.toContain('owner');
  });

  test.each(['encoded', 'decoded by a proxy'])('finds its workflow by its id, %s', async (how) => {
    const name = `delivery/${how.length}/en.example.org`;
    const id = await wait(name);
    const path = how === 'encoded' ? encodeURIComponent(name) : name;
    expect((await operator.get(`/api/operations/${path}`)).body.id).toBe(id);
    expect((await operator.post(`/api/operations/${path}/skip`, { reason: 'r' })).body).toMatchObject({ id, state: 'skipped' });
  });

  test('reaches what a proxy that decodes has passed on, byte for byte', async () => {
    await wait('delivery/77/de.example.org');
    const upstream = createServer(api.app).listen(0);
    const proxy = createServer((req, res) => {
      const passed = httpRequest({ port: (upstream.address() as AddressInfo).port, method: req.method, path: decodeURIComponent(req.url!), headers: req.headers }, (answer) => {
        res.writeHead(answer.statusCode!, answer.headers);
        answer.pipe(res);
      });
      req.pipe(passed);
    }).listen(0);
    const answer = await fetch(`http://127.0.0.1:${(proxy.address() as AddressInfo).port}/api/operations/delivery%2F77%2Fde.example.org/abort`, {
      method: 'POST', headers: { authorization: `Bearer ${operator.key}`, 'content-type': 'application/json' }, body: JSON.stringify({ reason: 'r' }),
    });
    expect(await answer.json()).toMatchObject({ workflowId: 'delivery/77/de.example.org', state: 'aborted' });
    for (const server of [proxy, upstream]) {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    }
  });

  test('may name the workflow in the body', async () => {
    const id = await wait('delivery/20');
    expect((await operator.post('/api/operations/retry', { workflowId: 'delivery/20', reason: 'r' })).body).toEqual({ count: 1, items: [{ id, workflowId: 'delivery/20', state: 'retrying' }] });
  });

  test('goes to what waits now, not to what was answered before', async () => {
    const old = await wait('delivery/21');
    await operator.post(`/api/operations/${old}/retry`, { reason: 'r' });
    const present = await wait('delivery/21');
    expect((await operator.post('/api/operations/delivery%2F21/retry', { reason: 'again' })).body.id).toBe(present);
  });

  test.each([
    ['a filter', { filter: { code: 'wiki.once' } }],
    ['the name of a workflow', { workflowId: 'delivery/23' }],
  ])('to many, said twice by one key with %s, reaches nothing that waits since', async (_how, which) => {
    const old = await wait('delivery/23', { code: 'wiki.once' });
    const say = (more: object = which) => operator.post('/api/operations/abort', { reason: 'r', ...more }).set('Idempotency-Key', `many-${JSON.stringify(which)}`);
    const first = (await say()).body;
    expect(first).toEqual({ count: 1, items: [{ id: old, workflowId: 'delivery/23', state: 'aborted' }] });
    const present = await wait('delivery/23', { code: 'wiki.once' });
    expect((await say()).body).toEqual(first);
    expect((await say({ ids: [present] })).status).toBe(422);
    expect(await states(present)).toEqual(['waiting']);
    await operator.post('/api/operations/abort', { ids: [present], reason: 'r' });
  });

  test('said twice by one key answers what it answered, although the workflow waits anew', async () => {
    const old = await wait('delivery/22');
    const say = () => operator.post('/api/operations/delivery%2F22/retry', { reason: 'r' }).set('Idempotency-Key', 'op-22');
    expect((await say()).body).toMatchObject({ id: old, state: 'retrying' });
    const present = await wait('delivery/22');
    expect((await say()).body).toMatchObject({ id: old, state: 'retrying' });
    expect(await states(present)).toEqual(['waiting']);
  });

  test('is refused where nothing waits, and where a step cannot be left out', async () => {
    const id = await wait('delivery/23', { skippable: false });
    expect((await operator.get(`/api/operations/${id}`)).body.actions.map(({ verb }: { verb: string }) => verb)).toEqual(['retry', 'abort']);
    expect((await operator.post(`/api/operations/${id}/skip`, { reason: 'r' })).status).toBe(409);
    await operator.post(`/api/operations/${id}/abort`, { reason: 'r' });
    expect((await operator.post('/api/operations/delivery%2F23/retry', { reason: 'r' })).body).toMatchObject({ status: 409, code: 'verb.refused', state: 'aborted' });
    expect((await operator.post('/api/operations/delivery%2F99999/retry', { reason: 'r' })).status).toBe(404);
  });
});

describe('many answers at once', () => {
  test('go to all that match, may be counted first, and one that is refused keeps no other', async () => {
    const ids = [await wait('reindex/1', { code: 'wiki.blocked', kind: 'many' }), await wait('reindex/2', { code: 'wiki.blocked', kind: 'many', skippable: false }), await wait('reindex/3', { code: 'wiki.blocked', kind: 'many', wiki: 'de.example.org' })];
    const dry = (await operator.post('/api/operations/skip?dryRun=true', { filter: { kind: 'many' }, reason: 'r' })).body;
    expect([dry.count, await states(...ids)]).toEqual([3, ['waiting', 'waiting', 'waiting']]);
    expect((await operator.post('/api/operations/retry?dryRun=true', { filter: { kind: 'many', wiki: 'de.example.org', code: 'wiki.blocked' }, reason: 'r' })).body.items).toEqual([{ id: ids[2], workflowId: 'reindex/3', state: 'waiting' }]);
    const { body } = await operator.post('/api/operations/skip', { filter: { kind: 'many' }, reason: 'r' });
    expect(body.items).toEqual([{ id: ids[0], workflowId: 'reindex/1', state: 'skipped' }, { id: ids[1], workflowId: 'reindex/2', problem: { code: 'verb.refused', title: expect.any(String) } }, { id: ids[2], workflowId: 'reindex/3', state: 'skipped' }]);
    expect((await operator.post('/api/operations/retry', { ids: [ids[1]], reason: 'r' })).body.items).toMatchObject([{ state: 'retrying' }]);
  });

  test('by one key are given once', async () => {
    const [one, two] = [await wait('reindex/10', { kind: 'once' }), await wait('reindex/11', { kind: 'once' })];
    const say = () => operator.post('/api/operations/retry', { ids: [one, two], reason: 'r' }).set('Idempotency-Key', 'many-1');
    const first = (await say()).body;
    expect((await say()).body).toEqual(first);
    expect((await api.sql("select count(*)::int as n from audit where noun = 'operation' and verb = 'retry' and entity = any($1)", [[one, two]]))[0].n).toBe(2);
  });

  test('mean no decision about counts, unless its code is named', async () => {
    const [broken, grown] = [await wait('delivery/71', { entity: 'delivery/71' }), await wait('delivery/71', { entity: 'delivery/71', wiki: null, code: 'delivery.lists-grown', counts: { approved: 10, present: 20 } })];
    const { body } = await operator.get(`/api/operations/${grown}`);
    expect(body).toMatchObject({ counts: { approved: 10, present: 20 } });
    expect(body.actions.find(({ verb }: { verb: string }) => verb === 'retry').confirm.facts).toMatchObject({ approved: 10, present: 20 });
    await operator.post('/api/operations/retry', { filter: { entity: 'delivery/71' }, reason: 'The wiki is back.' });
    expect(await states(broken, grown)).toEqual(['retrying', 'waiting']);
    await operator.post('/api/operations/skip', { filter: { code: 'delivery.lists-grown' }, reason: 'As it was.' });
    expect(await states(grown)).toEqual(['skipped']);
  });

  test.each([{ reason: 'r' }, { ids: [1], filter: {}, reason: 'r' }, { workflowId: 'a', ids: [1], reason: 'r' }])('name exactly one of workflow, ids and filter: %j is refused', async (body) => {
    expect((await operator.post('/api/operations/retry', body)).body).toMatchObject({ status: 422, detail: expect.stringContaining('exactly one') });
  });

  test('answer none where one of those named is none, and say which', async () => {
    const id = await wait('reindex/9');
    expect((await operator.post('/api/operations/retry', { workflowId: 'nonsense', reason: 'r' })).body).toMatchObject({ status: 404, errors: [{ pointer: '/workflowId', detail: expect.stringContaining('attention=true') }] });
    expect((await operator.post('/api/operations/retry', { ids: [id, 987_654], reason: 'r' })).body).toMatchObject({ status: 404, errors: [{ pointer: '/ids/1', detail: 'There is no operation 987654.' }] });
    expect((await operator.get(`/api/operations/${id}`)).body.state).toBe('waiting');
  });
});

describe('a signal through the API', () => {
  let sender: Script;
  let id: number;
  beforeAll(async () => {
    const wiki = await api.wiki('en.example.org');
    sender = await api.script(await api.person('Sender', ['sender']));
    const list = await sender.post('/api/target-lists', { name: 'L', wiki: wiki.host, content: 'Talk:A' });
    id = (await sender.post('/api/deliveries', { wiki: wiki.host, listIds: [list.body.id], subject: 'S', body: 'B' })).body.id;
    await sender.post(`/api/deliveries/${id}/submit`);
    await api.sql("update delivery set state = 'running', timers = '{}', due_at_ms = null where id = $1", [id]);
  });

  test('is the verb of that name, by the same door: policy, audit, dry run', async () => {
    expect((await sender.post(`/api/workflows/delivery%2F${id}/signals/pause?dryRun=true`)).body).toMatchObject({ dryRun: true, state: 'paused' });
    expect((await sender.post(`/api/workflows/delivery%2F${id}/signals/pause`, { reason: 'wait' })).body).toMatchObject({ id, state: 'paused' });
    expect((await sender.post(`/api/workflows/delivery/${id}/signals/resume`)).body.state).toBe('running');
    const stranger = await api.script(await api.person('A stranger'));
    expect((await stranger.post(`/api/workflows/delivery%2F${id}/signals/cancel`)).status).toBe(403);
    const scoped = await api.script(await api.person('Scoped', ['deliveryApprover']), ['delivery:read']);
    expect((await scoped.post(`/api/workflows/delivery%2F${id}/signals/pause`)).status).toBe(403);
  });

  test('answers what needs attention, with a reason', async () => {
    const operation = await wait(`delivery/${id}/en.example.org`);
    const path = `/api/workflows/${encodeURIComponent(`delivery/${id}/en.example.org`)}/signals/retry`;
    expect((await operator.post(path)).body.errors).toMatchObject([{ pointer: '/reason' }]);
    expect((await operator.post(path, { reason: 'r' })).body).toMatchObject({ id: operation, state: 'retrying' });
  });

  test.each(['finish', 'changed', 'setTimers', 'submit', 'approve', 'xstate.init', '__stack_trace'])('that is not on the list (%s) is nothing', async (name) => {
    expect((await sender.post(`/api/workflows/delivery%2F${id}/signals/${name}`)).status).toBe(404);
  });
});
