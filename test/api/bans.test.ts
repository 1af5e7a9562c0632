import { apply, applyDue } from '../../db/apply';
import { matcherOf } from '../../db/ban-patterns';
import { system } from '../../policies/actor';
import type { Request } from '../../db/entities/request';
import type { Script } from '../support/api';
import { DAY_MS, offered, testDesk } from '../support/desk';
import { makeRequest, unique } from '../support/house';

const desk = testDesk();
const { api, verb, see, told, mails } = desk;
const ban = (by: Script, body: object) => by.post('/api/bans', { reason: 'Spades.', action: 'drop', target: 'name', ...body });
const onBan = (by: Script, id: number, name: string, body: object = {}) => by.post(`/api/bans/${id}/${name}`, body);
const verbsOn = (id: number) => api.sql<{ verb: string; actor: string; to_state: string }>(`select verb, actor, to_state from audit where noun = 'request' and entity = $1 order by id`, [id]).then((rows) => rows.map((row) => `${row.verb} ${row.actor} ${row.to_state}`));
/** Sets a ban on a name of its own, and confirms a request of that name. */
async function meets(action: string, values: Partial<Request> = {}): Promise<{ banId: number; id: number; name: string }> {
  const name = unique('Spades');
  const { body } = await ban(desk.max, { pattern: `^${name}$`, action });
  const { id } = await (values.eventId ? desk.tagged({ ...values, name }) : desk.open({ ...values, name }));
  return { banId: body.id, id, name };
}

