import { WorkflowUpdateFailedError, type WorkflowHandle } from '@temporalio/client';
import type { WikiDeliveryInput } from '../../workflows/wiki-delivery';
import { eventually } from '../support/eventually';
import { currentDetails, realStage } from '../support/temporal';
import { Ledger, type FakeWiki } from './ledger';

const wikiOf = (values: Partial<FakeWiki>): FakeWiki => ({ wiki: 1, host: 'a.example.org', open: 0, unknown: 0, lanes: 1, perLane: 2_000, ...values });

describe('one wiki\'s part of a delivery', () => {
  const stage = realStage();
  let deliveries = 0;

  const start = (values: Partial<WikiDeliveryInput> = {}): Promise<WorkflowHandle> => {
    const delivery = ++deliveries;
    const input: WikiDeliveryInput = { delivery, wiki: 1, host: 'a.example.org', version: 5, ...values };
    return stage.temporal.client.workflow.start('wikiDelivery', { workflowId: `delivery/${delivery}/a.example.org`, taskQueue: 'reeve', args: [input] });
  };
  const running = (values: Partial<FakeWiki>): Ledger => Object.assign(new Ledger([wikiOf(values)]), { state: 'running' });
  const attention = async (ledger: Ledger): Promise<number> => (await eventually(() => expect(ledger.waiting()).toHaveLength(1)), ledger.waiting()[0]!.operation);
  const isMarked = async (handle: WorkflowHandle): Promise<boolean> => {
    const { typedSearchAttributes } = await handle.describe();
    return typedSearchAttributes.getAll().some(({ key, value }) => key.name === 'ReeveAttention' && value === true);
  };
  const refusal = async (act: Promise<unknown>): Promise<string> => {
    const error = await act.then(() => undefined, (thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(WorkflowUpdateFailedError);
    return ((error as WorkflowUpdateFailedError).cause as { type?: string }).type!;
  };

  test('runs lanes until nothing is left, and closes', async () => {
    const ledger = running({ open: 7_000, lanes: 2 });
    await stage.with(ledger.activities, async () => (await start()).result());
    expect(ledger.wikis[0]).toMatchObject({ open: 0, closed: 'done' });
  });

  test('waits while paused, goes on when it hears of a newer version, and drops an older one', async () => {
    const ledger = running({ open: 100, perLane: 10 });
    ledger.state = 'paused';
    await stage.with(ledger.activities, async () => {
      const handle = await start({ version: 5 });
      await eventually(async () => expect(await handle.query<{ state: string }, []>('progress')).toMatchObject({ state: 'paused' }));
      ledger.state = 'running';
      await handle.signal('changed', { version: 5 });
      await handle.signal('changed', { version: 4 });
      await new Promise((resolve) => setTimeout(resolve, 300));
      expect(ledger.calls).not.toContain('lane');
      await handle.signal('changed', { version: 6 });
      await handle.result();
    });
    expect(ledger.wikis[0]!.open).toBe(0);
  });

  test('loses no resume that comes while the lanes are still coming back from the pause', async () => {
    const ledger = running({ open: 100_000, slow: true });
    await stage.with(ledger.activities, async () => {
      const handle = await start({ version: 5 });
      await eventually(() => expect(ledger.calls).toContain('lane'));
      ledger.state = 'paused';
      await handle.signal('changed', { version: 6 });
      ledger.state = 'running';
      Object.assign(ledger.wikis[0]!, { slow: false, open: 10 });
      await handle.signal('changed', { version: 7 });
      await handle.result();
    });
    expect(ledger.wikis[0]!.closed).toBe('done');
  });

  test('closes as cancelled when the delivery is', async () => {
    const ledger = running({ open: 100, slow: true });
    await stage.with(ledger.activities, async () => {
      const handle = await start();
      await eventually(() => expect(ledger.calls).toContain('lane'));
      ledger.state = 'cancelled';
      await handle.result();
    });
    expect(ledger.wikis[0]!.closed).toBe('cancelled');
  });

  describe('when the wiki takes nothing', () => {
    test('needs attention with the code, and goes on after retry', async () => {
      const ledger = running({ open: 100, lanes: 3, trouble: 'wiki.session' });
      await stage.with(ledger.activities, async () => {
        const handle = await start();
        await attention(ledger);
        expect(ledger.operations[0]).toMatchObject({ noun: 'delivery', wiki: 'a.example.org', code: 'wiki.session', skippable: false, seq: 1 });
        expect(await isMarked(handle)).toBe(true);
        delete ledger.wikis[0]!.trouble;
        expect(await handle.executeUpdate('retry', { args: [{ reason: 'wiki-fixed' }] })).toEqual({ taken: 'retry' });
        await handle.result();
        expect(await isMarked(handle)).toBe(false);
      });
      expect(ledger.operations).toMatchObject([{ state: 'retry', by: 'wiki-fixed' }]);
      expect(ledger.wikis[0]).toMatchObject({ open: 0, closed: 'done' });
    });

    test('asks at once, though the other lanes had hours of work before them', async () => {
      const ledger = running({ open: 100, lanes: 3, slow: true, troubleOnce: 'wiki.readonly' });
      await stage.with(ledger.activities, async () => {
        const handle = await start();
        await attention(ledger);
        expect(await handle.query<{ lanes: number }, []>('progress')).toMatchObject({ lanes: 0 });
        ledger.wikis[0]!.slow = false;
        await eventually(() => handle.executeUpdate('retry', { args: [{ reason: 'wiki-back' }] }));
        await handle.result();
      });
      expect(ledger.wikis[0]!.closed).toBe('done');
    });

    test('asks again, as a new operation, when it fails again', async () => {
      const ledger = running({ open: 100, trouble: 'wiki.blocked' });
      await stage.with(ledger.activities, async () => {
        const handle = await start();
        await attention(ledger);
        await eventually(() => handle.executeUpdate('retry', { args: [{ reason: 'try-again' }] }));
        await eventually(() => expect(ledger.operations).toHaveLength(2));
        expect(ledger.operations[1]).toMatchObject({ seq: 2, state: 'waiting' });
        await eventually(() => handle.executeUpdate('abort', { args: [{ reason: 'given-up' }] }));
        await handle.result();
      });
      expect(ledger.wikis[0]!.closed).toBe('aborted');
    });

    test('refuses every update before anything waits, and leaves none of it in the history', async () => {
      const ledger = running({ open: 10, slow: true });
      await stage.with(ledger.activities, async () => {
        const handle = await start();
        for (const act of ['retry', 'skip', 'abort']) expect(await refusal(handle.executeUpdate(act, { args: [{ reason: 'fixed' }] }))).toBe('operation.not-waiting');
        const { events } = await handle.fetchHistory();
        expect(events!.some(({ workflowExecutionUpdateAcceptedEventAttributes: accepted }) => accepted)).toBe(false);
        ledger.wikis[0]!.open = 0;
        await handle.result();
      });
    });

    test('refuses to skip what cannot be skipped, and free text for a reason', async () => {
      const ledger = running({ open: 10, trouble: 'wiki.session' });
      await stage.with(ledger.activities, async () => {
        const handle = await start();
        await attention(ledger);
        await eventually(async () => expect(await refusal(handle.executeUpdate('skip', { args: [{ reason: 'fixed' }] }))).toBe('operation.skip-unsound'));
        expect(await refusal(handle.executeUpdate('retry', { args: [{ reason: 'I asked Person and she says yes' }] }))).toBe('operation.bad-reason');
        expect(await refusal(handle.executeUpdate('retry', { args: [{}] }))).toBe('operation.bad-reason');
        expect(await refusal(handle.executeUpdate('retry', { args: [{ reason: 'fixed', actor: 'Person of the wiki' }] }))).toBe('operation.bad-reason');
        await handle.executeUpdate('abort', { args: [{ reason: 'given-up', actor: 'user/7' }] });
        await handle.result();
      });
      expect(ledger.operations).toMatchObject([{ state: 'abort' }]);
    });

    test('answers the same update id the same, and acts on it once', async () => {
      const ledger = running({ open: 10, trouble: 'wiki.session' });
      await stage.with(ledger.activities, async () => {
        const handle = await start();
        await attention(ledger);
        const act = () => handle.executeUpdate('retry', { args: [{ reason: 'fixed' }], updateId: 'one' });
        await eventually(act);
        await eventually(() => expect(ledger.operations).toHaveLength(2));
        expect(await act()).toEqual({ taken: 'retry' });
        await new Promise((resolve) => setTimeout(resolve, 200));
        expect(ledger.operations).toHaveLength(2);
        await eventually(() => handle.executeUpdate('abort', { args: [{ reason: 'enough' }] }));
        await handle.result();
      });
    });

    test('takes the acts as signals, too, and ignores them when nothing waits', async () => {
      const ledger = running({ open: 10, slow: true });
      await stage.with(ledger.activities, async () => {
        const handle = await start();
        await handle.signal('abort', { reason: 'too-early' });
        await eventually(() => expect(ledger.calls).toContain('lane'));
        ledger.wikis[0]!.trouble = 'wiki.readonly';
        await attention(ledger);
        Object.assign(ledger.wikis[0]!, { trouble: undefined, slow: false });
        await eventually(async () => {
          await handle.signal('retry', { reason: 'wiki-back' });
          expect(ledger.waiting()).toEqual([]);
        });
        await handle.result();
      });
      expect(ledger.wikis[0]!.closed).toBe('done');
    });

    test('takes the API\'s answer for its own operation only, also when it comes before the workflow knows the number', async () => {
      const ledger = running({ open: 10, trouble: 'wiki.session' });
      await stage.with(ledger.activities, async () => {
        const handle = await start();
        const operation = 1;
        await handle.signal('abort', { actor: 'user/7', audit: 3, operation: 99 });
        await handle.signal('retry', { actor: 'user/7', audit: 4, operation });
        await eventually(() => expect(ledger.operations).toHaveLength(2)); // the retry was taken: it has failed again
        await handle.signal('retry', { actor: 'user/7', audit: 4, operation });
        await new Promise((resolve) => setTimeout(resolve, 200));
        expect(ledger.operations).toHaveLength(2);
        await handle.signal('abort', { actor: 'user/7', audit: 5, operation: 2 });
        await handle.result();
      });
      expect(ledger.operations.map(({ state }) => state)).toEqual(['retry', 'abort']);
    });

    test('takes an act that comes while its operation is still being written', async () => {
      const ledger = running({ open: 10, trouble: 'wiki.session' });
      const open = ledger.activities.openOperation;
      let write = (): void => {};
      const written = new Promise<void>((resolve) => (write = resolve));
      const activities = { ...ledger.activities, openOperation: async (input: Parameters<typeof open>[0]) => (await written, open(input)) };
      await stage.with(activities, async () => {
        const handle = await start();
        await eventually(async () => expect(await isMarked(handle)).toBe(true)); // as a bulk signal finds it
        await handle.signal('abort', { reason: 'all-of-them' });
        write();
        await handle.result();
      });
      expect(ledger.operations).toMatchObject([{ state: 'abort', by: 'all-of-them' }]);
    });

    test('ends the waiting by itself when the delivery is cancelled', async () => {
      const ledger = running({ open: 10, trouble: 'wiki.session' });
      await stage.with(ledger.activities, async () => {
        const handle = await start({ version: 5 });
        await attention(ledger);
        ledger.state = 'cancelled';
        await handle.signal('changed', { version: 6 });
        await handle.result();
      });
      expect(ledger.operations).toMatchObject([{ state: 'settled' }]);
      expect(ledger.wikis[0]!.closed).toBe('cancelled');
    });

    test('obeys the act that Postgres holds when two operators answer at once', async () => {
      const ledger = running({ open: 10, trouble: 'wiki.session' });
      await stage.with(ledger.activities, async () => {
        const handle = await start();
        await attention(ledger);
        ledger.operations[0]!.state = 'abort'; // by the API; its signal is still on its way
        await eventually(() => handle.executeUpdate('retry', { args: [{ reason: 'fixed' }] }));
        await handle.result();
      });
      expect(ledger.wikis[0]!.closed).toBe('aborted');
    });

    test('says in the Temporal UI what it waits for', async () => {
      const ledger = running({ open: 10, trouble: 'wiki.session' });
      await stage.with(ledger.activities, async () => {
        const handle = await start();
        await attention(ledger);
        await eventually(async () => expect(await currentDetails(handle)).toMatch(/Needs attention\*\*: `wiki\.session`.*operation 1/s));
        await handle.signal('abort', { reason: 'given-up' });
        await handle.result();
      });
    });
  });

  describe('when targets of unknown outcome are left', () => {
    test('waits for a person, and closes when they are settled', async () => {
      const ledger = running({ open: 5, unknown: 2 });
      await stage.with(ledger.activities, async () => {
        const handle = await start({ version: 5 });
        await attention(ledger);
        expect(ledger.operations[0]).toMatchObject({ code: 'wiki.unknown-left', skippable: true });
        ledger.wikis[0]!.unknown = 1;
        await handle.signal('changed', { version: 6 });
        await new Promise((resolve) => setTimeout(resolve, 200));
        expect(ledger.waiting()).toHaveLength(1);
        ledger.wikis[0]!.unknown = 0;
        await handle.signal('changed', { version: 7 });
        await handle.result();
      });
      expect(ledger.operations).toMatchObject([{ state: 'settled' }]);
      expect(ledger.wikis[0]!.closed).toBe('done');
    });

    test('posts again what was settled as pending', async () => {
      const ledger = running({ unknown: 1 });
      await stage.with(ledger.activities, async () => {
        const handle = await start({ version: 5 });
        await attention(ledger);
        Object.assign(ledger.wikis[0]!, { unknown: 0, open: 1 });
        await handle.signal('changed', { version: 6 });
        await handle.result();
      });
      expect(ledger.calls).toContain('lane');
      expect(ledger.wikis[0]).toMatchObject({ open: 0, closed: 'done' });
    });

    test('leaves them unknown when an operator skips', async () => {
      const ledger = running({ unknown: 3 });
      await stage.with(ledger.activities, async () => {
        const handle = await start();
        await attention(ledger);
        await eventually(() => handle.executeUpdate('skip', { args: [{ reason: 'nobody-knows' }] }));
        await handle.result();
      });
      expect(ledger.wikis[0]).toMatchObject({ unknown: 3, closed: 'done' });
    });
  });
});
