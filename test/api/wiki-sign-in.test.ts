/** Signing in by a wiki, over HTTP, at the sandbox wiki's own OAuth 2. */
import request from 'supertest';
import { liveToken } from '../../activities/wiki-grant';
import type { ReeveError } from '../../config/errors';
import { sandboxAccounts, startSandboxWiki, type SandboxWiki } from '../../demo/sandbox-wiki';
import { seal } from '../../gateways/secret-box';
import { totpCode } from '../support/totp';
import { reader, words, type Reader } from '../pages/form';
import { testApi } from '../support/api';
import { allowAtSandbox } from '../support/oauth';

const house = testApi({ REEVE_PUBLIC_URL: 'http://127.0.0.1:8080' });
const secretKey = 'only-for-tests-only-for-tests-only';
let sandbox: SandboxWiki;
let wikiId: number;
beforeAll(async () => {
  sandbox = await startSandboxWiki();
  const { clientId, clientSecret } = sandboxAccounts.oauth;
  ({ id: wikiId } = await house.wiki('wiki.example.org', { apiUrl: sandbox.apiUrl, oauthClientId: clientId, oauthClientSecret: seal(secretKey, clientSecret) }));
});
afterEach(() => sandbox.control('DELETE', 'faults'));
afterAll(() => sandbox.close());

const account = (name: string): string => (sandbox.control('POST', 'seed', { users: [name] }), name);
const visitor = (): Promise<Reader> => reader(house);
/** Presses the button, allows it at the wiki as `user`, and is led back. */
async function comeBack(browser: Reader, user: string | null, query = ''): Promise<request.Response> {
  const sent = await browser.agent.get(`/sign-in/wiki/${wikiId}${query}`);
  expect(sent.status).toBe(303);
  return browser.get(pathOf(await allowAtSandbox(sent.headers.location!, user)));
}
const pathOf = (url: URL): string => url.pathname + url.search;
const me = async (browser: Reader) => (await browser.get('/api/me')).body;