describe('a request that a ban hits', () => {
  test('is given to the account team by a ban that defers, whatever event it came by', async () => {
    const { ada, tom } = desk;
    const { id } = await meets('defer', { eventId: desk.event.id });
    expect(await see(tom, id)).toMatchObject({ state: 'open', queue: 'flagged' });
    expect(await verbsOn(id)).toEqual(['new visitor unconfirmed', 'confirm system open', 'flag system open']);
    expect(await told(tom)).toMatchObject({ code: 'request.escalated', entity: id });
    const trace = await see(ada, id);
    expect([trace.name, offered(trace)]).toEqual([undefined, []]);
  });

  test('is dropped by a ban that drops, and the team is told; by a quiet one nobody is', async () => {
    const { ada, tom } = desk;
    const { id } = await meets('drop', { eventId: desk.event.id });
    expect(await see(tom, id)).toMatchObject({ state: 'closed', outcome: 'dropped' });
    expect(await verbsOn(id)).toEqual(['new visitor unconfirmed', 'confirm system open', 'flag system open', 'drop system closed']);
    expect(await told(tom)).toMatchObject({ code: 'request.banned', entity: id });
    expect((await see(ada, id)).name).toBeUndefined();
    const { id: quiet } = await meets('dropQuietly');
    expect(await see(tom, quiet)).toMatchObject({ state: 'closed', outcome: 'dropped' });
    expect(await told(tom)).toMatchObject({ entity: id }); // still of the one before
    expect(await mails(quiet)).toEqual([]);
  });

  test('is closed by a ban that blocks, and its requester gets the mail of every request that was not created', async () => {
    const { id } = await meets('block');
    expect(await see(desk.tom, id)).toMatchObject({ state: 'closed', outcome: 'not-created', answer: null });
    expect(await mails(id)).toEqual(['answer']);
  });

  test('stands in the queue that a ban names which defers, away from its organizers; in the flagged one where another escalates it, or its queue is disabled', async () => {
    const { ada, tom, max } = desk;
    const key = unique('later').toLowerCase().replace(/[^a-z0-9]+/g, '-');
    const { id: queue } = (await max.post('/api/queues', { key }).expect(201)).body;
    const name = unique('Rakes');
    expect((await ban(max, { pattern: `^${name}`, action: 'defer', queue: key })).body).toMatchObject({ action: 'defer', queue: key });
    const { id } = await desk.tagged({ name });
    expect(await see(tom, id)).toMatchObject({ state: 'open', queue: key, escalatedAt: null });
    expect(await verbsOn(id)).toEqual(['new visitor unconfirmed', 'confirm system open', 'flag system open', 'defer system open']);
    expect((await see(ada, id)).name).toBeUndefined();
    expect((await told(tom))?.entity).not.toBe(id);
    expect((await see(max, id)).bans).toHaveLength(1);
    const [{ remind_at_ms: remindAtMs }] = await api.sql('select remind_at_ms from request where id = $1', [id]);
    expect(remindAtMs).toBeGreaterThan(desk.clock.atMs); // its clock runs
    const { body: { id: other } } = await ban(max, { pattern: `^${name} again$`, action: 'defer' });
    expect((await see(tom, (await desk.open({ name: `${name} again` })).id)).queue).toBe('flagged');
    await onBan(max, other, 'lift');
    await desk.verb(tom, id, 'drop');
    await max.post(`/api/queues/${queue}/disable`, {}).expect(200);
    expect((await see(tom, (await desk.open({ name: `${name} more` })).id)).queue).toBe('flagged');
  });

  test.each([[{ action: 'defer', queue: 'nowhere' }, 'request.unknown-queue'], [{ action: 'defer', queue: 'event' }, 'request.unknown-queue'], [{ action: 'defer', queue: 'flagged' }, 'request.unknown-queue'], [{ action: 'drop', queue: 'default' }, 'input.invalid']])('names no queue by %j', async (body, code) => {
    expect((await ban(desk.max, { pattern: 'x', ...body })).body).toMatchObject({ status: 422, errors: [{ pointer: '/queue', code }] });
  });

  test('can be reopened, and is not held against the ban again', async () => {
    const { id } = await meets('drop');
    expect((await verb(desk.tom, id, 'reopen')).body).toMatchObject({ state: 'open', queue: 'flagged' });
  });

  test('names the ban to those who may see it, and to nobody else', async () => {
    const { tom, max, kim, root } = desk;
    const name = unique('Spades');
    const { id: one } = (await ban(max, { pattern: name, action: 'defer' })).body;
    const { id: other } = (await ban(kim, { pattern: name, action: 'defer', seenBy: 'checkuser' })).body;
    const { id } = await desk.open({ name });
    for (const by of [max, root]) expect((await see(by, id)).bans).toEqual([{ id: one, target: 'name', action: 'defer' }]);
    expect((await see(kim, id)).bans.map((hit: { id: number }) => hit.id)).toEqual([one, other]);
    expect(await see(tom, id)).not.toHaveProperty('bans');
    expect((await max.get(`/api/bans/${one}`)).body.hits).toBe(1);
  });

  test('obeys the quietest of several bans', async () => {
    const { name } = await meets('defer');
    for (const action of ['block', 'dropQuietly', 'drop']) await ban(desk.max, { pattern: name.toUpperCase(), action });
    await api.sql(`update request set state = 'expired' where name = $1`, [name]);
    const { id } = await desk.open({ name });
    expect(await see(desk.tom, id)).toMatchObject({ state: 'closed', outcome: 'dropped' });
    expect(await mails(id)).toEqual([]);
  });

  test.each([
    ['email', '@throw-away\\.example$', { email: 'one@throw-away.example' }, { email: 'one@throw-away.example.org' }],
    ['userAgent', '^autosignup/', { userAgent: 'AutoSignup/1.0' }, { userAgent: 'No AutoSignup/1.0' }],
    ['address', '203.0.113.64/26', { ip: '203.0.113.127' }, { ip: '203.0.113.128' }],
    ['address', '2001:db8:a::/48', { ip: '2001:db8:a:9::1' }, { ip: '2001:db8:b::1' }],
    ['address', '198.51.100.7', { ip: '::ffff:198.51.100.7' }, { ip: null }],
  ] as [string, string, Partial<Request>, Partial<Request>][])('is one whose %s fits %s, and no other', async (target, pattern, fits, other) => {
    const { body } = await ban(desk.max, { target, pattern });
    expect((await see(desk.tom, (await desk.open(fits)).id)).state).toBe('closed');
    expect((await see(desk.tom, (await desk.open(other)).id)).state).toBe('open');
    expect((await onBan(desk.max, body.id, 'lift')).body.state).toBe('lifted');
    expect((await see(desk.tom, (await desk.open(fits)).id)).state).toBe('open');
  });

  test('is not hit before its address is confirmed, nor by a ban whose time is over before any timer has fired', async () => {
    const name = unique('Spades');
    const { body } = await ban(desk.max, { pattern: name, until: new Date(desk.clock.atMs + DAY_MS).toISOString() });
    const early = await makeRequest(api.api.kernel, { name });
    expect(await verbsOn(early.id)).toEqual(['new visitor unconfirmed']);
    desk.clock.advance(DAY_MS);
    expect((await apply(api.api.kernel, { noun: 'request', id: early.id, verb: 'confirm', actor: system })).row.state).toBe('open');
    expect((await desk.max.get(`/api/bans/${body.id}`)).body).toMatchObject({ state: 'expired', actions: [] });
    await applyDue(api.api.kernel, 'ban', body.id, system);
    expect(await api.sql('select state from ban where id = $1', [body.id])).toEqual([{ state: 'expired' }]);
  });
});

