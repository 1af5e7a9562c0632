import { apply, readRow } from '../../db/apply';
import { standingClock } from '../../db/clock';
import { create } from '../../db/create';
import type { Kernel } from '../../db/kernel';
import { reconcile } from '../../dispatch/reconcile';
import { system } from '../../policies/actor';
import { testDatabase } from '../support/database';
import { makeDelivery, makeEvent, makeOpenRequest, makeUser, makeWiki, openHouse, type House } from '../support/house';
import { realStage } from '../support/temporal';

const HOUR = 3_600_000;

describe('the reconciler', () => {
  const database = testDatabase();
  const stage = realStage();
  const clock = standingClock(Date.parse('2026-11-23T12:00:00Z'));
  let house: House;
  let kernel: Kernel;
  beforeAll(async () => {
    house = await openHouse(database.url, clock);
    kernel = house.kernel;
    expect(await reconcile(kernel, stage.temporal)).toMatchObject({ started: 3 }); // the sweepers of retention and the nightly look, which stay
  });
  afterAll(() => house.close());
  const status = async (workflowId: string): Promise<string> => (await stage.temporal.client.workflow.getHandle(workflowId).describe()).status.name;
  const look = () => reconcile(kernel, stage.temporal);
  const nothing = { fired: 0, started: 0, settled: 0, shifted: 0 };
  const membership = async (untilMs: number) =>
    (await create(kernel, { noun: 'membership', actor: system, values: { userId: (await makeUser(kernel)).userId, role: 'sender', wikiId: null, untilMs }, then: 'approve' })).row;

  test('wakes a sleeper for what is due soon and has none, once, and leaves what is due later alone', async () => {
    const soon = await membership(clock.atMs + HOUR);
    const later = await membership(clock.atMs + 24 * HOUR);
    expect(await look()).toEqual({ ...nothing, started: 1 });
    expect(await status(`timer/membership/${soon.id}`)).toBe('RUNNING');
    await expect(status(`timer/membership/${later.id}`)).rejects.toThrow('not found');
    expect(await look()).toEqual(nothing);
    clock.advance(23 * HOUR);
    await apply(kernel, { noun: 'membership', id: soon.id, verb: 'end', actor: system });
    expect(await look()).toEqual({ ...nothing, started: 1 });
    await apply(kernel, { noun: 'membership', id: later.id, verb: 'end', actor: system });
  });

  test('fires what was due long ago itself', async () => {
    const row = await membership(clock.atMs + HOUR);
    clock.advance(2 * HOUR);
    expect(await look()).toEqual({ ...nothing, fired: 1 });
    const { row: after } = await readRow(kernel, 'membership', row.id);
    expect(after).toMatchObject({ state: 'ended', updatedAtMs: row.untilMs });
  });

  test('lets an event\'s instants follow its clock on the wall when its zone gets other rules', async () => {
    const organizer = await makeUser(kernel, 'organizer');
    const [startsAtMs, endsAtMs] = [Date.UTC(2026, 11, 10, 9), Date.UTC(2026, 11, 10, 11)];
    const row = await makeEvent(kernel, organizer, ['2026-12-10T10:00', '2026-12-10T12:00'], { timeZone: 'Europe/Berlin' });
    expect(await look()).toEqual(nothing); // the control: as computed, nothing moves
    await apply(kernel, { noun: 'event', id: row.id, verb: 'submit', actor: organizer });
    const admin = await makeUser(kernel, 'toolAdmin');
    await apply(kernel, { noun: 'event', id: row.id, verb: 'approve', actor: admin });
    // as if its instants had been computed when the zone was an hour further east
    await kernel.pool.query('update event set starts_at_ms = starts_at_ms - $2, ends_at_ms = ends_at_ms - $2, timers = $3, due_at_ms = due_at_ms - $2 where id = $1',
      [row.id, HOUR, { 'xstate.after.untilStart.event.approved': startsAtMs - HOUR }]);
    expect(await look()).toEqual({ ...nothing, shifted: 1 });
    expect((await readRow(kernel, 'event', row.id)).row).toMatchObject({ state: 'approved', startsAt: '2026-12-10T10:00', startsAtMs, endsAtMs, timers: { 'xstate.after.untilStart.event.approved': startsAtMs } });
    expect(await look()).toEqual(nothing);
    await apply(kernel, { noun: 'event', id: row.id, verb: 'cancel', actor: organizer });
  });

  test('starts a running delivery whose run is gone, and not one that is over', async () => {
    const sender = await makeUser(kernel, 'globalSender');
    const wiki = await makeWiki(kernel);
    const delivery = await makeDelivery(kernel, sender, wiki, ['User talk:One']);
    expect(await look()).toEqual(nothing);
    await apply(kernel, { noun: 'delivery', id: delivery.id, verb: 'submit', actor: sender });
    expect(await look()).toEqual({ ...nothing, started: 1 });
    await stage.temporal.client.workflow.getHandle(`delivery/${delivery.id}`).terminate();
    expect(await look()).toEqual({ ...nothing, started: 1 });
    expect(await look()).toEqual(nothing);
    await apply(kernel, { noun: 'delivery', id: delivery.id, verb: 'cancel', actor: sender });
    await stage.temporal.client.workflow.getHandle(`delivery/${delivery.id}`).terminate();
    expect(await look()).toEqual(nothing);
  });

  test('starts the making of an account, and the asking for a name, whose run is gone', async () => {
    const holder = await makeUser(kernel, 'toolUser');
    const { workflow } = stage.temporal.client;
    const made = await makeOpenRequest(kernel);
    const asked = await makeOpenRequest(kernel, { nameCheck: 'unasked' });
    await look(); // their sleepers, and the asking
    await apply(kernel, { noun: 'request', id: made.id, verb: 'create', actor: holder, input: { mode: 'bot' } });
    for (const workflowId of [`account-creation/${made.id}`, `name-check/${asked.id}`]) {
      if (workflowId.startsWith('name')) await workflow.getHandle(workflowId).terminate(); // as in a Temporal that was emptied
      expect(await look()).toEqual({ ...nothing, started: 1 });
      expect(await status(workflowId)).toBe('RUNNING');
      expect(await look()).toEqual(nothing);
    }
    await apply(kernel, { noun: 'request', id: made.id, verb: 'takeBack', actor: holder });
    await apply(kernel, { noun: 'request', id: asked.id, verb: 'drop', actor: holder });
    const over = [`account-creation/${made.id}`, `name-check/${asked.id}`];
    for (const workflowId of over) await workflow.getHandle(workflowId).terminate();
    await look(); // the sleeper of the reservation
    for (const workflowId of over) expect(await status(workflowId)).toBe('TERMINATED'); // what is over needs none
  });

  test('settles an operation whose run is over, and keeps one that still waits', async () => {
    const open = async (delivery: number) => {
      const { firstExecutionRunId: runId, workflowId } = await stage.temporal.client.workflow.start('massDelivery', { workflowId: `delivery/${delivery}`, taskQueue: 'reeve', args: [{ delivery }] });
      const values = { workflowId, runId, seq: 1, kind: 'massDelivery', entity: workflowId, wiki: null, code: 'wiki.session', attempts: 1, skippable: false };
      return (await create(kernel, { noun: 'operation', actor: system, values })).row;
    };
    const [lost, kept] = [await open(9_001), await open(9_002)];
    await stage.temporal.client.workflow.getHandle('delivery/9001').terminate();
    expect(await look()).toEqual({ ...nothing, settled: 1 });
    expect((await readRow(kernel, 'operation', lost.id)).row!.state).toBe('settled');
    expect((await readRow(kernel, 'operation', kept.id)).row!.state).toBe('waiting');
  });
});
