import { createHash } from 'node:crypto';
import Redis from 'ioredis';
import request from 'supertest';
import { createWikis } from '../../activities/wikis';
import { createApp, type ReeveApp } from '../../api/server';
import { apply, readRow } from '../../db/apply';
import type { Request } from '../../db/entities/request';
import { sandboxAccounts, startSandboxWiki, type SandboxWiki } from '../../demo/sandbox-wiki';
import { seal } from '../../gateways/secret-box';
import { system } from '../../policies/actor';
import { conform } from '../support/conform';
import { DAY_MS, MORNING_MS, testDesk } from '../support/desk';
import { unique } from '../support/house';
import { everythingIn } from '../support/hostile';
import { services } from '../support/services';

const desk = testDesk();
const { api, clock } = desk;

const whole = (more: object = {}) => ({ name: unique('Asker'), email: 'asker@mail.example', comment: 'I heard of it at the library.', ...more });
const file = async (more: object = {}, app: ReeveApp['app'] = api.app, headers: Record<string, string> = {}) => {
  const answer = await request(app).post('/api/requests').set(headers).send(whole(more));
  conform('post', '/api/requests', answer);
  return answer;
};
const stored = async (id: number): Promise<Request> => (await readRow(api.api.kernel, 'request', id)).row!;
const byEvent = (more: object = {}) => ({ event: desk.event.uuid, eventKey: desk.event.key, ...more });

