import type { WorkflowHandle } from '@temporalio/client';
import type { MassDeliveryInput } from '../../workflows/mass-delivery';
import { eventually } from '../support/eventually';
import { currentDetails, realStage } from '../support/temporal';
import { Ledger, type FakeWiki } from './ledger';

describe('a delivery', () => {
  const stage = realStage();
  let delivery = 1_000;
  let version = 1;

  const ledgerOf = (...wikis: Partial<FakeWiki>[]): Ledger =>
    new Ledger(wikis.map((values, i) => ({ wiki: i + 1, host: `${'abcdef'[i]}.example.org`, open: 10, unknown: 0, lanes: 1, perLane: 2_000, ...values })));
  /** As the outbox does. */
  const tell = (id = delivery): Promise<WorkflowHandle> =>
    stage.temporal.client.workflow.signalWithStart('massDelivery', {
      workflowId: `delivery/${id}`, taskQueue: 'reeve', args: [{ delivery: id } satisfies MassDeliveryInput], signal: 'changed', signalArgs: [{ version: ++version }],
    });
  const begin = (): Promise<WorkflowHandle> => tell(++delivery);
  const child = (host: string) => stage.temporal.client.workflow.getHandle(`delivery/${delivery}/${host}`);
  const times = (ledger: Ledger, call: string): number => ledger.calls.filter((name) => name === call).length;

  test('runs a child per wiki, and is finished', async () => {
    const ledger = ledgerOf({ open: 50 }, { open: 70 }, { open: 0 });
    await stage.with(ledger.activities, async () => {
      await (await begin()).result();
      await expect(child('c.example.org').describe()).rejects.toThrow('not found');
    });
    expect(ledger).toMatchObject({ state: 'finished', wikis: [{ open: 0, closed: 'done' }, { open: 0, closed: 'done' }, { open: 0 }] });
  });

  test('without any target is finished at once', async () => {
    const ledger = ledgerOf();
    await stage.with(ledger.activities, async () => (await begin()).result());
    expect(ledger.state).toBe('finished');
  });

  test('started late for a delivery that was cancelled does nothing', async () => {
    const ledger = ledgerOf({ open: 0 });
    ledger.state = 'cancelled';
    await stage.with(ledger.activities, async () => (await begin()).result());
    expect(ledger.calls).toEqual(['begin', 'openWikis']);
  });

  test('started again for a delivery that is over does nothing', async () => {
    const ledger = ledgerOf({ open: 0 });
    ledger.state = 'finished';
    await stage.with(ledger.activities, async () => (await begin()).result());
    expect(ledger.calls).toEqual(['begin']);
  });

  test('lets one wiki\'s trouble stop no other', async () => {
    const ledger = ledgerOf({ trouble: 'wiki.session' }, { open: 500 });
    await stage.with(ledger.activities, async () => {
      const handle = await begin();
      await eventually(() => expect(ledger.wikis[1]).toMatchObject({ open: 0, closed: 'done' }));
      await eventually(() => expect(ledger.waiting()).toHaveLength(1));
      expect(ledger.state).toBe('running');
      delete ledger.wikis[0]!.trouble;
      await eventually(() => child('a.example.org').executeUpdate('retry', { args: [{ reason: 'fixed' }] }));
      await handle.result();
    });
    expect(ledger).toMatchObject({ state: 'finished', wikis: [{ open: 0, closed: 'done' }, { open: 0, closed: 'done' }] });
  });

  test('tells its children of a pause and of the resume', async () => {
    const ledger = ledgerOf({ open: 1_000, slow: true }, { open: 1_000, slow: true });
    await stage.with(ledger.activities, async () => {
      const handle = await begin();
      await eventually(() => expect(times(ledger, 'lane')).toBeGreaterThanOrEqual(2));
      ledger.state = 'paused';
      await tell();
      await eventually(async () => expect(await child('a.example.org').query<{ state: string }, []>('progress')).toMatchObject({ state: 'paused', lanes: 0 }));
      ledger.state = 'running';
      for (const wiki of ledger.wikis) wiki.slow = false;
      await tell();
      await handle.result();
    });
    expect(ledger.wikis).toMatchObject([{ closed: 'done' }, { closed: 'done' }]);
  });

  test('turns signals from outside into verbs, in their order, each with a command id of its own', async () => {
    const ledger = ledgerOf({ open: 1_000, slow: true });
    const { signalVerb } = ledger.activities;
    const activities = { ...ledger.activities, signalVerb: async (input: Parameters<typeof signalVerb>[0]) => (input.commandId.endsWith('/1') && (await new Promise((resolve) => setTimeout(resolve, 300))), signalVerb(input)) };
    await stage.with(activities, async () => {
      const handle = await begin();
      await eventually(() => expect(ledger.calls).toContain('lane'));
      await handle.signal('pause'); // takes its time
      await handle.signal('resume');
      await handle.signal('pause', { actor: 'user/7', reason: 'lunch' });
      await eventually(() => expect(ledger.verbs.map(({ verb }) => verb)).toEqual(['pause', 'resume', 'pause']));
      expect(new Set(ledger.verbs.map(({ commandId }) => commandId)).size).toBe(3);
      await handle.signal('cancel');
      await eventually(() => expect(ledger.state).toBe('cancelled'));
      await tell();
      await handle.result();
    });
    expect(ledger.wikis[0]!.closed).toBe('cancelled');
  });

  test('takes a cancellation by Temporal\'s own button for the verb', async () => {
    const ledger = ledgerOf({ open: 1_000, slow: true });
    await stage.with(ledger.activities, async () => {
      const handle = await begin();
      await eventually(() => expect(ledger.calls).toContain('lane'));
      await handle.cancel();
      await eventually(() => expect(ledger.verbs).toMatchObject([{ verb: 'cancel' }]));
      await tell();
      await handle.result();
    });
    expect(ledger.wikis[0]!.closed).toBe('cancelled');
  });

  test('loses no start that comes while it ends, twenty times over', async () => {
    const ledger = ledgerOf({ open: 1 });
    const finish = ledger.activities.finish;
    let late = 0;
    const activities = {
      ...ledger.activities,
      // As `retryFailed` just after `finish`: the row runs again, and the outbox sends the start.
      finish: async () => {
        const answer = await finish();
        if (late++ < 20) {
          Object.assign(ledger, { state: 'running' });
          ledger.wikis[0]!.open = 1;
          setTimeout(() => void tell(), late % 4 ? Math.random() * 30 : 0);
        }
        return answer;
      },
    };
    await stage.with(activities, async () => {
      await begin();
      await eventually(() => expect(late).toBe(21));
      await stage.temporal.client.workflow.getHandle(`delivery/${delivery}`).result();
    });
    expect(ledger).toMatchObject({ state: 'finished', wikis: [{ open: 0 }] });
    expect(times(ledger, 'reopen')).toBeGreaterThanOrEqual(20);
  });

  test('looks again when it hears of a change after everything was done', async () => {
    const ledger = ledgerOf({ open: 1 });
    await stage.with(ledger.activities, async () => {
      await (await begin()).result();
      ledger.state = 'running';
      ledger.wikis[0]!.open = 4;
      await (await tell()).result();
    });
    expect(ledger).toMatchObject({ state: 'finished', wikis: [{ open: 0 }] });
  });

  test('finds the children of a run that was ended by hand, and waits for them', async () => {
    const ledger = ledgerOf({ open: 1_000, slow: true }, { open: 10 });
    await stage.with(ledger.activities, async () => {
      const first = await begin();
      await eventually(() => expect(ledger.wikis[1]!.closed).toBe('done'));
      await first.terminate('by hand');
      const second = await tell();
      await eventually(async () => expect((await child('a.example.org').fetchHistory()).events!.some((event) => event.workflowExecutionSignaledEventAttributes?.signalName === 'adopted')).toBe(true));
      expect(ledger.state).toBe('running');
      ledger.state = 'paused';
      await tell(); // reaches the child through its new parent
      await eventually(async () => expect(await child('a.example.org').query<{ state: string }, []>('progress')).toMatchObject({ state: 'paused' }));
      ledger.wikis[0]!.slow = false;
      ledger.state = 'running';
      await tell();
      await second.result();
    });
    expect(ledger).toMatchObject({ state: 'finished', wikis: [{ open: 0 }, { open: 0 }] });
  });

  test('needs attention when a child is ended by hand, and starts it again on retry', async () => {
    const ledger = ledgerOf({ open: 1_000, slow: true });
    await stage.with(ledger.activities, async () => {
      const handle = await begin();
      await eventually(() => child('a.example.org').terminate('by hand'));
      await eventually(() => expect(ledger.waiting()).toMatchObject([{ code: 'internal', workflowId: `delivery/${delivery}` }]));
      ledger.wikis[0]!.slow = false;
      await eventually(() => handle.executeUpdate('retry', { args: [{ reason: 'by-mistake' }] }));
      await handle.result();
    });
    expect(ledger).toMatchObject({ state: 'finished', wikis: [{ open: 0, closed: 'done' }] });
  });

  test('posts while its lists are still being copied, and then to the wikis that they name later', async () => {
    const ledger = ledgerOf({ open: 20 });
    ledger.later = ledgerOf({}, { open: 30 }, { open: 10 }).wikis.slice(1);
    let copy = (): void => {};
    const { expand } = ledger.activities;
    const activities = { ...ledger.activities, expand: () => new Promise<void>((resolve) => (copy = resolve)).then(expand) };
    await stage.with(activities, async () => {
      const handle = await begin();
      await eventually(() => expect(ledger.wikis[0]!.open).toBe(0));
      expect(ledger.wikis).toHaveLength(1);
      copy();
      await handle.result();
    });
    expect(ledger).toMatchObject({ state: 'finished', wikis: [{ open: 0, closed: 'done' }, { open: 0, closed: 'done' }, { open: 0, closed: 'done' }] });
    expect(times(ledger, 'finish')).toBe(1);
  });

  test('needs attention when its lists cannot be copied, while the first wikis go on; abort cancels it', async () => {
    const ledger = ledgerOf({ open: 20 });
    ledger.later = ledgerOf({}, { open: 30 }).wikis.slice(1);
    ledger.failing.set('expand', 'internal');
    await stage.with(ledger.activities, async () => {
      const handle = await begin();
      await eventually(() => expect(ledger.wikis[0]!.open).toBe(0));
      await eventually(() => expect(ledger.waiting()).toMatchObject([{ code: 'delivery.expand-failed', attempts: 7 }]));
      ledger.failing.clear();
      await eventually(() => handle.executeUpdate('abort', { args: [{ reason: 'given-up' }] }));
      await tell();
      await handle.result();
    });
    expect(ledger).toMatchObject({ state: 'cancelled', verbs: [{ verb: 'cancel' }] });
  });

  describe('that reads its lists afresh', () => {
    const growing = (present: number): Ledger => Object.assign(ledgerOf({ open: 5 }), { afresh: { approved: 10, present } });
    const grown = (ledger: Ledger, times = 1) => eventually(() => {
      expect(ledger.operations).toHaveLength(times);
      expect(ledger.waiting()).toMatchObject([{ code: 'delivery.lists-grown', skippable: true, counts: { approved: 10, present: ledger.afresh!.present } }]);
    });
    const answer = (handle: WorkflowHandle, act: string) => eventually(() => handle.executeUpdate(act, { args: [{ reason: 'looked-at' }] }));

    test('does so before anything of them is sent', async () => {
      const ledger = growing(11);
      await stage.with(ledger.activities, async () => (await begin()).result());
      expect(ledger.calls.slice(0, 4)).toEqual(['begin', 'readAfresh', 'begin', 'reopen']);
      expect(ledger).toMatchObject({ state: 'finished', operations: [] });
    });

    test('waits with both counts when they grew, and reads them again on retry', async () => {
      const ledger = growing(20);
      await stage.with(ledger.activities, async () => {
        const handle = await begin();
        await grown(ledger);
        await eventually(async () => expect(await currentDetails(handle)).toContain('`delivery.lists-grown` approved 10, present 20, after 1 try'));
        expect(ledger.calls).not.toContain('openWikis');
        ledger.afresh!.present = 30; // and they grow on
        await answer(handle, 'retry');
        await grown(ledger, 2);
        await answer(handle, 'retry');
        await handle.result();
      });
      expect(ledger).toMatchObject({ state: 'finished', operations: [{ state: 'retry' }, { state: 'retry' }] });
      expect(ledger.calls).not.toContain('sendAsSubmitted');
    });

    test('sends what was submitted on skip, and cancels on abort', async () => {
      const [skipped, aborted] = [growing(20), growing(20)];
      await stage.with(skipped.activities, async () => {
        const handle = await begin();
        await grown(skipped);
        await answer(handle, 'skip');
        await handle.result();
      });
      await stage.with(aborted.activities, async () => {
        const handle = await begin();
        await grown(aborted);
        await answer(handle, 'abort');
        await handle.result();
      });
      expect(skipped).toMatchObject({ state: 'finished' });
      expect(skipped.calls.filter((call) => ['sendAsSubmitted', 'openWikis'].includes(call))).toEqual(['sendAsSubmitted', 'openWikis']);
      expect(aborted).toMatchObject({ state: 'cancelled', verbs: [{ verb: 'cancel' }] });
      expect(aborted.calls).not.toContain('lane');
    });

    test('waits with the code when they cannot be read, and needs nobody any more when it is cancelled', async () => {
      const ledger = growing(10);
      ledger.failing.set('readAfresh', 'targetList.no-page');
      await stage.with(ledger.activities, async () => {
        const handle = await begin();
        await eventually(() => expect(ledger.waiting()).toMatchObject([{ code: 'targetList.no-page', attempts: 7, skippable: true }]));
        ledger.state = 'cancelled';
        await tell();
        await handle.result();
      });
      expect(ledger.operations).toMatchObject([{ state: 'settled' }]);
    });
  });

  test('does not spin when a pause comes between the last target and the finish', async () => {
    const ledger = ledgerOf({ open: 1 });
    const activities = { ...ledger.activities, finish: async () => ((ledger.state = ledger.calls.includes('paused') ? 'finished' : 'paused'), ledger.calls.push('paused'), { state: ledger.state }) };
    await stage.with(activities, async () => {
      const handle = await begin();
      await eventually(() => expect(ledger.state).toBe('paused'));
      await new Promise((resolve) => setTimeout(resolve, 500));
      expect(times(ledger, 'begin')).toBeLessThan(4);
      ledger.state = 'running';
      await tell();
      await handle.result();
    });
    expect(ledger.state).toBe('finished');
  });

  test('tells its progress to whoever asks', async () => {
    const ledger = ledgerOf({ open: 1_000, slow: true }, { open: 10 });
    await stage.with(ledger.activities, async () => {
      const handle = await begin();
      await eventually(async () => expect(await handle.query('progress')).toEqual({ state: 'running', wikis: 2, over: 1 }));
      expect(await currentDetails(handle)).toBe(`Delivery ${delivery}: running. 1 of 2 wikis done.`);
      ledger.wikis[0]!.slow = false;
      await handle.result();
    });
  });
});
