import { ApplicationFailure, CancelledFailure, type Context } from '@temporalio/activity';
import { activityInterceptor } from '../../activities/interceptor';
import { ReeveError } from '../../config/errors';

describe('around every activity', () => {
  const observed: string[] = [];
  const intercept = activityInterceptor({ log: { warn: () => {} }, observe: (type, _seconds, result) => void observed.push(`${type} ${result}`) });
  const run = async (work: () => Promise<unknown>, maximumAttempts?: number, activityId = '1'): Promise<any> => {
    const info = { activityType: 'lane', activityId, attempt: 3, workflowExecution: { workflowId: 'w', runId: 'r' }, retryPolicy: { maximumAttempts } };
    return intercept({ info } as unknown as Context).inbound.execute({}, work).catch((error: unknown) => error);
  };
  const fails = (error: unknown) => () => Promise.reject(error);

  test('a refusal is final, trouble is tried again', async () => {
    expect(await run(fails(new ReeveError('not-found', 'private')))).toMatchObject({ type: 'not-found', nonRetryable: true, message: 'not-found', details: [{ attempts: 3 }] });
    expect(await run(fails(new ReeveError('unavailable')))).toMatchObject({ type: 'unavailable', nonRetryable: false });
    expect(await run(fails(new ReeveError('rate-limited')))).toMatchObject({ nonRetryable: false });
    expect(await run(fails(new Error('private')))).toMatchObject({ type: 'internal', nonRetryable: false, message: 'internal' });
    expect(await run(fails('private'))).toMatchObject({ type: 'internal', message: 'internal' });
  });

  test('what an activity says of itself stands, as far as its code is known', async () => {
    expect(await run(fails(ApplicationFailure.nonRetryable('private', 'wiki.session')))).toMatchObject({ type: 'wiki.session', nonRetryable: true, message: 'wiki.session' });
    expect(await run(fails(ApplicationFailure.retryable('private', 'private')))).toMatchObject({ type: 'internal', message: 'internal' });
  });

  test('a cancellation passes as it is', async () => {
    const cancelled = new CancelledFailure('worker shutdown');
    expect(await run(fails(cancelled))).toBe(cancelled);
  });

  test('a step that may be killed a thousand times may fail sixty times, and no more', async () => {
    for (let n = 1; n < 60; n++) expect((await run(fails(new Error()), 1_000, 'a')).nonRetryable).toBe(false);
    expect((await run(fails(new Error()), 1_000, 'b')).nonRetryable).toBe(false);
    expect((await run(fails(new Error()), 1_000, 'a')).nonRetryable).toBe(true);
  });

  test('a step without an end to its tries has none', async () => {
    for (let n = 0; n < 70; n++) expect((await run(fails(new Error()), undefined, 'c')).nonRetryable).toBe(false);
  });

  test('counts what became of each', () => {
    expect(observed).toEqual(expect.arrayContaining(['lane not-found', 'lane internal', 'lane wiki.session', 'lane cancelled']));
  });
});
