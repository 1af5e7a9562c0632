/** The durable steps of a delivery against the sandbox wiki: who gets the message, who does not and why, and nobody twice. */
import { MockActivityEnvironment } from '@temporalio/testing';
import { createDeliveryActivities, type DeliveryActivities } from '../../activities/delivery';
import { createWikis, type OpenWikiById } from '../../activities/wikis';
import { apply } from '../../db/apply';
import type { Delivery } from '../../db/entities/delivery';
import type { Wiki } from '../../db/entities/wiki';
import { adoptOrphans } from '../../db/queries/ledger';
import { sandboxAccounts, startSandboxWiki, type SandboxWiki } from '../../demo/sandbox-wiki';
import { createMediaWiki } from '../../gateways/mediawiki';
import type { Actor } from '../../policies/actor';
import { testDatabase } from '../support/database';
import { eventually } from '../support/eventually';
import { deadLane, makeDelivery, makeUser, makeWiki, openHouse, SECRET_KEY, submit, type House } from '../support/house';

const database = testDatabase();
let house: House;
let sandbox: SandboxWiki;
let openWiki: OpenWikiById;
let activities: DeliveryActivities;
let sender: Actor & { userId: number };
const counts: Record<string, number> = {};

beforeAll(async () => {
  house = await openHouse(database.url);
  openWiki = createWikis({ kernel: house.kernel, secretKey: SECRET_KEY, userAgent: 'ReeveTest/1 (https://example.org)', timeoutMs: 10_000, allowPrivateHosts: true });
  sandbox = await startSandboxWiki();
  activities = connect();
  sender = await makeUser(house.kernel, 'globalSender');
});
afterAll(async () => {
  await sandbox.close();
  await house.close();
});
beforeEach(() => {
  sandbox.control('POST', 'reset');
  sandbox.control('POST', '', { latencyMs: 0 });
  for (const name of Object.keys(counts)) delete counts[name];
});

const connect = (patienceMs = 20_000, open = openWiki): DeliveryActivities =>
  createDeliveryActivities({
    kernel: house.kernel, publicUrl: 'http://reeve.example.org', patienceMs, openWiki: open,
    count: (name, by = 1) => (counts[name] = (counts[name] ?? 0) + by),
  });
const newWiki = (values: Partial<Wiki> = {}) =>
  makeWiki(house.kernel, { apiUrl: sandbox.apiUrl, user: sandboxAccounts.bot.user, password: sandboxAccounts.bot.password }, values);
const act = <T, A extends object>(activity: (input: A) => Promise<T>, input: A, info: { activityId?: string } = {}): Promise<T> =>
  new MockActivityEnvironment({ activityId: 'lane', ...info }).run(activity, input) as Promise<T>;

/** Submits and expands a delivery to these pages. */
async function start(wiki: Wiki, pages: (string | { page: string; wikiId: number })[], values: Partial<Delivery> = {}): Promise<Delivery> {
  const delivery = await makeDelivery(house.kernel, sender, wiki, pages, values);
  await submit(house.kernel, delivery, sender);
  await act(activities.begin, { delivery: delivery.id, version: 1 });
  return delivery;
}
const lane = (delivery: Delivery, wiki: Wiki, activityId = 'lane') => act(activities.lane, { delivery: delivery.id, wiki: wiki.id, host: wiki.host, quota: 2_000 }, { activityId });
const outcomes = async (delivery: Delivery): Promise<Record<string, string>> => {
  const { rows } = await house.kernel.pool.query(`select page, outcome || coalesce(':' || code, '') as said from target where delivery_id = $1 order by page`, [delivery.id]);
  return Object.fromEntries(rows.map(({ page, said }) => [page, said]));
};
const marks = (delivery: Delivery) => sandbox.control('GET', `marks?marker=${delivery.marker}&prefix=`);
const users = (count: number) => Array.from({ length: count }, (_, i) => `User talk:Reader ${i + 1}`);
const seedUsers = (count: number) => sandbox.control('POST', 'seed', { users: [{ prefix: 'Reader ', count }] });

