import { claimOutbox, finishOutbox, returnOutbox, waker } from '../../db/outbox';
import { testKernel } from '../support/kernel';

describe('the outbox', () => {
  const house = testKernel();
  beforeEach(() => house.owner.query('truncate outbox'));
  const put = (entity: number, version: number) =>
    house.app.query(`insert into outbox (noun, entity, version, effect) values ('delivery', $1, $2, 'tellDelivery')`, [entity, version]);
  const claim = async (limit = 100, leaseMs = 60_000) => claimOutbox(house.app, limit, leaseMs);
  const named = (rows: { entity: number; version: number }[]) => rows.map(({ entity, version }) => `${entity}.${version}`);

  test('hands out the rows of one thing in order, and to one dispatcher only', async () => {
    for (const version of [1, 2, 3]) for (const entity of [1, 2]) await put(entity, version);
    const claims = await Promise.all([claim(), claim(), claim()]);
    const rows = claims.flat();
    expect(rows).toHaveLength(6);
    for (const claimed of claims)
      for (const entity of [1, 2]) {
        const versions = claimed.filter((row) => row.entity === entity).map(({ version }) => version);
        expect([[], [1, 2, 3]]).toContainEqual(versions);
      }
  });

  test('keeps a later row back while an earlier one of the same thing is in hand', async () => {
    await put(1, 1);
    expect(named(await claim())).toEqual(['1.1']);
    await put(1, 2);
    await put(2, 1);
    expect(named(await claim())).toEqual(['2.1']);
  });

  test('goes on with the later rows when the earlier one is done', async () => {
    await put(1, 1);
    const [first] = await claim();
    await put(1, 2);
    await finishOutbox(house.app, [first!.id]);
    expect(named(await claim())).toEqual(['1.2']);
  });

  test('hands a row out again when the lease of a dispatcher that died is over', async () => {
    await put(1, 1);
    expect(named(await claim(100, 20))).toEqual(['1.1']);
    expect(await claim()).toEqual([]);
    await new Promise((resolve) => setTimeout(resolve, 40));
    expect(named(await claim())).toEqual(['1.1']);
  });

  test('lets a row that was refused ten times die; it holds back its own thing and no other', async () => {
    await put(1, 1);
    await put(1, 2);
    await put(2, 1);
    for (let n = 0; n < 10; n++) {
      const rows = (await claim()).filter(({ entity }) => entity === 1);
      expect(named(rows)).toEqual(['1.1', '1.2']);
      await returnOutbox(house.app, rows.map(({ id }) => id), -1, 'internal');
    }
    expect((await house.app.query('select entity, version, refusals, dead from outbox where refusals > 0')).rows).toEqual([{ entity: 1, version: 1, refusals: 10, dead: true }]);
    await house.app.query('update outbox set leased_until = null');
    expect(named(await claim())).toEqual(['2.1']);
  });

  test('never counts trouble with the network towards a row\'s death', async () => {
    await put(1, 1);
    for (let n = 0; n < 15; n++) {
      const rows = await claim();
      await returnOutbox(house.app, rows.map(({ id }) => id), -1);
    }
    expect((await house.app.query('select refusals, dead from outbox')).rows).toEqual([{ refusals: 0, dead: false }]);
  });

  test('is called out once for many commits at once, and again for one that came during the call', async () => {
    let calls = 0;
    let answer = (): void => {};
    const pool = { query: () => new Promise<void>((resolve) => { calls++; answer = resolve; }) } as never;
    const wake = waker(pool);
    for (let n = 0; n < 50; n++) wake();
    expect(calls).toBe(1);
    answer();
    await new Promise(setImmediate);
    expect(calls).toBe(2);
    answer();
    await new Promise(setImmediate);
    expect(calls).toBe(2);
  });
});
