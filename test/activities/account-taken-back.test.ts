/** Either the account is made or it is taken back: whatever comes at the same instant, and whatever the wiki has not answered. */
import { MockActivityEnvironment } from '@temporalio/testing';
import { createAccountActivities } from '../../activities/account';
import { createWikis, type WikiDeps } from '../../activities/wikis';
import { apply, readRow } from '../../db/apply';
import type { Request } from '../../db/entities/request';
import { setPause } from '../../db/pause';
import { startSandboxWiki, type SandboxWiki } from '../../demo/sandbox-wiki';
import type { Actor } from '../../policies/actor';
import { makeOpenRequest, makeWiki, SECRET_KEY } from '../support/house';
import { aUser, testKernel } from '../support/kernel';

const MINUTE = 60_000;

describe('what is taken back while its account is being made', () => {
  const house = testKernel();
  let sandbox: SandboxWiki;
  let activities: ReturnType<typeof createAccountActivities>;
  let holder: Actor & { userId: number };
  let wikiId: number;
  beforeAll(async () => {
    sandbox = await startSandboxWiki();
    const wikis: WikiDeps = { kernel: house.kernel, secretKey: SECRET_KEY, userAgent: 'ReeveTest/1 (https://example.org)', timeoutMs: 10_000, allowPrivateHosts: true };
    activities = createAccountActivities({ ...wikis, openWiki: createWikis(wikis), limits: { perDay: 6, perCreator: Infinity, perEvent: Infinity } });
    holder = await aUser(house, 'toolUser', 'toolAdmin');
  });
  afterAll(() => sandbox.close());
  beforeEach(async () => {
    sandbox.control('POST', 'reset');
    sandbox.control('POST', 'seed', { users: [{ name: 'Maker', password: 'a password' }] });
    wikiId = (await makeWiki(house.kernel, { apiUrl: sandbox.apiUrl, user: 'Maker', password: 'a password' })).id;
  });

  const run = <T, A extends object>(activity: (input: A) => Promise<T>, input: A): Promise<T> => new MockActivityEnvironment().run(activity, input) as Promise<T>;
  async function creating(): Promise<Request> {
    const { id } = await makeOpenRequest(house.kernel, { wikiId });
    return (await apply(house.kernel, { noun: 'request', id, verb: 'create', actor: holder, input: { mode: 'bot' } })).row;
  }
  const past = (): void => house.clock.advance(MINUTE);
  const make = ({ id }: { id: number }) => run(activities.createAccount, { request: id });
  const begin = ({ id }: { id: number }) => run(activities.beginCreation, { request: id });
  const takeBack = ({ id }: { id: number }) => apply(house.kernel, { noun: 'request', id, verb: 'takeBack', actor: holder });
  const turn = (paused: boolean) => setPause(house.kernel, { id: wikiId, mode: 'bot', actor: holder, reason: 'A wave of odd names.' }, paused);
  const row = async (id: number): Promise<Request> => (await readRow(house.kernel, 'request', id)).row!;
  const made = async (): Promise<number> => sandbox.control('GET', 'accounts').length;
  const attempts = async (id: number) => (await house.owner.query('select outcome, code from account_attempt where request_id = $1 order by id', [id])).rows;
  const lose = (fault: 'cut-before' | 'cut-after') => sandbox.control('POST', 'faults', { fault, times: 1, action: 'createaccount' });

  test('is not: the wiki has made it, and nobody has heard of that before all making was paused', async () => {
    const request = await creating();
    past();
    lose('cut-after');
    await expect(make(request)).rejects.toMatchObject({ code: 'request.creation-unclear' });
    await turn(true);
    await expect(takeBack(request)).rejects.toMatchObject({ code: 'request.being-made' });
    expect(await begin(request)).toMatchObject({ wanted: true, waitMs: 0 }); // the switch holds up no look at the wiki's log
    expect(await make(request)).toMatchObject({ done: true });
    expect([await row(request.id), await made()]).toEqual([expect.objectContaining({ state: 'closed', outcome: 'created' }), 1]);
  });

  test('is not for ten minutes, where the wiki\'s log does not know it: a slow wiki may make it yet', async () => {
    const request = await creating();
    past();
    lose('cut-before');
    await expect(make(request)).rejects.toMatchObject({ code: 'request.creation-unclear' });
    await turn(true);
    expect(await make(request)).toMatchObject({ done: false, pausedAtMs: house.clock.atMs });
    house.clock.advance(10 * MINUTE - 1);
    await expect(takeBack(request)).rejects.toMatchObject({ code: 'request.being-made' });
    house.clock.advance(1);
    expect(await takeBack(request)).toMatchObject({ row: { state: 'reserved', holderId: holder.userId } });
    expect(await made()).toBe(0);
  });

  test('is not: its try began when its time was over, at the very instant at which it was still taken back in time', async () => {
    const request = await creating();
    house.clock.atMs = request.takeBackUntilMs! - 1;
    const trying = await house.owner.connect();
    await trying.query('begin');
    await trying.query('select from wiki where id = $1 for update', [wikiId]);
    const taken = takeBack(request).then(() => 'taken', ({ code }: { code: string }) => code);
    await new Promise((done) => setTimeout(done, 300)); // it has read the clock
    await trying.query(`insert into account_attempt (request_id, wiki_id, began_at_ms, creator) values ($1, $2, $3, 'Maker')`, [request.id, wikiId, request.takeBackUntilMs]);
    await trying.query('commit');
    trying.release();
    expect(await taken).toBe('request.being-made');
    expect(await row(request.id)).toMatchObject({ state: 'creating' });
  });

  test('lifted at the very instant at which one is taken back, either the account is made or it is taken back', async () => {
    const request = await creating();
    await turn(true);
    past();
    const lifting = await house.owner.connect();
    await lifting.query('begin');
    await lifting.query('update wiki set bot_creations_paused_at_ms = null where id = $1', [wikiId]);
    const taken = takeBack(request).then(() => 'taken', ({ code }: { code: string }) => code);
    await new Promise((done) => setTimeout(done, 300)); // it has read that the switch holds, and waits to be sure of it
    await lifting.query('commit');
    lifting.release();
    expect(await taken).toBe('verb.refused');
    expect(await row(request.id)).toMatchObject({ state: 'creating' });
  });

  test('what is taken back while its try is about to begin is not tried', async () => {
    const request = await creating();
    past();
    const other = await house.owner.connect();
    await other.query('begin');
    await other.query('select from wiki where id = $1 for update', [wikiId]);
    const trying = make(request);
    await new Promise((done) => setTimeout(done, 300));
    await house.owner.query(`update request set state = 'reserved' where id = $1`, [request.id]);
    await other.query('commit');
    other.release();
    expect(await trying).toEqual({ done: true, waitMs: 0 });
    expect([await attempts(request.id), await made()]).toEqual([[], 0]);
  });
});