test('every page gets the message once, with its heading, marker and summary', async () => {
  seedUsers(120);
  const wiki = await newWiki({ inFlight: 4 });
  const delivery = await start(wiki, users(120));
  expect(await lane(delivery, wiki)).toEqual({ ended: 'empty', done: 120 });
  expect(marks(delivery)).toMatchObject({ exactlyOne: 120, more: 0 });
  expect(new Set(Object.values(await outcomes(delivery)))).toEqual(new Set(['sent']));
  const page = await (await fetch(`${sandbox.url}/wiki/User_talk:Reader_1`)).text();
  expect(page).toContain('== News for everybody ==');
  expect(page).toContain('Something happened. ~~~~');
  expect(await act(activities.finish, { delivery: delivery.id })).toEqual({ state: 'finished' });
});

test('who gets none is a row with the reason, in the order of the checks', async () => {
  sandbox.control('POST', 'seed', {
    users: ['Reader 1', 'Opted out', 'Guarded', 'New name'],
    pages: [
      { title: 'User talk:Opted out', text: '[[Category:Opted-out of message delivery]]' },
      { title: 'User talk:Guarded', text: 'Hi', protection: { edit: 'sysop' } },
      { title: 'User talk:Old name', text: '#REDIRECT [[User talk:New name]]' },
      { title: 'An article', text: 'Text' },
      { title: 'Project:News', text: 'Text' },
    ],
  });
  const wiki = await newWiki();
  const delivery = await start(wiki, [
    'User talk:Reader 1', 'User talk:Opted out', 'User talk:Nobody', 'User talk:192.0.2.7', 'User talk:Guarded',
    'User talk:Old name', 'User talk:New name', 'An article', 'Talk:An article', 'Project:News', 'User:Reader 1', 'A[b',
  ]);
  await lane(delivery, wiki);
  expect(await outcomes(delivery)).toEqual({
    'A[b': 'failed:invalidtitle',
    'An article': 'skipped:badns',
    'Project:News': 'sent',
    'Talk:An article': 'sent',
    'User talk:192.0.2.7': 'skipped:nouser',
    'User talk:Guarded': 'failed:protectedpage',
    'User talk:New name': 'sent',
    'User talk:Nobody': 'skipped:nouser',
    'User talk:Old name': 'skipped:duplicate',
    'User talk:Opted out': 'skipped:optout',
    'User talk:Reader 1': 'sent',
    'User:Reader 1': 'skipped:duplicate',
  });
});

test('a reply that is cut after the edit is looked up, not sent again, and an answer that says nothing is no answer', async () => {
  seedUsers(200);
  const wiki = await newWiki({ inFlight: 4 });
  await (await openWiki(wiki.id)).gateway.whoAmI();
  sandbox.control('POST', 'faults', { fault: 'empty-json', action: 'query', probability: 0.3, times: 5 });
  sandbox.control('POST', 'faults', { fault: 'cut-after', probability: 0.1, archive: 0.1 });
  const delivery = await start(wiki, users(200));
  await lane(delivery, wiki);
  expect(marks(delivery)).toMatchObject({ exactlyOne: 200, more: 0 });
  expect(new Set(Object.values(await outcomes(delivery)))).toEqual(new Set(['sent']));
  expect(counts.found_posted).toBeGreaterThan(5);
});

