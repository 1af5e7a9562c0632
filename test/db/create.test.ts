import { ReeveError } from '../../config/errors';
import { create, edit } from '../../db/create';
import { readRow } from '../../db/apply';
import { system, type Actor } from '../../policies/actor';
import { aMembership, aUser, aWiki, NOON_MS, testKernel } from '../support/kernel';

describe('making a thing', () => {
  const house = testKernel();
  let admin: Actor & { userId: number };
  beforeAll(async () => (admin = await aUser(house, 'admin')));
  const audit = async (noun: string, id: number) =>
    (await house.app.query('select version, verb, actor, from_state as "from", to_state as "to" from audit where noun = $1 and entity = $2 order by version', [noun, id])).rows;
  const count = async (table: string): Promise<number> => (await house.app.query(`select count(*)::int as n from "${table}"`)).rows[0].n;

  test('writes it in its machine\'s first state, with the first audit row and without a state before', async () => {
    const { row, replayed } = await create(house.kernel, { noun: 'membership', values: { userId: admin.userId, role: 'sender', wikiId: null, untilMs: null }, actor: admin });
    expect({ replayed, state: row.state, version: row.version }).toEqual({ replayed: false, state: 'applied', version: 1 });
    expect((await readRow(house.kernel, 'membership', row.id)).row).toMatchObject(row);
    expect(await audit('membership', row.id)).toEqual([{ version: 1, verb: 'new', actor: `user/${admin.userId}`, from: null, to: 'applied' }]);
  });

  test('with a verb that follows at once is one commit and two audit rows of the same person', async () => {
    const member = await aUser(house);
    const { row } = await create(house.kernel, { noun: 'membership', values: { userId: member.userId, role: 'sender', wikiId: null, untilMs: null }, actor: admin, then: 'approve', commandId: 'grant-1' });
    expect(row).toMatchObject({ state: 'active', version: 2 });
    expect(await audit('membership', row.id)).toEqual([
      { version: 1, verb: 'new', actor: `user/${admin.userId}`, from: null, to: 'applied' },
      { version: 2, verb: 'approve', actor: `user/${admin.userId}`, from: 'applied', to: 'active' },
    ]);
  });

  test('with a verb that the maker may not do makes nothing', async () => {
    const before = await count('membership');
    const own = create(house.kernel, { noun: 'membership', values: { userId: admin.userId, role: 'operator', wikiId: null, untilMs: null }, actor: admin, then: 'approve' });
    await expect(own).rejects.toMatchObject({ code: 'policy.own', detail: 'Nobody decides what is their own.' });
    expect(await count('membership')).toBe(before);
  });

  test('whose end is past already has ended when it is made', async () => {
    const membership = await aMembership(house, (await aUser(house)).userId, { untilMs: NOON_MS - 1 });
    expect(membership).toMatchObject({ state: 'ended', version: 3, timers: {} });
  });

  test('sends the timers that it begins with', async () => {
    const { id } = await aMembership(house, (await aUser(house)).userId, { untilMs: NOON_MS + 1_000 });
    const sets = await house.app.query(`select effect, version, params from outbox where noun = 'membership' and entity = $1`, [id]);
    expect(sets.rows).toEqual([{ effect: 'setTimers', version: 2, params: { timers: { 'xstate.after.untilEnd.membership.active': NOON_MS + 1_000 } } }]);
  });

  test('that the policy forbids makes nothing', async () => {
    const nobody = await aUser(house);
    await expect(create(house.kernel, { noun: 'user', values: { name: 'sneaky' }, actor: nobody })).rejects.toMatchObject({ code: 'policy.forbidden' });
    await expect(create(house.kernel, { noun: 'key', values: { userId: admin.userId, hash: Buffer.from('x'), scopes: ['all'] }, actor: nobody })).rejects.toMatchObject({ code: 'policy.forbidden' });
  });

  test('leaves nothing behind when its own rows cannot be written', async () => {
    const counts = async () => [await count('delivery'), await count('audit'), await count('outbox')];
    const before = await counts();
    const wikiId = await aWiki(house);
    const broken = create(house.kernel, {
      noun: 'delivery',
      values: { senderId: admin.userId, wikiId, subject: 's', body: 'b', marker: 'broken', sendAtMs: null },
      actor: admin,
      also: async (client, id) => void (await client.query('insert into delivery_list (delivery_id, list_id) values ($1, 2000000000)', [id])),
    });
    await expect(broken).rejects.toMatchObject({ code: 'input.invalid' });
    expect(await counts()).toEqual([before[0], before[1]! + 1, before[2]]); // the wiki's own row
  });

  test('that stands against something that exists is a conflict, and says against what', async () => {
    await create(house.kernel, { noun: 'user', values: { name: 'Twice' }, actor: system });
    await expect(create(house.kernel, { noun: 'user', values: { name: 'tWICE' }, actor: system })).rejects.toMatchObject({ code: 'conflict', more: { constraint: 'user_name' } });
    const member = await aUser(house, 'sender');
    await expect(aMembership(house, member.userId, { role: 'sender' })).rejects.toMatchObject({ code: 'conflict', more: { constraint: 'membership_once' } });
  });

  test('repeated, or sent five times at once, with its command id makes one thing and answers with it', async () => {
    const ask = () => create(house.kernel, { noun: 'user', values: { name: 'once' }, actor: system, commandId: 'make-once', inputHash: 'h' });
    const made = await Promise.all([1, 2, 3, 4, 5].map(ask));
    made.push(await ask());
    expect(new Set(made.map(({ row }) => row.id)).size).toBe(1);
    expect(made.filter(({ replayed }) => !replayed)).toHaveLength(1);
    const reused = { code: 'idempotency.reused' };
    await expect(create(house.kernel, { noun: 'user', values: { name: 'other' }, actor: system, commandId: 'make-once', inputHash: 'other' })).rejects.toMatchObject(reused);
    await expect(create(house.kernel, { noun: 'wiki', values: {}, actor: system, commandId: 'make-once', inputHash: 'h' })).rejects.toMatchObject(reused);
  });
});