describe('filing an account request', () => {
  test('takes what was typed and where it came from, and mails a link to the address; nobody has to be signed in', async () => {
    const { status, body } = await file({ name: ' anna_of  bergen ', comment: ' Hello. ' }, api.app, { 'User-Agent': 'A browser', 'X-Forwarded-For': '203.0.113.9' });
    expect([status, body]).toEqual([201, { id: expect.any(Number), state: 'unconfirmed', tagged: false }]);
    expect(await stored(body.id)).toMatchObject({
      name: 'Anna of bergen', email: 'asker@mail.example', comment: 'Hello.', queue: 'default', eventId: null, nameCheck: 'unasked', language: 'en', ip: expect.stringContaining('127.0.0.1'), forwarded: '203.0.113.9', userAgent: 'A browser',
      expiresAtMs: MORNING_MS + 7 * DAY_MS, warnAtMs: MORNING_MS + 83 * DAY_MS, closeByMs: MORNING_MS + 90 * DAY_MS, confirmedAtMs: null,
    });
    expect(await desk.mails(body.id)).toEqual(['confirm']);
    expect(await api.sql('select actor from audit where noun = $1 and entity = $2', ['request', body.id])).toEqual([{ actor: 'visitor' }]);
  });

  test.each([['ßeta', 'ßeta'], ['\u{10428}ak', '\u{10400}ak'], ['émile', 'Émile']])('writes the first letter as wikis do: %s', async (given, name) => {
    const { body } = await file({ name: given });
    expect(await stored(body.id)).toMatchObject({ name });
  });

  test('goes by nobody\'s sign-in on that machine', async () => {
    const { body } = await desk.tom.post('/api/requests', whole());
    expect(await api.sql('select actor from audit where noun = $1 and entity = $2', ['request', body.id])).toEqual([{ actor: 'visitor' }]);
  });

  test('is confirmed once: what comes later changes nothing', async () => {
    const { body: { id } } = await file();
    const confirm = () => apply(api.api.kernel, { noun: 'request', id, verb: 'confirm', actor: system });
    expect(await confirm()).toMatchObject({ changed: true, row: { state: 'open', confirmedAtMs: MORNING_MS, remindAtMs: MORNING_MS + DAY_MS, escalateAtMs: MORNING_MS + 3 * DAY_MS } });
    clock.advance(5);
    expect(await confirm()).toMatchObject({ changed: false, row: { confirmedAtMs: MORNING_MS } });
    await expect(apply(api.api.kernel, { noun: 'request', id, verb: 'confirm', actor: { kind: 'user', userId: desk.ids.max, grants: [{ role: 'toolAdmin', wikiId: null }] } })).rejects.toMatchObject({ code: 'policy.forbidden' });
  });

  test.each([
    [{ name: '' }, '/name', 'empty'],
    [{ name: ' _ ' }, '/name', 'empty'],
    [{ name: 'A#B' }, '/name', 'format'],
    [{ name: 'A\nB' }, '/name', 'format'],
    [{ name: 'x'.repeat(256) }, '/name', 'too-long'],
    [{ name: 'ä'.repeat(118) }, '/name', 'request.name-form'],
    [{ name: '2031' }, '/name', 'request.name-form'],
    [{ name: '12 34' }, '/name', 'request.name-form'],
    [{ name: '192.0.2.7' }, '/name', 'request.name-form'],
    [{ name: '192.0.2.xxx' }, '/name', 'request.name-form'],
    [{ email: '' }, '/email', 'format'],
    [{ email: 'nobody' }, '/email', 'format'],
    [{ email: 'asker@localhost' }, '/email', 'format'],
    [{ email: `${'x'.repeat(250)}@mail.example` }, '/email', 'too-long'],
    [{ email: 'me@en.example.org' }, '/email', 'request.email-own'],
    [{ email: 'me@mail.EN.example.org' }, '/email', 'request.email-own'],
    [{ email: 'me@example.org' }, '/email', 'request.email-own'],
    [{ comment: 'x'.repeat(2_001) }, '/comment', 'too-long'],
    [{ comment: 'a\0b' }, '/comment', 'format'],
    [{ wiki: 'nowhere.example.org' }, '/wiki', 'request.unknown-wiki'],
    [{ wiki: 987_654 }, '/wiki', 'request.unknown-wiki'],
    [{ eventKey: 'x'.repeat(65) }, '/eventKey', 'too-long'],
    [{ queue: 'events' }, '/queue', 'unknown-field'],
  ].map(([more, pointer, code]) => [JSON.stringify(more).slice(0, 50), pointer as string, code as string, more as object] as const))('with %s is refused at %s as %s, and nothing is kept', async (_shown, pointer, code, more) => {
    const before = await everythingIn(api);
    const { status, body } = await file(more);
    expect([status, body.errors]).toEqual([422, expect.arrayContaining([expect.objectContaining({ pointer, code })])]);
    expect(await everythingIn(api)).toEqual(before);
  });

  test('is told everything that is wrong at once', async () => {
    const { body } = await file({ name: '2031', email: 'me@en.example.org', ...byEvent({ eventKey: 'wrong' }) });
    expect(body.errors.map(({ pointer, code }: { pointer: string; code: string }) => `${pointer} ${code}`)).toEqual(['/name request.name-form', '/email request.email-own', '/eventKey request.wrong-key']);
  });

  test('asks for a name that nobody else is asking for on that wiki, however it is written', async () => {
    const name = unique('Wanted');
    expect((await file({ name })).status).toBe(201);
    for (const again of [name, name.toUpperCase(), ` ${name.toLowerCase()}_`]) expect((await file({ name: again })).body.errors).toMatchObject([{ pointer: '/name', code: 'request.name-asked' }]);
    expect((await file({ name, wiki: 'de.example.org' })).status).toBe(201);
  });

  test('by two for one name at the same instant is one request, and a fault for the other', async () => {
    for (let round = 0; round < 10; round++) {
      const name = unique('Wanted');
      const answers = await Promise.all([file({ name }), file({ name })]);
      expect(answers.map(({ status }) => status).sort()).toEqual([201, 422]);
      expect(answers.find(({ status }) => status === 422)!.body.errors).toMatchObject([{ pointer: '/name', code: 'request.name-asked' }]);
    }
  });
});