test('fewer edits in flight hold for lanes at work, once what they have claimed is done', async () => {
  seedUsers(700);
  sandbox.control('POST', '', { latencyMs: 2 });
  const wiki = await newWiki({ inFlight: 3 });
  const delivery = await start(wiki, users(700));
  let [begun, now, before, after] = [0, 0, 0, 0];
  const gateway = await openWiki(wiki.id).then(({ gateway }) => gateway);
  const append = async (...asked: Parameters<typeof gateway.append>) => {
    if (++begun === 50) await house.kernel.pool.query('update wiki set in_flight = 1 where id = $1', [wiki.id]);
    now++;
    if (begun < 50) before = Math.max(before, now);
    if (begun > 50 + 3 * 110) after = Math.max(after, now); // each lane has claimed a hundred, and a few were left of those before
    return gateway.append(...asked).finally(() => now--);
  };
  const counted = connect(20_000, async (id) => ({ ...(await openWiki(id)), gateway: Object.create(gateway, { append: { value: append } }) }));
  await Promise.all([1, 2, 3].map((n) => act(counted.lane, { delivery: delivery.id, wiki: wiki.id, host: wiki.host, quota: 2_000 }, { activityId: `lane ${n}` })));
  expect({ before, after }).toEqual({ before: 3, after: 1 });
  expect(marks(delivery)).toMatchObject({ exactlyOne: 700, more: 0 });
});

test('a worker that died in the middle leaves nothing double and nothing lost', async () => {
  seedUsers(50);
  const wiki = await newWiki();
  const delivery = await start(wiki, users(50));
  const rows = await deadLane(house.kernel, delivery, wiki, 10);
  for (const { id, page } of rows.slice(0, 4)) {
    await postAsBot(page, `${delivery.marker}/${Number(id).toString(36)}`);
  }
  await lane(delivery, wiki);
  expect(marks(delivery)).toMatchObject({ exactlyOne: 50, more: 0 });
  expect(counts).toMatchObject({ found_posted: 4 });
});

test('a late write of a lane that lost its slot is refused and counted', async () => {
  seedUsers(10);
  const wiki = await newWiki();
  const delivery = await start(wiki, users(10));
  sandbox.control('POST', '', { latencyMs: 300 });
  const stalled = lane(delivery, wiki, 'stalled');
  await eventually(() => expect(marks(delivery).posted).toBeGreaterThan(0));
  // Somebody else takes the slot and the rows, as after a stall past the lease.
  const { pool } = house.kernel;
  const { rows: [other] } = await pool.query(`update wiki_slot set holder = 'other', fence = fence + 1, leased_until = clock_timestamp() + interval '3 seconds' where wiki_id = $1 and slot = 0 returning slot, fence, 1 as width`, [wiki.id]);
  expect(await adoptOrphans(pool, { delivery: delivery.id, wiki: wiki.id }, other, 100)).not.toEqual([]);
  await stalled; // it waits for the other's slot to lapse, adopts, looks up
  expect(counts.fence_refused).toBeGreaterThan(0);
  expect(marks(delivery)).toMatchObject({ exactlyOne: 10, more: 0 });
});

test('a pause is seen in the middle of a claim however slow the wiki is, and uses none of the rate', async () => {
  seedUsers(100);
  const wiki = await newWiki({ editsPerMinute: 240 });
  const delivery = await start(wiki, users(100));
  const running = lane(delivery, wiki);
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  await apply(house.kernel, { noun: 'delivery', id: delivery.id, verb: 'pause', actor: sender });
  const { posted: before } = marks(delivery);
  expect(await running).toMatchObject({ ended: 'paused' });
  const { posted } = marks(delivery);
  expect(posted - before).toBeLessThan(20); // five seconds' worth; what a claim may hold is ten
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(marks(delivery).posted).toBe(posted);
  const said = Object.values(await outcomes(delivery));
  expect(said).not.toContain('attempting');
  expect(said.filter((one) => one === 'sent')).toHaveLength(posted);
  expect(await lane(delivery, wiki)).toMatchObject({ ended: 'paused', done: 0 });
});

test('a cancelled delivery looks up what is in doubt and cancels the rest', async () => {
  seedUsers(30);
  const wiki = await newWiki();
  const delivery = await start(wiki, users(30));
  const rows = await deadLane(house.kernel, delivery, wiki, 2);
  await postAsBot(rows[0]!.page, `${delivery.marker}/${rows[0]!.id.toString(36)}`);
  await apply(house.kernel, { noun: 'delivery', id: delivery.id, verb: 'cancel', actor: sender });
  await (await openWiki(wiki.id)).gateway.whoAmI();
  sandbox.control('POST', 'faults', { fault: 'empty-json', action: 'query', times: 1 });
  expect(await act(activities.closeWiki, { delivery: delivery.id, wiki: wiki.id, how: 'cancelled' as const })).toMatchObject({ sent: 1, cancelled: 29, open: 0 });
  expect(marks(delivery)).toMatchObject({ posted: 1 });
});

