import { createWikis } from '../../activities/wikis';
import { apply } from '../../db/apply';
import { sealOnce } from '../../db/seal';
import { sandboxAccounts, startSandboxWiki, type SandboxWiki } from '../../demo/sandbox-wiki';
import { seal } from '../../gateways/secret-box';
import { system } from '../../policies/actor';
import type { Script } from '../support/api';
import { DAY_MS, HOUR_MS, MORNING_MS, offered, testDesk } from '../support/desk';
import { makeRequest } from '../support/house';

const desk = testDesk();
const { api, verb, see, told, mails } = desk;
const confirm = (id: number) => apply(api.api.kernel, { noun: 'request', id, verb: 'confirm', actor: system });
const listed = async (by: Script, query: string): Promise<number[]> => (await by.get(`/api/requests?limit=100&${query}`)).body.items.map((one: { id: number }) => one.id);

describe('an account request', () => {
  test('is a number to organizers, and says nothing to the account team, until its address is confirmed', async () => {
    const { ada, tom, cy, ulla, event } = desk;
    const { unconfirmed: before } = (await ada.get('/api/requests')).body;
    const { id } = await makeRequest(api.api.kernel, { eventId: event.id });
    expect((await ada.get(`/api/requests/${id}`)).status).toBe(404);
    expect((await ada.get('/api/requests')).body).toMatchObject({ items: [], unconfirmed: before + 1 });
    for (const by of [cy, ulla]) expect((await by.get('/api/requests')).body.unconfirmed).toBe(0);
    const seen = await see(tom, id);
    expect(seen).toMatchObject({ state: 'unconfirmed', wiki: 'en.example.org', hidden: ['name', 'comment', 'answers', 'language', 'email', 'ip', 'forwarded', 'userAgent'], actions: [{ verb: 'resendConfirmation' }] });
    expect(seen).not.toHaveProperty('comments');
    expect((await verb(tom, id, 'resendConfirmation')).body.state).toBe('unconfirmed');
    expect(await mails(id)).toEqual(['confirm']); // the first one went by the form
    await confirm(id);
    expect(await see(ada, id)).toMatchObject({ state: 'open', confirmedAt: '2031-07-01T09:00:00.000Z', comment: 'I would like to write.' });
  });

  test('that came by an event is for its organizers, without where the requester is to be found, and for the account team', async () => {
    const { ada, bo, cy, tom, kim, root, ulla, event } = desk;
    const { id, name } = await desk.tagged();
    for (const by of [ada, bo]) {
      const answer = await by.get(`/api/requests/${id}`);
      expect(answer.body).toMatchObject({ name, queue: 'event', event: { id: event.id, title: event.title }, holder: null, hidden: ['email', 'ip', 'forwarded', 'userAgent'], comments: [] });
      expect(answer.text).not.toMatch(/asker-\w+@example|192\.0\.2\.7|A browser/);
      expect(offered(answer.body)).toEqual(['reserve', 'close', 'create', 'escalate', 'comment']);
    }
    expect(offered(await see(tom, id))).toEqual(['reserve', 'close', 'create', 'escalate', 'defer', 'drop', 'comment']);
    expect(offered(await see(kim, id))).toEqual(['comment', 'reveal']);
    expect(offered(await see(root, id))).toEqual(offered(await see(tom, id)));
    for (const by of [cy, ulla]) expect((await by.get(`/api/requests/${id}`)).status).toBe(404);
  });

  test('that came by none is for the account team alone', async () => {
    const { ada, tom, max, kim, root } = desk;
    const { id } = await desk.open();
    expect((await verb(ada, id, 'reserve')).status).toBe(404);
    expect(await listed(ada, '')).not.toContain(id);
    for (const by of [tom, max, kim, root]) expect(await see(by, id)).toMatchObject({ queue: 'default', event: null });
  });
});

