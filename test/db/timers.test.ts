import { apply, applyDue, readRow } from '../../db/apply';
import { allowedVerbs } from '../../db/actions';
import { create, edit } from '../../db/create';
import { foldDue, foldTimers } from '../../db/step';
import { system, type Actor } from '../../policies/actor';
import { aDelivery, aMembership, aUser, MINUTE_MS, NOON_MS, testKernel } from '../support/kernel';

const timer = 'xstate.after.untilSend.delivery.approved';

describe('time', () => {
  const house = testKernel();
  let admin: Actor;
  beforeAll(async () => (admin = await aUser(house, 'admin')));

  /** Approved, and to be sent an hour after noon. */
  const scheduled = async () => {
    const { id } = await aDelivery(house, admin, { sendAtMs: NOON_MS + 60 * MINUTE_MS });
    return (await apply(house.kernel, { noun: 'delivery', id, verb: 'submit', actor: admin })).row;
  };
  const audit = async (noun: string, id: number) =>
    (await house.app.query('select verb, actor, at_ms as at, to_state as "to", command_id as command from audit where noun = $1 and entity = $2 order by version', [noun, id])).rows;
  const timerSets = async (id: number) =>
    (await house.app.query(`select version, params->'timers' as timers from outbox where noun = 'delivery' and entity = $1 and effect = 'setTimers' order by id`, [id])).rows;

  test('what is due comes before the verb, at its own instant and with an audit row of its own', async () => {
    const { id } = await scheduled();
    house.clock.advance(90 * MINUTE_MS);
    const { row, from } = await apply(house.kernel, { noun: 'delivery', id, verb: 'cancel', actor: admin });
    expect({ from, state: row.state, version: row.version }).toEqual({ from: 'expanding', state: 'cancelled', version: 4 });
    expect((await audit('delivery', id)).slice(2)).toEqual([
      { verb: timer, actor: 'system', at: NOON_MS + 60 * MINUTE_MS, to: 'expanding', command: `delivery/${id}/${timer}@${NOON_MS + 60 * MINUTE_MS}` },
      { verb: 'cancel', actor: `user/${admin.userId}`, at: NOON_MS + 90 * MINUTE_MS, to: 'cancelled', command: null },
    ]);
  });

  test('the control: one minute before it is due, the same verb finds the thing still approved', async () => {
    const { id } = await scheduled();
    house.clock.advance(59 * MINUTE_MS);
    expect(await apply(house.kernel, { noun: 'delivery', id, verb: 'cancel', actor: admin })).toMatchObject({ from: 'approved', row: { state: 'cancelled', version: 3 } });
  });

  test('the clock\'s part stands even where the verb is refused', async () => {
    const { id } = await scheduled();
    house.clock.advance(60 * MINUTE_MS);
    const late = apply(house.kernel, { noun: 'delivery', id, verb: 'reschedule', actor: admin, input: { sendAtMs: NOON_MS + 120 * MINUTE_MS } });
    await expect(late).rejects.toMatchObject({ code: 'verb.refused', more: { state: 'expanding' } });
    expect((await readRow(house.kernel, 'delivery', id)).row).toMatchObject({ state: 'expanding', version: 3, timers: {}, dueAtMs: null });
  });

  test('a timer that comes too early changes nothing and is told when to come again', async () => {
    const { id, version } = await scheduled();
    house.clock.advance(60 * MINUTE_MS - 1);
    expect(await applyDue(house.kernel, 'delivery', id, system)).toEqual({ version, timers: { [timer]: NOON_MS + 60 * MINUTE_MS } });
    expect((await readRow(house.kernel, 'delivery', id)).row).toMatchObject({ state: 'approved', version });
    house.clock.advance(1);
    expect(await applyDue(house.kernel, 'delivery', id, system)).toEqual({ version: version + 1, timers: {} });
    expect((await readRow(house.kernel, 'delivery', id)).row).toMatchObject({ state: 'expanding' });
  });

  test('a timer that comes twice, or eight times at once, is done once', async () => {
    const { id } = await scheduled();
    house.clock.advance(61 * MINUTE_MS);
    const sets = await Promise.all(Array.from({ length: 8 }, () => applyDue(house.kernel, 'delivery', id, system)));
    expect(new Set(sets.map((set) => JSON.stringify(set)))).toEqual(new Set([JSON.stringify({ version: 3, timers: {} })]));
    expect((await audit('delivery', id)).map(({ verb }) => verb)).toEqual(['new', 'submit', timer]);
  });

  test('a timer of a thing that is gone answers that it is gone', async () => {
    expect(await applyDue(house.kernel, 'delivery', 2_000_000_000, system)).toBeNull();
  });

  test('moving an instant takes the old timer back and sends the whole new set', async () => {
    const { id } = await scheduled();
    await apply(house.kernel, { noun: 'delivery', id, verb: 'reschedule', actor: admin, input: { sendAtMs: NOON_MS + 5 * MINUTE_MS } });
    expect(await timerSets(id)).toEqual([
      { version: 2, timers: { [timer]: NOON_MS + 60 * MINUTE_MS } },
      { version: 3, timers: { [timer]: NOON_MS + 5 * MINUTE_MS } },
    ]);
    house.clock.advance(5 * MINUTE_MS);
    await applyDue(house.kernel, 'delivery', id, system);
    expect((await timerSets(id)).at(-1)).toEqual({ version: 4, timers: {} });
  });

  test('an instant that is just over is due at once, in the same commit', async () => {
    const { id } = await scheduled();
    house.clock.advance(10 * MINUTE_MS);
    const { row } = await apply(house.kernel, { noun: 'delivery', id, verb: 'reschedule', actor: admin, input: { sendAtMs: NOON_MS + 9 * MINUTE_MS } });
    expect(row).toMatchObject({ state: 'expanding', version: 4, timers: {} });
  });

  test('a read folds what is due in memory, and offers only what the state then takes', async () => {
    const delivery = await scheduled();
    expect(allowedVerbs('delivery', delivery, admin, NOON_MS)).toContain('reschedule');
    const later = NOON_MS + 60 * MINUTE_MS;
    expect(foldDue('delivery', delivery, later)).toMatchObject({ state: 'expanding', version: delivery.version + 1 });
    expect(allowedVerbs('delivery', delivery, admin, later)).toEqual(['cancel']);
    expect((await readRow(house.kernel, 'delivery', delivery.id)).row).toMatchObject({ state: 'approved' });
  });

  test('a membership ends by the clock and its member is told, whoever came by at that moment', async () => {
    const member = await aUser(house);
    const { id } = await aMembership(house, member.userId, { role: 'sender', untilMs: NOON_MS + MINUTE_MS });
    await house.app.query('delete from notice');
    house.clock.advance(MINUTE_MS);
    await applyDue(house.kernel, 'membership', id, member);
    expect((await readRow(house.kernel, 'membership', id)).row).toMatchObject({ state: 'ended' });
    expect((await house.app.query('select user_id, code, at_ms as at from notice')).rows).toEqual([{ user_id: member.userId, code: 'membership.ended', at: NOON_MS + MINUTE_MS }]);
  });

  test('a membership without an end sets no timer, also when it is suspended and given back', async () => {
    const { id } = await aMembership(house, (await aUser(house)).userId, { untilMs: null });
    for (const verb of ['suspend', 'reinstate'])
      expect((await apply(house.kernel, { noun: 'membership', id, verb, actor: admin })).row).toMatchObject({ timers: {}, dueAtMs: null });
  });

  test('a suspended membership ends by the clock too, at the instant that was set when it was given', async () => {
    const { id } = await aMembership(house, (await aUser(house)).userId, { untilMs: NOON_MS + 10 * MINUTE_MS });
    house.clock.advance(MINUTE_MS);
    await apply(house.kernel, { noun: 'membership', id, verb: 'suspend', actor: admin });
    house.clock.advance(9 * MINUTE_MS);
    expect(foldDue('membership', (await readRow(house.kernel, 'membership', id)).row!, house.clock.atMs).state).toBe('ended');
  });

  test('a key stops opening when its time is over', async () => {
    const { row } = await create(house.kernel, { noun: 'key', values: { userId: admin.userId!, hash: Buffer.from('expires'), scopes: ['all'], expiresAtMs: NOON_MS + MINUTE_MS }, actor: admin });
    expect(row.dueAtMs).toBe(NOON_MS + MINUTE_MS);
    expect(foldDue('key', row, NOON_MS + MINUTE_MS - 1).state).toBe('active');
    expect(foldDue('key', row, NOON_MS + MINUTE_MS).state).toBe('expired');
  });

  test('an edit, too, comes after what is due, and the new timer set goes out', async () => {
    const { id } = await scheduled();
    house.clock.advance(61 * MINUTE_MS);
    const { row } = await edit(house.kernel, { noun: 'delivery', id, values: { startedAtMs: 1 }, actor: system });
    expect(row).toMatchObject({ state: 'expanding', version: 4, startedAtMs: 1 });
    expect((await timerSets(id)).at(-1)).toEqual({ version: 4, timers: {} });
    expect((await house.app.query(`select effect from outbox where noun = 'delivery' and entity = $1 order by id`, [id])).rows.map(({ effect }) => effect)).toEqual(['setTimers', 'startDelivery', 'setTimers']);
  });

  test('a delay that is no finite number is refused', () => {
    const raise = (delay: number) => [{ type: 'xstate.raise', params: { id: 'x', delay } }];
    expect(() => foldTimers({}, raise(Number.NaN), NOON_MS)).toThrow('not a finite number');
    expect(() => foldTimers({}, raise(Number.NEGATIVE_INFINITY), NOON_MS)).toThrow('not a finite number');
    expect(foldTimers({}, raise(Number.POSITIVE_INFINITY), NOON_MS)).toEqual({});
    expect(foldTimers({ x: 1 }, [{ type: 'xstate.cancel', params: { sendId: 'x' } }, ...raise(5)], NOON_MS)).toEqual({ x: NOON_MS + 5 });
  });
});