describe('who signs in by a wiki', () => {
  test('finds a button for each wiki that lets them, beside the local form', async () => {
    await house.wiki('silent.example.org');
    const page = await (await visitor()).get('/sign-in?next=/events');
    expect(page.text).toContain(`href="/sign-in/wiki/${wikiId}?next=%2Fevents"`);
    expect(words(page)).toContain('Sign in with your account at wiki.example.org');
    expect(words(page)).not.toContain('silent.example.org');
    expect(page.text).toContain('name="password"');
    expect((await (await visitor()).get('/sign-in/wiki/2147483647')).status).toBe(404);
  });

  test('gets an account of the same name at first, and is asked what for; later they come to where they wanted to go', async () => {
    const name = account('Ada Vogel');
    const browser = await visitor();
    const first = await comeBack(browser, name, '?next=/events/new');
    expect(first.headers.location).toBe('/sign-up?next=%2Fevents%2Fnew');
    const known = await me(browser);
    expect(known).toMatchObject({ user: { name }, roles: [], localSignIn: false });
    const another = await visitor();
    expect((await comeBack(another, name, '?next=/events/new')).headers.location).toBe('/events/new');
    expect((await me(another)).user.id).toBe(known.user.id);
  });

  test('gets a new session, whatever was planted before', async () => {
    const browser = await visitor();
    const planted = (await browser.agent.get(`/sign-in/wiki/${wikiId}`).set('Cookie', 'reeve=s%3Aplanted.signature')).headers.location!;
    const answer = await browser.get(pathOf(await allowAtSandbox(planted, account('Planted'))));
    const [session] = (answer.headers['set-cookie'] as unknown as string[]).filter((one) => one.startsWith('reeve='));
    expect(session).not.toContain('planted');
    expect(session).toMatch(/HttpOnly.*SameSite=Lax/);
  });

  test('is known by the wiki’s number, and a new name there is theirs here', async () => {
    account('Old name');
    const browser = await visitor();
    await comeBack(browser, 'Old name');
    const before = await me(browser);
    sandbox.control('POST', 'rename', { user: 'Old name', to: 'Fresh name' });
    const again = await visitor();
    await comeBack(again, 'Fresh name');
    expect((await me(again)).user).toMatchObject({ id: before.user.id, name: 'Fresh name' });
    // Whoever takes the name that has become free is somebody else.
    const other = await visitor();
    expect((await comeBack(other, account('Old name'))).headers.location).toContain('/sign-up');
    expect((await me(other)).user.id).not.toBe(before.user.id);
  });

  test('is not whoever has this name here already', async () => {
    const local = await house.person('Same name', ['admin']);
    const browser = await visitor();
    await comeBack(browser, account('Same name'));
    expect(await me(browser)).toMatchObject({ user: { name: 'Same name (wiki.example.org)' }, roles: [] });
    expect((await me(browser)).user.id).not.toBe(local.id);
  });

  test('is one person, also where they come twice at once', async () => {
    const name = account('Twice at once');
    const [a, b] = [await visitor(), await visitor()];
    const answers = await Promise.all([comeBack(a, name), comeBack(b, name)]);
    expect(answers.map(({ status }) => status)).toEqual([303, 303]);
    expect((await me(a)).user.id).toBe((await me(b)).user.id);
  });

  test('may have begun in two tabs: each comes to where it wanted to go, and nobody becomes somebody else by the second', async () => {
    const browser = await visitor();
    const sent = async (next: string) => (await browser.agent.get(`/sign-in/wiki/${wikiId}?next=${next}`)).headers.location!;
    const [events, lists, left] = [await sent('/events'), await sent('/target-lists'), await sent('/deliveries')];
    await comeBack(await visitor(), account('Two tabs')); // known here already
    account('The other self');
    expect((await browser.get(pathOf(await allowAtSandbox(lists, 'Two tabs')))).headers.location).toBe('/target-lists');
    expect((await browser.get(pathOf(await allowAtSandbox(events, 'The other self')))).headers.location).toBe('/events');
    expect((await me(browser)).user.name).toBe('Two tabs');
    expect(await house.sql(`select 1 from identity where name = 'The other self'`)).toEqual([]);
    const foreign = await browser.get(`/sign-in/wiki/callback?code=c&state=${'s'.repeat(43)}`);
    expect([foreign.status, foreign.text.includes('begun elsewhere')]).toEqual([400, true]);
    expect((await browser.get(pathOf(await allowAtSandbox(left, 'Two tabs')))).headers.location).toBe('/deliveries'); // a foreign answer took nothing away
  });

  test('is told where the wiki has blocked them, and no account is made', async () => {
    account('Blocked one');
    sandbox.control('POST', 'block', { user: 'Blocked one', reason: 'for a test' });
    const answer = await comeBack(await visitor(), 'Blocked one');
    expect(answer.status).toBe(403);
    expect(words(answer)).toContain('This account is blocked at the wiki.');
    expect(await house.sql(`select 1 from "user" where name = 'Blocked one'`)).toEqual([]);
  });

  test('leaves no token in the log, in an answer or in the audit; the database holds it sealed', async () => {
    const name = account('Quiet');
    const browser = await visitor();
    await comeBack(browser, name);
    const token = await liveToken(deps(), (await me(browser)).user.id, wikiId);
    const stored = JSON.stringify([await house.sql('select * from wiki_grant'), await house.sql('select * from audit'), await house.sql('select * from session'), (await browser.get('/api/me/identities')).body]);
    expect(stored).not.toContain(token);
  });
});

