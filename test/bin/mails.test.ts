import { commandLine } from '../support/command';
import { aDelivery, aUser, testKernel } from '../support/kernel';
import { apply } from '../../db/apply';

const house = testKernel();
const reeve = commandLine(() => ({ DATABASE_URL: (house.app as unknown as { options: { connectionString: string } }).options.connectionString }));

/** Mails about deliveries that were rejected, as the mailer would have left them. */
async function mails(...outcomes: string[]): Promise<number[]> {
  const sender = await aUser(house);
  await house.app.query(`update "user" set email = 'reader@example.org' where id = $1`, [sender.userId]);
  const approver = await aUser(house, 'admin');
  const ids: number[] = [];
  for (const outcome of outcomes) {
    const { id } = await aDelivery(house, sender);
    await apply(house.kernel, { noun: 'delivery', id, verb: 'submit', actor: sender });
    await apply(house.kernel, { noun: 'delivery', id, verb: 'reject', actor: approver });
    const { rows } = await house.app.query(`update mail set outcome = $1, code = 'smtp.550', given_away = $1 = 'unknown' where id = (select max(id) from mail) returning id`, [outcome]);
    ids.push(rows[0].id);
  }
  return ids;
}
const outcomes = async () => (await house.app.query('select outcome, given_away from mail order by id')).rows.map((row) => `${row.outcome}${row.given_away ? ' given away' : ''}`);

describe('reeve mails', () => {
  test('lists what needs a person, by ids and codes, and takes that person\'s word', async () => {
    const [failed, unknown, sent] = await mails('failed', 'unknown', 'sent');
    const { items } = await reeve.json(['mails', 'list']);
    expect(items).toMatchObject([{ id: unknown, outcome: 'unknown', notice: 'delivery.reject' }, { id: failed, outcome: 'failed', code: 'smtp.550' }]);
    expect(JSON.stringify(items)).not.toContain('@');
    expect((await reeve.run(['mails', 'list'])).stdout).toContain('smtp.550');

    expect(await reeve.run(['mails', 'settle', String(unknown), String(failed), '--as', 'pending'])).toMatchObject({ code: 0 });
    expect(await outcomes()).toEqual(['pending', 'pending', 'sent']);
    expect(await reeve.run(['mails', 'settle', String(sent), '--as', 'pending'])).toMatchObject({ code: 1, stderr: expect.stringContaining(`Neither failed nor in doubt: ${sent}`) });
    expect(await outcomes()).toEqual(['pending', 'pending', 'sent']);
  });

  test('takes ids and outcomes that there are', async () => {
    expect(await reeve.run(['mails', 'settle', 'x', '--as', 'sent'])).toMatchObject({ code: 2 });
    expect(await reeve.run(['mails', 'settle', '1', '--as', 'cancelled'])).toMatchObject({ code: 2 });
    expect(await reeve.run(['mails', 'settle', '1'])).toMatchObject({ code: 2 });
  });
});
