/** Wikis, proxies and firewalls that answer as they like: what the gateway makes of it, and what it never lets through. */
import { createMediaWiki, type MediaWiki } from '../../gateways/mediawiki';
import { WikiError } from '../../gateways/mediawiki-error';
import type { PageText } from '../../gateways/mediawiki-lists';
import { AnsweringServer, type Asked } from './answering-server';
import type { ServerResponse } from 'node:http';

let server: AnsweringServer;
let wiki: MediaWiki;
let edits: number;
let signIns: number;
let rights: string[];
type Answer = { status?: number; headers?: Record<string, string | string[]>; body: string };
let onEdit: (n: number, form: URLSearchParams) => Answer;
let onQuery: Answer | undefined;
let onSite: Answer;
let signIn: Answer | undefined;

const json = (value: unknown): Answer => ({ body: JSON.stringify(value) });
const api = (code: unknown, more: object = {}): Answer => json({ errors: [{ code, text: `the wiki's own words`, ...more }] });
const site = { general: {}, namespaces: { 2: { id: 2, name: 'User' }, 3: { id: 3, name: 'User talk' } }, namespacealiases: [], extensions: [] };
const done = json({ edit: { result: 'Success', newrevid: 7 } });

const answer = ({ body }: Asked, response: ServerResponse): void => {
  const form = new URLSearchParams(body);
  let found: Answer;
  if (form.get('type') === 'login') found = json({ query: { tokens: { logintoken: 'l+\\' } } });
  else if (form.get('action') === 'login') {
    signIns += 1;
    found = signIn ?? { ...json({ login: { result: 'Success' } }), headers: { 'set-cookie': [`session=s${signIns}; path=/`, 'UseCDNCache=false; Max-Age=10'] } };
  } else if (form.get('meta') === 'userinfo|tokens') found = json({ curtimestamp: new Date().toISOString(), query: { userinfo: { name: 'Bot', rights, groups: [] }, tokens: { csrftoken: `t${signIns}+\\` } } });
  else if (form.get('meta') === 'siteinfo') found = onSite;
  else found = form.get('action') === 'edit' ? onEdit((edits += 1), form) : onQuery ?? json({ query: {} });
  response.writeHead(found.status ?? 200, { 'content-type': 'application/json', ...found.headers }).end(found.body);
};

beforeAll(async () => {
  server = await new AnsweringServer().listen();
});
beforeEach(() => {
  edits = signIns = 0;
  rights = ['bot', 'edit'];
  onQuery = signIn = undefined;
  onSite = json({ query: site });
  server.asked.length = 0;
  server.answer = answer;
  wiki = createMediaWiki({ apiUrl: server.url('/api.php').href, as: { user: 'Bot@x', password: 'secret' }, userAgent: 'Test\r\nX-Injected: 1', allowPrivateHosts: true, timeoutMs: 1_000 });
});
afterEach(() => wiki.close());
afterAll(() => server.close());

const append = (more: object = {}): Promise<unknown> => wiki.append({ title: 'T', text: 'x', createOnly: true, summary: 's', ...more });
const error = (work: Promise<unknown>): Promise<WikiError> => work.then(() => { throw new Error('this should have failed'); }, (thrown: WikiError) => thrown);

