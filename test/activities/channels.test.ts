/** Boards and mail: what the wiki cannot be asked about afterwards is sent once, or parks as `unknown` for a person. */
import { MockActivityEnvironment } from '@temporalio/testing';
import fc from 'fast-check';
import { createDeliveryActivities } from '../../activities/delivery';
import { createWikis } from '../../activities/wikis';
import { apply } from '../../db/apply';
import type { Delivery } from '../../db/entities/delivery';
import type { Wiki } from '../../db/entities/wiki';
import { sandboxAccounts, startSandboxWiki, type SandboxWiki } from '../../demo/sandbox-wiki';
import type { Actor } from '../../policies/actor';
import { testDatabase } from '../support/database';
import { deadLane, makeDelivery, makeUser, makeWiki, openHouse, SECRET_KEY, submit, type House } from '../support/house';

const database = testDatabase();
let house: House;
let sandbox: SandboxWiki;
let activities: ReturnType<typeof createDeliveryActivities>;
let sender: Actor & { userId: number };

beforeAll(async () => {
  house = await openHouse(database.url);
  const openWiki = createWikis({ kernel: house.kernel, secretKey: SECRET_KEY, userAgent: 'ReeveTest/1 (https://example.org)', timeoutMs: 10_000, allowPrivateHosts: true });
  activities = createDeliveryActivities({ kernel: house.kernel, publicUrl: 'http://reeve.example.org', patienceMs: 20_000, openWiki, count: () => {} });
  sandbox = await startSandboxWiki();
  sender = await makeUser(house.kernel, 'admin');
});
afterAll(async () => {
  await sandbox.close();
  await house.close();
});
beforeEach(() => sandbox.control('POST', 'reset'));

const act = <T, A extends object>(activity: (input: A) => Promise<T>, input: A): Promise<T> => new MockActivityEnvironment({ activityId: 'lane' }).run(activity, input) as Promise<T>;
const newWiki = (values: Partial<Wiki> = {}) => makeWiki(house.kernel, { apiUrl: sandbox.apiUrl, user: sandboxAccounts.bot.user, password: sandboxAccounts.bot.password }, values);
async function start(wiki: Wiki, pages: string[], values: Partial<Delivery> = {}): Promise<Delivery> {
  const delivery = await makeDelivery(house.kernel, sender, wiki, pages, values);
  await submit(house.kernel, delivery, sender);
  await act(activities.begin, { delivery: delivery.id, version: 1 });
  return delivery;
}
const lane = (delivery: Delivery, wiki: Wiki) => act(activities.lane, { delivery: delivery.id, wiki: wiki.id, host: wiki.host, quota: 2_000 });
async function outcomes(delivery: Delivery): Promise<Record<string, string>> {
  const { rows } = await house.kernel.pool.query(`select page, outcome || coalesce(':' || code, '') as said from target where delivery_id = $1 order by page`, [delivery.id]);
  return Object.fromEntries(rows.map(({ page, said }) => [page, said]));
}
const seed = (body: object) => sandbox.control('POST', 'seed', body);
const posted = (delivery: Delivery): Record<string, number> => sandbox.control('GET', `marks?list=1&marker=${delivery.marker}&prefix=User talk:`).titles;
const mails = (): { to: string; subject: string; text: string }[] => sandbox.control('GET', 'mails');

