/** A wiki that answers sign-ins with rubbish, late or not at all: what a person is told, and that nothing of it goes on. */
import type { ServerResponse } from 'node:http';
import { createWikiOAuth, type WikiOAuth } from '../../gateways/mediawiki-oauth';
import { AnsweringServer } from './answering-server';
import { REDIRECT_URI } from './oauth.contract';

let server: AnsweringServer;
let wiki: WikiOAuth;
beforeAll(async () => {
  server = await new AnsweringServer().listen();
  wiki = createWikiOAuth({ apiUrl: server.url('/w/api.php').href, clientId: 'id', clientSecret: 'secret', redirectUri: REDIRECT_URI, userAgent: 'ReeveTest/1', allowPrivateHosts: true, timeoutMs: 1_000 });
});
afterAll(() => Promise.all([wiki.close(), server.close()]));

const begun = { state: 'a-state', verifier: 'v'.repeat(43) };
const json = (value: unknown, status = 200, headers: Record<string, string> = {}) => (response: ServerResponse) => void response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(typeof value === 'string' ? value : JSON.stringify(value));
const html = (status: number) => (response: ServerResponse) => void response.writeHead(status, { 'content-type': 'text/html' }).end('<h1>Error</h1>');
const failure = (work: Promise<unknown>): Promise<unknown> => work.then((value) => value, (error: { code: string }) => error.code);
const right = { access_token: 'opens-doors', token_type: 'Bearer', expires_in: 3_600 };

describe('an answer of the token endpoint that is', () => {
  test.each<[string, (response: ServerResponse) => void, string]>([
    ['an error of the server in HTML', html(500), 'wiki.unreachable'],
    ['an error of the server in JSON', json({ error: 'server_error' }, 503), 'wiki.unreachable'],
    ['HTML', html(200), 'sign-in.unreadable'],
    ['no JSON', json('{"access_token": "opens-'), 'sign-in.unreadable'],
    ['a list', json([right]), 'sign-in.unreadable'],
    ['without a token', json({ ...right, access_token: undefined }), 'sign-in.unreadable'],
    ['with a number for a token', json({ ...right, access_token: 7 }), 'sign-in.unreadable'],
    ['of another kind of token', json({ ...right, token_type: 'mac' }), 'sign-in.unreadable'],
    ['with an impossible duration', json({ ...right, expires_in: -1 }), 'sign-in.unreadable'],
    ['a redirect to somewhere else', json('', 302, { location: 'http://169.254.169.254/' }), 'sign-in.unreadable'],
    ['larger than any such answer', json({ ...right, more: 'x'.repeat(300_000) }), 'sign-in.unreadable'],
    ['an unknown refusal', json({ error: 'something_else' }, 400), 'sign-in.unreadable'],
    ['a spent code, as MediaWiki says it', json({ error: 'invalid_request', error_description: 'The request is missing a required parameter, includes an invalid parameter value, includes a parameter more than once, or is otherwise malformed.', hint: 'Authorization code has been revoked' }, 400), 'sign-in.spent'],
    ['a refusal of Reeve itself', json({ error: 'invalid_client' }, 401), 'sign-in.misconfigured'],
    ['that Reeve is not approved there', json({ error: 'access_denied', message: 'The resource owner or authorization server denied the request.' }, 401), 'sign-in.misconfigured'],
    ['a challenge', json({}, 401, { 'www-authenticate': 'Bearer error="invalid_token"' }), 'sign-in.unreadable'],
    ['cut off', (response) => void response.destroy(), 'wiki.unreachable'],
    ['none', () => {}, 'wiki.unreachable'],
  ])('%s', async (_what, answer, code) => {
    server.answer = (_asked, response) => answer(response);
    expect(await failure(wiki.finish(`?code=c&state=${begun.state}`, begun))).toBe(code);
  });

  test('that a refresh token is spent, as MediaWiki says it, is told from a fault of Reeve\'s', async () => {
    server.answer = (_asked, response) => json({ error: 'invalid_request', error_description: 'The refresh token is invalid.', hint: 'Token has been revoked', message: 'The refresh token is invalid.' }, 401)(response);
    expect(await failure(wiki.refresh('spent'))).toBe('sign-in.spent');
  });

  test('without duration or refresh token is taken as that', async () => {
    server.answer = (_asked, response) => json({ access_token: 'opens-doors', token_type: 'bearer' })(response);
    expect(await wiki.finish(`?code=c&state=${begun.state}`, begun)).toEqual({ access: 'opens-doors', refresh: null, expiresAtMs: null });
  });
});

describe('a profile', () => {
  test.each([[{ sub: 7, username: 'A' }, '7'], [{ sub: '7', username: 'A' }, '7'], [{ sub: 'a-b:c', username: 'A', blocked: false }, 'a-b:c']])('%j has its number as a text', async (profile, id) => {
    server.answer = (_asked, response) => json(profile)(response);
    expect(await wiki.account('token')).toEqual({ id, name: 'A', blocked: false });
    expect(server.asked.at(-1)).toMatchObject({ method: 'GET', url: '/w/rest.php/oauth2/resource/profile', headers: { authorization: 'Bearer token', 'user-agent': 'ReeveTest/1' } });
  });

  test.each([
    null, [], 'text', {}, { sub: 7 }, { username: 'A' }, { sub: 0, username: 'A' }, { sub: '0', username: 'A' }, { sub: '', username: 'A' }, { sub: 1.5, username: 'A' }, { sub: 1e300, username: 'A' }, { sub: { id: 7 }, username: 'A' },
    { sub: 'with blank', username: 'A' }, { sub: 'x'.repeat(101), username: 'A' }, { sub: 7, username: '' }, { sub: 7, username: '  ' }, { sub: 7, username: ['A'] }, { sub: 7, username: 'A\nB' }, { sub: 7, username: 'A\u202eB' }, { sub: 7, username: 'x'.repeat(256) },
  ])('%j is none', async (profile) => {
    server.answer = (_asked, response) => json(profile)(response);
    expect(await failure(wiki.account('token'))).toBe('sign-in.unreadable');
  });

  test.each([[500, 'wiki.unreachable'], [403, 'sign-in.unreadable'], [204, 'sign-in.unreadable']])('with status %s is none', async (status, code) => {
    server.answer = (_asked, response) => void response.writeHead(status, { 'content-type': 'application/json' }).end(status === 204 ? '' : JSON.stringify({ sub: 7, username: 'A' }));
    expect(await failure(wiki.account('token'))).toBe(code);
  });
});

describe('what the wiki leads back with', () => {
  test.each([
    ['?error=access_denied&state=a-state', 'sign-in.denied'], ['?error=server_error&state=a-state', 'sign-in.misconfigured'], ['?state=a-state', 'sign-in.unreadable'], ['?code=c', 'sign-in.stale'],
    ['?code=c&state=other', 'sign-in.stale'], ['?code=c&state=a-state&state=a-state', 'sign-in.stale'], ['?code=c&code=d&state=a-state', 'sign-in.unreadable'], ['?error=access_denied', 'sign-in.stale'],
  ])('%s', async (search, code) => {
    server.asked.length = 0;
    expect(await failure(wiki.finish(search, begun))).toBe(code);
    expect(server.asked).toEqual([]);
  });
});
