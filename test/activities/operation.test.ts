import { MockActivityEnvironment } from '@temporalio/testing';
import { createOperationActivities, type OpenOperation } from '../../activities/operation';
import { createTimerActivities } from '../../activities/timer';
import { apply, readRow } from '../../db/apply';
import { aMembership, aUser, MINUTE_MS, NOON_MS, testKernel } from '../support/kernel';

describe('operations as workflows open and answer them', () => {
  const house = testKernel();
  const workflow = (runId = 'run-1') => new MockActivityEnvironment({ workflowExecution: { workflowId: 'delivery/7/a.example.org', runId }, workflowType: 'wikiDelivery' });
  const activities = () => createOperationActivities({ kernel: house.kernel });
  const trouble: OpenOperation = { noun: 'delivery', id: 7, wiki: 'a.example.org', seq: 1, code: 'wiki.session', attempts: 5, skippable: false };
  const open = async (values: Partial<OpenOperation> = {}, runId?: string): Promise<number> => ((await workflow(runId).run(activities().openOperation, { ...trouble, ...values })) as { operation: number }).operation;
  const answer = async (operation: number, verb: 'retry' | 'skip' | 'abort' | 'settled', code?: string): Promise<string> =>
    ((await workflow().run(activities().answerOperation, { operation, verb, code })) as { answer: string }).answer;
  const row = async (id: number) => (await readRow(house.kernel, 'operation', id)).row!;

  test('opens one row per trouble of a run, however often the step is repeated', async () => {
    const first = await open();
    expect(await open()).toBe(first);
    expect(await open({ seq: 2 })).not.toBe(first);
    expect(await open({}, 'run-2')).not.toBe(first);
    expect(await row(first)).toMatchObject({ state: 'waiting', workflowId: 'delivery/7/a.example.org', runId: 'run-1', kind: 'wikiDelivery', entity: 'delivery/7', wiki: 'a.example.org', code: 'wiki.session', attempts: 5 });
  });

  test('tells operators of it', async () => {
    const operator = await aUser(house, 'operator');
    const operation = await open({}, 'run-3');
    const { rows } = await house.owner.query(`select code from notice where user_id = $1 and noun = 'operation' and entity = $2`, [operator.userId, operation]);
    expect(rows).toEqual([{ code: 'operation.new' }]);
  });

  test('writes an answer of Temporal\'s own tools down as temporal, with its code, once', async () => {
    const operation = await open({}, 'run-4');
    expect(await answer(operation, 'retry', 'wiki-fixed')).toBe('retry');
    expect(await answer(operation, 'retry', 'wiki-fixed')).toBe('retry');
    const { rows } = await house.owner.query(`select verb, actor, code from audit where noun = 'operation' and entity = $1 and verb <> 'new'`, [operation]);
    expect(rows).toEqual([{ verb: 'retry', actor: 'temporal', code: 'wiki-fixed' }]);
  });

  test('obeys the operator who was faster', async () => {
    const operation = await open({}, 'run-5');
    await apply(house.kernel, { noun: 'operation', id: operation, verb: 'abort', actor: await aUser(house, 'operator') });
    expect(await answer(operation, 'retry', 'wiki-fixed')).toBe('abort');
    expect(await answer(operation, 'settled')).toBe('abort');
    expect((await row(operation)).state).toBe('aborted');
  });

  test('settles it when its cause went away', async () => {
    const operation = await open({}, 'run-6');
    expect(await answer(operation, 'settled')).toBe('settled');
    expect((await row(operation)).state).toBe('settled');
  });

  describe('and timers as their sleeper fires them', () => {
    const fire = (id: number, noun = 'membership') => createTimerActivities({ kernel: house.kernel }).fireTimers({ noun, id });

    test('too early, nothing happens and the set comes back', async () => {
      const member = await aUser(house);
      const { id, version, timers } = await aMembership(house, member.userId, { untilMs: NOON_MS + MINUTE_MS });
      expect(await fire(id)).toEqual({ version, timers });
      expect((await readRow(house.kernel, 'membership', id)).row!.state).toBe('active');
    });

    test('in time, the machine moves once, however often it is asked', async () => {
      const member = await aUser(house);
      const { id, version } = await aMembership(house, member.userId, { untilMs: NOON_MS + MINUTE_MS });
      house.clock.advance(MINUTE_MS);
      expect(await Promise.all([fire(id), fire(id), fire(id)])).toEqual(Array(3).fill({ version: version + 1, timers: {} }));
      expect((await readRow(house.kernel, 'membership', id)).row!).toMatchObject({ state: 'ended', version: version + 1 });
    });

    test('of a thing that is gone, there are none', async () => {
      expect(await fire(999_999)).toEqual({ version: 0, timers: {} });
      await expect(fire(1, 'toString')).rejects.toThrow('no such noun');
    });
  });
});