test('one send reaches wikitext, Flow, LiquidThreads and a redirect, each in its own way, and asks no more than before', async () => {
  seed({
    users: ['Plain', 'Flow', 'Threads', 'New', 'Old'],
    pages: [
      { title: 'User talk:Plain', text: 'Hi' }, { title: 'User talk:Flow', text: 'About', board: 'flow' }, { title: 'User talk:Threads', text: 'About', board: 'liquidthreads' },
      { title: 'User talk:New', text: 'About', board: 'flow' }, { title: 'User talk:Old', text: '#REDIRECT [[User talk:New]]' },
    ],
  });
  const wiki = await newWiki();
  const delivery = await start(wiki, ['User talk:Plain', 'User talk:Flow', 'User talk:Threads', 'User talk:Old']);
  await lane(delivery, wiki);
  expect(await outcomes(delivery)).toEqual({ 'User talk:Plain': 'sent', 'User talk:Flow': 'sent', 'User talk:Threads': 'sent', 'User talk:New': 'sent' });
  expect(posted(delivery)).toMatchObject({ 'User talk:Plain': 1, 'User talk:Flow': 1, 'User talk:Threads': 1, 'User talk:New': 1 });
  const { actions } = sandbox.control('GET', 'stats');
  expect(actions).toMatchObject({ edit: 1, flow: 2, threadaction: 1 });
  expect(actions.query).toBe(5); // the sign-in's two, what the wiki is, one for all pages, and one for whom the redirect led to
  const shown = await (await fetch(`${sandbox.url}/wiki/User_talk:New`)).text();
  expect(shown).toContain('News for everybody');
  expect(shown).not.toContain('== News');
  expect(shown).not.toContain('~~~~'); // a board signs by itself
  expect(shown).toContain('Sent to [[:User talk:Old]]');
  expect(await (await fetch(`${sandbox.url}/wiki/User_talk:Plain`)).text()).toContain('Something happened. ~~~~');
});

test('a topic whose answer is lost parks as unknown, a thread is found by its edit, and neither is posted twice', async () => {
  seed({ users: ['Flow', 'Threads'], pages: [{ title: 'User talk:Flow', text: 'x', board: 'flow' }, { title: 'User talk:Threads', text: 'x', board: 'liquidthreads' }] });
  sandbox.control('POST', 'faults', { fault: 'cut-after', times: 2 });
  const wiki = await newWiki();
  const delivery = await start(wiki, ['User talk:Flow', 'User talk:Threads']);
  await lane(delivery, wiki);
  expect(await outcomes(delivery)).toEqual({ 'User talk:Flow': 'unknown:lost-reply', 'User talk:Threads': 'sent' });
  expect(posted(delivery)).toEqual({ 'User talk:Flow': 1, 'User talk:Threads': 1 });
});

test('a board that a dead lane may have posted to parks; what it had only claimed is posted', async () => {
  seed({ users: [{ prefix: 'Flow ', count: 5 }], pages: [1, 2, 3, 4, 5].map((n) => ({ title: `User talk:Flow ${n}`, text: 'x', board: 'flow' })) });
  const wiki = await newWiki();
  const delivery = await start(wiki, [1, 2, 3, 4, 5].map((n) => `User talk:Flow ${n}`));
  await deadLane(house.kernel, delivery, wiki, 4, 2);
  await lane(delivery, wiki);
  expect(Object.values(await outcomes(delivery))).toEqual(['unknown:lost-reply', 'unknown:lost-reply', 'sent', 'sent', 'sent']);
});

