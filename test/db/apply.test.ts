import { apply, readRow, type Command } from '../../db/apply';
import { allowedVerbs } from '../../db/actions';
import { system, temporal, visitor, type Actor } from '../../policies/actor';
import type { Delivery } from '../../db/entities/delivery';
import { makeOpenRequest, makeRequest } from '../support/house';
import { aDelivery, aUser, person, testKernel } from '../support/kernel';

describe('a verb through the door', () => {
  const house = testKernel();
  let sender: Actor;
  let approver: Actor;
  beforeAll(async () => {
    sender = await aUser(house);
    approver = await aUser(house, 'deliveryApprover');
  });

  const verb = (delivery: { id: number }, name: string, actor: Actor, more: Partial<Command<'delivery'>> = {}) =>
    apply(house.kernel, { noun: 'delivery', id: delivery.id, verb: name, actor, ...more });
  const requested = async (): Promise<Delivery> => (await verb(await aDelivery(house, sender), 'submit', sender)).row;
  const stored = async ({ id }: { id: number }) => (await house.app.query('select * from delivery where id = $1', [id])).rows[0];
  const audit = async ({ id }: { id: number }) =>
    (await house.app.query(`select version, verb, actor, from_state as "from", to_state as "to" from audit where noun = 'delivery' and entity = $1 order by version`, [id])).rows;
  const everything = async ({ id }: { id: number }) => ({
    row: await stored({ id }),
    audit: await audit({ id }),
    outbox: (await house.app.query('select * from outbox where entity = $1 order by id', [id])).rows,
    notices: (await house.app.query('select * from notice where entity = $1 order by id', [id])).rows,
    reasons: (await house.app.query('select count(*)::int as n from audit_reason')).rows[0].n as number,
  });

  test('changes the state, counts a version and says in the audit who did what, from where and to where', async () => {
    const delivery = await requested();
    const applied = await verb(delivery, 'reject', approver, { code: 'off-topic', requestId: 'req-1' });
    expect(applied).toMatchObject({ changed: true, replayed: false, from: 'requested', row: { state: 'rejected', version: 3 } });
    expect(await stored(delivery)).toMatchObject({ state: 'rejected', version: 3 });
    expect(await audit(delivery)).toEqual([
      { version: 1, verb: 'new', actor: `user/${sender.userId}`, from: null, to: 'draft' },
      { version: 2, verb: 'submit', actor: `user/${sender.userId}`, from: 'draft', to: 'requested' },
      { version: 3, verb: 'reject', actor: `user/${approver.userId}`, from: 'requested', to: 'rejected' },
    ]);
  });

  test('that the state does not take is refused with the state and the verbs that it does take, and changes nothing', async () => {
    const delivery = await requested();
    const before = await everything(delivery);
    await expect(verb(delivery, 'pause', sender)).rejects.toMatchObject({ code: 'verb.refused', more: { state: 'requested', allowed: ['cancel', 'revise', 'reschedule'] } });
    expect(await everything(delivery)).toEqual(before);
  });

  test('that the policy forbids is refused with the policy\'s reason, and changes nothing', async () => {
    const own = await verb(await aDelivery(house, approver), 'submit', approver);
    const before = await everything(own.row);
    await expect(verb(own.row, 'approve', approver)).rejects.toMatchObject({ code: 'policy.own', detail: 'Somebody else than the sender approves.' });
    expect(await everything(own.row)).toEqual(before);
  });

  test('to a thing that one may not see answers exactly like one to a thing that does not exist', async () => {
    const draft = await aDelivery(house, sender);
    const problem = async (id: number, actor: Actor) => verb({ id }, 'cancel', actor).then(() => null, ({ code, detail, more }) => ({ code, detail, more }));
    const nothing = await problem(2_000_000_000, approver);
    expect(nothing).toMatchObject({ code: 'not-found' });
    for (const actor of [approver, visitor, person(987_654)]) expect(await problem(draft.id, actor)).toEqual(nothing);
  });

  test('that begins with xstate. is never taken from outside, not even from the system', async () => {
    const delivery = await requested();
    for (const actor of [sender, approver, system, temporal])
      await expect(verb(delivery, 'xstate.after.untilSend.delivery.approved', actor)).rejects.toMatchObject({ code: 'not-found' });
    expect(allowedVerbs('delivery', delivery, person(sender.userId!, 'admin'), house.clock.atMs).filter((name) => name.startsWith('xstate'))).toEqual([]);
  });

  test('from the system or from Temporal is a no-op where the state does not take it', async () => {
    const delivery = (await verb(await requested(), 'approve', approver)).row;
    const before = await everything(delivery);
    for (const actor of [system, temporal]) expect(await verb(delivery, 'resume', actor)).toMatchObject({ changed: false, replayed: false });
    expect(await verb(delivery, 'finish', system)).toMatchObject({ changed: false });
    expect(await everything(delivery)).toEqual(before);
  });

  test('is refused when another version stands than the one that was read', async () => {
    const delivery = await requested();
    await expect(verb(delivery, 'reject', approver, { ifMatch: 1 })).rejects.toMatchObject({ code: 'version.conflict', more: { version: 2 } });
    expect(await verb(delivery, 'reject', approver, { ifMatch: 2 })).toMatchObject({ changed: true });
  });

  test('repeated with its command id does nothing and answers with the thing as it now is', async () => {
    const delivery = await aDelivery(house, sender);
    const command = { commandId: 'once-1', inputHash: 'h' };
    expect(await verb(delivery, 'submit', sender, command)).toMatchObject({ changed: true, row: { version: 2 } });
    await verb(delivery, 'revise', sender);
    const before = await everything(delivery);
    expect(await verb(delivery, 'submit', sender, command)).toMatchObject({ changed: false, replayed: true, row: { state: 'draft', version: 3 } });
    expect(await everything(delivery)).toEqual(before);
  });

  test('whose command id was used for another verb, thing or input is refused', async () => {
    const [one, two] = [await requested(), await requested()];
    await verb(one, 'reject', approver, { commandId: 'once-2', inputHash: 'h' });
    const reused = { code: 'idempotency.reused' };
    await expect(verb(one, 'reject', approver, { commandId: 'once-2', inputHash: 'other' })).rejects.toMatchObject(reused);
    await expect(verb(one, 'revise', sender, { commandId: 'once-2', inputHash: 'h' })).rejects.toMatchObject(reused);
    await expect(verb(two, 'reject', approver, { commandId: 'once-2', inputHash: 'h' })).rejects.toMatchObject(reused);
  });

  test('sent twice at the same moment with one command id is done once', async () => {
    for (let round = 0; round < 10; round++) {
      const delivery = await requested();
      const both = await Promise.all([1, 2, 3].map(() => verb(delivery, 'reject', approver, { commandId: `twins-${round}`, reason: 'once' })));
      expect(both.map(({ changed }) => changed).sort()).toEqual([false, false, true]);
      expect(await audit(delivery)).toHaveLength(3);
    }
  });

  test('of eight who write to one thing at once loses nobody\'s change', async () => {
    const delivery = await requested();
    const instants: number[] = [];
    await Promise.all(
      Array.from({ length: 8 }, async (_, who) => {
        for (let n = 0; n < 10; n++) {
          const sendAtMs = house.clock.atMs + 1_000 * (who * 10 + n + 1);
          const { changed, row } = await verb(delivery, 'reschedule', sender, { input: { sendAtMs } });
          expect(changed).toBe(true);
          expect(row.sendAtMs).toBe(sendAtMs);
          instants.push(sendAtMs);
        }
      }),
    );
    const rows = await audit(delivery);
    expect((await stored(delivery)).version).toBe(82);
    expect(rows.map(({ version }) => version)).toEqual(Array.from({ length: 82 }, (_, i) => i + 1));
    expect(instants).toContain((await stored(delivery)).send_at_ms);
  });

  test('asked as a dry run says what it would do and changes nothing', async () => {
    const delivery = await requested();
    const before = await everything(delivery);
    const planned = await verb(delivery, 'approve', approver, { dryRun: true, reason: 'fine', commandId: 'dry' });
    expect(planned).toMatchObject({ changed: true, from: 'requested', row: { state: 'expanding' } });
    expect(planned.effects.map(({ type }) => type)).toEqual(['notify', 'startDelivery']);
    expect(await everything(delivery)).toEqual(before);
    await expect(verb(delivery, 'pause', sender, { dryRun: true })).rejects.toMatchObject({ code: 'verb.refused' });
  });

  test('leaves nothing behind, neither state nor audit nor outbox, when rows of its own cannot be written', async () => {
    const delivery = (await verb(await requested(), 'approve', approver)).row;
    await verb(delivery, 'expanded', system);
    await verb(delivery, 'finish', system);
    const before = await everything(delivery);
    const wrong = verb(delivery, 'settle', sender, { input: { target: 1, as: 'pending' }, reason: 'seen on the page' });
    await expect(wrong).rejects.toMatchObject({ code: 'delivery.not-unknown' });
    expect(await everything(delivery)).toEqual(before);
  });

  test('puts its effects into the outbox in order, each with the version that it belongs to, and the whole timer set last', async () => {
    const delivery = await requested();
    await verb(delivery, 'reschedule', sender, { input: { sendAtMs: house.clock.atMs + 60_000 } });
    await verb(delivery, 'approve', approver);
    house.clock.advance(60_000);
    await verb(delivery, 'cancel', sender);
    const { rows } = await house.app.query('select version, effect, params from outbox where noun = $1 and entity = $2 order by id', ['delivery', delivery.id]);
    expect(rows).toEqual([
      { version: 4, effect: 'setTimers', params: { timers: { 'xstate.after.untilSend.delivery.approved': delivery.createdAtMs + 60_000 } } },
      { version: 5, effect: 'startDelivery', params: {} },
      { version: 6, effect: 'tellDelivery', params: {} },
      { version: 6, effect: 'setTimers', params: { timers: {} } },
    ]);
  });

  test('with a reason in words keeps the words apart from the audit row, which has only their salted hash', async () => {
    const delivery = await requested();
    await verb(delivery, 'reject', approver, { reason: 'A person wrote this.' });
    const { rows } = await house.app.query(
      `select r.text, a.reason_hash ~ '^[0-9a-f]{64}$' as hashed, to_jsonb(a)::text like '%person wrote%' as leaked
       from audit a join audit_reason r on r.id = a.reason_id where a.noun = 'delivery' and a.entity = $1 and a.verb = 'reject'`,
      [delivery.id],
    );
    expect(rows).toEqual([{ text: 'A person wrote this.', hashed: true, leaked: false }]);
  });

  test('whose write stands against a unique value that somebody took meanwhile is a conflict, and changes nothing', async () => {
    const { id, name } = await makeOpenRequest(house.kernel);
    const member = await aUser(house, 'toolUser');
    await apply(house.kernel, { noun: 'request', id, verb: 'drop', actor: member });
    const asked = async (...query: [{ text?: string }, ...unknown[]]) => {
      const found = await house.app.query(...(query as unknown as [string]));
      if (String(query[0]).includes('lower(name)')) await makeRequest(house.kernel, { name }); // after it was asked whether the name is free
      return found;
    };
    const late = { ...house.kernel, pool: { query: asked, connect: () => house.app.connect() } as never };
    await expect(apply(late, { noun: 'request', id, verb: 'reopen', actor: member })).rejects.toMatchObject({ code: 'conflict', more: { constraint: 'request_name' } });
    expect((await readRow(house.kernel, 'request', id)).row).toMatchObject({ state: 'closed', version: 3 });
  });
});
