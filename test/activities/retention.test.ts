import { MockActivityEnvironment } from '@temporalio/testing';
import { createRetentionActivities } from '../../activities/retention';
import { apply, readRow } from '../../db/apply';
import { requestPrivate, type Request } from '../../db/entities/request';
import { system } from '../../policies/actor';
import { makeOpenRequest, makeRequest } from '../support/house';
import { aUser, testKernel } from '../support/kernel';
import { tablesWith } from '../support/tables';

const DAY = 86_400_000;

describe('retention of account requests', () => {
  const house = testKernel();
  const sweep = (): Promise<{ erased: number; more: boolean; nextAtMs: number | null }> =>
    new MockActivityEnvironment().run(createRetentionActivities({ kernel: house.kernel }).sweep, { noun: 'request' }) as never;
  const row = async (id: number): Promise<Request> => (await readRow(house.kernel, 'request', id)).row!;

  const holding = (text: string): Promise<string[]> => tablesWith(async (sql, values) => (await house.owner.query(sql, values)).rows, text);

  test('erases who asked, fifteen days after the answer and not before, and leaves the row', async () => {
    const holder = await aUser(house, 'toolUser');
    const { id } = await makeOpenRequest(house.kernel, { forwarded: '198.51.100.4' });
    await apply(house.kernel, { noun: 'request', id, verb: 'comment', actor: holder, input: { text: 'asked on the phone', visibility: 'user' } });
    await apply(house.kernel, { noun: 'request', id, verb: 'close', actor: holder, input: { outcome: 'not-created', text: 'Sorry.' } });
    const before = await row(id);
    const { purgeAtMs, closedAtMs } = before;
    expect(await holding(before.email)).toEqual(['request']); // the control
    expect(purgeAtMs! - closedAtMs!).toBe(15 * DAY);
    house.clock.advance(15 * DAY - 1);
    expect(await sweep()).toEqual({ erased: 0, more: false, nextAtMs: purgeAtMs });
    expect((await row(id)).email).not.toBe('');
    house.clock.advance(1);
    expect(await sweep()).toEqual({ erased: 1, more: false, nextAtMs: null });
    const after = await row(id);
    expect(after).toMatchObject({ state: 'closed', outcome: 'not-created', purgedAtMs: purgeAtMs, purgeAtMs: null });
    for (const column of requestPrivate) expect([column, after[column] || null]).toEqual([column, null]);
    const { rows } = await house.owner.query('select text from request_comment where request_id = $1', [id]);
    expect(rows).toEqual([{ text: null }]);
    for (const said of [before.email, before.comment, before.name, '198.51.100.4', 'asked on the phone', 'Sorry.']) expect([said, await holding(said)]).toEqual([said, []]);
    await expect(apply(house.kernel, { noun: 'request', id, verb: 'reopen', actor: await aUser(house, 'toolAdmin') })).rejects.toMatchObject({ code: 'verb.refused' });
  });

  test('erases what nobody confirmed, once it has expired and its time is over', async () => {
    const { id } = await makeRequest(house.kernel);
    house.clock.advance(7 * DAY);
    await apply(house.kernel, { noun: 'request', id, verb: 'purge', actor: system }); // too early: the clock lets it expire, no more
    expect(await row(id)).toMatchObject({ state: 'expired' });
    house.clock.advance(15 * DAY);
    await sweep();
    expect(await row(id)).toMatchObject({ state: 'expired', email: '', name: '' });
  });

  test('keeps the name of an account that was made: it is public on the wiki', async () => {
    const holder = await aUser(house, 'toolUser');
    const { id, name } = await makeOpenRequest(house.kernel);
    await apply(house.kernel, { noun: 'request', id, verb: 'close', actor: holder, input: { outcome: 'created' } });
    house.clock.advance(15 * DAY);
    await sweep();
    expect(await row(id)).toMatchObject({ name, email: '', ip: null });
  });
});