describe('a request by an event\'s link', () => {
  test('and key goes to its organizers', async () => {
    for (const eventKey of [desk.event.key, ` ${desk.event.key} `]) {
      const { body } = await file(byEvent({ eventKey }));
      expect(body.tagged).toBe(true);
      expect(await stored(body.id)).toMatchObject({ eventId: desk.event.id, queue: 'event' });
    }
  });

  test('with a wrong key is told so, and nothing is kept; without one it is the account team\'s', async () => {
    const before = await everythingIn(api);
    expect((await file(byEvent({ eventKey: 'guessed' }))).body.errors).toMatchObject([{ pointer: '/eventKey', code: 'request.wrong-key' }]);
    expect(await everythingIn(api)).toEqual(before);
    for (const eventKey of [undefined, '']) {
      const { body } = await file(byEvent({ eventKey }));
      expect(body.tagged).toBe(false);
      expect(await stored(body.id)).toMatchObject({ eventId: null, queue: 'default' });
    }
  });

  test('that is no event\'s, or closed, is the account team\'s, whatever the key: nobody learns which', async () => {
    expect((await file({ event: '00000000-0000-4000-8000-000000000000', eventKey: 'guessed' })).body.tagged).toBe(false);
    clock.atMs = desk.event.endsAtMs! - 1;
    expect((await file(byEvent())).body.tagged).toBe(true);
    clock.advance(1); // no timer has come in
    for (const eventKey of [desk.event.key, 'guessed']) expect((await file(byEvent({ eventKey }))).body).toMatchObject({ tagged: false });
    clock.atMs = MORNING_MS;
    await desk.max.post(`/api/events/${desk.other.id}/disable`, { reason: 'Closed.' });
    expect((await file({ event: desk.other.uuid, eventKey: desk.other.key })).body.tagged).toBe(false);
    await desk.max.post(`/api/events/${desk.other.id}/enable`);
  });

  test('whose places are all taken is the account team\'s', async () => {
    await api.sql('update event set approved_places = 2 where id = $1', [desk.other.id]);
    const tagged = [];
    for (let i = 0; i < 3; i++) tagged.push((await file({ event: desk.other.uuid, eventKey: desk.other.key })).body.tagged);
    expect(tagged).toEqual([true, true, false]);
    // What nobody confirmed in time gives its place back.
    await api.sql(`update request set state = 'expired' where id = (select max(id) from request where event_id = $1)`, [desk.other.id]);
    for (const free of [true, false]) expect((await file({ event: desk.other.uuid, eventKey: desk.other.key })).body.tagged).toBe(free);
  });

  test('takes no more than its places, however many ask at the same instant', async () => {
    const [{ n }] = await api.sql(`select count(*)::int as n from request where event_id = $1 and state <> 'expired'`, [desk.other.id]);
    await api.sql('update event set approved_places = $2 where id = $1', [desk.other.id, n + 3]);
    const answers = await Promise.all(Array.from({ length: 12 }, () => file({ event: desk.other.uuid, eventKey: desk.other.key })));
    expect(answers.map(({ status }) => status)).toEqual(Array(12).fill(201));
    expect(answers.filter(({ body }) => body.tagged)).toHaveLength(3);
    expect(await api.sql(`select count(*)::int as n from request where event_id = $1 and state <> 'expired'`, [desk.other.id])).toEqual([{ n: n + 3 }]);
  });

  test('is for one of its wikis, whether one is named or not', async () => {
    const [{ id }] = await api.sql(`select id from wiki where host = 'de.example.org'`);
    await api.sql('update event set wiki_ids = array[$2::int] where id = $1', [desk.event.id, id]);
    expect(await stored((await file(byEvent())).body.id)).toMatchObject({ wikiId: id });
    const { body } = await file(byEvent({ wiki: 'en.example.org' }));
    expect(body).toMatchObject({ status: 422, errors: [{ pointer: '/wiki', code: 'request.event-wiki', detail: 'The event is for de.example.org.' }] });
    for (const more of [byEvent({ wiki: 'de.example.org' }), byEvent({ wiki: 'en.example.org', eventKey: undefined })]) expect((await file(more)).status).toBe(201); // without the key it is not of the event
    await api.sql('update event set wiki_ids = null where id = $1', [desk.event.id]);
  });
});