describe('a ban', () => {
  test('is set, seen and lifted by tool admins, admins and checkusers; one for checkusers by these alone', async () => {
    const { ada, tom, max, kim, root, ulla } = desk;
    for (const by of [ada, tom, ulla]) {
      expect((await ban(by, { pattern: 'spade' })).status).toBe(403);
      expect((await by.get('/api/bans')).body.items).toEqual([]);
    }
    expect((await ban(max, { pattern: 'spade', seenBy: 'checkuser' })).body).toMatchObject({ status: 403, errors: [{ pointer: '/seenBy' }] });
    const { id: open } = (await ban(root, { pattern: 'a spade of its own' })).body;
    const { id: narrow } = (await ban(kim, { pattern: 'a spade of its own', seenBy: 'checkuser' })).body;
    for (const by of [max, root]) {
      expect((await by.get(`/api/bans/${narrow}`)).status).toBe(404);
      expect((await by.get('/api/bans?q=spade+of')).body.items.map((one: { id: number }) => one.id)).toEqual([open]);
      expect((await onBan(by, narrow, 'lift')).status).toBe(404);
    }
    expect((await kim.get('/api/bans?q=spade+of')).body.items.map((one: { id: number }) => one.id)).toEqual([narrow, open]);
    expect((await onBan(max, open, 'reschedule', { until: null })).body).toMatchObject({ state: 'active', until: null, pattern: 'a spade of its own', reason: 'Spades.' });
    expect((await onBan(kim, open, 'lift', { reason: 'No.' })).body).toMatchObject({ state: 'lifted', actions: [] });
    for (const by of [ada, tom, ulla]) expect((await by.get(`/api/bans/${open}`)).status).toBe(404);
  });

  test.each([
    ['name', '(spade', 'ban.bad-pattern', /missing closing \): \(spade, at character 1/],
    ['name', 'ok 🙂 a**', 'ban.bad-pattern', /\*\*, at character 7/],
    ['email', '(?=a)b', 'ban.bad-pattern', /at character 1.*Lookaround/],
    ['email', '(a)\\1', 'ban.bad-pattern', /\\1, at character 4/],
    ['userAgent', '(?:a{1,30}){1,30}', 'ban.bad-pattern', /too many steps/],
    ['name', 'a{2000}', 'ban.bad-pattern', /\{2000\}, at character 2/],
    ['name', '(', 'ban.bad-pattern', /at character 1/],
    ['name', '.*', 'ban.matches-all', /everybody/],
    ['email', '|a', 'ban.matches-all', /everybody/],
    ['address', '203.0.0.0/15', 'ban.too-wide', /\/16/],
    ['address', '0.0.0.0/0', 'ban.too-wide', /\/16/],
    ['address', '2001::/18', 'ban.too-wide', /\/19/],
    ['address', '203.0.113.0/33', 'ban.bad-network', /203\.0\.113\.0\/24/],
    ['address', '203.0.113/24', 'ban.bad-network', /no network/],
    ['address', 'fe80::1%eth0', 'ban.bad-network', /no network/],
    ['address', '::ffff:203.0.113.0/120', 'ban.bad-network', /as such/],
    ['address', '^203', 'ban.bad-network', /no network/],
  ])('on %s is refused with %s, and with words', async (target, pattern, code, words) => {
    for (const path of ['/api/bans', '/api/bans/try']) {
      const { body } = await desk.max.post(path, { target, pattern, ...(path === '/api/bans' && { action: 'drop', reason: 'Spades.' }) });
      expect(body).toMatchObject({ status: 422, errors: [{ pointer: '/pattern', code, detail: expect.stringMatching(words) }] });
    }
  });

  test.each(['203.0.0.0/16', '2001:2000::/19', '203.0.113.9', '2001:db8::1'])('takes the network %s', async (pattern) => {
    expect((await ban(desk.max, { target: 'address', pattern })).status).toBe(201);
  });

  test('is held against a text in a time that grows no faster than the text, whatever it says', () => {
    const endless = 'a'.repeat(100_000);
    const startMs = performance.now();
    for (const pattern of ['^(a+)+$x', '(a|a)*b', '(a|aa)+$x', '(.*)*b', '(?:a?){120}a{120}b', '([a-z]+)*!']) expect(matcherOf('userAgent', pattern)(endless)).toBe(false);
    expect(performance.now() - startMs).toBeLessThan(2_000); // a backtracking engine would be at it for years
  });
});