describe('a reservation', () => {
  test('is one person\'s: of two at the same instant one has it, twenty times out of twenty', async () => {
    const { ada, tom, ids } = desk;
    for (let round = 0; round < 20; round++) {
      const { id } = await desk.tagged();
      const answers = await Promise.all([verb(ada, id, 'reserve'), verb(tom, id, 'reserve')]);
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
      const [winner] = [ids.ada, ids.tom].filter((_, i) => answers[i]!.status === 200);
      expect(await see(tom, id)).toMatchObject({ state: 'reserved', version: 3, holder: { id: winner } });
    }
  });

  test('lasts an hour, keeps others from answering, and is given back by who has it', async () => {
    const { ada, bo, tom, ids, clock } = desk;
    const { id } = await desk.tagged();
    expect((await verb(ada, id, 'reserve')).body).toMatchObject({ holder: { id: ids.ada, name: 'Ada' }, reservedUntilMs: clock.atMs + 3_600_000 });
    for (const by of [bo, tom]) {
      for (const [name, body] of [['close', { outcome: 'none' }], ['escalate', {}]] as const) expect((await verb(by, id, name, body)).body).toMatchObject({ status: 403, code: 'request.held' });
      expect((await verb(by, id, 'release')).body.code).toBe('policy.forbidden');
      expect((await see(by, id)).actions).toContainEqual(expect.objectContaining({ verb: 'close', unavailable: { code: 'request.held', reason: 'Somebody else has reserved it.' } }));
    }
    expect((await verb(ada, id, 'release')).body).toMatchObject({ state: 'open', holder: null, reservedUntilMs: null });
  });

  test('is sent to somebody who may look after the request, who is told', async () => {
    const { tom, tess, ids } = desk;
    const { id } = await desk.tagged();
    await verb(tom, id, 'reserve');
    for (const to of ['Cy', 'Ulla', 'Tom', 'Nobody by this name', 987_654]) expect((await verb(tom, id, 'sendReservation', { to })).body).toMatchObject({ status: 422, errors: [{ pointer: '/to', code: 'request.no-taker' }] });
    expect((await verb(tom, id, 'sendReservation', { to: 'Ada' })).body.holder).toMatchObject({ id: ids.ada });
    expect((await verb(tom, id, 'sendReservation', { to: ids.tess })).body.code).toBe('policy.forbidden'); // it is theirs no longer
    expect(await told(desk.ada)).toMatchObject({ code: 'request.sendReservation', entity: id });
    const { id: untagged } = await desk.open();
    await verb(tom, untagged, 'reserve');
    expect((await verb(tom, untagged, 'sendReservation', { to: 'Ada' })).body.errors).toMatchObject([{ code: 'request.no-taker' }]);
    await verb(tom, untagged, 'sendReservation', { to: ids.tess });
    expect(await told(tess)).toMatchObject({ code: 'request.sendReservation', entity: untagged });
  });

  test('is broken by tool admins, who are asked first and say why, and its holder is told', async () => {
    const { tom, max, tess } = desk;
    const { id } = await desk.open();
    await verb(tom, id, 'reserve');
    expect((await verb(tess, id, 'breakReservation', { reason: 'Now.' })).body.code).toBe('policy.forbidden');
    expect((await see(max, id)).actions).toContainEqual(expect.objectContaining({ verb: 'breakReservation', confirm: { facts: { holder: 'Tom', reservedUntil: '2031-07-01T10:00:00.000Z' } } }));
    expect((await verb(max, id, 'breakReservation')).body).toMatchObject({ status: 422, errors: [{ pointer: '/reason', code: 'required' }] });
    expect((await verb(max, id, 'breakReservation', { reason: 'Tom is away.' })).body).toMatchObject({ state: 'open', holder: null });
    expect(await told(tom)).toMatchObject({ code: 'request.breakReservation', entity: id });
  });
});

describe('what the account team takes over', () => {
  test('leaves its organizers a trace, and nothing by which to find what it says', async () => {
    const { ada, tom, tess, max } = desk;
    const { id, name } = await desk.tagged();
    await verb(ada, id, 'comment', { text: 'She is at my table.' });
    const log = async (by: Script) => {
      await sealOnce(api.api.kernel.pool);
      const [{ status }, all] = [await by.get(`/api/log?noun=request&entity=${id}`), await by.get('/api/log?noun=request&limit=1000')];
      return [status, all.body.items.some(({ entity }: { entity: number }) => entity === id)];
    };
    expect(await log(ada)).toEqual([200, true]);
    const trace = (await verb(ada, id, 'escalate', { reason: 'I know her.' })).body;
    expect(trace).toMatchObject({ id, state: 'open', queue: 'flagged', escalatedAt: '2031-07-01T09:00:00.000Z', actions: [] });
    expect(Object.keys(trace).sort()).toEqual(['actions', 'createdAt', 'escalatedAt', 'event', 'hidden', 'id', 'queue', 'state', 'updatedAt', 'version']);
    expect(await listed(ada, '')).toContain(id);
    expect([await log(ada), await log(tom)]).toEqual([[404, false], [200, true]]);
    for (const query of [`q=${name}`, `q=${name.slice(0, 8)}`, 'wiki=en.example.org']) expect(await listed(ada, query)).not.toContain(id);
    expect(await listed(tom, `q=${name}`)).toEqual([id]);
    for (const by of [tom, tess, max]) expect(await told(by)).toMatchObject({ code: 'request.escalate', entity: id });
    expect((await verb(ada, id, 'comment', { text: 'More.' })).body.code).toBe('policy.forbidden');
    expect((await see(tom, id)).comments).toMatchObject([{ text: 'She is at my table.', user: { name: 'Ada' } }]);
  });

  test('comes back to its organizers when it is deferred to its event, and to no event where it came by none', async () => {
    const { ada, tom } = desk;
    const { id } = await desk.tagged();
    await verb(tom, id, 'reserve');
    expect((await verb(tom, id, 'defer', { queue: 'events' })).body).toMatchObject({ state: 'open', queue: 'events', holder: null });
    expect(await see(ada, id)).toMatchObject({ queue: 'events', actions: [], hidden: expect.arrayContaining(['name', 'comment']) });
    expect((await verb(tom, id, 'defer', { queue: 'flagged' })).body).toMatchObject({ queue: 'flagged', escalatedAt: '2031-07-01T09:00:00.000Z' });
    expect((await verb(tom, id, 'defer', { queue: 'event' })).body).toMatchObject({ queue: 'event', escalatedAt: null });
    expect(offered(await see(ada, id))).toContain('reserve');
    expect((await verb(ada, id, 'defer', { queue: 'default' })).body.code).toBe('policy.forbidden');
    expect((await verb(tom, (await desk.open()).id, 'defer', { queue: 'event' })).body).toMatchObject({ status: 422, errors: [{ pointer: '/queue', code: 'request.no-event' }] });
  });
});