test('a wiki that is busy is waited for, and one that stays so needs attention with nothing left claimed', async () => {
  seedUsers(5);
  const wiki = await newWiki();
  sandbox.control('POST', 'faults', { fault: 'maxlag', times: 2, retryAfter: 1 });
  const delivery = await start(wiki, users(5));
  await lane(delivery, wiki);
  expect(marks(delivery)).toMatchObject({ exactlyOne: 5 });

  const second = await start(wiki, users(5));
  sandbox.control('POST', 'faults', { fault: 'readonly', retryAfter: 1 });
  activities = connect(1_500);
  await expect(lane(second, wiki)).rejects.toMatchObject({ type: 'wiki.readonly', nonRetryable: true });
  activities = connect();
  expect(new Set(Object.values(await outcomes(second)))).toEqual(new Set(['pending']));
});

test('a bot that is blocked stops the wiki at once, with the reason', async () => {
  seedUsers(5);
  const wiki = await newWiki();
  sandbox.control('POST', 'faults', { fault: 'blocked' });
  const delivery = await start(wiki, users(5));
  await expect(lane(delivery, wiki)).rejects.toMatchObject({ type: 'wiki.blocked', nonRetryable: true });
});

test('two deliveries to one wiki share its rate', async () => {
  seedUsers(200);
  const wiki = await newWiki({ editsPerMinute: 600 });
  const [one, two] = [await start(wiki, users(100)), await start(wiki, users(100))];
  const [a, b] = [lane(one, wiki, 'one'), lane(two, wiki, 'two')];
  await new Promise((resolve) => setTimeout(resolve, 8_000));
  const [first, second] = [marks(one).posted as number, marks(two).posted as number];
  for (const delivery of [one, two]) await apply(house.kernel, { noun: 'delivery', id: delivery.id, verb: 'pause', actor: sender });
  await Promise.all([a, b]);
  // a full bucket of ten seconds' worth at the start, then ten a second
  expect(first + second).toBeLessThanOrEqual(100 + 90);
  expect(Math.min(first, second)).toBeGreaterThan(0.25 * (first + second));
});

