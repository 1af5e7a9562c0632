import { MockActivityEnvironment } from '@temporalio/testing';
import { createAccountActivities } from '../../activities/account';
import { createWikis, type WikiDeps } from '../../activities/wikis';
import { apply, readRow } from '../../db/apply';
import type { Event } from '../../db/entities/event';
import type { Request } from '../../db/entities/request';
import type { DailyLimits } from '../../db/queries/accounts';
import { setPause } from '../../db/pause';
import type { Wiki } from '../../db/entities/wiki';
import { sandboxAccounts, startSandboxWiki, type SandboxWiki } from '../../demo/sandbox-wiki';
import type { Actor } from '../../policies/actor';
import { makeEvent, makeOpenRequest, makeWiki, SECRET_KEY } from '../support/house';
import { aUser, testKernel } from '../support/kernel';

const [MINUTE, DAY] = [60_000, 86_400_000];

describe('the making of accounts', () => {
  const house = testKernel();
  let sandbox: SandboxWiki;
  let wikis: WikiDeps;
  let activities: ReturnType<typeof createAccountActivities>;
  let holder: Actor & { userId: number };
  beforeAll(async () => {
    sandbox = await startSandboxWiki();
    wikis = { kernel: house.kernel, secretKey: SECRET_KEY, userAgent: 'ReeveTest/1 (https://example.org)', timeoutMs: 10_000, allowPrivateHosts: true };
    activities = activitiesWith({ perDay: 6, perCreator: Infinity, perEvent: Infinity });
    holder = await aUser(house, 'toolUser', 'toolAdmin');
  });
  afterAll(() => sandbox.close());
  beforeEach(() => {
    sandbox.control('POST', 'reset');
    sandbox.control('POST', 'seed', { users: [{ name: 'Maker', password: 'a password' }] });
  });

  const activitiesWith = (limits: DailyLimits) => createAccountActivities({ ...wikis, openWiki: createWikis(wikis), limits });
  const run = <T, A extends object>(activity: (input: A) => Promise<T>, input: A): Promise<T> => new MockActivityEnvironment().run(activity, input) as Promise<T>;
  /** A wiki where Reeve's account is counted like anybody's, or is not. */
  const wiki = (counted = true, values: Partial<Wiki> = {}) => makeWiki(house.kernel, { apiUrl: sandbox.apiUrl, user: counted ? 'Maker' : sandboxAccounts.bot.user, password: counted ? 'a password' : sandboxAccounts.bot.password }, values);
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
    expect(await run(activities.beginCreation, { request: request.id })).toEqual({ wanted: true, waitMs: 15_000, of: request.takeBackUntilMs });
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
    for (let n = 0; n < 2; n++) expect(await make(request)).toEqual({ done: true, waitMs: 0, welcomes: false });
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
    expect(await make(request)).toEqual({ done: true, waitMs: 0, welcomes: false });
    expect(await made()).toBe(1);
    expect(await attempts(request.id)).toEqual([{ outcome: 'created', code: null }]);
    expect(await row(request.id)).toMatchObject({ state: 'closed', outcome: 'created' });
  });

  test('a worker killed once it has written down that the wiki made it tells the request later, and asks no more', async () => {
    const { id: wikiId } = await wiki();
    const request = await creating({ wikiId, name: 'Written down' });
    past();
    const ago = 3 * MINUTE; // how long it takes until a step whose worker is gone begins again
    sandbox.control('POST', 'seed', { accounts: [{ name: 'Written down', by: 'Maker', atMs: Date.now() - ago }] });
    await house.owner.query(`insert into account_attempt (request_id, wiki_id, began_at_ms, creator, outcome) values ($1, $2, $3, 'Maker', 'created')`, [request.id, wikiId, house.clock.atMs - ago]);
    expect(await make(request)).toEqual({ done: true, waitMs: 0, welcomes: false });
    expect(await row(request.id)).toMatchObject({ state: 'closed', outcome: 'created' });
    expect(await attempts(request.id)).toEqual([{ outcome: 'created', code: null }]);
    // What is opened again and asked for once more was told, and is asked of the wiki.
    await apply(house.kernel, { noun: 'request', id: request.id, verb: 'reopen', actor: holder });
    await apply(house.kernel, { noun: 'request', id: request.id, verb: 'create', actor: holder, input: { mode: 'bot' } });
    past();
    await expect(make(request)).rejects.toMatchObject({ code: 'request.name-taken' });
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

  test('whose asker has lost the role meanwhile is not made, and goes back', async () => {
    const request = await creating({ wikiId: (await wiki()).id });
    past();
    const suspend = (state: string) => house.owner.query('update membership set state = $2 where user_id = $1', [holder.userId, state]);
    await suspend('suspended');
    try {
      await expect(make(request)).rejects.toMatchObject({ code: 'request.creation-refused' });
      expect(await made()).toBe(0);
      expect(await attempts(request.id)).toEqual([]);
    } finally {
      await suspend('active');
    }
    expect(await make(request)).toMatchObject({ done: true }); // a second look finds it as it is then
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

  describe('while it is paused on the wiki', () => {
    let wikiId: number;
    const turn = (paused: boolean, mode: 'bot' | 'organizer' = 'bot') => setPause(house.kernel, { id: wikiId, mode, actor: holder, reason: 'A wave of odd names.' }, paused);
    const takeBack = ({ id }: { id: number }) => apply(house.kernel, { noun: 'request', id, verb: 'takeBack', actor: holder });
    const said = async () => (await house.owner.query(`select verb, code, actor from audit where noun = 'wiki' and entity = $1 and verb <> 'new' order by version`, [wikiId])).rows;
    beforeEach(async () => void (wikiId = (await wiki()).id));

    test('none is begun, what is under way waits, and no try is counted', async () => {
      const request = await creating({ wikiId });
      await turn(true);
      const pausedAtMs = house.clock.atMs;
      await expect(creating({ wikiId })).rejects.toMatchObject({ code: 'request.creations-paused' });
      expect(await run(activities.beginCreation, { request: request.id })).toMatchObject({ wanted: true, waitMs: 15_000 }); // first it can be taken back, as always
      past();
      expect(await run(activities.beginCreation, { request: request.id })).toMatchObject({ wanted: true, waitMs: 60 * MINUTE, pausedAtMs });
      expect(await make(request)).toEqual({ done: false, waitMs: 60 * MINUTE, pausedAtMs });
      expect([await attempts(request.id), await made()]).toEqual([[], 0]);
      await turn(false);
      expect(await make(request)).toMatchObject({ done: true });
      expect(await said()).toEqual([{ verb: 'pauseCreations', code: 'bot', actor: `user/${holder.userId}` }, { verb: 'resumeCreations', code: 'bot', actor: `user/${holder.userId}` }]);
    });

    test('what waits can be taken back, however long it has waited; once the switch is lifted it cannot', async () => {
      const [one, two] = [await creating({ wikiId }), await creating({ wikiId })];
      await turn(true);
      house.clock.advance(DAY);
      await takeBack(one);
      expect(await row(one.id)).toMatchObject({ state: 'reserved', holderId: holder.userId, mode: null });
      await turn(false);
      await expect(takeBack(two)).rejects.toMatchObject({ code: 'verb.refused' });
    });

    test('in one mode, the other goes on; turned twice it stands as it did, and says so once', async () => {
      await turn(true, 'organizer');
      await turn(true, 'organizer');
      expect(await said()).toHaveLength(1);
      const request = await creating({ wikiId });
      past();
      expect(await make(request)).toMatchObject({ done: true });
    });
  });

  describe('the welcome', () => {
    const WELCOME = '{{subst:Welcome}} ~~~~';
    const welcomed = async (name: string): Promise<{ summary: string; text: string }[]> => {
      const reply = await fetch(`${sandbox.apiUrl}?action=query&titles=${encodeURIComponent(`User talk:${name}`)}&prop=revisions&rvprop=content%7Ccomment&rvslots=main&rvlimit=10&format=json&formatversion=2`);
      const { query } = (await reply.json()) as { query: { pages: [{ revisions?: { comment: string; slots: { main: { content: string } } }[] }] } };
      return (query.pages[0].revisions ?? []).map(({ comment, slots }) => ({ summary: comment, text: slots.main.content }));
    };
    const welcome = ({ id }: { id: number }) => run(activities.welcomeNewcomer, { request: id });
    async function newcomer(name: string, values: Partial<Wiki> = { welcome: WELCOME }): Promise<Request> {
      const request = await creating({ wikiId: (await wiki(true, values)).id, name });
      past();
      expect(await make(request)).toEqual({ done: true, waitMs: 0, welcomes: values.welcome !== '' });
      return request;
    }

    test('stands on the talk page once, however often the step is repeated, and is announced by a step that was killed after the account was made', async () => {
      const request = await newcomer('Heron');
      expect(await make(request)).toEqual({ done: true, waitMs: 0, welcomes: true });
      for (let n = 0; n < 3; n++) await welcome(request);
      expect(await welcomed('Heron')).toEqual([{ summary: `Reeve: account request ${request.id}`, text: expect.stringContaining('{{subst:Welcome}}') }]);
    });

    test.each(['cut-before', 'cut-after'])('is left once although the answer was lost (%s)', async (fault) => {
      const request = await newcomer(`Egret ${fault}`);
      sandbox.control('POST', 'faults', { fault, times: 1, action: 'edit' });
      await expect(welcome(request)).rejects.toMatchObject({ code: 'wiki.unreachable' });
      await welcome(request);
      expect(await welcomed(`Egret ${fault}`)).toHaveLength(1);
    });

    test('leaves a talk page alone on which somebody has written already', async () => {
      const request = await newcomer('Bittern');
      sandbox.control('POST', 'seed', { pages: [{ title: 'User talk:Bittern', text: 'Hello from a neighbour.' }] });
      await welcome(request);
      expect(await welcomed('Bittern')).toMatchObject([{ text: 'Hello from a neighbour.' }]);
    });

    test('is not left where the wiki has none, nor for an account that was made by hand', async () => {
      await welcome(await newcomer('Crane', { welcome: '' }));
      expect(await welcomed('Crane')).toEqual([]);
      const byHand = await makeOpenRequest(house.kernel, { wikiId: (await wiki(true, { welcome: WELCOME })).id, name: 'Stork' });
      await apply(house.kernel, { noun: 'request', id: byHand.id, verb: 'close', actor: holder, input: { outcome: 'created' } });
      expect(await make(byHand)).toEqual({ done: true, waitMs: 0 });
    });

    test('that the wiki does not take changes nothing of the account', async () => {
      const request = await newcomer('Spoonbill');
      sandbox.control('POST', 'faults', { fault: 'abusefilter', titles: ['User talk:Spoonbill'] });
      await expect(welcome(request)).rejects.toMatchObject({ code: 'request.welcome-refused' });
      expect(await row(request.id)).toMatchObject({ state: 'closed', outcome: 'created' });
    });
  });

  describe('what came by an event', () => {
    let event: Event;
    let request: Request;
    const disable = () => apply(house.kernel, { noun: 'event', id: event.id, verb: 'disable', actor: holder });
    const begin = () => run(activities.beginCreation, { request: request.id });
    beforeEach(async () => {
      const organizer = await aUser(house, 'organizer');
      const day = (n: number): string => new Date(house.clock.atMs + n * DAY).toISOString().slice(0, 16);
      event = await makeEvent(house.kernel, organizer, [day(1), day(2)]);
      for (const [verb, actor] of [['submit', organizer], ['approve', holder]] as const) await apply(house.kernel, { noun: 'event', id: event.id, verb, actor });
      request = await creating({ wikiId: (await wiki()).id, eventId: event.id });
    });

    test('that is disabled while it can be taken back goes back by itself, however late that is seen, and its holder is told', async () => {
      expect(await begin()).toMatchObject({ wanted: true, waitMs: 15_000 });
      house.clock.advance(5_000);
      await disable();
      house.clock.advance(20_000);
      expect(await begin()).toEqual({ wanted: false, waitMs: 0 });
      expect(await row(request.id)).toMatchObject({ state: 'reserved', mode: null });
      expect((await house.owner.query(`select user_id as who from notice where noun = 'request' and entity = $1 and code = 'request.creationFailed'`, [request.id])).rows).toEqual([{ who: holder.userId }]);
    });

    test('that is disabled later is made', async () => {
      past();
      await disable();
      expect(await begin()).toMatchObject({ wanted: true, waitMs: 0 });
    });

    test('that was disabled before is made for the account team', async () => {
      await disable();
      await begin();
      house.clock.advance(MINUTE);
      await apply(house.kernel, { noun: 'request', id: request.id, verb: 'create', actor: holder, input: { mode: 'bot' } });
      expect(await begin()).toMatchObject({ wanted: true, waitMs: 15_000 });
      past();
      expect(await begin()).toMatchObject({ wanted: true, waitMs: 0 });
    });
  });

  test('is not made while it can be taken back: a step that began before it was asked for anew', async () => {
    const request = await creating({ wikiId: (await wiki()).id });
    expect(await make(request)).toEqual({ done: true, waitMs: 0 });
    expect([await made(), await row(request.id)]).toEqual([0, expect.objectContaining({ state: 'creating' })]);
  });
});