describe('an edit', () => {
  test.each<[string, Answer, object]>([
    ['a 500 that says nothing', { status: 500, body: '' }, { kind: 'lost', code: 'http-500' }],
    ['a 502 of a proxy', { status: 502, body: '<h1>Bad gateway</h1>' }, { kind: 'lost', code: 'http-502' }],
    ['a 503 of a cache, which may have passed the edit on', { status: 503, headers: { 'retry-after': '7' }, body: '' }, { kind: 'lost', code: 'http-503', retryAfterMs: 7_000 }],
    ['a 504', { status: 504, body: '' }, { kind: 'lost', code: 'http-504' }],
    ['HTML where JSON should be', { headers: { 'content-type': 'text/html' }, body: '<!doctype html><title>Down</title>' }, { kind: 'lost', code: 'bad-reply' }],
    ['JSON that breaks off', { body: '{"edit":{"result":"Succ' }, { kind: 'lost', code: 'bad-reply' }],
    ['nothing at all', { body: '' }, { kind: 'lost', code: 'bad-reply' }],
    ['JSON that is no object', { body: '[1,2]' }, { kind: 'lost', code: 'bad-reply' }],
    ['an object that says nothing', { body: '{}' }, { kind: 'lost', code: 'bad-reply' }],
    ['a success without a revision', json({ edit: { result: 'Success' } }), { kind: 'lost', code: 'bad-reply' }],
    ['JSON nested a hundred thousand deep', { body: `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}` }, { kind: 'lost' }],
    ['an exception inside MediaWiki, perhaps after it stored the edit', api('internal_api_error_DBQueryError'), { kind: 'lost', code: 'internal_api_error_dbqueryerror' }],
    ['an exception with status 500', { status: 500, ...api('internal_api_error_Exception') }, { kind: 'lost' }],
    ['a 429 at the door', { status: 429, headers: { 'retry-after': '3' }, body: 'slow down' }, { kind: 'busy', code: 'http-429', retryAfterMs: 3_000 }],
    ['a 403 of a firewall', { status: 403, body: 'no' }, { kind: 'blocked', code: 'http-403' }],
    ['a 404, the wrong address', { status: 404, body: 'no' }, { kind: 'blocked', code: 'http-404' }],
    ['a 413', { status: 413, body: 'no' }, { kind: 'refused', code: 'http-413' }],
    ['maxlag, with the time to wait', { headers: { 'retry-after': '5' }, ...api('maxlag') }, { kind: 'busy', code: 'maxlag', retryAfterMs: 5_000 }],
    ['a Retry-After that is a date', { headers: { 'retry-after': new Date(Date.now() + 60_000).toUTCString() }, ...api('ratelimited') }, { kind: 'busy', retryAfterMs: expect.any(Number) }],
    ['a Retry-After of a year', { headers: { 'retry-after': '31536000' }, ...api('ratelimited') }, { kind: 'busy', retryAfterMs: 3_600_000 }],
    ['a block of the account', api('blocked', { data: { blockinfo: { blockpartial: false } } }), { kind: 'blocked', code: 'blocked' }],
    ['a block on this page only', api('blocked', { data: { blockinfo: { blockpartial: true } } }), { kind: 'refused', code: 'blocked' }],
    ['an automatic block', api('autoblocked'), { kind: 'blocked', code: 'autoblocked' }],
    ['a global block', api('globalblocking-blockedtext-user'), { kind: 'blocked' }],
    ['a link on the spam list', api('spamblacklist'), { kind: 'refused', code: 'spamblacklist' }],
    ['a filter that blocks in its name only', api('abusefilter-blocked-display'), { kind: 'refused', code: 'abusefilter-blocked-display' }],
    ['a captcha', json({ edit: { result: 'Failure', captcha: { type: 'image' } } }), { kind: 'refused', code: 'captcha' }],
    ['an older extension\'s refusal', json({ edit: { result: 'Failure', code: 'abusefilter-disallowed', info: 'no' } }), { kind: 'refused', code: 'abusefilter-disallowed' }],
    ['the older error format', json({ error: { code: 'protectedpage', info: 'no' } }), { kind: 'refused', code: 'protectedpage' }],
    ['a code with a tag and a line break in it', api('<script>alert(1)</script>\n'), { kind: 'refused', code: 'other' }],
    ['a code that is an object', api({ a: 1 }), { kind: 'refused', code: 'other' }],
    ['a wiki closed to writing', api('writeapidenied'), { kind: 'blocked', code: 'writeapidenied' }],
  ])('answered by %s', async (_what, given, expected) => {
    onEdit = () => given;
    const thrown = await error(append());
    expect(thrown).toBeInstanceOf(WikiError);
    expect(thrown).toMatchObject(expected);
    expect(thrown.message).toBe(thrown.code);
    expect(thrown.code).toMatch(/^[a-z0-9][a-z0-9_-]*$/);
    expect(edits).toBe(1);
  });

  test('never sent is busy: the port is closed', async () => {
    await wiki.whoAmI();
    await server.close();
    await new Promise((seen) => setTimeout(seen, 100)); // an edit on a line that just closed would be lost, not busy
    const thrown = await error(append());
    server = await new AnsweringServer().listen();
    expect(thrown).toMatchObject({ kind: 'busy', code: 'unreachable', reason: 'wiki.unreachable' });
  });

  test('redirected to another host is blocked, and the other host hears nothing', async () => {
    const other = await new AnsweringServer().listen();
    await wiki.whoAmI();
    server.answer = (_asked, response) => response.writeHead(307, { location: other.url('/api.php').href }).end();
    expect(await error(append())).toMatchObject({ kind: 'blocked', code: 'forbidden-host', reason: 'wiki.forbidden-host' });
    expect(other.asked).toEqual([]);
    await other.close();
  });

  test('refused for want of a right is the page\'s matter, unless the account may edit nowhere', async () => {
    onEdit = () => api('permissiondenied');
    expect(await error(append())).toMatchObject({ kind: 'refused', code: 'permissiondenied' });
    rights = ['bot'];
    const grantless = createMediaWiki({ apiUrl: server.url('/api.php').href, as: { user: 'Bot@y', password: 'x' }, userAgent: 'Test', allowPrivateHosts: true });
    expect(await error(grantless.append({ title: 'T', text: 'x', createOnly: true, summary: 's' }))).toMatchObject({ kind: 'blocked', code: 'permissiondenied', reason: 'wiki.blocked' });
    await grantless.close();
  });

  test('is neither made without a guard against a second copy, nor with a summary that would be cut', async () => {
    onEdit = () => done;
    await expect(wiki.append({ title: 'T', text: 'x', summary: 's' })).rejects.toThrow(RangeError);
    await expect(append({ baseRevisionId: 3 })).rejects.toThrow(RangeError);
    await expect(append({ summary: 'x'.repeat(501) })).rejects.toThrow(RangeError);
    await append({ summary: '😀'.repeat(500) });
    expect(edits).toBe(1);
  });

  test('carries what was meant and nothing more: line breaks and signs stay inside their fields', async () => {
    onEdit = () => done;
    await append({ title: 'T\r\nHost: evil&action=delete', text: 'a&b=c\r\n\r\nGET / +%00\ud800', summary: '&token=x' });
    const { body, headers } = server.asked.at(-1)!;
    const form = new URLSearchParams(body);
    expect(Object.fromEntries(form)).toEqual({
      action: 'edit', title: 'T\r\nHost: evil&action=delete', appendtext: 'a&b=c\r\n\r\nGET / +%00\ufffd', summary: '&token=x', createonly: '1', watchlist: 'nochange',
      maxlag: '5', assert: 'bot', format: 'json', formatversion: '2', errorformat: 'plaintext', token: 't1+\\',
    });
    expect([...form.keys()]).toHaveLength(12);
    expect(form.has('lgpassword')).toBe(false);
    expect(headers['x-injected']).toBeUndefined();
    expect(headers['user-agent']).toBe('Test??X-Injected: 1');
  });
});

