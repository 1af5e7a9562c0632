import { create } from '../../db/create';
import { sealOnce, startSealer } from '../../db/seal';
import { verifyAudit } from '../../db/verify';
import { system } from '../../policies/actor';
import { sealAll, testKernel } from '../support/kernel';

describe('the sealer', () => {
  const house = testKernel();
  let made = 0;
  const make = () => create(house.kernel, { noun: 'user', values: { name: `sealed-${++made}` }, actor: system });
  const positions = async () => (await house.app.query<{ position: number }>('select position from seal order by position')).rows.map(({ position }) => position);
  const upTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1);

  test('gives places without gaps, in the order of the commits, and each row once', async () => {
    for (let n = 0; n < 3; n++) await make();
    expect(await sealAll(house)).toBe(3);
    expect(await sealOnce(house.app)).toMatchObject({ rows: 0, position: 3 });
    await make();
    expect(await sealAll(house)).toBe(1);
    expect(await positions()).toEqual(upTo(4));
    const inOrder = 'select array_agg(audit_id order by position) as placed, array_agg(audit_id order by audit_id) as written from seal';
    const { placed, written } = (await house.app.query(inOrder)).rows[0];
    expect(placed).toEqual(written);
  });

  test('waits for a row whose transaction is still open, and for all that came after it', async () => {
    const client = await house.owner.connect();
    try {
      await client.query('begin');
      await client.query(`insert into audit (noun, entity, version, verb, actor, to_state, at_ms, hash) values ('other', 1, 1, 'new', 'system', 'active', 0, '')`);
      await make();
      expect((await sealOnce(house.app))?.rows).toBe(0);
      await client.query('rollback');
    } finally {
      client.release();
    }
    expect(await sealAll(house)).toBe(1);
  });

  test('seals every row once, without gaps, when several sealers work beside writers', async () => {
    const sealers = [1, 2, 3].map(() => startSealer({ pool: house.app }, 1));
    await Promise.all(Array.from({ length: 4 }, async () => { for (let n = 0; n < 25; n++) await make(); }));
    await Promise.all(sealers.map((sealer) => sealer.stop()));
    await sealAll(house);
    const { findings, rows, sealed, unsealed } = await verifyAudit(house.app, { lateMs: Number.POSITIVE_INFINITY });
    expect(findings).toEqual([]);
    expect({ sealed, unsealed }).toEqual({ sealed: rows, unsealed: 0 });
    expect(await positions()).toEqual(upTo(rows));
  });

  test('leaves nothing behind when it is cut off in the middle, and goes on afterwards', async () => {
    await make();
    await sealAll(house);
    await make();
    await untilSealable();
    const before = (await positions()).length;
    const broken = { connect: async () => {
      const client = await house.app.connect();
      const query = client.query.bind(client) as (...args: unknown[]) => Promise<unknown>;
      const cut = (...args: unknown[]) => (args[0] === 'commit' ? Promise.reject(new Error('the line is dead')) : query(...args));
      return Object.create(client, { query: { value: cut }, release: { value: () => client.release(true) } }) as typeof client;
    } } as unknown as typeof house.app;
    await expect(sealOnce(broken)).rejects.toThrow('the line is dead');
    expect(await positions()).toHaveLength(before);
    expect(await sealAll(house)).toBe(1);
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
    await sealAll(house);
    await house.owner.query('alter table seal_batch disable trigger user; update seal_batch set last_xid = (last_xid::text::bigint + 1000000)::text::xid8; alter table seal_batch enable trigger user');
    await house.owner.query('alter table audit disable trigger user; update audit set xid = (xid::text::bigint + 1000000)::text::xid8; alter table audit enable trigger user');
    expect((await sealOnce(house.app))?.rows).toBe(0);
    await make();
    expect(await sealAll(house)).toBe(1);
    await make();
    expect(await sealAll(house)).toBe(1);
    expect((await verifyAudit(house.app, { lateMs: Number.POSITIVE_INFINITY })).findings).toEqual([]);
  });

  /** Until no other test on this server holds a transaction open that is older than the last row. */
  async function untilSealable(): Promise<void> {
    while (!(await house.app.query(`select bool_and(xid < pg_snapshot_xmin(pg_current_snapshot())) as yes from audit`)).rows[0].yes) await new Promise((resolve) => setTimeout(resolve, 20));
  }
});
