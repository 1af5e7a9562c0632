/** What operators and integrators do with nothing but Temporal's own command line. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { eventually } from '../support/eventually';
import { services } from '../support/services';
import { realStage } from '../support/temporal';
import { Ledger } from './ledger';

describe('the plain Temporal command line', () => {
  const stage = realStage();
  const cli = async (...args: string[]): Promise<{ code: number; text: string }> => {
    const where = ['--address', stage.config.TEMPORAL_ADDRESS, '--namespace', stage.config.TEMPORAL_NAMESPACE];
    return promisify(execFile)(services.temporalProgram(), [...args, ...where]).then(
      ({ stdout, stderr }) => ({ code: 0, text: stdout + stderr }),
      ({ code, stdout, stderr }) => ({ code, text: stdout + stderr }),
    );
  };
  const begin = (delivery: number) =>
    stage.temporal.client.workflow.signalWithStart('massDelivery', { workflowId: `delivery/${delivery}`, taskQueue: 'reeve', args: [{ delivery }], signal: 'changed', signalArgs: [{ version: 1 }] });
  const wiki = (trouble?: string) => ({ wiki: 1, host: 'a.example.org', open: 5, unknown: 0, lanes: 1, perLane: 100, trouble });

  test('answers one workflow by an update, and is told why when it may not', async () => {
    const ledger = new Ledger([wiki('wiki.session')]);
    await stage.with(ledger.activities, async () => {
      const handle = await begin(1);
      await eventually(() => expect(ledger.waiting()).toHaveLength(1));
      const update = (name: string, input: object) => cli('workflow', 'update', 'execute', '--workflow-id', 'delivery/1/a.example.org', '--name', name, '--input', JSON.stringify(input));
      const skip = await update('skip', { reason: 'no-use' });
      expect(skip.code).toBe(1);
      expect(skip.text).toContain('operation.skip-unsound');
      expect((await update('retry', { reason: 'It works again!' })).text).toContain('operation.bad-reason');
      delete ledger.wikis[0]!.trouble;
      expect(await update('retry', { actor: 'user/7', reason: 'wiki-fixed' })).toMatchObject({ code: 0, text: expect.stringContaining('retry') });
      await handle.result();
      expect((await update('retry', { reason: 'wiki-fixed' })).code).toBe(1);
    });
    expect(ledger).toMatchObject({ state: 'finished', operations: [{ state: 'retry', by: 'wiki-fixed' }] });
  });

  test('answers everything that waits by one signal to a query', async () => {
    const ledgers = [11, 12, 13].map(() => new Ledger([wiki('wiki.unreachable')]));
    const of = (delivery: number): Ledger => ledgers[delivery - 11]!;
    const shared = Object.fromEntries(Object.keys(ledgers[0]!.activities).map((name) => [name, (input: { delivery?: number; id?: number; operation?: number }) => {
      const ledger = input.delivery || input.id ? of((input.delivery ?? input.id)!) : ledgers[Math.floor(input.operation! / 100)]!;
      return (ledger.activities as unknown as Record<string, (input: object) => Promise<unknown>>)[name]!(name === 'answerOperation' ? { ...input, operation: input.operation! % 100 } : input);
    }]));
    const openOperation = async (input: { id: number }) => ({ operation: (await (shared.openOperation!(input) as Promise<{ operation: number }>)).operation + (input.id - 11) * 100 });
    await stage.with({ ...shared, openOperation }, async () => {
      const handles = await Promise.all([11, 12, 13].map(begin));
      await eventually(() => expect(ledgers.map((ledger) => ledger.waiting().length)).toEqual([1, 1, 1]));
      for (const ledger of ledgers) delete ledger.wikis[0]!.trouble;
      await eventually(async () => expect(JSON.parse((await cli('workflow', 'count', '--query', 'ReeveAttention = true', '--output', 'json')).text).count).toBe('3'));
      const answer = await cli('workflow', 'signal', '--query', "ReeveAttention = true AND ReeveKind = 'delivery'", '--name', 'retry', '--input', '{"reason":"network-back"}', '--reason', 'network-back', '--yes');
      expect(answer.code).toBe(0);
      await Promise.all(handles.map((handle) => handle.result()));
    });
    expect(ledgers.map(({ operations }) => operations.map(({ state, by }) => `${state} ${by}`))).toEqual(Array(3).fill(['retry network-back']));
  });

  test('pauses, resumes and cancels a delivery, without any input', async () => {
    const ledger = new Ledger([{ ...wiki(), open: 1_000, slow: true }]);
    await stage.with(ledger.activities, async () => {
      const handle = await begin(21);
      const signal = (name: string) => cli('workflow', 'signal', '--workflow-id', 'delivery/21', '--name', name);
      await eventually(() => expect(ledger.calls).toContain('lane'));
      for (const [name, state] of [['pause', 'paused'], ['resume', 'running'], ['cancel', 'cancelled']] as const) {
        expect((await signal(name)).code).toBe(0);
        await eventually(() => expect(ledger.state).toBe(state));
      }
      await begin(21);
      await handle.result();
    });
    expect(ledger.wikis[0]!.closed).toBe('cancelled');
  });

  test('shows what each handler is for, and where the work stands', async () => {
    const ledger = new Ledger([{ ...wiki(), open: 1_000, slow: true }]);
    await stage.with(ledger.activities, async () => {
      const handle = await begin(31);
      await eventually(() => expect(ledger.calls).toContain('lane'));
      const { text } = await cli('workflow', 'metadata', '--workflow-id', 'delivery/31');
      for (const words of ['pause', 'As the verb pause of the delivery', 'Try the step again', 'Delivery 31: running']) expect(text).toContain(words);
      Object.assign(ledger.wikis[0]!, { slow: false, open: 0 });
      await handle.result();
    });
  });

  test('shows what an account request waits for, and lets its clocks look again', async () => {
    const at = Date.now();
    const name = 'xstate.after.untilReservationEnds.request.reserved';
    let asked = 0;
    await stage.with({ fireTimers: async () => (asked++, { version: 3, timers: {} }) }, async () => {
      const run = await stage.temporal.client.workflow.signalWithStart('escalation', {
        workflowId: 'escalation/request/41', taskQueue: 'reeve', args: [{ noun: 'request', id: 41 }], signal: 'setTimers', signalArgs: [{ version: 2, timers: { [name]: at + 3_600_000 } }],
      });
      const { text } = await cli('workflow', 'metadata', '--workflow-id', 'escalation/request/41');
      for (const words of ['Waits for `untilReservationEnds` of request 41', 'Look at the thing again']) expect(text).toContain(words);
      expect((await cli('workflow', 'signal', '--workflow-id', 'escalation/request/41', '--name', 'refresh')).code).toBe(0);
      await run.result();
    });
    expect(asked).toBe(1);
  });
});
