import { apply } from '../../db/apply';
import { create } from '../../db/create';
import type { Kernel } from '../../db/kernel';
import { deliverTo } from '../../dispatch/deliver';
import { createDispatcher } from '../../dispatch/dispatcher';
import { intents } from '../../dispatch/intents';
import { refusal } from '../../dispatch/refusal';
import { createTemporal } from '../../gateways/temporal';
import { system } from '../../policies/actor';
import { testDatabase } from '../support/database';
import { makeUser, openHouse, type House } from '../support/house';
import { eventually } from '../support/eventually';
import { realStage } from '../support/temporal';

describe('what leaves Postgres', () => {
  const database = testDatabase();
  const stage = realStage();
  let house: House;
  let kernel: Kernel;
  beforeAll(async () => {
    house = await openHouse(database.url);
    kernel = house.kernel;
  });
  afterAll(() => house.close());
  let entity = 0;
  beforeEach(() => entity++);

  const outside = () => ({ temporal: stage.temporal, kernel });
  const send = (effect: string, version: number, params = {}, noun = 'delivery') => intents[effect]!(outside(), { noun, entity, version, effect, params });
  const signals = async (workflowId: string): Promise<[string, unknown][]> => {
    const { events } = await stage.temporal.client.workflow.getHandle(workflowId).fetchHistory();
    return events!.flatMap(({ workflowExecutionSignaledEventAttributes: signal }) => (signal ? [[signal.signalName!, JSON.parse(Buffer.from(signal.input!.payloads![0]!.data!).toString())] as [string, unknown]] : []));
  };

  test('starts one run of a delivery, however often the start is repeated', async () => {
    await send('startDelivery', 4);
    await send('startDelivery', 4);
    await send('tellDelivery', 5);
    expect(await signals(`delivery/${entity}`)).toEqual([['changed', { version: 4 }], ['changed', { version: 5 }]]);
    const { typedSearchAttributes, type, taskQueue } = await stage.temporal.client.workflow.getHandle(`delivery/${entity}`).describe();
    expect({ type, taskQueue }).toEqual({ type: 'massDelivery', taskQueue: 'reeve' });
    expect(Object.fromEntries(typedSearchAttributes.getAll().map(({ key, value }) => [key.name, value]))).toMatchObject({ ReeveKind: 'delivery', ReeveEntity: `delivery/${entity}`, ReeveState: 'approved', ReeveAttention: false });
    expect(await (await stage.temporal.client.workflow.getHandle(`delivery/${entity}`).describe()).staticSummary()).toContain(`Delivery ${entity}`);
  });

  test('tells a delivery that has no run nothing, without a fault', async () => {
    await send('tellDelivery', 5);
    await expect(stage.temporal.client.workflow.getHandle(`delivery/${entity}`).describe()).rejects.toThrow('not found');
  });

  test('wakes a sleeper for a set of timers, and none for an empty one', async () => {
    await send('setTimers', 2, { timers: {} }, 'key');
    await expect(stage.temporal.client.workflow.getHandle(`timer/key/${entity}`).describe()).rejects.toThrow('not found');
    await send('setTimers', 3, { timers: { a: 5 } }, 'key');
    await send('setTimers', 4, { timers: {} }, 'key');
    expect(await signals(`timer/key/${entity}`)).toEqual([['setTimers', { version: 3, timers: { a: 5 } }], ['setTimers', { version: 4, timers: {} }]]);
  });

  test.each([['event', 'eventWindow', 'event'], ['request', 'escalation', 'escalation/request'], ['key', 'timer', 'timer/key']])('waits for the timers of a %s in a workflow %s, which lists find by the thing', async (noun, type, path) => {
    await send('setTimers', 2, { timers: { [`xstate.after.soon.${noun}.open`]: Date.now() + 3_600_000 } }, noun);
    const waiting = await stage.temporal.client.workflow.getHandle(`${path}/${entity}`).describe();
    expect(waiting.type).toBe(type);
    expect(Object.fromEntries(waiting.typedSearchAttributes.getAll().map(({ key, value }) => [key.name, value]))).toEqual({ ReeveKind: noun, ReeveEntity: `${noun}/${entity}`, ReeveState: 'waiting', ReeveAttention: false });
  });

  test('brings an operator\'s answer to the run that asked, by ids alone', async () => {
    const handle = await stage.temporal.client.workflow.start('massDelivery', { workflowId: `delivery/${entity}`, taskQueue: 'reeve', args: [{ delivery: entity }] });
    const operator = await makeUser(kernel, 'operator');
    const { row } = await create(kernel, { noun: 'operation', actor: system, values: { workflowId: handle.workflowId, runId: handle.firstExecutionRunId, seq: 1, kind: 'massDelivery', entity: `delivery/${entity}`, wiki: null, code: 'wiki.session', attempts: 3, skippable: false } });
    const { row: answered } = await apply(kernel, { noun: 'operation', id: row.id, verb: 'retry', actor: operator, reason: 'Called Ms Example, she fixed it' });
    await intents.answerWorkflow!(outside(), { noun: 'operation', entity: row.id, version: answered.version, effect: 'answerWorkflow', params: {} });
    const { rows } = await kernel.pool.query(`select id from audit where noun = 'operation' and verb = 'retry' and entity = $1`, [row.id]);
    expect(await signals(handle.workflowId)).toEqual([['retry', { actor: `user/${operator.userId}`, audit: rows[0].id, operation: row.id }]]);
  });

  test('lets an answer go whose run is over', async () => {
    const handle = await stage.temporal.client.workflow.start('massDelivery', { workflowId: `delivery/${entity}`, taskQueue: 'reeve', args: [{ delivery: entity }] });
    const { row } = await create(kernel, { noun: 'operation', actor: system, values: { workflowId: handle.workflowId, runId: handle.firstExecutionRunId, seq: 1, kind: 'massDelivery', entity: `delivery/${entity}`, wiki: null, code: 'wiki.session', attempts: 3, skippable: false } });
    const { row: answered } = await apply(kernel, { noun: 'operation', id: row.id, verb: 'abort', actor: await makeUser(kernel, 'operator') });
    await handle.terminate();
    const sent = intents.answerWorkflow!(outside(), { noun: 'operation', entity: row.id, version: answered.version, effect: 'answerWorkflow', params: {} });
    await expect(sent).resolves.toBeUndefined();
  });

  test('tells Temporal\'s refusals from trouble on the way', async () => {
    const wrong = async (config: object, row: object = { effect: 'tellDelivery' }): Promise<string | undefined> => {
      const temporal = createTemporal({ ...stage.config, ...config }, 'test');
      try {
        await deliverTo({ temporal, kernel }, 1_500)({ id: 1, noun: 'delivery', entity, version: 1, effect: '', params: {}, refusals: 0, ...row });
      } catch (error) {
        return refusal(error) ?? 'trouble';
      } finally {
        await temporal.close();
      }
      return undefined;
    };
    expect(await wrong({ TEMPORAL_ADDRESS: '127.0.0.1:1' })).toBe('trouble');
    expect(await wrong({ TEMPORAL_NAMESPACE: 'no-such-namespace' }, { effect: 'startDelivery' })).toBe('trouble');
    expect(await wrong({}, { effect: 'setTimers', params: { timers: { a: 1 } }, noun: 'n'.repeat(1_100) })).toBe('temporal.invalid-argument'); // too long an id
    expect(await wrong({}, { effect: 'no-such-effect' })).toBe('internal');
  });

  test('a verb\'s effect is there within a moment of its commit', async () => {
    const dispatcher = createDispatcher({ pool: kernel.pool, listenUrl: database.url, deliver: deliverTo(outside()), refusal });
    try {
      const member = await makeUser(kernel);
      const { row } = await create(kernel, { noun: 'membership', actor: system, values: { userId: member.userId, role: 'sender', wikiId: null, untilMs: Date.now() + 3_600_000 }, then: 'approve' });
      await eventually(async () => expect(await signals(`timer/membership/${row.id}`)).toEqual([['setTimers', { version: row.version, timers: row.timers }]]));
      await apply(kernel, { noun: 'membership', id: row.id, verb: 'end', actor: system });
      await eventually(async () => expect((await signals(`timer/membership/${row.id}`)).at(-1)).toEqual(['setTimers', { version: row.version + 1, timers: {} }]));
    } finally {
      await dispatcher.stop();
    }
  });
});