describe('editing a thing', () => {
  const house = testKernel();
  let admin: Actor & { userId: number };
  beforeAll(async () => (admin = await aUser(house, 'admin')));

  test('changes its fields and counts a version, and the audit says who', async () => {
    const { userId: id } = await aUser(house);
    const { row } = await edit(house.kernel, { noun: 'user', id, values: { language: 'de', timeZone: 'Europe/Vienna' }, actor: admin });
    expect(row).toMatchObject({ language: 'de', timeZone: 'Europe/Vienna', version: 2, state: 'active' });
    expect((await readRow(house.kernel, 'user', id)).row).toMatchObject(row);
    const { rows } = await house.app.query(`select verb, actor from audit where noun = 'user' and entity = $1 and version = 2`, [id]);
    expect(rows).toEqual([{ verb: 'edit', actor: `user/${admin.userId}` }]);
  });

  test('is refused when another version stands, when one may not, and when what is written over does not allow it', async () => {
    const { userId: id } = await aUser(house);
    const change = { noun: 'user' as const, id, values: { language: 'fr' } };
    await expect(edit(house.kernel, { ...change, actor: admin, ifMatch: 7 })).rejects.toMatchObject({ code: 'version.conflict', more: { version: 1 } });
    await expect(edit(house.kernel, { ...change, actor: await aUser(house) })).rejects.toMatchObject({ code: 'not-found' });
    await expect(edit(house.kernel, { ...change, actor: await aUser(house, 'auditor') })).rejects.toBeInstanceOf(ReeveError);
    await expect(edit(house.kernel, { ...change, actor: admin, check: () => { throw new ReeveError('verb.refused'); } })).rejects.toMatchObject({ code: 'verb.refused' });
    expect((await readRow(house.kernel, 'user', id)).row).toMatchObject({ language: 'en', version: 1 });
  });

  test('into a name that is taken is a conflict and changes nothing', async () => {
    await create(house.kernel, { noun: 'user', values: { name: 'Taken' }, actor: system });
    const { userId: id } = await aUser(house);
    await expect(edit(house.kernel, { noun: 'user', id, values: { name: 'taken' }, actor: admin })).rejects.toMatchObject({ code: 'conflict', more: { constraint: 'user_name' } });
    expect((await readRow(house.kernel, 'user', id)).row).toMatchObject({ version: 1 });
  });

  test('writes rows of its own in the same commit, or nothing at all', async () => {
    const { userId: id } = await aUser(house);
    const noticed = (userId: number) => async (client: { query(sql: string, values: unknown[]): Promise<unknown> }) =>
      void (await client.query(`insert into notice (user_id, noun, entity, code, at_ms, audit_version) values ($1, 'user', $2, 'user.edit', 0, 2)`, [userId, id]));
    await expect(edit(house.kernel, { noun: 'user', id, values: { language: 'fr' }, actor: admin, also: noticed(2_000_000_000) })).rejects.toMatchObject({ code: 'input.invalid' });
    expect((await readRow(house.kernel, 'user', id)).row).toMatchObject({ language: 'en', version: 1 });
    await edit(house.kernel, { noun: 'user', id, values: { language: 'fr' }, actor: admin, also: noticed(id) });
    expect((await house.app.query('select code from notice where user_id = $1', [id])).rows).toEqual([{ code: 'user.edit' }]);
  });

  test('repeated, or sent five times at once, with its command id is done once', async () => {
    const { userId: id } = await aUser(house);
    const ask = (inputHash = 'h') => edit(house.kernel, { noun: 'user', id, values: { language: 'it' }, actor: admin, commandId: 'edit-once', inputHash });
    const answers = await Promise.all([1, 2, 3, 4, 5].map(() => ask()));
    expect(answers.filter(({ replayed }) => !replayed)).toHaveLength(1);
    expect((await ask()).row).toMatchObject({ language: 'it', version: 2 });
    await expect(ask('other')).rejects.toMatchObject({ code: 'idempotency.reused' });
  });

  test('by eight at once loses nobody\'s change', async () => {
    const { userId: id } = await aUser(house);
    await Promise.all(Array.from({ length: 8 }, async (_, who) => {
      for (let n = 0; n < 5; n++) await edit(house.kernel, { noun: 'user', id, values: { language: `x-${who}-${n}` }, actor: admin });
    }));
    expect((await readRow(house.kernel, 'user', id)).row!.version).toBe(41);
    expect((await house.app.query(`select version from audit where noun = 'user' and entity = $1`, [id])).rowCount).toBe(41);
  });
});