describe('an answer', () => {
  test.each([
    ['not-created', { text: 'Another has this name.' }, ['answer'], 'Another has this name.'],
    ['created', {}, ['answer'], null],
    ['none', { text: 'Nothing to say.' }, [], null],
  ])('%s is kept as the outcome, and mailed where there is something to tell', async (outcome, more, sent, answer) => {
    const { id } = await desk.tagged();
    expect((await verb(desk.ada, id, 'close', { outcome, ...more })).body).toMatchObject({ state: 'closed', outcome, answer, closedAt: '2031-07-01T09:00:00.000Z', purgeAt: '2031-07-16T09:00:00.000Z' });
    expect(await mails(id)).toEqual(sent);
  });

  test('may be none at all: dropped, by the account team', async () => {
    const { id } = await desk.tagged();
    expect((await verb(desk.ada, id, 'drop')).body.code).toBe('policy.forbidden');
    expect((await verb(desk.tom, id, 'drop', { reason: 'Spam.' })).body).toMatchObject({ state: 'closed', outcome: 'dropped' });
    expect(await mails(id)).toEqual([]);
  });

  describe('that it is created', () => {
    let sandbox: SandboxWiki;
    let wikiId: number;
    beforeAll(async () => {
      sandbox = await startSandboxWiki();
      const { kernel, config } = api.api;
      const openWiki = createWikis({ kernel, secretKey: config.REEVE_SECRET_KEY, userAgent: 'ReeveTest/1 (https://example.org)', timeoutMs: 5_000, allowPrivateHosts: true });
      api.api.wiki = async (id) => (await openWiki(id)).gateway;
      wikiId = (await api.wiki('real.example.org', { apiUrl: sandbox.apiUrl, botUser: sandboxAccounts.bot.user, botPassword: seal(config.REEVE_SECRET_KEY, sandboxAccounts.bot.password) })).id;
    });
    afterAll(async () => {
      api.api.wiki = undefined;
      await sandbox.close();
    });

    test('is said of an account that the wiki has, and of no other', async () => {
      const { id, name } = await desk.open({ wikiId, name: 'Somebody new' });
      const close = () => verb(desk.tom, id, 'close', { outcome: 'created' });
      expect((await close()).body).toMatchObject({ status: 422, errors: [{ pointer: '/outcome', code: 'request.no-account' }] });
      expect(await mails(id)).toEqual([]);
      sandbox.control('POST', 'seed', { users: [name] });
      expect((await close()).body).toMatchObject({ state: 'closed', outcome: 'created' });
    });

    test('is believed where the wiki does not answer', async () => {
      const { id: gone } = await api.wiki('gone.example.org', { apiUrl: 'http://127.0.0.1:1/api.php' });
      const { id } = await desk.open({ wikiId: gone });
      expect((await verb(desk.tom, id, 'close', { outcome: 'created' })).body.outcome).toBe('created');
    });
  });
});

