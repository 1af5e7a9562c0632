/** Accounts made in the name of who has the request in hand, at the sandbox wiki's own OAuth 2. */
import { MockActivityEnvironment } from '@temporalio/testing';
import { createAccountActivities } from '../../activities/account';
import { createWikis, type WikiDeps } from '../../activities/wikis';
import { apply, readRow } from '../../db/apply';
import type { Request } from '../../db/entities/request';
import type { Wiki } from '../../db/entities/wiki';
import { setPause } from '../../db/pause';
import type { DailyLimits } from '../../db/queries/accounts';
import { sandboxAccounts, startSandboxWiki, type SandboxWiki } from '../../demo/sandbox-wiki';
import { seal } from '../../gateways/secret-box';
import type { Actor } from '../../policies/actor';
import { makeEvent, makeOpenRequest, makeWiki, SECRET_KEY } from '../support/house';
import { aUser, testKernel } from '../support/kernel';
import { signInAtSandbox } from '../support/oauth';

const [MINUTE, DAY] = [60_000, 86_400_000];
const unlimited: DailyLimits = { perDay: 6, perCreator: Infinity, perEvent: Infinity };

describe('the making of accounts in somebody\'s name', () => {
  const house = testKernel();
  let sandbox: SandboxWiki;
  let wikis: WikiDeps;
  let activities: ReturnType<typeof createAccountActivities>;
  let [ada, ben] = [] as (Actor & { userId: number })[];
  let wiki: Wiki;
  let named = 0;
  beforeAll(async () => {
    sandbox = await startSandboxWiki();
    wikis = { kernel: house.kernel, secretKey: SECRET_KEY, userAgent: 'ReeveTest/1 (https://example.org)', timeoutMs: 10_000, allowPrivateHosts: true };
    activities = activitiesWith(unlimited);
  });
  afterAll(() => sandbox.close());
  beforeEach(async () => {
    sandbox.control('POST', 'reset');
    sandbox.control('POST', 'seed', { users: [{ name: 'Maker', password: 'a password' }, 'Ada', 'Ben'] });
    [ada, ben] = [await aUser(house, 'toolUser', 'toolAdmin'), await aUser(house, 'toolUser')];
    const { clientId, clientSecret } = sandboxAccounts.oauth;
    wiki = await makeWiki(house.kernel, { apiUrl: sandbox.apiUrl, user: 'Maker', password: 'a password' }, { oauthClientId: clientId, oauthClientSecret: seal(SECRET_KEY, clientSecret) });
  });

  const activitiesWith = (limits: DailyLimits) => createAccountActivities({ ...wikis, openWiki: createWikis(wikis), limits });
  const run = <T, A extends object>(activity: (input: A) => Promise<T>, input: A): Promise<T> => new MockActivityEnvironment().run(activity, input) as Promise<T>;
  const signIn = (who: { userId: number }, as: string): Promise<void> => signInAtSandbox(house.kernel, SECRET_KEY, who.userId, wiki, as);
  const create = (id: number, who: Actor, mode?: string) => apply(house.kernel, { noun: 'request', id, verb: 'create', actor: who, input: { ...(mode && { mode }) } });
  /** Asked for, and no more to be taken back. */
  async function creating(who: Actor, mode?: string, values: Partial<Request> = {}): Promise<number> {
    const { id } = await makeOpenRequest(house.kernel, { wikiId: wiki.id, name: `Newcomer ${++named}`, ...values });
    await create(id, who, mode);
    house.clock.advance(MINUTE);
    return id;
  }
  const make = (id: number, by = activities) => run(by.createAccount, { request: id });
  const row = async (id: number): Promise<Request> => (await readRow(house.kernel, 'request', id)).row!;
  const accounts = () => sandbox.control('GET', 'accounts').map(({ name, by }: { name: string; by: string }) => ({ name, by }));
  const notices = async (id: number) => (await house.owner.query(`select user_id as who, code from notice where noun = 'request' and entity = $1`, [id])).rows;

  test('is theirs at the wiki, and in Reeve\'s ledger', async () => {
    await signIn(ada!, 'Ada');
    const id = await creating(ada!, 'organizer', { name: 'Made by Ada' });
    expect(await make(id)).toMatchObject({ done: true });
    expect(accounts()).toEqual([{ name: 'Made by Ada', by: 'Ada' }]);
    expect(await row(id)).toMatchObject({ state: 'closed', outcome: 'created', mode: null });
    expect((await house.owner.query('select creator, outcome from account_attempt where request_id = $1', [id])).rows).toEqual([{ creator: 'Ada', outcome: 'created' }]);
  });

  test('is what happens by itself for who has signed in at the wiki; for others Reeve\'s own account makes it', async () => {
    await signIn(ada!, 'Ada');
    expect(await row(await creating(ada!))).toMatchObject({ mode: 'organizer' });
    expect(await row(await creating(ben!))).toMatchObject({ mode: 'bot' });
    await setPause(house.kernel, { id: wiki.id, mode: 'organizer', actor: ada!, reason: 'Not today.' }, true);
    expect(await row(await creating(ada!))).toMatchObject({ mode: 'bot' });
    await expect(creating(ada!, 'organizer')).rejects.toMatchObject({ code: 'request.creations-paused' });
  });

  test('is refused at the button to who has not signed in there', async () => {
    await expect(creating(ben!, 'organizer')).rejects.toMatchObject({ code: 'sign-in.again', more: { errors: [{ pointer: '/mode' }] } });
  });

  test.each([['revoked at the wiki', () => sandbox.control('POST', 'revoke', { wiki: '', user: 'Ada' })], ['unlinked here', async () => void (await house.owner.query('delete from identity where user_id = $1', [ada!.userId]))]])(
    'whose leave is %s waits for them, says so once, and can be taken back meanwhile', async (_how, end) => {
      await signIn(ada!, 'Ada');
      const id = await creating(ada!, 'organizer');
      await end();
      for (let n = 0; n < 2; n++) expect(await make(id)).toMatchObject({ done: false, wantsSignIn: true });
      expect(accounts()).toEqual([]);
      expect(await row(id)).toMatchObject({ state: 'creating', signInAskedAtMs: house.clock.atMs });
      expect(await notices(id)).toEqual([{ who: ada!.userId, code: 'request.askSignIn' }]);
      await signIn(ada!, 'Ada');
      expect(await make(id)).toMatchObject({ done: true });
      expect(accounts()).toMatchObject([{ by: 'Ada' }]);
      expect(await row(id)).toMatchObject({ outcome: 'created', signInAskedAtMs: null });
    });

  test('that waits for a sign-in is taken back, and made by Reeve\'s own account instead', async () => {
    await signIn(ada!, 'Ada');
    const id = await creating(ada!, 'organizer');
    sandbox.control('POST', 'revoke', { wiki: '', user: 'Ada' });
    await make(id);
    await apply(house.kernel, { noun: 'request', id, verb: 'takeBack', actor: ada! });
    expect(await row(id)).toMatchObject({ state: 'reserved', holderId: ada!.userId, signInAskedAtMs: null, mode: null });
    await create(id, ada!, 'bot');
    house.clock.advance(MINUTE);
    expect(await make(id)).toMatchObject({ done: true });
    expect(accounts()).toMatchObject([{ by: 'Maker' }]);
  });

  test('holds up nobody else while it waits for a sign-in', async () => {
    sandbox.control('POST', '', { accountsPerDay: 6 });
    await signIn(ada!, 'Ada');
    const waiting = [];
    for (let n = 0; n < 6; n++) waiting.push(await creating(ada!, 'organizer'));
    sandbox.control('POST', 'revoke', { wiki: '', user: 'Ada' });
    const later = await creating(ben!, 'bot');
    for (const id of waiting) await make(id);
    expect(await make(later)).toMatchObject({ done: true });
  });

  test('shares the wiki\'s number with everybody who makes accounts from here', async () => {
    sandbox.control('POST', '', { accountsPerDay: 6 });
    await signIn(ada!, 'Ada');
    await signIn(ben!, 'Ben');
    const ids = [];
    for (let n = 0; n < 9; n++) ids.push(await creating(n % 3 ? [ada!, ben!][n % 3 - 1]! : ben!, n % 3 ? 'organizer' : 'bot'));
    const answers = await Promise.all(ids.map((id) => make(id)));
    expect(answers.map(({ done }) => done)).toEqual(ids.map((_, n) => n < 6));
    expect(new Set(accounts().map(({ by }: { by: string }) => by))).toEqual(new Set(['Ada', 'Ben', 'Maker']));
  });

  test('uses nothing of that number up where the wiki does not count who makes it', async () => {
    sandbox.control('POST', '', { accountsPerDay: 6 });
    sandbox.control('POST', 'seed', { users: [{ name: 'Cleo', groups: ['bot'] }] });
    await signIn(ada!, 'Cleo');
    for (let n = 0; n < 7; n++) expect(await make(await creating(ada!, 'organizer'))).toMatchObject({ done: true });
    for (let n = 0; n < 6; n++) expect(await make(await creating(ben!, 'bot'))).toMatchObject({ done: true });
    expect(await make(await creating(ben!, 'bot'))).toMatchObject({ done: false });
  });

  test('can have lower numbers of one person and of one event, which leave the rest to the others', async () => {
    const limited = activitiesWith({ perDay: 6, perCreator: 1, perEvent: 2 });
    await signIn(ada!, 'Ada');
    const first = await creating(ada!, 'organizer');
    const second = await creating(ada!, 'organizer');
    expect(await make(first, limited)).toMatchObject({ done: true });
    house.clock.advance(MINUTE);
    expect(await make(second, limited)).toEqual({ done: false, waitMs: DAY - MINUTE });
    const event = await makeEvent(house.kernel, ada!, ['2028-05-17T10:00', '2028-05-17T12:00']);
    const tagged = [];
    for (let n = 0; n < 3; n++) tagged.push(await creating(ben!, 'bot', { eventId: event.id }));
    for (const [n, id] of tagged.entries()) expect((await make(id, limited)).done).toBe(n < 2);
    for (let n = 0; n < 2; n++) expect(await make(await creating(ben!, 'bot'), limited)).toMatchObject({ done: true });
  });

  test('that the wiki made while its answer was lost is found by their name, also when they have left meanwhile', async () => {
    await signIn(ada!, 'Ada');
    const id = await creating(ada!, 'organizer', { name: 'Half done' });
    sandbox.control('POST', 'faults', { fault: 'cut-after', times: 1, action: 'createaccount' });
    await expect(make(id)).rejects.toMatchObject({ code: 'request.creation-unclear' });
    sandbox.control('POST', 'revoke', { wiki: '', user: 'Ada' });
    expect(await make(id)).toMatchObject({ done: true });
    expect(accounts()).toEqual([{ name: 'Half done', by: 'Ada' }]);
    expect(await row(id)).toMatchObject({ outcome: 'created' });
  });

  test('goes back to who is blocked at the wiki: no operator could help', async () => {
    await signIn(ada!, 'Ada');
    const id = await creating(ada!, 'organizer');
    sandbox.control('POST', 'block', { wiki: '', user: 'Ada', reason: 'None.' });
    await expect(make(id)).rejects.toMatchObject({ code: 'request.creation-refused' });
    const { of } = await run(activities.beginCreation, { request: id });
    await run(activities.giveUpCreation, { request: id, of });
    expect(await row(id)).toMatchObject({ state: 'reserved', holderId: ada!.userId });
    await create(id, ada!, 'bot');
    await run(activities.giveUpCreation, { request: id, of }); // the step was killed before it could say that it was done
    expect(await row(id)).toMatchObject({ state: 'creating', mode: 'bot' });
    await run(activities.giveUpCreation, { request: id, of: (await run(activities.beginCreation, { request: id })).of });
    expect(await row(id)).toMatchObject({ state: 'reserved' });
  });

  test('goes on by a fresh token where the wiki takes the first one no more before its time', async () => {
    await signIn(ada!, 'Ada');
    const id = await creating(ada!, 'organizer');
    await house.owner.query(`update wiki_grant set access_token = $1`, [seal(SECRET_KEY, 'not the wiki\'s any more')]);
    expect(await make(id)).toMatchObject({ done: true });
  });
});
