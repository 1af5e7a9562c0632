/** The ledger's claims: who holds which rows, what a dead one leaves, what is given back. */
import pg from 'pg';
import { openDatabase } from '../../db/data-source';
import type { Wiki } from '../../db/entities/wiki';
import { readTargets } from '../../db/queries/deliveries';
import { wikiProgress } from '../../db/queries/expansion';
import { adoptOrphans, cancelPending, claim, finishTargets, type Finished } from '../../db/queries/ledger';
import { releaseSlot, takeSlot, type Place, type Slot } from '../../db/queries/slots';
import { testDatabase } from '../support/database';
import { eventually } from '../support/eventually';
import { deadLane, makeRunning, openHouse, type House } from '../support/house';

const database = testDatabase();
let house: House;

beforeAll(async () => void (house = await openHouse(database.url)));
afterAll(() => house.close());

const running = (pages: number, on?: Wiki) => makeRunning(house.kernel, pages, on);
const take = async (place: Place, holder: string): Promise<Slot> => (await takeSlot(house.kernel.pool, place, holder)).slot!;
const ids = (rows: { id: number }[]): number[] => rows.map(({ id }) => id);
const as = (outcome: Finished['outcome'], rows: number[]): Finished[] => rows.map((id) => ({ id, outcome, code: null, revisionId: null }));
const shown = async ({ delivery }: Place, outcome: string): Promise<number[]> => ids(await readTargets(house.kernel, delivery, { outcome }, 0, 1_000));

test('no row is claimed twice, however many ask at once', async () => {
  const { place } = await running(400);
  const { pool } = house.kernel;
  const slots = await Promise.all([1, 2, 3, 4].map((n) => take(place, `lane ${n}`)));
  const gate = await pool.connect(); // all of them begin before the first can go on
  await gate.query('begin');
  await gate.query('select from wiki_rate where wiki_id = $1 for update', [place.wiki]);
  const asked = Promise.all([...slots, ...slots].map((slot) => claim(pool, place, slot, 50)));
  await eventually(async () => expect((await pool.query(`select count(*)::int as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`)).rows).toEqual([{ n: 8 }]));
  await gate.query('commit');
  gate.release();
  const claimed = (await asked).flatMap(({ rows }) => ids(rows));
  expect(claimed).toHaveLength(400);
  expect(new Set(claimed).size).toBe(400);
  expect((await claim(pool, place, slots[0]!, 50)).rows).toEqual([]);
});

test('what is claimed shows as being tried, what is given back as waiting, and it comes first again', async () => {
  const { place } = await running(30);
  const { pool } = house.kernel;
  const slot = await take(place, 'lane');
  const rows = ids((await claim(pool, place, slot, 10)).rows);
  expect(await shown(place, 'attempting')).toEqual(rows);
  expect(await finishTargets(pool, place, slot, [...as('sent', rows.slice(0, 6)), ...as('pending', rows.slice(6))])).toBe(10);
  expect(await shown(place, 'attempting')).toEqual([]);
  expect(await shown(place, 'pending')).toHaveLength(24);
  expect(await finishTargets(pool, place, slot, as('sent', rows))).toBe(0); // each has been answered for
  expect(ids((await claim(pool, place, slot, 10)).rows).slice(0, 4)).toEqual(rows.slice(6));
  expect(await wikiProgress(pool, place.delivery, place.wiki)).toMatchObject({ sent: 6, open: 24 });
});

test('what a dead lane held is in doubt for whoever comes next, who alone may write what became of it', async () => {
  const { delivery, wiki, place } = await running(20);
  const { pool } = house.kernel;
  const dead = ids(await deadLane(house.kernel, delivery, wiki, 5));
  const { rows: [{ slot: number, fence }] } = await pool.query('select slot, fence from target_claim where delivery_id = $1', [delivery.id]);
  const late: Slot = { slot: number, fence, width: 1 };
  expect(await finishTargets(pool, place, late, as('sent', dead.slice(0, 1)))).toBe(1); // nobody has taken it over yet
  const slot = await take(place, 'next');
  expect(ids(await adoptOrphans(pool, place, slot, 100))).toEqual(dead.slice(1));
  expect(await adoptOrphans(pool, place, await take(place, 'another'), 100)).toEqual([]);
  expect(await finishTargets(pool, place, late, as('failed', dead))).toBe(0);
  expect(await finishTargets(pool, place, slot, as('sent', dead.slice(1)))).toBe(4);
  expect(await shown(place, 'attempting')).toEqual([]);
});

test('a slot that is given back with rows in doubt leaves them to whoever looks them up', async () => {
  const { place } = await running(20);
  const { pool } = house.kernel;
  const slot = await take(place, 'lane');
  const rows = ids((await claim(pool, place, slot, 5)).rows);
  await finishTargets(pool, place, slot, as('sent', rows.slice(0, 2)));
  await releaseSlot(pool, place, slot);
  expect((await pool.query('select from target_claim where delivery_id = $1', [place.delivery])).rowCount).toBe(0);
  expect(await takeSlot(pool, place, 'closing', true)).toMatchObject({ claimed: true });
  expect(await shown(place, 'attempting')).toEqual(rows.slice(2));
  expect(ids((await claim(pool, place, await take(place, 'next'), 100)).rows)).not.toContain(rows[2]);
});

