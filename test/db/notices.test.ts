import { apply } from '../../db/apply';
import { create } from '../../db/create';
import { system, type Actor } from '../../policies/actor';
import { aDelivery, aMembership, aUser, testKernel } from '../support/kernel';

describe('a notice', () => {
  const house = testKernel();
  beforeEach(() => house.app.query('delete from notice'));
  const told = async () => (await house.app.query('select user_id as "to", code, entity from notice order by user_id')).rows;

  test('goes to everybody who may approve, once each however many roles they hold, and to no one whose role has ended', async () => {
    const sender = await aUser(house);
    const both = await aUser(house, 'deliveryApprover', 'admin');
    const one = await aUser(house, 'deliveryApprover');
    const past = await aUser(house);
    await aMembership(house, past.userId, { role: 'deliveryApprover', untilMs: 1 });
    await house.app.query('delete from notice');
    const { id } = await aDelivery(house, sender);
    await apply(house.kernel, { noun: 'delivery', id, verb: 'submit', actor: sender });
    expect(await told()).toEqual([both, one].map(({ userId }) => ({ to: userId, code: 'delivery.submit', entity: id })));
  });

  test('tells the sender what became of the request', async () => {
    const [sender, approver] = [await aUser(house), await aUser(house, 'deliveryApprover')];
    const { id } = await aDelivery(house, sender);
    await apply(house.kernel, { noun: 'delivery', id, verb: 'submit', actor: sender });
    await house.app.query('delete from notice');
    await apply(house.kernel, { noun: 'delivery', id, verb: 'reject', actor: approver });
    expect(await told()).toEqual([{ to: sender.userId, code: 'delivery.reject', entity: id }]);
    const another = await aDelivery(house, sender);
    await apply(house.kernel, { noun: 'delivery', id: another.id, verb: 'submit', actor: sender });
    await house.app.query('delete from notice');
    await apply(house.kernel, { noun: 'delivery', id: another.id, verb: 'cancel', actor: approver });
    expect(await told()).toEqual([{ to: sender.userId, code: 'delivery.cancel', entity: another.id }]);
  });

  test('is not written to whoever did it', async () => {
    const sender: Actor = await aUser(house, 'admin');
    await house.app.query('delete from notice');
    const { id } = await aDelivery(house, sender);
    await apply(house.kernel, { noun: 'delivery', id, verb: 'submit', actor: sender });
    await apply(house.kernel, { noun: 'delivery', id, verb: 'cancel', actor: sender });
    expect(await told()).toEqual([]);
  });

  test('tells operators and admins of a workflow that waits for them', async () => {
    const [operator] = [await aUser(house, 'operator'), await aUser(house, 'auditor')];
    await house.app.query('delete from notice');
    const values = { workflowId: 'delivery/1', runId: 'r', seq: 1, kind: 'wikiDelivery', entity: 'delivery/1', wiki: null, code: 'wiki.blocked', attempts: 5, skippable: true, detail: null };
    const { row } = await create(house.kernel, { noun: 'operation', values, actor: system });
    expect(await told()).toContainEqual({ to: operator.userId, code: 'operation.new', entity: row.id });
    const { rows } = await house.app.query(`select count(*)::int as n from notice n where not exists
      (select from membership m where m.user_id = n.user_id and m.state = 'active' and m.role in ('operator', 'admin'))`);
    expect(rows).toEqual([{ n: 0 }]);
  });

  test('tells a member of every decision on the membership, and a repeated command tells nobody twice', async () => {
    const [member, admin] = [await aUser(house), await aUser(house, 'admin')];
    const { id } = await aMembership(house, member.userId, { role: 'sender' });
    await house.app.query('delete from notice');
    const suspend = { noun: 'membership' as const, id, verb: 'suspend', actor: admin, commandId: 'suspend-once' };
    await Promise.all([apply(house.kernel, suspend), apply(house.kernel, suspend)]);
    await apply(house.kernel, suspend);
    expect(await told()).toEqual([{ to: member.userId, code: 'membership.suspend', entity: id }]);
  });
});
