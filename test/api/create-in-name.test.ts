/** Accounts made in one's own name, over HTTP: what is offered, what is refused, and signing in again where the wiki's leave is over. */
import { apply } from '../../db/apply';
import { create } from '../../db/create';
import type { Wiki } from '../../db/entities/wiki';
import { sandboxAccounts, startSandboxWiki, type SandboxWiki } from '../../demo/sandbox-wiki';
import { seal } from '../../gateways/secret-box';
import { system } from '../../policies/actor';
import { testApi, type Script } from '../support/api';
import { makeOpenRequest } from '../support/house';
import { allowAtSandbox, signInAtSandbox } from '../support/oauth';
import { reader, type Reader } from '../pages/form';

const api = testApi({ REEVE_PUBLIC_URL: 'http://127.0.0.1:8080' });
let sandbox: SandboxWiki;
let wiki: Wiki;
let [ada, ben] = [] as unknown as [Script, Script];
let adaId: number;
beforeAll(async () => {
  sandbox = await startSandboxWiki();
  sandbox.control('POST', 'seed', { users: ['Ada', 'Ben'] });
  const { clientId, clientSecret } = sandboxAccounts.oauth;
  const { kernel, config } = api.api;
  ({ row: wiki } = await create(kernel, {
    noun: 'wiki', actor: system,
    values: { host: 'wiki.example.org', apiUrl: sandbox.apiUrl, botUser: 'Bot', botPassword: seal(config.REEVE_SECRET_KEY, 'x'), editsPerMinute: 60, inFlight: 1, oauthClientId: clientId, oauthClientSecret: seal(config.REEVE_SECRET_KEY, clientSecret) },
  }));
  const person = await api.person('Ada', ['toolUser']);
  adaId = person.id;
  [ada, ben] = [await api.script(person), await api.script(await api.person('Ben', ['toolUser']))];
  await signInAtSandbox(kernel, config.REEVE_SECRET_KEY, adaId, wiki, 'Ada');
});
afterAll(() => sandbox.close());

const open = async (): Promise<number> => (await makeOpenRequest(api.api.kernel, { wikiId: wiki.id })).id;
const see = async (by: Script, id: number) => (await by.get(`/api/requests/${id}`)).body;
const modesOffered = async (by: Script, id: number) => (await see(by, id)).actions.find(({ verb }: { verb: string }) => verb === 'create').input.properties.mode.enum;

test('one\'s own name is offered to who has signed in at the wiki, and taken by itself', async () => {
  const id = await open();
  expect(await modesOffered(ada, id)).toEqual(['bot', 'organizer']);
  expect(await modesOffered(ben, id)).toEqual(['bot']);
  expect((await ada.post(`/api/requests/${id}/create`, {})).body).toMatchObject({ state: 'creating', mode: 'organizer' });
  expect((await ben.post(`/api/requests/${await open()}/create`, {})).body).toMatchObject({ state: 'creating', mode: 'bot' });
  expect((await ada.post(`/api/requests/${await open()}/create`, { mode: 'bot' })).body).toMatchObject({ mode: 'bot' });
});

test('who has not signed in at the wiki is told to, at the field, and nothing has begun', async () => {
  const id = await open();
  const { status, body } = await ben.post(`/api/requests/${id}/create`, { mode: 'organizer' });
  expect([status, body.code, body.errors]).toEqual([409, 'sign-in.again', [expect.objectContaining({ pointer: '/mode' })]]);
  expect(await see(ben, id)).toMatchObject({ state: 'open', mode: null });
});

test('an account that waits for a sign-in can be taken back, and goes on once one has signed in, back at its page', async () => {
  const id = await open();
  await ada.post(`/api/requests/${id}/create`, { mode: 'organizer' });
  await apply(api.api.kernel, { noun: 'request', id, verb: 'askSignIn', actor: system });
  const waiting = await see(ada, id);
  expect(waiting).toMatchObject({ state: 'creating', signInAskedAt: expect.any(String) });
  expect(waiting.actions.map(({ verb }: { verb: string }) => verb)).toContain('takeBack');

  const browser: Reader = await reader(api);
  await api.sql('update request set take_back_until_ms = 0 where id = $1', [id]);
  const sent = await browser.agent.get(`/sign-in/wiki/${wiki.id}?next=/requests/${id}`);
  const back = await allowAtSandbox(sent.headers.location!, 'Ada');
  expect((await browser.get(back.pathname + back.search)).headers.location).toBe(`/requests/${id}`);
  expect(await see(ada, id)).toMatchObject({ state: 'creating', mode: 'organizer', signInAskedAt: null });
  expect(await api.sql(`select effect from outbox where noun = 'request' and entity = $1 and effect = 'tellCreation'`, [id])).toHaveLength(1);
  expect((await ada.post(`/api/requests/${id}/takeBack`, {})).status).toBe(409); // it is under way again
});
