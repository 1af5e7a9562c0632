import { MockActivityEnvironment } from '@temporalio/testing';
import { createAccountActivities } from '../../activities/account';
import { createWikis } from '../../activities/wikis';
import { apply, readRow } from '../../db/apply';
import type { Request } from '../../db/entities/request';
import { sandboxAccounts, startSandboxWiki, type SandboxWiki } from '../../demo/sandbox-wiki';
import type { Actor } from '../../policies/actor';
import { makeEvent, makeOpenRequest, makeWiki, SECRET_KEY } from '../support/house';
import { aUser, testKernel } from '../support/kernel';

const [MINUTE, DAY] = [60_000, 86_400_000];

describe('the making of accounts', () => {
  const house = testKernel();
  let sandbox: SandboxWiki;
  let activities: ReturnType<typeof createAccountActivities>;
  let holder: Actor & { userId: number };
  beforeAll(async () => {
    sandbox = await startSandboxWiki();
    const openWiki = createWikis({ kernel: house.kernel, secretKey: SECRET_KEY, userAgent: 'ReeveTest/1 (https://example.org)', timeoutMs: 10_000, allowPrivateHosts: true });
    activities = createAccountActivities({ kernel: house.kernel, openWiki, perDay: 6 });
    holder = await aUser(house, 'toolUser', 'toolAdmin');
  });
  afterAll(() => sandbox.close());
  beforeEach(() => {
    sandbox.control('POST', 'reset');
    sandbox.control('POST', 'seed', { users: [{ name: 'Maker', password: 'a password' }] });
  });

  const run = <T, A extends object>(activity: (input: A) => Promise<T>, input: A): Promise<T> => new MockActivityEnvironment().run(activity, input) as Promise<T>;
  /** A wiki where Reeve's account is counted like anybody's, or is not. */
  const wiki = (counted = true) => makeWiki(house.kernel, { apiUrl: sandbox.apiUrl, user: counted ? 'Maker' : sandboxAccounts.bot.user, password: counted ? 'a password' : sandboxAccounts.bot.password });
  async function creating(values: Partial<Request>): Promise<Request> {
    const { id } = await makeOpenRequest(house.kernel, values);
    const { row } = await apply(house.kernel, { noun: 'request', id, verb: 'create', actor: holder, input: { mode: 'bot' } });
    return row;
  }
  const past = (): void => house.clock.advance(MINUTE);
  const make = ({ id }: { id: number }) => run(activities.createAccount, { request: id });
  const row = async (id: number): Promise<Request> => (await readRow(house.kernel, 'request', id)).row!;
  const made = async (): Promise<number> => sandbox.control('GET', 'accounts').length;
  const attempts = async (id: number) => (await house.owner.query('select outcome, code from account_attempt where request_id = $1 order by id', [id])).rows;

  test('can be taken back for a while, and not later', async () => {
    const request = await creating({ wikiId: (await wiki()).id });
    expect(await run(activities.beginCreation, { request: request.id })).toEqual({ wanted: true, waitMs: 15_000 });
    await apply(house.kernel, { noun: 'request', id: request.id, verb: 'takeBack', actor: holder });
    expect(await run(activities.beginCreation, { request: request.id })).toEqual({ wanted: false, waitMs: 0 });
    expect(await row(request.id)).toMatchObject({ state: 'reserved', holderId: holder.userId, mode: null });
    const again = (await apply(house.kernel, { noun: 'request', id: request.id, verb: 'create', actor: holder, input: { mode: 'bot' } })).row;
    house.clock.advance(15_000);
    await expect(apply(house.kernel, { noun: 'request', id: again.id, verb: 'takeBack', actor: holder })).rejects.toMatchObject({ code: 'verb.refused' });
  });

  test('makes it once, closes the request and mails the answer, however often the step is repeated', async () => {
    const request = await creating({ wikiId: (await wiki()).id, name: 'New writer' });
    past();
    expect(await make(request)).toEqual({ done: true, waitMs: 0 });
    expect(await make(request)).toEqual({ done: true, waitMs: 0 });
    expect(sandbox.control('GET', 'accounts')).toMatchObject([{ name: 'New writer', by: 'Maker', reason: `Reeve: account request ${request.id}` }]);
    expect(await row(request.id)).toMatchObject({ state: 'closed', outcome: 'created', holderId: null });
    expect(await attempts(request.id)).toEqual([{ outcome: 'created', code: null }]);
    const { rows } = await house.owner.query(`select kind from mail where request_id = $1 and kind = 'answer'`, [request.id]);
    expect(rows).toHaveLength(1);
  });

  test('a worker killed after the wiki made it finds it by the wiki\'s log, and makes no second try', async () => {
    const request = await creating({ wikiId: (await wiki()).id, name: 'Half done' });
    past();
    sandbox.control('POST', 'faults', { fault: 'cut-after', times: 1, action: 'createaccount' });
    await expect(make(request)).rejects.toMatchObject({ code: 'request.creation-unclear' });
    expect(await make(request)).toEqual({ done: true, waitMs: 0 });
    expect(await made()).toBe(1);
    expect(await attempts(request.id)).toEqual([{ outcome: 'created', code: null }]);
    expect(await row(request.id)).toMatchObject({ state: 'closed', outcome: 'created' });
  });

  test('a name that another took meanwhile is not called ours', async () => {
    const request = await creating({ wikiId: (await wiki()).id, name: 'Wanted by two' });
    past();
    sandbox.control('POST', 'seed', { users: ['Wanted by two'] });
    await expect(make(request)).rejects.toMatchObject({ code: 'request.name-taken' });
    expect(await row(request.id)).toMatchObject({ state: 'creating' });
    await run(activities.giveUpCreation, { request: request.id });
    expect(await row(request.id)).toMatchObject({ state: 'reserved', holderId: holder.userId });
  });

  test('asks the wiki for six a day, whoever asks and however many at once; the first to file come first', async () => {
    const { id: wikiId } = await wiki();
    sandbox.control('POST', '', { accountsPerDay: 6 });
    const requests: Request[] = [];
    for (let n = 0; n < 20; n++) requests.push(await creating({ wikiId }));
    past();
    const answers = await Promise.all(requests.map(make));
    expect(answers.map(({ done }) => done)).toEqual(requests.map((_, n) => n < 6));
    expect(await made()).toBe(6);
    for (const { waitMs } of await Promise.all(requests.slice(6).map(make))) expect(waitMs).toBe(DAY); // the clock stands
    const { rows } = await house.owner.query(`select count(*)::int as n from account_attempt where wiki_id = $1`, [wikiId]);
    expect(rows[0].n).toBe(6); // nobody was sent away by the wiki
  });

  test('waits when the wiki itself says that its number is used up, and lets nobody else try meanwhile', async () => {
    const { id: wikiId } = await wiki();
    sandbox.control('POST', '', { accountsPerDay: 1 });
    const [one, two, three] = [await creating({ wikiId }), await creating({ wikiId }), await creating({ wikiId })];
    past();
    expect(await make(one)).toMatchObject({ done: true });
    expect(await make(two)).toEqual({ done: false, waitMs: DAY });
    expect((await make(three)).waitMs).toBeGreaterThan(DAY - 5 * MINUTE);
    expect(await attempts(three.id)).toEqual([]);
    expect(await attempts(two.id)).toEqual([{ outcome: 'throttled', code: 'acct_creation_throttle_hit' }]);
  });

  test('who is not counted by the wiki is not held up', async () => {
    const { id: wikiId } = await wiki(false);
    for (let n = 0; n < 8; n++) {
      const request = await creating({ wikiId });
      past();
      expect(await make(request)).toMatchObject({ done: true });
    }
  });

  test('what came by an event that is disabled meanwhile is taken back by itself', async () => {
    const organizer = await aUser(house, 'organizer');
    const day = (n: number): string => new Date(house.clock.atMs + n * DAY).toISOString().slice(0, 16);
    const event = await makeEvent(house.kernel, organizer, [day(1), day(2)]);
    await apply(house.kernel, { noun: 'event', id: event.id, verb: 'submit', actor: organizer });
    await apply(house.kernel, { noun: 'event', id: event.id, verb: 'approve', actor: holder });
    const request = await creating({ wikiId: (await wiki()).id, eventId: event.id });
    await apply(house.kernel, { noun: 'event', id: event.id, verb: 'disable', actor: holder });
    expect(await run(activities.beginCreation, { request: request.id })).toEqual({ wanted: false, waitMs: 0 });
    expect(await row(request.id)).toMatchObject({ state: 'reserved' });
  });
});