describe('the session', () => {
  test.each(['badtoken', 'assertbotfailed', 'assertuserfailed'])('%s is answered by one fresh session, and the edit is made with its token', async (code) => {
    onEdit = (n) => (n === 1 ? api(code) : done);
    await append();
    expect([edits, signIns]).toEqual([2, 2]);
    expect(new URLSearchParams(server.asked.at(-1)!.body).get('token')).toBe('t2+\\');
    expect(server.asked.at(-1)!.headers.cookie).toBe('session=s2; UseCDNCache=false');
  });

  test('a fresh session that is refused again is a session error: no third try', async () => {
    onEdit = () => api('badtoken');
    expect(await error(append())).toMatchObject({ kind: 'session', code: 'badtoken' });
    expect([edits, signIns]).toEqual([2, 2]);
  });

  test('twenty edits that meet a dead session renew it once', async () => {
    await wiki.whoAmI();
    onEdit = (_n, form) => (form.get('token') === 't1+\\' ? api('assertbotfailed') : done);
    await Promise.all(Array.from({ length: 20 }, () => append()));
    expect([edits, signIns]).toEqual([40, 2]);
  });

  test('a sign-in that is throttled is busy, for as long as the wiki says', async () => {
    signIn = json({ login: { result: 'Failed', wait: 60, reason: { code: 'login-throttled', text: 'wait' } } });
    expect(await error(append())).toMatchObject({ kind: 'busy', code: 'login-throttled', retryAfterMs: 60_000 });
    signIn = undefined;
    onEdit = () => done;
    await append();
  });

  test('a wrong password is a session error that does not show the password', async () => {
    signIn = json({ login: { result: 'Failed', reason: { code: 'wrongpassword', text: 'Incorrect' } } });
    const thrown = await error(append());
    expect(thrown).toMatchObject({ kind: 'session', code: 'wrongpassword', detail: 'Incorrect' });
    expect(JSON.stringify(thrown) + String(thrown.stack)).not.toContain('secret');
  });

  test('cookies that the wiki deletes or lets run out are not sent again', async () => {
    onEdit = () => ({ ...done, headers: { 'set-cookie': ['UseCDNCache=deleted; expires=Thu, 01-Jan-1970 00:00:01 GMT; Max-Age=0', 'a=b=c; path=/'] } });
    await append();
    await append();
    expect(server.asked.at(-1)!.headers.cookie).toBe('session=s1; a=b=c');
  });

  test('an abort while it signs in ends the wait', async () => {
    server.answer = () => undefined;
    expect(await error(append({ signal: AbortSignal.timeout(50) }))).toMatchObject({ kind: 'busy', code: 'aborted' });
  });
});

