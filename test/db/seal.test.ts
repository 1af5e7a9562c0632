import pg from 'pg';
import { create } from '../../db/create';
import { inTransaction } from '../../db/apply';
import { sealBatch, sealOnce, startSealer } from '../../db/seal';
import { verifyAudit } from '../../db/verify';
import { system } from '../../policies/actor';
import { testKernel, type TestKernel } from '../support/kernel';
import { services } from '../support/services';

const upTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1);
/** What every house begins with, sealed: its queues. */
const THERE = 4;
const positionsOf = (house: TestKernel) => async () => (await house.app.query<{ position: number }>('select position from seal where position > $1 order by position', [THERE])).rows.map(({ position }) => position - THERE);

describe('the sealer', () => {
  const house = testKernel();
  const positions = positionsOf(house);
  let made = 0;
  const make = () => create(house.kernel, { noun: 'user', values: { name: `sealed-${++made}` }, actor: system });

  test('gives places without gaps, in the order of the commits, and each row once', async () => {
    for (let n = 0; n < 3; n++) await make();
    expect((await sealOnce(house.app))?.rows).toBe(3);
    expect(await sealOnce(house.app)).toMatchObject({ rows: 0, position: THERE + 3 });
    await make();
    expect((await sealOnce(house.app))?.rows).toBe(1);
    expect(await positions()).toEqual(upTo(4));
    const inOrder = 'select array_agg(audit_id order by position) as placed, array_agg(audit_id order by audit_id) as written from seal';
    const { placed, written } = (await house.app.query(inOrder)).rows[0];
    expect(placed).toEqual(written);
  });

  test('seals every row once, without gaps, when several sealers work beside writers', async () => {
    const sealers = [1, 2, 3].map(() => startSealer({ pool: house.app }, 1));
    await Promise.all(Array.from({ length: 4 }, async () => { for (let n = 0; n < 25; n++) await make(); }));
    await Promise.all(sealers.map((sealer) => sealer.stop()));
    await sealOnce(house.app);
    const { findings, rows, sealed, unsealed } = await verifyAudit(house.app, { lateMs: Number.POSITIVE_INFINITY });
    expect(findings).toEqual([]);
    expect({ sealed, unsealed }).toEqual({ sealed: rows, unsealed: 0 });
    expect(await positions()).toEqual(upTo(rows - THERE));
  });

  test('leaves nothing behind when it is cut off in the middle, and goes on afterwards', async () => {
    await make();
    await sealOnce(house.app);
    await make();
    const before = (await positions()).length;
    const broken = { connect: async () => {
      const client = await house.app.connect();
      const query = client.query.bind(client) as (...args: unknown[]) => Promise<unknown>;
      const cut = (...args: unknown[]) => (args[0] === 'commit' ? Promise.reject(new Error('the line is dead')) : query(...args));
      return Object.create(client, { query: { value: cut }, release: { value: () => client.release(true) } }) as typeof client;
    } } as unknown as typeof house.app;
    await expect(sealOnce(broken)).rejects.toThrow('the line is dead');
    expect(await positions()).toHaveLength(before);
    expect((await sealOnce(house.app))?.rows).toBe(1);
    expect(await positions()).toEqual(upTo(before + 1));
  });

  test('goes on after an error, says it, and stops at once when it is told to', async () => {
    const errors: string[] = [];
    const dead = { connect: () => Promise.reject(new Error('no database')) } as unknown as typeof house.app;
    const sealer = startSealer({ pool: dead }, 5, ({ message }) => void errors.push(message));
    while (errors.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    await sealer.stop();
    const count = errors.length;
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(errors).toHaveLength(count);
  });

  test('seals on after a dump was restored into a server whose transaction ids have not come as far', async () => {
    await make();
    await sealOnce(house.app);
    const AHEAD = 5_000;
    await house.owner.query(`
      alter table seal_batch disable trigger user;
      update seal_batch set seen = (select format('%s:%s:', x, x) from (select last_xid::text::bigint + ${AHEAD} as x) as ahead)::pg_snapshot;
      alter table seal_batch enable trigger user;
      alter table audit disable trigger user;
      update audit set xid = (xid::text::bigint + ${AHEAD})::text::xid8;
      alter table audit enable trigger user`);
    expect((await sealOnce(house.app))?.rows).toBe(0);
    await make();
    expect((await sealOnce(house.app))?.rows).toBe(1);
    await make();
    expect((await sealOnce(house.app))?.rows).toBe(1);
    // And when they have come as far.
    await house.owner.query(`do $$ begin for i in 1 .. ${AHEAD + 1} loop perform pg_current_xact_id(); commit; end loop; end $$`);
    await make();
    expect((await sealOnce(house.app))?.rows).toBe(1);
    expect((await verifyAudit(house.app, { lateMs: Number.POSITIVE_INFINITY })).findings).toEqual([]);
  });
});

describe('the sealer beside transactions that stay open', () => {
  const house = testKernel();
  const positions = positionsOf(house);
  let made = 0;
  const make = () => create(house.kernel, { noun: 'user', values: { name: `sealed-${++made}` }, actor: system });

  test('holds back their own rows and no others, whether they are of this database or of another', async () => {
    const [here, elsewhere] = [await house.owner.connect(), new pg.Client({ connectionString: services.databaseUrl() })];
    await elsewhere.connect();
    try {
      for (const client of [here, elsewhere]) await client.query('begin; select pg_current_xact_id()');
      await here.query(`insert into audit (noun, entity, version, verb, actor, to_state, at_ms, hash) values ('other', 1, 1, 'new', 'system', 'active', 0, '')`);
      await make();
      expect((await sealOnce(house.app))?.rows).toBe(1);
      await here.query('commit');
      await make();
      expect((await sealOnce(house.app))?.rows).toBe(2);
      expect(await positions()).toEqual([1, 2, 3]);
      expect((await sealOnce(house.app))?.rows).toBe(0);
    } finally {
      await elsewhere.end();
      here.release();
    }
  });

  test('goes through what has gathered in batches, and passes over nothing that ends meanwhile', async () => {
    const client = await house.owner.connect();
    try {
      for (const gathered of [7, 6, 1]) {
        await client.query('begin; select pg_current_xact_id()'); // older than what follows
        for (let n = 0; n < gathered; n++) await make();
        await client.query(`insert into audit (noun, entity, version, verb, actor, to_state, at_ms, hash) values ('other', 2, ${gathered}, 'new', 'system', 'active', 0, '')`);
        const first = await inTransaction(house.app, (sealer) => sealBatch(sealer, 3));
        await client.query('commit');
        expect(first!.rows + (await sealOnce(house.app, 3))!.rows).toBe(gathered + 1);
      }
    } finally {
      client.release();
    }
    expect(await positions()).toEqual(upTo((await positions()).length));
    expect((await verifyAudit(house.app, { lateMs: Number.POSITIVE_INFINITY })).findings).toEqual([{ code: 'noun.unknown', noun: 'other' }]);
  });
});
