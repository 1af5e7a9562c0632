import { MockActivityEnvironment } from '@temporalio/testing';
import { createRetentionActivities } from '../../activities/retention';
import { apply, applyDue, readRow } from '../../db/apply';
import { requestPrivate, type Request } from '../../db/entities/request';
import { addIdentity } from '../../db/queries/identities';
import { system, type Actor, type Role } from '../../policies/actor';
import { makeEvent, makeOpenRequest, makeRequest } from '../support/house';
import { aMembership, aUser, aWiki, testKernel } from '../support/kernel';
import { tablesWith } from '../support/tables';

const DAY = 86_400_000;

const house = testKernel();

/** Every table that holds a text anywhere. */
const holding = (text: string): Promise<string[]> => tablesWith(async (sql, values) => (await house.owner.query(sql, values)).rows, text);

describe('retention of account requests', () => {
  const sweep = (): Promise<{ erased: number; more: boolean; nextAtMs: number | null }> =>
    new MockActivityEnvironment().run(createRetentionActivities({ kernel: house.kernel }).sweep, { noun: 'request' }) as never;
  const row = async (id: number): Promise<Request> => (await readRow(house.kernel, 'request', id)).row!;

  test('erases who asked, fifteen days after the answer and not before, and leaves the row', async () => {
    const holder = await aUser(house, 'toolUser');
    const { id } = await makeOpenRequest(house.kernel, { forwarded: '198.51.100.4' });
    await apply(house.kernel, { noun: 'request', id, verb: 'comment', actor: holder, input: { text: 'asked on the phone', visibility: 'user' } });
    await apply(house.kernel, { noun: 'request', id, verb: 'close', actor: holder, input: { outcome: 'not-created', text: 'Sorry.' }, reason: 'Rang from the office of her father.' });
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
    for (const column of requestPrivate) expect([column, (after[column] as string | string[] | null)?.length ? after[column] : null]).toEqual([column, null]);
    const { rows } = await house.owner.query('select text from request_comment where request_id = $1', [id]);
    expect(rows).toEqual([{ text: null }]);
    for (const said of [before.email, before.comment, before.name, '198.51.100.4', 'asked on the phone', 'Sorry.', 'Rang from the office']) expect([said, await holding(said)]).toEqual([said, []]);
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

describe('retention of what a role was judged by', () => {
  const sweep = () => new MockActivityEnvironment().run(createRetentionActivities({ kernel: house.kernel }).sweep, { noun: 'membership' });
  const said = { note: 'holds workshops', vouchedBy: 'the library of Example', officialEmail: 'desk@library.example', appeal: 'ask them once more' };

  test('erases it 90 days after the role has ended and not before, in every table; that it was held stays', async () => {
    const { userId } = await aUser(house);
    const { id } = await aMembership(house, userId, { role: 'organizer', ...said });
    for (const text of Object.values(said)) expect([text, await holding(text)]).toEqual([text, ['membership']]); // the control
    house.clock.advance(400 * DAY);
    expect(await sweep()).toMatchObject({ erased: 0 }); // however long it is held
    await apply(house.kernel, { noun: 'membership', id, verb: 'end', actor: system });
    house.clock.advance(90 * DAY - 1);
    expect(await sweep()).toMatchObject({ erased: 0 });
    house.clock.advance(1);
    expect(await sweep()).toMatchObject({ erased: 1, nextAtMs: null });
    for (const text of Object.values(said)) expect([text, await holding(text)]).toEqual([text, []]);
    expect((await readRow(house.kernel, 'membership', id)).row).toMatchObject({ state: 'ended', role: 'organizer', purgedAtMs: house.clock.atMs });
  });

  describe('and of what wikis let Reeve do', () => {
    async function granted(...roles: Role[]): Promise<Actor & { userId: number; token: string }> {
      const user = await aUser(house, ...roles);
      const token = `v1.sealed-${user.userId}`;
      await addIdentity(house.app as never, house.kernel, user.userId, await aWiki(house), { id: `${user.userId}`, name: 'At the wiki' }, { access: token, refresh: null, expiresAtMs: null });
      return { ...user, token };
    }
    const isKept = async ({ token }: { token: string }): Promise<boolean> => (await holding(token)).length > 0;

    test('drops it once the last role has ended', async () => {
      const { userId, ...one } = await granted();
      const roles = [await aMembership(house, userId, { role: 'organizer' }), await aMembership(house, userId, { role: 'sender' })];
      house.clock.advance(2 * DAY);
      for (const { id } of roles) {
        await sweep();
        expect(await isKept(one)).toBe(true);
        await apply(house.kernel, { noun: 'membership', id, verb: 'end', actor: system });
      }
      await sweep();
      expect(await isKept(one)).toBe(false);
    });

    test('drops it once the last event is over for its organizers', async () => {
      const one = await granted('organizer');
      const at = (days: number): string => new Date(house.clock.atMs + days * DAY).toISOString().slice(0, 16);
      const { id } = await makeEvent(house.kernel, one, [at(1), at(2)], { archiveAfterMs: 90 * DAY });
      for (const [verb, actor] of [['submit', one], ['approve', await aUser(house, 'toolAdmin')]] as const) await apply(house.kernel, { noun: 'event', id, verb, actor });
      await house.owner.query(`update membership set state = 'ended' where user_id = $1`, [one.userId]);
      house.clock.advance(3 * DAY);
      await applyDue(house.kernel, 'event', id, system);
      await sweep();
      expect(await isKept(one)).toBe(true);
      house.clock.advance(2 * DAY); // 48 hours after its end they answer no more
      await sweep();
      expect(await isKept(one)).toBe(false);
    });

    test('keeps it for a day where somebody has just signed in, who may apply', async () => {
      const one = await granted();
      await sweep();
      expect(await isKept(one)).toBe(true);
      house.clock.advance(DAY + 1);
      await sweep();
      expect(await isKept(one)).toBe(false);
    });
  });
});
