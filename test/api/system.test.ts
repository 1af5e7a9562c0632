import { verifyAudit } from '../../db/verify';
import { testApi, type Script } from '../support/api';

const api = testApi();
let operator: Script;
let user: Script;
let deliveryId: number;
beforeAll(async () => {
  await api.wiki('en.example.org', { inFlight: 3 });
  operator = await api.script(await api.person('Operator', ['operator']));
  user = await api.script(await api.person('User', ['globalSender']));
  deliveryId = (await user.post('/api/deliveries', { wiki: 'en.example.org', subject: 'S', body: 'B ~~~~' })).body.id;
});
const dead = async (effect = 'startDelivery') =>
  (await api.sql<{ id: number }>("insert into outbox (noun, entity, version, effect, refusals, error_code, dead) values ('delivery', $1, 1, $2, 10, 'invalid-argument', true) returning id", [deliveryId, effect]))[0]!.id;
const logOf = async () => (await api.sql('select verb, actor, code, version, from_state, to_state from audit where noun = $1 and entity = $2 order by version', ['delivery', deliveryId])) as { verb: string }[];

describe('the state of the system', () => {
  test('tells operators which parts answer, and of silent ones that they do not', async () => {
    const { status, body } = await operator.get('/api/operations/system');
    expect([status, body.parts]).toEqual([200, [
      { part: 'postgres', name: 'postgres', state: 'up', ms: expect.any(Number) }, { part: 'temporal', name: expect.any(String), state: 'up', ms: expect.any(Number) }, { part: 'mail', name: '', state: 'none', ms: null },
    ]]);
    api.api.temporal = async () => false;
    api.api.pollers = () => Promise.reject(new Error('silent'));
    api.api.builds = () => Promise.reject(new Error('silent'));
    api.api.redis = [{ ping: () => Promise.reject(new Error('away')) } as never];
    const silent = (await operator.get('/api/operations/system')).body;
    expect([silent.parts.map(({ part, state }: { part: string; state: string }) => `${part} ${state}`), silent.pollers, silent.builds]).toEqual([['postgres up', 'temporal down', 'redis down', 'mail none'], null, null]);
    api.api.redis = [];
    api.api.pollers = async () => [{ queue: 'reeve', kind: 'workflow', build: 'new', identity: 'reeve-worker', lastAt: null }];
    api.api.builds = async () => [{ build: 'new', current: false, createdAt: '2026-11-29T10:00:00.000Z', lastAt: null }, { build: 'old', current: true, createdAt: '2026-11-20T10:00:00.000Z', lastAt: null }];
    const { pollers, builds } = (await operator.get('/api/operations/system')).body;
    expect([pollers, builds]).toMatchObject([[{ build: 'new' }], [{ build: 'new', current: false }, { build: 'old', current: true }]]);
  });

  test('counts what waits for a wiki, and the lanes that work', async () => {
    const [{ id }] = await api.sql<{ id: number }>("update delivery set state = 'running' where id = $1 returning wiki_id as id", [deliveryId]) as [{ id: number }];
    await api.sql('insert into delivery_wiki (delivery_id, wiki_id, total, sent) values ($1, $2, 10, 4)', [deliveryId, id]);
    await api.sql("insert into wiki_slot (wiki_id, slot, leased_until) values ($1, 0, clock_timestamp() + interval '1 hour'), ($1, 1, '-infinity')", [id]);
    expect((await operator.get('/api/operations/system')).body.wikis).toEqual([{ id, host: 'en.example.org', deliveries: 1, waiting: 6, editsPerMinute: 40, slots: 3, held: 1 }]);
    await api.sql("update delivery set state = 'draft' where id = $1", [deliveryId]);
  });

  test('is nothing for others', async () => {
    const id = await dead();
    expect((await user.get('/api/operations/system')).status).toBe(403);
    for (const verb of ['retry', 'drop']) expect((await user.post(`/api/outbox/${id}/${verb}`, { reason: 'r' })).status).toBe(403);
    await api.sql('delete from outbox where id = $1', [id]);
  });
});

describe('a dead outbox row', () => {
  test('is shown with what it asked for, tried again, and that stands in the log of its thing', async () => {
    const id = await dead();
    const { outbox } = (await operator.get('/api/operations/system')).body;
    expect(outbox).toMatchObject({ dead: 1, rows: [{ id, noun: 'delivery', entity: deliveryId, effect: 'startDelivery', code: 'invalid-argument', refusals: 10, actions: [{ verb: 'retry' }, { verb: 'drop', confirm: { facts: { effect: 'startDelivery' } } }] }] });
    const { status, body } = await operator.post(`/api/outbox/${id}/retry`, { reason: 'Temporal is new.' });
    expect([status, body.outbox.dead, body.outbox.rows]).toEqual([200, 0, []]);
    expect(await api.sql('select dead, refusals from outbox where id = $1', [id])).toEqual([{ dead: false, refusals: 0 }]);
    expect((await logOf()).at(-1)).toMatchObject({ verb: 'retryEffect', actor: expect.stringMatching(/^user\/\d+\/key\/\d+$/), code: 'startDelivery', from_state: 'draft', to_state: 'draft' });
    expect((await operator.post(`/api/outbox/${id}/drop`, { reason: 'Too late.' })).body).toMatchObject({ status: 404, code: 'outbox.not-dead' });
  });

  test('is given up once, however often that is said', async () => {
    const id = await dead('tellDelivery');
    const drop = (key: string, reason = 'Not wanted.') => operator.post(`/api/outbox/${id}/drop`, { reason }).set('Idempotency-Key', key);
    expect((await drop('a')).status).toBe(200);
    const after = await logOf();
    expect((await drop('a')).status).toBe(200);
    expect((await drop('a', 'Another.')).body.code).toBe('idempotency.reused');
    expect((await drop('b')).status).toBe(404);
    expect(await logOf()).toEqual(after);
    expect(after.filter(({ verb }) => verb === 'dropEffect')).toHaveLength(1);
    expect(await api.sql('select from outbox where id = $1', [id])).toEqual([]);
    expect((await verifyAudit(api.api.kernel.pool, { lateMs: Number.POSITIVE_INFINITY })).findings).toEqual([]);
  });

  test.each([['retry', 'retryEffect', 1], ['drop', 'dropEffect', 0]] as const)('of a thing that is gone can be answered by %s, which stands in the log of who said so', async (verb, noted, left) => {
    const [{ id }] = await api.sql<{ id: number }>("insert into outbox (noun, entity, version, effect, refusals, error_code, dead) values ('delivery', 987654, 1, 'startDelivery', 10, 'invalid-argument', true) returning id") as [{ id: number }];
    const { status, body } = await operator.post(`/api/outbox/${id}/${verb}`, { reason: 'It is gone.' }).set('Idempotency-Key', noted);
    expect([status, body.outbox.dead]).toEqual([200, 0]);
    expect((await operator.post(`/api/outbox/${id}/${verb}`, { reason: 'It is gone.' }).set('Idempotency-Key', noted)).status).toBe(200);
    expect((await api.sql('delete from outbox where id = $1 returning dead', [id])).length).toBe(left);
    expect(await api.sql("select noun, verb, code from audit where verb = $1 and code like '%987654%'", [noted])).toEqual([{ noun: 'user', verb: noted, code: 'delivery/987654/startDelivery' }]);
    expect((await verifyAudit(api.api.kernel.pool, { lateMs: Number.POSITIVE_INFINITY })).findings).toEqual([]);
  });
});