describe('by wiki mail', () => {
  test('who takes it gets one in plain text, whatever their pages; who does not is skipped, with the reason', async () => {
    seed({
      users: ['Taker', { name: 'Mailless', mailless: true }, 'Opted'],
      pages: [{ title: 'User talk:Opted', text: '[[Category:Opted-out of message delivery]]' }, { title: 'User talk:Taker', text: 'x', protection: { edit: 'sysop' } }],
    });
    const wiki = await newWiki();
    const delivery = await start(wiki, ['User talk:Taker', 'User:Taker', 'User talk:Taker/Archive', 'User talk:Mailless', 'User talk:Opted', 'User talk:Nobody', 'Talk:An article'], { channel: 'email' });
    await lane(delivery, wiki);
    expect(await outcomes(delivery)).toEqual({
      'User talk:Taker': 'sent', 'User:Taker': 'skipped:duplicate', 'User talk:Taker/Archive': 'skipped:duplicate', 'User talk:Mailless': 'skipped:nomail',
      'User talk:Opted': 'skipped:optout', 'User talk:Nobody': 'skipped:nouser', 'Talk:An article': 'skipped:badns',
    });
    expect(mails()).toEqual([expect.objectContaining({ to: 'Taker', subject: 'News for everybody' })]);
    expect(mails()[0]!.text).toMatch(/^Something happened\.\n\nSent by Person-/);
    expect(sandbox.control('GET', 'stats').edits).toBe(0);
  });

  test('one that takes mail no more when it is sent is skipped, one that the wiki refuses is failed', async () => {
    seed({ users: ['One', 'Two'] });
    sandbox.control('POST', 'faults', { fault: 'nomail', titles: ['User talk:One'] });
    sandbox.control('POST', 'faults', { fault: 'abusefilter', titles: ['User talk:Two'] });
    const wiki = await newWiki();
    const delivery = await start(wiki, ['User talk:One', 'User talk:Two'], { channel: 'email' });
    await lane(delivery, wiki);
    expect(await outcomes(delivery)).toEqual({ 'User talk:One': 'skipped:nomail', 'User talk:Two': 'failed:abusefilter-disallowed' });
  });

  test('a limit is waited for, and an account that may mail nobody stops the wiki', async () => {
    seed({ users: ['One'] });
    sandbox.control('POST', 'faults', { fault: 'ratelimited', times: 2, retryAfter: 1 });
    const wiki = await newWiki();
    const delivery = await start(wiki, ['User talk:One'], { channel: 'email' });
    await lane(delivery, wiki);
    expect(await outcomes(delivery)).toEqual({ 'User talk:One': 'sent' });
    sandbox.control('POST', 'faults', { fault: 'blocked' });
    await expect(lane(await start(wiki, ['User talk:One'], { channel: 'email' }), wiki)).rejects.toMatchObject({ type: 'wiki.blocked' });
    expect(mails()).toHaveLength(1);
  });

  test('when a delivery is cancelled, what a dead lane may have sent is unknown, the rest is cancelled, and the wiki is not asked', async () => {
    seed({ users: [{ prefix: 'Reader ', count: 5 }] });
    const wiki = await newWiki();
    const delivery = await start(wiki, [1, 2, 3, 4, 5].map((n) => `User talk:Reader ${n}`), { channel: 'email' });
    await deadLane(house.kernel, delivery, wiki, 3, 1);
    await apply(house.kernel, { noun: 'delivery', id: delivery.id, verb: 'cancel', actor: sender });
    expect(await act(activities.closeWiki, { delivery: delivery.id, wiki: wiki.id, how: 'cancelled' as const })).toMatchObject({ unknown: 1, cancelled: 4, open: 0 });
    expect(mails()).toEqual([]);
  });
});

test('whatever gets lost on the way, nobody gets it twice, and nobody is said to have got what never came', async () => {
  const kinds = fc.constantFrom('page', 'flow', 'liquidthreads', 'mail');
  const faults = fc.array(fc.constantFrom('cut-before', 'cut-after', 'http-502-after', 'invalid-json', 'html-after', 'ratelimited', 'internal-error', 'http-503'), { minLength: 1, maxLength: 4 });
  await fc.assert(fc.asyncProperty(kinds, faults, fc.integer({ min: 1, max: 3 }), fc.nat({ max: 3 }), async (kind, struck, inFlight, dead) => {
    sandbox.control('POST', 'reset');
    const pages = Array.from({ length: 8 }, (_, n) => `User talk:Reader ${n + 1}`);
    seed({ users: [{ prefix: 'Reader ', count: 8 }], pages: ['flow', 'liquidthreads'].includes(kind) ? pages.map((title) => ({ title, text: 'x', board: kind })) : [] });
    for (const fault of struck) sandbox.control('POST', 'faults', { fault, times: 1, retryAfter: 0 });
    const wiki = await newWiki({ inFlight });
    const delivery = await start(wiki, pages, { channel: kind === 'mail' ? 'email' : 'page' });
    await deadLane(house.kernel, delivery, wiki, dead, kind === 'page' ? 0 : Math.min(dead, 1));
    await lane(delivery, wiki);
    const said = await outcomes(delivery);
    const got = kind === 'mail' ? Object.fromEntries(pages.map((page) => [page, mails().filter(({ to }) => `User talk:${to}` === page).length])) : posted(delivery);
    for (const page of pages) {
      expect(got[page] ?? 0).toBeLessThanOrEqual(1);
      expect(said[page]).toMatch(kind === 'page' ? /^sent$/ : /^(sent|unknown:lost-reply)$/);
      if (said[page] === 'sent') expect(got[page]).toBe(1);
    }
  }), { numRuns: 25 });
}, 120_000);