describe('a sign-in by a wiki that goes wrong', () => {
  const expectRefused = async (answer: request.Response, status: number, says: string) => {
    expect({ status: answer.status, says: words(answer) }).toEqual({ status, says: expect.stringContaining(says) });
    expect(answer.text).toContain('/sign-in?next=');
    expect(answer.text).not.toContain('<script');
  };

  test('because it was not allowed says so, and how to begin again', async () => {
    await expectRefused(await comeBack(await visitor(), null, '?next=/events'), 403, 'The wiki says that you did not allow it.');
  });

  test('because another’s answer came back signs nobody in', async () => {
    const [attacker, victim] = [await visitor(), await visitor()];
    const sent = (await attacker.agent.get(`/sign-in/wiki/${wikiId}`)).headers.location!;
    const answer = pathOf(await allowAtSandbox(sent, account('Attacker')));
    await expectRefused(await victim.get(answer), 400, 'begun elsewhere'); // who never began
    await victim.agent.get(`/sign-in/wiki/${wikiId}`);
    await expectRefused(await victim.get(answer), 400, 'begun elsewhere'); // who began another
    expect((await victim.get('/api/me')).status).toBe(401);
  });

  test('because an answer is sent a second time signs nobody in', async () => {
    const browser = await visitor();
    const sent = await browser.agent.get(`/sign-in/wiki/${wikiId}`);
    const kept = (sent.headers['set-cookie'] as unknown as string[])[0]!.split(';')[0]!;
    const answer = pathOf(await allowAtSandbox(sent.headers.location!, account('Replayed')));
    expect((await browser.get(answer)).status).toBe(303);
    await expectRefused(await (await visitor()).get(answer), 400, 'begun elsewhere');
    // also where the cookie of the browser that began was copied
    await expectRefused(await request(house.app).get(answer).set('Cookie', kept), 409, 'was used already');
  });

  test('because somebody has changed what was kept signs nobody in', async () => {
    const browser = await visitor();
    const sent = await browser.agent.get(`/sign-in/wiki/${wikiId}`);
    const [name, value] = (sent.headers['set-cookie'] as unknown as string[])[0]!.split(';')[0]!.split('=') as [string, string];
    const answer = pathOf(await allowAtSandbox(sent.headers.location!, account('Forged')));
    for (const forged of [`${value.slice(0, -2)}AA`, seal('another key, which is not that of this house', '{}'), seal(secretKey, 'bot password'), ''])
      await expectRefused(await request(house.app).get(answer).set('Cookie', `${name}=${forged}`), 400, 'begun elsewhere');
  });

  test.each([
    ['oauth-token', 'http-500', 502, 'The wiki does not answer.'], ['oauth-token', 'cut-before', 502, 'The wiki does not answer.'], ['oauth-token', 'html', 502, 'cannot be understood'],
    ['oauth-token', 'invalid-json', 502, 'cannot be understood'], ['oauth-profile', 'http-503', 502, 'The wiki does not answer.'], ['oauth-profile', 'html', 502, 'cannot be understood'],
  ])('because of %s with %s says so', async (action, fault, status, says) => {
    sandbox.control('POST', 'faults', { action, fault });
    await expectRefused(await comeBack(await visitor(), account('Unlucky')), status, says);
    expect(await house.sql(`select 1 from "user" where name = 'Unlucky'`)).toEqual([]);
  });

  test('leads never to another site afterwards', async () => {
    for (const next of ['//evil.example', 'https://evil.example', '/\\evil.example', 'javascript:alert(1)'])
      expect((await comeBack(await visitor(), account('Led astray'), `?next=${encodeURIComponent(next)}`)).headers.location).toMatch(/^\/(sign-up\?next=%2F)?home$|^\/home$/);
  });
});

