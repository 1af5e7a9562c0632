/** What is to be done just after signing in only: a first password for who came by a wiki, and another way in. */
import { sandboxAccounts, startSandboxWiki, type SandboxWiki } from '../../demo/sandbox-wiki';
import { seal } from '../../gateways/secret-box';
import { reader, type Reader } from '../pages/form';
import { testApi } from '../support/api';
import { allowAtSandbox } from '../support/oauth';

const house = testApi({ REEVE_PUBLIC_URL: 'http://127.0.0.1:8080' });
let sandbox: SandboxWiki;
let wikiId: number;
beforeAll(async () => {
  sandbox = await startSandboxWiki();
  const { clientId, clientSecret } = sandboxAccounts.oauth;
  ({ id: wikiId } = await house.wiki('wiki.example.org', { apiUrl: sandbox.apiUrl, oauthClientId: clientId, oauthClientSecret: seal(house.api.config.REEVE_SECRET_KEY, clientSecret) }));
});
afterAll(() => sandbox.close());

const PASSWORD = 'a first password of tests';
const me = async ({ agent }: Reader) => (await agent.get('/api/me')).body;
const change = async (browser: Reader, body: object) => browser.agent.patch('/api/me').set('X-CSRF-Token', (await me(browser)).csrfToken).send(body);
const back = async (browser: Reader, at: string, name: string) => {
  const { pathname, search } = await allowAtSandbox(at, name);
  return browser.get(pathname + search);
};
async function newcomer(name: string): Promise<Reader> {
  sandbox.control('POST', 'seed', { users: [name] });
  const browser = await reader(house);
  await back(browser, (await browser.get(`/sign-in/wiki/${wikiId}`)).headers.location!, name);
  return browser;
}
/** Goes through the wiki from the settings. */
async function again(browser: Reader, name: string) {
  const { body } = await browser.agent.post('/api/me/identities').set('X-CSRF-Token', (await me(browser)).csrfToken).send({ wiki: 'wiki.example.org' });
  return back(browser, body.location, name);
}
const later = () => house.sql('update session set since_ms = since_ms - 600000');

test('is set just after signing in, and signs in from then on; the next one needs it', async () => {
  const browser = await newcomer('Ada');
  expect(await me(browser)).toMatchObject({ localSignIn: false, freshSignIn: true });
  expect((await change(browser, { password: PASSWORD })).body).toMatchObject({ localSignIn: true });
  expect((await (await reader(house)).agent.post('/api/sessions').send({ name: 'Ada', password: PASSWORD })).status).toBe(201);
  expect((await change(browser, { password: 'another password of tests' })).body.errors).toMatchObject([{ pointer: '/currentPassword' }]);
});

test('is not set later, before its person has come from the wiki once more: who finds the machine is not them', async () => {
  const browser = await newcomer('Bea');
  await later();
  expect(await me(browser)).toMatchObject({ freshSignIn: false });
  expect((await change(browser, { password: PASSWORD })).body).toMatchObject({ status: 403, errors: [{ pointer: '/password', code: 'sign-in.not-fresh' }] });
  sandbox.control('POST', 'seed', { users: ['Somebody else'] });
  expect((await again(browser, 'Somebody else')).status).toBe(409);
  expect((await change(browser, { password: PASSWORD })).status).toBe(403);
  const before = (await me(browser)).csrfToken;
  expect((await again(browser, 'Bea')).headers.location).toBe('/me');
  expect((await me(browser)).csrfToken).not.toBe(before); // who has copied the session has it no more
  expect((await change(browser, { password: PASSWORD })).status).toBe(200);
});

test('is not set by another account that has only just been linked, nor by a key', async () => {
  const browser = await newcomer('Cleo');
  const second = await house.wiki('second.example.org', { apiUrl: sandbox.apiUrl.replace('/api.php', '/second/api.php'), oauthClientId: sandboxAccounts.oauth.clientId, oauthClientSecret: seal(house.api.config.REEVE_SECRET_KEY, sandboxAccounts.oauth.clientSecret) });
  sandbox.control('POST', 'seed', { wiki: 'second', users: ['Cleo there'] });
  const link = async () => browser.agent.post('/api/me/identities').set('X-CSRF-Token', (await me(browser)).csrfToken).send({ wiki: second.host });
  const { body } = await link();
  await later();
  expect((await link()).body).toMatchObject({ status: 403, code: 'sign-in.not-fresh' }); // who finds the machine makes no way in of their own
  expect((await back(browser, body.location, 'Cleo there')).headers.location).toBe('/me');
  expect((await change(browser, { password: PASSWORD })).status).toBe(403);
  const [{ id, name }] = await house.sql(`select id, name from "user" where name = 'Cleo'`);
  const key = await house.script({ id, name } as never);
  expect((await key.patch('/api/me', { password: PASSWORD })).body.errors).toMatchObject([{ code: 'sign-in.not-fresh' }]);
});