describe('lists become rows of the ledger', () => {
  const begin = (delivery: Delivery) => act(activities.begin, { delivery: delivery.id, version: 1 });
  const expand = (delivery: Delivery) => act(activities.expand, { delivery: delivery.id });
  const ledgerOf = async (delivery: Delivery): Promise<{ rows: number; total: number }> =>
    (await house.kernel.pool.query(`select count(*)::int as rows, (select coalesce(sum(total), 0)::int from delivery_wiki where delivery_id = $1) as total from target where delivery_id = $1`, [delivery.id])).rows[0];

  test('once each, however often and however many at once the step is repeated', async () => {
    const wiki = await newWiki();
    const delivery = await start(wiki, users(25_000));
    expect(await begin(delivery)).toEqual({ want: 'run', state: 'running', copying: true });
    expect(await ledgerOf(delivery)).toEqual({ rows: 1_000, total: 1_000 });
    await Promise.all([expand(delivery), expand(delivery), expand(delivery)]);
    await expand(delivery);
    expect(await begin(delivery)).toEqual({ want: 'run', state: 'running', copying: false });
    expect(await ledgerOf(delivery)).toEqual({ rows: 25_000, total: 25_000 });
  });

  test('of which the first are posted while the rest is still to come, and nothing is over before that', async () => {
    seedUsers(1_050);
    const wiki = await newWiki();
    const delivery = await start(wiki, users(1_050));
    await house.kernel.pool.query(`update target set outcome = 'skipped' where delivery_id = $1 and page <> 'User talk:Reader 7'`, [delivery.id]);
    await house.kernel.pool.query(`update delivery_wiki set skipped = 999 where delivery_id = $1`, [delivery.id]);
    const posting = lane(delivery, wiki); // it has one page, and waits for more
    await eventually(async () => expect((await house.kernel.pool.query(`select sent from delivery_wiki where delivery_id = $1`, [delivery.id])).rows).toEqual([{ sent: 1 }]));
    expect(await act(activities.finish, { delivery: delivery.id })).toEqual({ state: 'running' });
    await expand(delivery);
    expect(await posting).toEqual({ ended: 'empty', done: 51 });
    expect(await act(activities.finish, { delivery: delivery.id })).toEqual({ state: 'finished' });
  });

  test('and one that stands there already is not there twice, and holds up no other', async () => {
    const delivery = await start(await newWiki(), users(5_000));
    await begin(delivery);
    await house.kernel.pool.query(`update target set page = 'User talk:Reader 4000' where delivery_id = $1 and page = 'User talk:Reader 7'`, [delivery.id]); // a redirect led there
    await expand(delivery);
    expect(await ledgerOf(delivery)).toEqual({ rows: 4_999, total: 4_999 });
  });

  test('cancelled at once when the delivery was cancelled, or the wiki given up, before they were copied; so nothing is missing', async () => {
    const [wiki, another] = [await newWiki(), await newWiki()];
    const whole = async ({ id }: Delivery) => (await house.kernel.pool.query('select wiki_id, total, cancelled from delivery_wiki where delivery_id = $1 order by wiki_id', [id])).rows;
    const cancelled = await start(wiki, users(1_050));
    await apply(house.kernel, { noun: 'delivery', id: cancelled.id, verb: 'cancel', actor: sender });
    expect(await begin(cancelled)).toEqual({ want: 'nothing', state: 'cancelled', copying: true });
    await expand(cancelled);
    expect(await begin(cancelled)).toEqual({ want: 'nothing', state: 'cancelled', copying: false });
    expect(await whole(cancelled)).toEqual([{ wiki_id: wiki.id, total: 1_050, cancelled: 50 }]);

    const givenUp = await start(wiki, [...users(1_050), ...users(5).map((page) => ({ page, wikiId: another.id }))]);
    await act(activities.closeWiki, { delivery: givenUp.id, wiki: wiki.id, how: 'aborted' as const });
    await expand(givenUp);
    expect(await whole(givenUp)).toEqual([{ wiki_id: wiki.id, total: 1_050, cancelled: 1_050 }, { wiki_id: another.id, total: 5, cancelled: 0 }]);
  });
});

test('outcomes are written a hundred at a time, and besides once a second', async () => {
  seedUsers(2_000);
  const wiki = await newWiki({ inFlight: 8, editsPerMinute: 1_000_000 });
  const delivery = await start(wiki, users(2_000));
  await act(activities.expand, { delivery: delivery.id });
  sandbox.control('POST', '', { latencyMs: 10 });
  const asked = jest.spyOn(house.kernel.pool, 'query');
  const beganAt = performance.now();
  await lane(delivery, wiki);
  const seconds = Math.ceil((performance.now() - beganAt) / 1_000);
  const writes = asked.mock.calls.filter(([query]) => (query as { name?: string }).name === 'ledger-finish').length;
  asked.mockRestore();
  expect(writes).toBeLessThanOrEqual(20 + seconds + 1);
});

async function postAsBot(title: string, marker: string): Promise<void> {
  const bot = createMediaWiki({ apiUrl: sandbox.apiUrl, as: sandboxAccounts.bot, userAgent: 'ReeveTest/1', allowPrivateHosts: true });
  const [page] = await bot.pages([title]);
  await bot.append({ title, text: `== News for everybody ==\n${marker}`, summary: `News (${marker})`, ...(page!.exists ? { baseRevisionId: page!.revisionId! } : { createOnly: true }) });
  await bot.close();
}