describe('an account of one’s own', () => {
  test('is linked to a wiki account, by which one signs in from then on', async () => {
    const person = await house.person('Local one');
    const browser = await house.browser(person);
    expect((await browser.get('/api/me/identities')).body).toEqual({ items: [], others: ['wiki.example.org'] });
    const { body } = await browser.post('/api/me/identities', { wiki: 'wiki.example.org' });
    const back = await browser.agent.get(pathOf(await allowAtSandbox(body.location, account('Wiki of local'))));
    expect([back.status, back.headers.location]).toEqual([303, '/me']);
    expect((await browser.get('/api/me/identities')).body).toMatchObject({ items: [{ wiki: 'wiki.example.org', name: 'Wiki of local', granted: true }], others: [] });
    const other = await visitor();
    expect((await comeBack(other, 'Wiki of local')).headers.location).toBe('/home');
    expect((await me(other)).user).toMatchObject({ id: person.id, name: 'Local one' });
    expect(await house.sql(`select verb from audit where noun = 'user' and entity = $1 order by version`, [person.id])).toEqual([{ verb: 'new' }, { verb: 'linkWiki' }]);
  });

  test('that has a second factor is asked for its code, by whichever way it comes', async () => {
    const person = await house.person('Two ways');
    const browser = await house.browser(person);
    const { body } = await browser.post('/api/me/identities', { wiki: wikiId });
    await browser.agent.get(pathOf(await allowAtSandbox(body.location, account('Wiki of two ways'))));
    await house.sql('insert into second_factor (user_id, secret, since_ms) values ($1, $2, 1)', [person.id, seal(secretKey, 'GEZDGNBVGY3TQOJQ')]);
    const guest = await visitor();
    expect((await comeBack(guest, 'Wiki of two ways')).headers.location).toBe('/sign-in/code');
    expect((await guest.get('/api/me')).status).toBe(401);
    const code = await guest.agent.post('/sign-in/code').type('form').send({ code: totpCode('GEZDGNBVGY3TQOJQ', Date.now()) });
    expect(code.headers.location).toBe('/home');
    expect((await me(guest)).user.id).toBe(person.id);
  });

  test('is not given a wiki account that is somebody’s, nor a second one of a wiki', async () => {
    await comeBack(await visitor(), account('Somebody’s'));
    const browser = await house.browser(await house.person('Wants more'));
    const link = async (name: string) => {
      const { body } = await browser.post('/api/me/identities', { wiki: wikiId });
      return browser.agent.get(pathOf(await allowAtSandbox(body.location, name)));
    };
    expect(words(await link('Somebody’s'))).toContain('This wiki account belongs to another account here.');
    expect((await link(account('First of two'))).status).toBe(303);
    expect(words(await link(account('Second of two')))).toContain('Another account of this wiki is linked already');
  });

  test('is linked only by the session that began it', async () => {
    const browser = await house.browser(await house.person('Began it'));
    const { body, headers } = await browser.post('/api/me/identities', { wiki: wikiId });
    const kept = (headers['set-cookie'] as unknown as string[]).find((one) => one.startsWith('reeve-wiki='))!.split(';')[0]!;
    const answer = pathOf(await allowAtSandbox(body.location, account('Carried over')));
    const other = await house.browser(await house.person('Somebody else'));
    expect((await other.agent.get(answer).set('Cookie', kept)).status).toBe(400);
    expect((await request(house.app).get(answer).set('Cookie', kept)).status).toBe(400);
    expect(await house.sql(`select 1 from identity where name = 'Carried over'`)).toEqual([]);
  });

  test('needs a session for all that, and a way in that is left', async () => {
    const script = await house.script(await house.person('Scripted'));
    expect((await script.post('/api/me/identities', { wiki: wikiId })).status).toBe(403);
    const browser = await visitor();
    await comeBack(browser, account('Only wiki'));
    const { csrfToken } = await me(browser);
    const [{ id }] = (await browser.get('/api/me/identities')).body.items;
    const unlink = (token = csrfToken) => browser.agent.post(`/api/me/identities/${id}/unlink`).set('X-CSRF-Token', token).send({});
    expect((await unlink('')).status).toBe(403);
    expect((await unlink()).body).toMatchObject({ status: 409, code: 'sign-in.last' });
    const owner = await house.browser(await house.person('With password'));
    const { body } = await owner.post('/api/me/identities', { wiki: wikiId });
    await owner.agent.get(pathOf(await allowAtSandbox(body.location, account('To be unlinked'))));
    const [mine] = (await owner.get('/api/me/identities')).body.items;
    expect((await owner.post(`/api/me/identities/${id}/unlink`)).status).toBe(404); // another's
    expect((await owner.post(`/api/me/identities/${mine.id}/unlink`)).status).toBe(204);
    expect(await house.sql('select 1 from wiki_grant where identity_id = $1', [mine.id])).toEqual([]);
  });
});

const deps = () => ({ kernel: house.api.kernel, secretKey, userAgent: 'ReeveTest/1', allowPrivateHosts: true, timeoutMs: 2_000 });