describe('the wiki\'s word on a name', () => {
  let sandbox: SandboxWiki;
  beforeAll(async () => {
    sandbox = await startSandboxWiki();
    const { kernel, config } = api.api;
    const openWiki = createWikis({ kernel, secretKey: config.REEVE_SECRET_KEY, userAgent: 'ReeveTest/1 (https://example.org)', timeoutMs: 5_000, allowPrivateHosts: true });
    api.api.wiki = async (id) => (await openWiki(id)).gateway;
    await api.wiki('real.example.net', { apiUrl: sandbox.apiUrl, botUser: sandboxAccounts.bot.user, botPassword: seal(config.REEVE_SECRET_KEY, sandboxAccounts.bot.password) });
    await api.wiki('gone.example.net', { apiUrl: 'http://127.0.0.1:1/api.php' });
    sandbox.control('POST', 'seed', { users: ['Known person'] });
  });
  afterAll(async () => {
    api.api.wiki = undefined;
    await sandbox.close();
  });
  const fateOf = async (name: string, wiki = 'real.example.net') => {
    const { status, body } = await file({ name, wiki });
    return status === 201 ? (await stored(body.id)).nameCheck : body.errors.map(({ pointer, code }: { pointer: string; code: string }) => `${pointer} ${code}`);
  };

  test('is that it is there, or may be made; what its own lists refuse is looked at by people', async () => {
    expect(await fateOf('known person')).toEqual(['/name request.name-taken']);
    expect(await fateOf('Somebody new')).toBe('free');
    expect(await fateOf('A forbidden word')).toBe('refused');
  });

  test('is not waited for: a wiki that is away loses no request', async () => {
    expect(await fateOf('Somebody else', 'gone.example.net')).toBe('unasked');
    const { wiki } = api.api;
    api.api.wiki = () => new Promise(() => {}); // it never answers
    const began = performance.now();
    expect(await fateOf('Somebody patient')).toBe('unasked');
    expect(performance.now() - began).toBeLessThan(6_000);
    api.api.wiki = wiki;
  }, 15_000);
});

describe('how often one may file', () => {
  let nodes: Redis[];
  let limited: ReeveApp;
  beforeAll(async () => {
    nodes = services.redisUrls().map((url) => new Redis(url, { maxRetriesPerRequest: 0, commandTimeout: 3_000 }).on('error', () => {}));
    limited = createApp({ ...api.api, redis: nodes, config: { ...api.api.config, REEVE_TRUST_PROXY: 'loopback' } });
  });
  afterAll(async () => {
    await limited.close();
    nodes.forEach((node) => node.disconnect());
  });
  const from = (ip: string, more: object = {}) => file({ email: `${unique('asker')}@mail.example`, ...more }, limited.app, { 'X-Forwarded-For': ip });
  const address = () => `198.51.${Math.floor(Math.random() * 256)}.${Math.floor(Math.random() * 256)}`;

  test('is ten times an hour from one address; faults are not counted', async () => {
    const ip = address();
    for (let i = 0; i < 12; i++) expect((await from(ip, { name: '2031' })).status).toBe(422);
    const answers = [];
    for (let i = 0; i < 11; i++) answers.push(await from(ip));
    expect(answers.map(({ status }) => status)).toEqual([...Array(10).fill(201), 429]);
    expect(Number(answers[10]!.headers['retry-after'])).toBeGreaterThan(3_000);
    expect((await from(address())).status).toBe(201);
  });

  test('is as often as an event has places, for whoever knows its key, and a thousand times an hour from one address', async () => {
    const ip = address();
    for (let i = 0; i < 10; i++) await from(ip);
    for (let i = 0; i < 5; i++) expect((await from(ip, byEvent())).body.tagged).toBe(true);
    expect((await from(ip)).status).toBe(429);
    await nodes[0]!.set(`reeve:limit:request:by-key:${createHash('sha256').update(ip).digest('base64url').slice(0, 22)}`, 999, 'KEEPTTL');
    expect([(await from(ip, byEvent())).status, (await from(ip, byEvent())).status]).toEqual([201, 429]);
  });

  test('is one number for a household\'s whole network', async () => {
    const network = `2001:db8:${Math.floor(Math.random() * 65_536).toString(16)}:7`;
    for (let i = 0; i < 10; i++) expect((await from(`${network}::${i + 1}`)).status).toBe(201);
    expect((await from(`${network}:ffff::1`)).status).toBe(429);
  });

  test('lets nobody guess a key more than thirty times an hour, and whoever knows it in', async () => {
    const ip = address();
    const answers = [];
    for (let i = 0; i < 31; i++) answers.push((await from(ip, byEvent({ eventKey: `guess ${i}` }))).status);
    expect(answers).toEqual([...Array(30).fill(422), 429]);
    expect((await from(ip, byEvent())).status).toBe(201);
  });
});