describe('trying a ban', () => {
  const tryIt = async (by: Script, target: string, pattern: string) => (await by.post('/api/bans/try', { target, pattern })).body;
  const looked = (name: 'max' | 'root') => api.sql<{ code: string }>(`select code from audit where noun = 'user' and entity = $1 and verb = 'search' order by id`, [desk.ids[name]]);

  test('says which requests it would have hit to those who may see why, and writes down that they looked', async () => {
    const { max, root } = desk;
    const { id, email } = await desk.open();
    const before = (await looked('max')).length;
    expect(await tryIt(max, 'email', `^${email}$`)).toMatchObject({ hits: 1, requests: [id] });
    expect(await looked('max')).toHaveLength(before + 1);
    expect((await looked('max')).at(-1)).toEqual({ code: 'ban.email' });
    expect(JSON.stringify(await api.sql('select * from audit order by id desc limit 3'))).not.toContain(email.slice(0, 8));
    expect(await tryIt(root, 'email', `^${email}$`)).toEqual({ of: expect.any(Number), hits: null }); // no way to ask for one person
    expect((await tryIt(root, 'email', '@')).hits).toBeGreaterThanOrEqual(5);
    expect(await looked('root')).toEqual([{ code: 'ban.email' }, { code: 'ban.email' }]); // numbers tell of persons, too
  });

  test('on names says which ones to whoever sets bans, and changes nothing', async () => {
    const { root, tom } = desk;
    const { id, name } = await desk.open();
    const hidden = await makeRequest(api.api.kernel, { name: `${name} of the unconfirmed` });
    expect(await tryIt(root, 'name', name)).toMatchObject({ hits: 1, requests: [id] });
    expect((await tryIt(root, 'name', hidden.name)).hits).toBe(0);
    expect((await looked('root')).map(({ code }) => code)).not.toContain('ban.name');
    expect(await see(tom, id)).toMatchObject({ state: 'open' });
    expect((await tom.post('/api/bans/try', { target: 'name', pattern: name })).status).toBe(403);
  });
});