describe('a token to act in somebody’s name', () => {
  async function someone(name: string): Promise<number> {
    const browser = await visitor();
    await comeBack(browser, account(name));
    return (await me(browser)).user.id;
  }
  const runOut = (userId: number) => house.sql('update wiki_grant set expires_at_ms = 1 from identity i where i.id = identity_id and i.user_id = $1', [userId]);
  const failure = (work: Promise<unknown>) => work.then(() => null, ({ code, more }: ReeveError) => ({ code, ...more }));
  const whoIs = async (token: string) => ((await (await fetch(`${sandbox.url}/rest.php/oauth2/resource/profile`, { headers: { authorization: `Bearer ${token}` } })).json()) as { username?: string }).username;

  test('is renewed when it has run out, once for all who ask at the same time', async () => {
    const userId = await someone('Long lived');
    await runOut(userId);
    const tokens = await Promise.all(Array.from({ length: 8 }, () => liveToken(deps(), userId, wikiId)));
    expect(new Set(tokens).size).toBe(1);
    expect(await whoIs(tokens[0]!)).toBe('Long lived');
    expect(await liveToken(deps(), userId, wikiId)).toBe(tokens[0]); // and kept
    await runOut(userId);
    expect(await whoIs(await liveToken(deps(), userId, wikiId))).toBe('Long lived');
  });

  test('that was revoked says that they must sign in again, and is forgotten', async () => {
    const userId = await someone('Revoker');
    sandbox.control('POST', 'revoke', { user: 'Revoker' });
    await runOut(userId);
    expect(await failure(liveToken(deps(), userId, wikiId))).toEqual({ code: 'sign-in.again', why: 'revoked' });
    expect(await house.sql('select 1 from wiki_grant g join identity i on i.id = g.identity_id where i.user_id = $1', [userId])).toEqual([]);
    expect(await failure(liveToken(deps(), userId, wikiId))).toEqual({ code: 'sign-in.again', why: 'none' });
    await comeBack(await visitor(), 'Revoker');
    expect(await whoIs(await liveToken(deps(), userId, wikiId))).toBe('Revoker');
  });

  test('that the wiki does not take any more is not given again: it is renewed, or they must sign in again', async () => {
    const userId = await someone('Refused');
    const first = await liveToken(deps(), userId, wikiId);
    const second = await liveToken(deps(), userId, wikiId, first);
    expect(second).not.toBe(first);
    expect(await liveToken(deps(), userId, wikiId, first)).toBe(second); // who is late is given what another has renewed
    sandbox.control('POST', 'revoke', { user: 'Refused' });
    expect(await failure(liveToken(deps(), userId, wikiId, second))).toEqual({ code: 'sign-in.again', why: 'revoked' });
  });

  test('that cannot be renewed says that they must sign in again', async () => {
    const userId = await someone('Short lived');
    await house.sql('update wiki_grant set refresh_token = null from identity i where i.id = identity_id and i.user_id = $1', [userId]);
    await runOut(userId);
    expect(await failure(liveToken(deps(), userId, wikiId))).toEqual({ code: 'sign-in.again', why: 'expired' });
  });

  test('is not lost where the wiki does not answer', async () => {
    const userId = await someone('Patient');
    await runOut(userId);
    sandbox.control('POST', 'faults', { action: 'oauth-token', fault: 'http-503', times: 1 });
    expect(await failure(liveToken(deps(), userId, wikiId))).toMatchObject({ code: 'wiki.unreachable' });
    expect(await whoIs(await liveToken(deps(), userId, wikiId))).toBe('Patient');
  });

  test('whose renewal died is renewed by the next who asks', async () => {
    const userId = await someone('Orphaned');
    await runOut(userId);
    await house.sql('update wiki_grant set refreshing_until_ms = (extract(epoch from clock_timestamp()) * 1000)::bigint + 300 from identity i where i.id = identity_id and i.user_id = $1', [userId]);
    expect(await whoIs(await liveToken(deps(), userId, wikiId))).toBe('Orphaned');
  });

  test('is given to no other address than the one that gave it', async () => {
    const userId = await someone('Left behind');
    const admin = await house.script(await house.person('Mover', ['admin']));
    const moved = (origin: string) => admin.patch(`/api/wikis/${wikiId}`, { apiUrl: sandbox.apiUrl.replace(new URL(sandbox.apiUrl).origin, origin), botPassword: 'as before', oauthClientSecret: sandboxAccounts.oauth.clientSecret, sameWiki: true }).expect(200);
    await moved(`http://localhost:${new URL(sandbox.apiUrl).port}`);
    expect(await failure(liveToken(deps(), userId, wikiId))).toEqual({ code: 'sign-in.again', why: 'none' });
    await moved(new URL(sandbox.apiUrl).origin);
    await comeBack(await visitor(), 'Left behind');
    expect(await whoIs(await liveToken(deps(), userId, wikiId))).toBe('Left behind');
  });
});
