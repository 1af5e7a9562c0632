import { hostname } from 'node:os';
import { ApplicationFailure } from '@temporalio/activity';
import { WorkflowUpdateFailedError } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils';
import { activityInterceptor } from '../../activities/interceptor';
import { withoutPrivateData } from '../../bin/logger';
import { ReeveError } from '../../config/errors';
import { eventually } from '../support/eventually';
import { realStage } from '../support/temporal';
import { Ledger } from './ledger';

const SECRET = 'Ms Secret of Example Street';

describe('what a history holds when things go wrong', () => {
  const stage = realStage({ forbidden: [SECRET] });
  const logged: { err: unknown; code: string; attempt: number; workflowId: string }[] = [];
  const interceptors = { activity: [activityInterceptor({ log: { warn: (fields) => void logged.push(fields as (typeof logged)[number]) }, observe: () => {} })] };

  /** Every event of every workflow of this file, decoded as far as it can be. */
  const everything = async (): Promise<string> => {
    let text = '';
    for await (const { workflowId, runId } of stage.temporal.client.workflow.list()) {
      const handle = stage.temporal.client.workflow.getHandle(workflowId, runId);
      const history = JSON.parse(historyToJSON(await handle.fetchHistory()));
      text += JSON.stringify(history, (key, value) => (key === 'data' && typeof value === 'string' ? Buffer.from(value, 'base64').toString() : value));
      text += JSON.stringify((await handle.describe()).raw);
    }
    return text;
  };
  /** A step that fails in one way after the other and then works. */
  const failing = (ledger: Ledger, name: 'begin' | 'expand' | 'openWikis' | 'lane', ...errors: unknown[]): void => {
    const works = ledger.activities[name] as unknown as (input: never) => Promise<never>;
    Object.assign(ledger.activities, {
      [name]: async (input: never) => {
        if (errors.length) throw errors.shift();
        return works(input);
      },
    });
  };

  test('is codes and ids, however an activity fails', async () => {
    const ledger = new Ledger([{ wiki: 1, host: 'a.example.org', open: 3, unknown: 0, lanes: 1, perLane: 100 }]);
    ledger.later = [{ ...ledger.wikis[0]!, wiki: 2, host: 'b.example.org' }];
    const postgres = Object.assign(new Error(`duplicate key value (name)=(${SECRET})`), { code: '23505', detail: SECRET, constraint: 'user_name' });
    failing(ledger, 'begin', new Error(SECRET), SECRET, new TypeError(`${SECRET} is not a function`, { cause: new Error(SECRET) }), postgres);
    failing(ledger, 'openWikis', new ReeveError('unavailable', SECRET));
    failing(ledger, 'expand', ApplicationFailure.create({ message: SECRET, type: SECRET, details: [{ target: 5, page: SECRET }, SECRET] }));
    failing(ledger, 'lane', new ReeveError('wiki.forbidden-host', SECRET, { errors: [{ pointer: '/apiUrl', code: 'x', detail: SECRET }] }));
    await stage.with(
      ledger.activities,
      async () => {
        const handle = await stage.temporal.client.workflow.signalWithStart('massDelivery', { workflowId: 'delivery/1', taskQueue: 'reeve', args: [{ delivery: 1 }], signal: 'changed', signalArgs: [{ version: 1 }] });
        await eventually(() => expect(ledger.waiting()).toMatchObject([{ code: 'wiki.forbidden-host' }]));
        const child = stage.temporal.client.workflow.getHandle('delivery/1/a.example.org');
        await expect(child.executeUpdate('retry', { args: [{ reason: 'Ask Ms Secret' }] })).rejects.toBeInstanceOf(WorkflowUpdateFailedError);
        await eventually(() => child.executeUpdate('retry', { args: [{ reason: 'host-allowed' }] }));
        await handle.result();
      },
      { interceptors },
    );
    const text = await everything();
    const held = (words: (string | RegExp)[]) => words.filter((word) => (typeof word === 'string' ? text.includes(word) : word.test(text)));
    expect(held([SECRET, 'Ms Secret', '23505', 'user_name', 'is not a function', '.ts:', process.cwd(), hostname()])).toEqual([]);
    const meant = ['wiki.forbidden-host', 'reeve-test', /\\"target\\":5/]; // codes, a name that says nothing, and ids may cross
    expect(held(meant)).toEqual(meant);
  });

  test('and the true error stands in the log, with its workflow, its attempt and its stack, but without what people typed', () => {
    const lines = logged.map(({ workflowId, attempt, code }) => `${workflowId} ${attempt} ${code}`);
    expect(lines).toEqual([
      ...[1, 2, 3, 4].map((attempt) => `delivery/1 ${attempt} internal`),
      'delivery/1 1 unavailable',
      expect.any(String), expect.any(String),
    ]);
    expect(lines.slice(5).sort()).toEqual(['delivery/1 1 internal', 'delivery/1/a.example.org 1 wiki.forbidden-host']); // the lists are copied while the first wiki is at work
    const written = JSON.stringify(logged.map(({ err }) => withoutPrivateData(err)));
    expect(written).toContain('"code":"23505"');
    expect(written).toContain('privacy.test.ts');
    expect(written).toContain('is not a function');
    expect(written).not.toContain(`duplicate key value`);
  });

  test('a workflow that breaks, and a signal that nobody understands, leave no words either', async () => {
    const ledger = new Ledger([]);
    Object.assign(ledger.activities, { begin: async () => null }); // the workflow will trip over it
    await stage.with(ledger.activities, async () => {
      const handle = await stage.temporal.client.workflow.signalWithStart('massDelivery', { workflowId: 'delivery/2', taskQueue: 'reeve', args: [{ delivery: 2 }], signal: 'changed', signalArgs: [{ version: 1 }] });
      await eventually(async () => expect(historyToJSON(await handle.fetchHistory())).toContain('WORKFLOW_TASK_FAILED'));
      await handle.terminate();
    });
    const text = await everything();
    expect(['Cannot read properties', 'workflows/'].filter((word) => text.includes(word))).toEqual([]);
  });

  test('control: the tripwire does catch a private text', async () => {
    await expect(stage.temporal.client.workflow.start('massDelivery', { workflowId: 'delivery/3', taskQueue: 'reeve', args: [{ delivery: SECRET }] })).rejects.toThrow();
  });
});