describe('a closed request', () => {
  const closed = async (values = {}) => {
    const request = await desk.open(values);
    await verb(desk.tom, request.id, 'drop');
    return request;
  };

  test('is opened again within seven days by the account team, later by a tool admin', async () => {
    const { tom, max, clock } = desk;
    const [{ id }, { id: other }] = [await closed(), await closed()];
    clock.advance(7 * DAY_MS);
    expect((await verb(tom, id, 'reopen')).body).toMatchObject({ state: 'open', outcome: null, closedAt: null, purgeAt: null });
    clock.advance(1);
    expect((await verb(tom, other, 'reopen')).body).toMatchObject({ status: 403, code: 'request.closed-long' });
    expect((await verb(max, other, 'reopen')).body.state).toBe('open');
  });

  test('is opened again by no organizer', async () => {
    const { id } = await desk.tagged();
    await verb(desk.ada, id, 'close', { outcome: 'none' });
    expect((await verb(desk.ada, id, 'reopen')).body.code).toBe('policy.forbidden');
  });

  test('stays closed while another asks for its name', async () => {
    const { id, name } = await closed();
    await makeRequest(api.api.kernel, { name: name.toUpperCase() });
    expect((await verb(desk.tom, id, 'reopen')).body).toMatchObject({ status: 422, errors: [{ pointer: '/name', code: 'request.name-asked' }] });
  });
});

describe('the list of account requests', () => {
  test('is filtered by state, queue, event, wiki, holder and name', async () => {
    const { tom, event } = desk;
    const [plain, came, held, gone, away] = [await desk.open(), await desk.tagged(), await desk.open(), await desk.open(), await desk.open({ name: 'Anna of the hills' })];
    await verb(tom, held.id, 'reserve');
    await verb(tom, gone.id, 'drop');
    await verb(tom, away.id, 'defer', { queue: 'flagged' });
    const mine = [plain, came, held, gone, away].map(({ id }) => id);
    const found = async (query: string) => (await listed(tom, query)).filter((id) => mine.includes(id)).reverse();
    expect(await found('')).toEqual(mine);
    expect(await found('state=closed')).toEqual([gone.id]);
    expect(await found('state=reserved&mine=true')).toEqual([held.id]);
    expect(await found('queue=event')).toEqual([came.id]);
    expect(await found('queue=default')).toEqual([plain.id, held.id, gone.id]);
    expect(await found('queue=flagged')).toEqual([away.id]);
    expect(await found(`event=${event.id}`)).toEqual([came.id]);
    expect(await found('q=THE%20hills')).toEqual([away.id]);
    expect(await found('wiki=de.example.org')).toEqual([]);
    expect(await listed(tom, 'mine=true')).toContain(held.id);
    expect((await tom.get(`/api/requests?q=${plain.name}&count=true`)).body).toMatchObject({ count: 1, items: [{ id: plain.id, name: plain.name }] });
  });

  test('counts the unconfirmed ones of an organizer\'s own events, together and one by one', async () => {
    const { ada, cy, tom, event, other } = desk;
    const { kernel } = api.api;
    const n = async (by: Script, query = '') => (await by.get(`/api/requests${query}`)).body.unconfirmed;
    const before = await Promise.all([n(ada), n(cy), n(tom)]);
    for (const eventId of [event.id, event.id, other.id, null]) await makeRequest(kernel, { eventId });
    expect(await Promise.all([n(ada), n(cy), n(tom)])).toEqual([before[0]! + 2, before[1]! + 1, before[2]! + 4]);
    expect(await n(ada, `?event=${other.id}`)).toBe(0);
  });

  describe('while creations are paused on its wiki', () => {
    const pauses = (verb: string) => desk.max.post(`/api/wikis/1/${verb}`, { mode: 'bot', reason: 'A wave of odd names.' });
    afterEach(() => pauses('resumeCreations'));

    it('is not created, and says so instead of offering it', async () => {
      const { id } = await desk.open();
      expect(offered(await desk.see(desk.tom, id))).toContain('create');
      await pauses('pauseCreations');
      const seen = await desk.see(desk.tom, id);
      expect(offered(seen)).not.toContain('create');
      expect(seen).toMatchObject({ creationsPausedAt: new Date(MORNING_MS).toISOString(), actions: expect.arrayContaining([expect.objectContaining({ verb: 'create', unavailable: { code: 'request.creations-paused', reason: expect.any(String) } })]) });
      expect((await desk.verb(desk.tom, id, 'create')).body).toMatchObject({ status: 409, code: 'request.creations-paused', since: new Date(MORNING_MS).toISOString() });
    });

    it('that is under way says since when it is held up, and is offered back to who asked for it, for as long as that lasts', async () => {
      const { id } = await desk.tagged();
      await desk.verb(desk.ada, id, 'create');
      await pauses('pauseCreations');
      await desk.wait(id, HOUR_MS);
      const seen = await desk.see(desk.ada, id);
      expect([seen.state, seen.creationsPausedAt, offered(seen).includes('takeBack')]).toEqual(['creating', new Date(MORNING_MS).toISOString(), true]);
      expect(offered(await desk.see(desk.bo, id))).not.toContain('takeBack');
      expect((await desk.verb(desk.ada, id, 'takeBack')).body).toMatchObject({ state: 'reserved', holder: { name: 'Ada' } });
    });
  });
});