describe('a read', () => {
  test.each<[string, Answer, object]>([
    ['a 500', { status: 500, body: '' }, { kind: 'busy', code: 'http-500' }],
    ['HTML', { body: '<html>' }, { kind: 'busy', code: 'bad-reply' }],
    ['an exception', api('internal_api_error_DBQueryError'), { kind: 'busy' }],
    ['a wiki that nobody may read', api('readapidenied'), { kind: 'blocked' }],
  ])('answered by %s may be asked again', async (_what, given, expected) => {
    onQuery = given;
    expect(await error(wiki.pages(['A']))).toMatchObject(expected);
  });

  const all = async <T>(pieces: AsyncIterable<T>): Promise<T[]> => {
    const found = [];
    for await (const piece of pieces) found.push(piece);
    return found;
  };
  const page = { ns: 3, title: 'User talk:A', lastrevid: 7, length: 1, contentmodel: 'wikitext' };
  const reads: Record<string, () => Promise<unknown>> = {
    'what the bot has written': () => all(wiki.contributions({ sinceMs: 0 })),
    'what pages are': () => wiki.pages(['A']),
    'what is in a category': () => all(wiki.members('Category:A')),
    'the text of a page': () => wiki.text('A'),
    'its translations': () => wiki.translations({ title: 'A', namespace: 0 } as PageText),
    'languages': () => wiki.languages(['de']),
    'how a text looks': () => wiki.render('A', 'x'),
    'an account': () => wiki.account('A'),
    'who made an account': () => wiki.createdBy('A', ['Bot']),
  };

  test.each(Object.keys(reads))('of %s that is answered by an object without it, or with trouble of a proxy\'s own, has no empty answer', async (what) => {
    for (const said of [json({}), json({ batchcomplete: true, warnings: [] }), json({ query: {} }), json({ query: [], parse: [] }), json({ error: 'upstream' }), json({ errors: [{ message: 'upstream' }] })]) {
      onQuery = said;
      expect(await error(reads[what]!())).toMatchObject({ kind: 'busy', code: 'bad-reply', reason: 'wiki.unreachable' });
    }
  });

  test('of the site or of the session that tells nothing is asked again, and nothing is kept of it', async () => {
    onQuery = json({ query: { pages: [page], users: [{ name: 'A', userid: 1 }] } });
    for (const missing of Object.keys(site)) {
      onSite = json({ query: { ...site, [missing]: undefined } });
      expect(await error(wiki.pages(['User talk:A']))).toMatchObject({ kind: 'busy', code: 'bad-reply' });
    }
    onSite = json({ query: site });
    expect(await wiki.pages(['User talk:A'])).toMatchObject([{ title: 'User talk:A', revisionId: 7, user: { name: 'A', exists: true } }]);
    signIn = json({});
    onEdit = () => api('badtoken');
    expect(await error(append())).toMatchObject({ kind: 'busy', code: 'bad-reply' });
  });

  test('of pages tells of each one: none is left out, none lacks the revision that guards an edit, and of accounts there is word', async () => {
    const asked = ['User talk:A', 'User talk:B'];
    const user = { name: 'A', userid: 1 };
    for (const query of [{ pages: [page], users: [user] }, { pages: [{ ...page, lastrevid: undefined }, { ...page, title: asked[1] }], users: [user] }, { pages: [page, { ...page, title: asked[1] }], users: [] }]) {
      onQuery = json({ query });
      expect(await error(wiki.pages(asked))).toMatchObject({ kind: 'busy', code: 'bad-reply' });
    }
  });

  test('of a page that the wiki answers under a name that nobody can match is that title\'s own fault', async () => {
    onQuery = json({ query: { pages: [{ ns: 0, title: 'Another', missing: true }] } });
    expect(await wiki.pages(['A'])).toMatchObject([{ asked: 'A', exists: false, problem: 'invalid', reason: 'no-answer' }]);
  });

  const logged = async (): Promise<object[]> => (await all(wiki.loggedAccounts({ by: 'Bot', fromMs: Date.UTC(2026, 0, 1), toMs: Date.UTC(2026, 0, 2) }))).flat();
  const made = { logid: 7, action: 'byemail', title: 'Benutzer:New: one', user: 'Bot', timestamp: '2026-01-01T10:00:00Z', comment: 'why' };

  test.each<[string, unknown]>([
    ['no log at all', {}],
    ['a log that is no list', { logevents: { 0: made } }],
    ['an entry that is nothing', { logevents: [made, null] }],
    ['an entry without a number', { logevents: [{ ...made, logid: '7' }] }],
    ['an entry without a time', { logevents: [{ ...made, timestamp: 'yesterday' }] }],
  ])('of the log of new users that has %s is no empty log', async (_what, query) => {
    onQuery = json({ query });
    expect(await error(logged())).toMatchObject({ kind: 'busy', code: 'bad-reply', reason: 'wiki.unreachable' });
  });

  test('that goes in circles ends', async () => {
    onQuery = json({ query: { logevents: [made], usercontribs: [], categorymembers: [], pages: [page] }, continue: { anycontinue: '1|1', continue: '-||' } });
    for (const read of [logged, reads['what the bot has written']!, reads['what is in a category']!, reads['what pages are']!]) {
      server.asked.length = 0;
      expect(await error(read())).toMatchObject({ kind: 'busy', code: 'bad-reply' });
      expect(server.asked.filter(({ body }) => body.includes('anycontinue'))).toHaveLength(1);
    }
  });

  test('of the log of new users knows a name in any language, one that is hidden, and who made an account for themselves', async () => {
    onQuery = json({ query: { logevents: [made, { ...made, logid: 6, title: undefined, actionhidden: true, comment: undefined, commenthidden: true }, { ...made, action: 'create' }] } });
    expect(await logged()).toEqual([
      { logId: 7, atMs: Date.UTC(2026, 0, 1, 10), by: 'Bot', name: 'New: one', reason: 'why' },
      { logId: 6, atMs: Date.UTC(2026, 0, 1, 10), by: 'Bot', name: null, reason: '' },
    ]);
  });

  test('a contribution whose summary is hidden has none', async () => {
    onQuery = json({ query: { usercontribs: [{ revid: 1, title: 'A', timestamp: '2026-01-01T00:00:00Z', commenthidden: true, comment: '' }] } });
    expect(await all(wiki.contributions({ sinceMs: 0 }))).toEqual([{ revisionId: 1, title: 'A', atMs: Date.UTC(2026, 0, 1), summary: undefined }]);
  });
});
