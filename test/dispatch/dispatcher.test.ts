import pg from 'pg';
import { OUTBOX_CHANNEL, outboxStatus, waker, type OutboxRow } from '../../db/outbox';
import { createDispatcher, type Dispatcher, type DispatcherOptions } from '../../dispatch/dispatcher';
import { testDatabase } from '../support/database';
import { eventually } from '../support/eventually';
import { blackHole } from './black-hole';

describe('the dispatcher', () => {
  const database = testDatabase();
  let pool: pg.Pool;
  let dispatchers: Dispatcher[];
  let delivered: Pick<OutboxRow, 'entity' | 'version'>[];
  beforeAll(() => {
    pool = new pg.Pool({ connectionString: database.url, max: 12 });
    pool.on('error', () => {});
  });
  afterAll(() => pool.end());
  beforeEach(async () => {
    dispatchers = [];
    delivered = [];
    await pool.query('delete from outbox');
  });
  afterEach(() => Promise.all(dispatchers.map((each) => each.stop())));

  const dispatch = (options: Partial<DispatcherOptions> = {}): Dispatcher => {
    const dispatcher = createDispatcher({ pool, listenUrl: database.url, deliver: async ({ entity, version }) => void delivered.push({ entity, version }), ...options });
    dispatchers.push(dispatcher);
    return dispatcher;
  };
  /** Rows of these entities, versions 1…n each, the neighbours of one entity adjacent. */
  const fill = (entities: number, versions: number, first = 1) =>
    pool.query(
      `insert into outbox (noun, entity, version, effect) select 'delivery', e, v, 'tellDelivery' from generate_series($3::int, $3 + $1 - 1) e, generate_series(1, $2::int) v order by e, v`,
      [entities, versions, first],
    );
  const left = async (): Promise<number> => (await pool.query('select count(*)::int as n from outbox')).rows[0].n;
  const drained = () => eventually(async () => expect(await left()).toBe(0));
  const versionsOf = (entity: number) => delivered.filter((row) => row.entity === entity).map(({ version }) => version);
  const oneTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1);

  test('three of them deliver every row once and each entity\'s in order', async () => {
    await fill(200, 20);
    const deliver = async ({ entity, version }: OutboxRow) => {
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 4));
      delivered.push({ entity, version });
    };
    for (let i = 0; i < 3; i++) dispatch({ deliver, width: 30 });
    await drained();
    expect(delivered).toHaveLength(4_000);
    for (const entity of oneTo(200)) expect(versionsOf(entity)).toEqual(oneTo(20));
    expect(dispatchers.filter(({ counts }) => counts.delivered > 0).length).toBeGreaterThan(1);
  });

  test('is woken by the commit, long before its poll', async () => {
    const dispatcher = dispatch({ pollMs: 600_000 });
    await eventually(() => expect(dispatcher.counts.connected).toBe(1));
    const wake = waker(pool);
    for (let i = 1; i <= 20; i++) {
      await fill(1, 1, i);
      wake();
      await eventually(() => expect(delivered).toHaveLength(i));
    }
  });

  test('control: without a word and without a poll nothing is found', async () => {
    const dispatcher = dispatch({ pollMs: 600_000 });
    await eventually(() => expect(dispatcher.counts.connected).toBe(1));
    await new Promise((resolve) => setTimeout(resolve, 100));
    await fill(1, 1);
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(delivered).toEqual([]);
  });

  test('finds by its poll what nobody told it of', async () => {
    const dispatcher = dispatch();
    await eventually(() => expect(dispatcher.counts.connected).toBe(1));
    await fill(3, 2);
    await drained();
  });

  test('delivers what waits behind a row as soon as that is done', async () => {
    await fill(1, 60); // more than are leased at once
    dispatch({ pollMs: 600_000 });
    await drained();
    expect(versionsOf(1)).toEqual(oneTo(60));
  });

  test('begins no row behind one that is still on its way', async () => {
    await fill(1, 2);
    let release = (): void => {};
    const first = new Promise<void>((resolve) => (release = resolve));
    const deliver = async ({ entity, version }: OutboxRow) => {
      if (version === 1) await first;
      delivered.push({ entity, version });
    };
    dispatch({ deliver });
    dispatch({ deliver });
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(delivered).toEqual([]);
    release();
    await drained();
    expect(versionsOf(1)).toEqual([1, 2]);
  });

  test('repeats what a dispatcher that fell silent had in hand, and nothing of it is lost', async () => {
    await fill(5, 3);
    let release = (): void => {};
    const silence = new Promise<void>((resolve) => (release = resolve));
    dispatch({ deliver: () => silence, leaseMs: 400, deliverMs: 100, width: 5 });
    await eventually(async () => expect((await pool.query('select count(*)::int as n from outbox where leased_until > clock_timestamp()')).rows[0].n).toBe(15));
    dispatch();
    await drained();
    for (const entity of oneTo(5)) expect(versionsOf(entity)).toEqual([1, 2, 3]);
    release(); // what it does from here on is too late, and harmless
  });

  test('declares a row dead after ten refusals, which holds back its own entity only', async () => {
    await fill(3, 2);
    const refuse = async ({ entity, version }: OutboxRow) => {
      if (entity === 2) throw new Error('no');
      delivered.push({ entity, version });
    };
    dispatch({ deliver: refuse, refusal: () => 'temporal.invalid-argument' });
    for (let tries = 1; tries <= 10; tries++) {
      await eventually(async () => expect((await pool.query('select refusals from outbox where entity = 2 and version = 1')).rows[0].refusals).toBe(tries));
      if (tries < 10) await pool.query('update outbox set leased_until = null where entity = 2'); // the pauses between tries are long
    }
    await eventually(async () => expect(await outboxStatus(pool)).toMatchObject({ waiting: 1, dead: 1 }));
    await fill(1, 1, 4);
    await eventually(() => expect(versionsOf(4)).toEqual([1]));
    expect([versionsOf(1), versionsOf(2), versionsOf(3)]).toEqual([[1, 2], [], [1, 2]]);
    expect((await pool.query('select error_code, dead from outbox where entity = 2 order by id')).rows).toEqual([{ error_code: 'temporal.invalid-argument', dead: true }, { error_code: null, dead: false }]);
  });

  test('never counts trouble on the way, and asks with one row at a time until it is over', async () => {
    await fill(40, 1);
    let up = false;
    let calls = 0;
    const deliver = async ({ entity, version }: OutboxRow) => {
      calls++;
      if (!up) throw new Error('away');
      delivered.push({ entity, version });
    };
    dispatch({ deliver, width: 40 });
    await eventually(() => expect(calls).toBeGreaterThan(40));
    const asked = calls;
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect(calls - asked).toBeLessThan(12);
    up = true;
    await drained();
    expect(delivered).toHaveLength(40);
  });

  test('goes on when Postgres has thrown all its connections out', async () => {
    dispatch();
    await fill(10, 1);
    await drained();
    const owner = new pg.Client({ connectionString: database.ownerUrl });
    await owner.connect();
    await pool.query(`select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and usename = current_user and pid <> pg_backend_pid()`);
    await owner.end();
    await fill(10, 1, 11);
    await drained();
    expect(delivered).toHaveLength(20);
    await eventually(() => expect(dispatchers[0]!.counts.connected).toBe(2));
  });

  test('gives back what it had not begun when it stops, and waits for what it had', async () => {
    await fill(1, 10);
    const slow = dispatch({
      deliver: async ({ entity, version }) => {
        await new Promise((resolve) => setTimeout(resolve, 100));
        delivered.push({ entity, version });
      },
    });
    await eventually(() => expect(delivered.length).toBeGreaterThan(0));
    await slow.stop();
    const before = delivered.length;
    expect(before).toBeLessThan(10);
    expect(await left()).toBe(10 - before);
    dispatch();
    await drained();
    expect(versionsOf(1)).toEqual(oneTo(10));
  });

  test('still finds rows when its LISTEN connection is dead without a word, and takes a new one', async () => {
    const hole = await blackHole(database.url);
    try {
      const dispatcher = dispatch({ listenUrl: hole.url });
      await eventually(() => expect(dispatcher.counts.connected).toBe(1));
      hole.swallow();
      for (let i = 1; i <= 5; i++) {
        await fill(1, 1, i);
        await pool.query(`notify ${OUTBOX_CHANNEL}`);
        await eventually(() => expect(delivered).toHaveLength(i));
      }
      await eventually(() => expect(dispatcher.counts.connected).toBe(2));
      const wake = waker(pool);
      await fill(1, 1, 9);
      wake();
      await eventually(() => expect(versionsOf(9)).toEqual([1]));
    } finally {
      await Promise.all(dispatchers.map((each) => each.stop()));
      await hole.close();
    }
  });
});