test('a cancel takes what nobody has begun, and leaves what is claimed', async () => {
  const { place } = await running(50);
  const { pool } = house.kernel;
  const slot = await take(place, 'lane');
  const rows = ids((await claim(pool, place, slot, 10)).rows);
  await finishTargets(pool, place, slot, as('pending', rows.slice(0, 3)));
  expect([await cancelPending(pool, place, 40), await cancelPending(pool, place, 40), await cancelPending(pool, place, 40)]).toEqual([40, 3, 0]);
  expect(await shown(place, 'attempting')).toEqual(rows.slice(3));
  expect(await wikiProgress(pool, place.delivery, place.wiki)).toMatchObject({ cancelled: 43, open: 7 });
});

test('a delivery that has nothing left to do keeps no other waiting', async () => {
  const { place: done, wiki } = await running(5);
  const { pool } = house.kernel;
  const slot = await take(done, 'lane');
  await finishTargets(pool, done, slot, as('sent', ids((await claim(pool, done, slot, 5)).rows)));
  await releaseSlot(pool, done, slot);
  expect(await takeSlot(pool, done, 'lane')).toMatchObject({ open: false, slot: null });
  const { place } = await running(100, wiki);
  expect((await claim(pool, place, await take(place, 'lane 1'), 10)).rows).toHaveLength(10);
  expect((await claim(pool, place, await take(place, 'lane 2'), 10)).rows).toHaveLength(10);
});

test.each(['that Postgres has statistics of', 'that is newer than its statistics, of when nothing was pending'])('a claim writes to no row of the ledger, an outcome touches no index of it, and neither reads rows that are not theirs: of a delivery %s', async (age) => {
  const { wiki } = await running(20_000);
  await house.kernel.pool.query(`update target set outcome = 'sent'`);
  if (age.includes('newer')) await analyzed();
  const { place } = await running(3_000, wiki);
  if (age.includes('has')) await analyzed();
  const slot = await take(place, 'counted');
  const { rows, claimed, finished } = await counting(async (own, seen) => {
    const before = await seen();
    const { rows } = await claim(own, place, slot, 100);
    const claimed = await seen();
    await finishTargets(own, place, slot, ids(rows).map((id) => ({ id, outcome: 'sent', code: null, revisionId: 1 })));
    return { rows, claimed: less(claimed, before), finished: less(await seen(), claimed) };
  });
  expect(rows).toHaveLength(100);
  expect(claimed.written).toBe(0);
  expect(finished.hot).toBe(100);
  expect(claimed.read).toBeLessThanOrEqual(200);
  expect(finished.read).toBeLessThanOrEqual(200);
});

test('what became of the pages of a delivery is read without going through those of others', async () => {
  const [{ place: earlier }, { place }] = [await running(1), await running(1)];
  for (const [{ delivery, wiki }, pages] of [[earlier, 100_000], [place, 5_000]] as const)
    await house.kernel.pool.query(`insert into target (delivery_id, wiki_id, page) select $1, $2, 'Talk:' || n from generate_series(1, $3) n`, [delivery, wiki, pages]);
  await analyzed();
  const { rows, read } = await counting(async (own, seen) => {
    const before = await seen();
    const rows = await readTargets({ ...house.kernel, pool: own }, place.delivery, {}, 0, 50);
    return { rows, read: less(await seen(), before).read };
  });
  expect(rows).toHaveLength(50);
  expect(read).toBeLessThanOrEqual(100);
});

test('what waits, what is being tried, and what there is none of is found without going through what is sent', async () => {
  const { place } = await running(5_000);
  const { pool } = house.kernel;
  const slot = await take(place, 'lane');
  await pool.query(`with done as (update target set outcome = 'sent' where delivery_id = $1 and id <= (select min(id) + 4899 from target where delivery_id = $1) returning id)
    update delivery_wiki set sent = 4900, claimed_to = (select max(id) from done) where delivery_id = $1`, [place.delivery]);
  const claimed = ids((await claim(pool, place, slot, 10)).rows);
  await finishTargets(pool, place, slot, as('pending', claimed.slice(0, 3)));
  await analyzed();
  const { found, read } = await counting(async (own, seen) => {
    const before = await seen();
    const found = [];
    for (const outcome of ['pending', 'attempting', 'cancelled']) found.push(ids(await readTargets({ ...house.kernel, pool: own }, place.delivery, { outcome }, 0, 50)));
    return { found, read: less(await seen(), before).read };
  });
  expect(found[0]).toEqual([...claimed.slice(0, 3), ...Array.from({ length: 47 }, (_, n) => claimed.at(-1)! + 1 + n)]);
  expect(found.slice(1)).toEqual([claimed.slice(3), []]);
  expect(read).toBeLessThanOrEqual(200);
});

/** Postgres knows what the ledger holds, as it does after a while. */
async function analyzed(): Promise<void> {
  const owner = new pg.Client({ connectionString: database.ownerUrl });
  await owner.connect();
  await owner.query('analyze target');
  await owner.end();
}

type Counters = Record<'written' | 'hot' | 'read', number>;
const less = (now: Counters, before: Counters): Counters => ({ written: now.written - before.written, hot: now.hot - before.hot, read: now.read - before.read });

/** Works in one transaction of a worker's connection, with what Postgres counts of the ledger there: what other connections did is told whenever they like. */
async function counting<T>(work: (own: pg.Pool, seen: () => Promise<Counters>) => Promise<T>): Promise<T> {
  const worker = await openDatabase(database.url, 1, 'reeve-test', true);
  const client = await worker.pool.connect();
  await client.query('begin');
  const result = await work(client as unknown as pg.Pool, async () =>
    (await client.query(`select n_tup_upd::int as written, n_tup_hot_upd::int as hot, (seq_tup_read + idx_tup_fetch)::int as read from pg_stat_xact_user_tables where relname = 'target'`)).rows[0]);
  await client.query('commit');
  client.release();
  await worker.close();
  return result;
}
