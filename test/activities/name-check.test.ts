import { MockActivityEnvironment } from '@temporalio/testing';
import { createNameCheckActivities } from '../../activities/name-check';
import { createWikis } from '../../activities/wikis';
import { apply, readRow } from '../../db/apply';
import type { Request } from '../../db/entities/request';
import { sandboxAccounts, startSandboxWiki, type SandboxWiki } from '../../demo/sandbox-wiki';
import { system } from '../../policies/actor';
import { makeOpenRequest, makeRequest, makeWiki, SECRET_KEY } from '../support/house';
import { aUser, testKernel } from '../support/kernel';

describe('a name that the wiki did not answer for when it was asked', () => {
  const house = testKernel();
  let sandbox: SandboxWiki;
  let wikiId: number;
  let activities: ReturnType<typeof createNameCheckActivities>;
  beforeAll(async () => {
    sandbox = await startSandboxWiki();
    activities = createNameCheckActivities({ kernel: house.kernel, openWiki: createWikis({ kernel: house.kernel, secretKey: SECRET_KEY, userAgent: 'ReeveTest/1 (https://example.org)', timeoutMs: 5_000, allowPrivateHosts: true }) });
    ({ id: wikiId } = await makeWiki(house.kernel, { apiUrl: sandbox.apiUrl, ...sandboxAccounts.bot }));
    sandbox.control('POST', 'seed', { users: ['Taken already', 'Taken and held', 'Taken half way', 'Taken too late'] });
  });
  afterAll(() => sandbox.close());
  afterEach(() => void sandbox.control('DELETE', 'faults'));

  const filed = (name: string): Promise<Request> => makeOpenRequest(house.kernel, { wikiId, name, nameCheck: 'unasked' });
  const ask = ({ id }: { id: number }): Promise<unknown> => new MockActivityEnvironment().run(activities.askName, { request: id });
  const row = async ({ id }: { id: number }): Promise<Request> => (await readRow(house.kernel, 'request', id)).row!;
  const deeds = async ({ id }: { id: number }) => (await house.owner.query(`select verb, code, actor from audit where noun = 'request' and entity = $1 and version > 2 order by version`, [id])).rows;
  const told = async ({ id }: { id: number }): Promise<number> => (await house.owner.query(`select count(*)::int as n from notice where noun = 'request' and entity = $1 and code = 'request.escalated'`, [id])).rows[0].n;

  test('is asked for once the address is confirmed, and not where the wiki answered', async () => {
    const asks = async ({ id }: { id: number }): Promise<number> => (await house.owner.query(`select from outbox where noun = 'request' and entity = $1 and effect = 'askName'`, [id])).rowCount!;
    const waiting = await makeRequest(house.kernel, { wikiId, nameCheck: 'unasked' });
    expect(await asks(waiting)).toBe(0); // nobody sees it before
    await apply(house.kernel, { noun: 'request', id: waiting.id, verb: 'confirm', actor: system });
    expect([await asks(waiting), await asks(await makeOpenRequest(house.kernel, { wikiId }))]).toEqual([1, 0]);
  });

  test.each<[string, string, Request['nameCheck']]>([['taken meanwhile', 'Taken already', 'taken'], ['kept from everybody', 'Forbidden fruit', 'refused'], ['none at all', '192.0.2.1', 'refused']])('and that is %s goes to the account team, once, and is marked', async (_what, name, nameCheck) => {
    await aUser(house, 'toolUser');
    const request = await filed(name);
    const before = await told(request);
    for (let n = 0; n < 2; n++) await ask(request);
    expect(await row(request)).toMatchObject({ state: 'open', nameCheck, escalatedAtMs: house.clock.atMs });
    expect(await deeds(request)).toEqual([{ verb: 'flag', code: `name-${nameCheck}`, actor: 'system' }, { verb: 'edit', code: null, actor: 'system' }]);
    expect((await told(request)) - before).toBeGreaterThan(0);
  });

  test('and that is free is marked, and is nobody\'s trouble', async () => {
    const request = await filed('Free as a bird');
    await ask(request);
    expect(await row(request)).toMatchObject({ state: 'open', nameCheck: 'free', escalatedAtMs: null });
    expect(await deeds(request)).toEqual([{ verb: 'edit', code: null, actor: 'system' }]);
  });

  test('stays with who has it in hand, and is not escalated twice', async () => {
    const holder = await aUser(house, 'toolUser');
    const request = await filed('Taken and held');
    await apply(house.kernel, { noun: 'request', id: request.id, verb: 'reserve', actor: holder });
    await ask(request);
    expect(await row(request)).toMatchObject({ state: 'reserved', holderId: holder.userId, nameCheck: 'taken' });
    const escalated = await filed('Forbidden twice');
    await apply(house.kernel, { noun: 'request', id: escalated.id, verb: 'escalate', actor: holder });
    await ask(escalated);
    expect((await deeds(escalated)).map(({ verb }) => verb)).toEqual(['escalate', 'edit']);
  });

  test('a step that was killed between the two goes on where it stopped', async () => {
    const request = await filed('Taken half way');
    await apply(house.kernel, { noun: 'request', id: request.id, verb: 'flag', actor: system, code: 'name-taken' });
    await ask(request);
    expect((await deeds(request)).map(({ verb }) => verb)).toEqual(['flag', 'edit']);
  });

  test.each(['http-503', 'html', 'hang', 'internal-error', 'blocked'])('is asked for again while the wiki says nothing of use (%s)', async (fault) => {
    sandbox.control('POST', 'faults', { fault, action: '*' });
    const request = await filed(`Silence ${fault}`);
    await expect(ask(request)).rejects.toMatchObject({ code: 'wiki.unreachable' });
    expect(await row(request)).toMatchObject({ nameCheck: 'unasked', escalatedAtMs: null });
  });

  test('is not asked for once it is answered', async () => {
    const closer = await aUser(house, 'toolUser');
    const request = await filed('Taken too late');
    await apply(house.kernel, { noun: 'request', id: request.id, verb: 'drop', actor: closer });
    sandbox.control('POST', 'faults', { fault: 'http-503', action: '*' });
    await ask(request);
    expect(await row(request)).toMatchObject({ state: 'closed', nameCheck: 'unasked' });
  });
});
