import request from 'supertest';
import { createApp } from '../../api/server';
import { standingClock } from '../../db/clock';
import { testApi, type Script, type TestPerson } from '../support/api';

const DAY_MS = 86_400_000;
const api = testApi({ REEVE_STATISTICS_DISALLOWED_COUNTRIES: '{"AQ":"Antarctica"}' });
let ada: TestPerson;
let organizer: Script;
let other: Script;
let toolAdmin: Script;
let user: Script;
beforeAll(async () => {
  await api.wiki('en.example.org');
  await api.wiki('de.example.org');
  ada = await api.person('Ada', ['organizer']);
  organizer = await api.script(ada);
  other = await api.script(await api.person('Bo', ['organizer']));
  toolAdmin = await api.script(await api.person('Tool admin', ['toolAdmin']));
  user = await api.script(await api.person('Ulla'));
});

/** A time on the wall, days from now. */
const inDays = (days: number, time = '10:00'): string => `${new Date(Date.now() + days * DAY_MS).toISOString().slice(0, 10)}T${time}`;
const whole = () => ({
  title: 'Evening in the library', types: ['editing-event', 'workshop'], participation: 'hybrid', country: 'DE', address: 'The old reading room', meetingUrl: 'https://meet.example.org/library',
  wikis: ['en.example.org'], topics: ['Libraries'], startsAt: inDays(10), endsAt: inDays(10, '14:00'), timeZone: 'Europe/Berlin', key: 'read aloud', places: 20,
});
const draft = async (more: object = {}, by = organizer) => (await by.post('/api/events', { ...whole(), ...more })).body;
const verb = (by: Script, id: number, name: string, body: object = {}) => by.post(`/api/events/${id}/${name}`, body);
const approved = async (more: object = {}) => {
  const { id } = await draft(more);
  await verb(organizer, id, 'submit');
  return (await verb(toolAdmin, id, 'approve')).body;
};
const verbs = (event: { actions: { verb: string }[] }) => event.actions.map((one) => one.verb);

describe('an event', () => {
  test('is drafted by an organizer, submitted, approved by a tool admin, and its organizers are told', async () => {
    const made = await organizer.post('/api/events', whole());
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({ ...whole(), state: 'draft', organizers: [{ name: 'Ada' }], tracks_contributions: true, approvedPlaces: null });
    expect(made.body.url).toMatch(/\/e\/[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(verbs(made.body)).toEqual(['edit', 'submit', 'cancel']);
    expect((await verb(organizer, made.body.id, 'submit')).body.state).toBe('requested');
    expect((await toolAdmin.get('/api/home')).body.areas).toMatchObject([{ area: 'events', items: [{ kind: 'event', title: whole().title }] }, {}]);
    const done = await verb(toolAdmin, made.body.id, 'approve', { reason: 'Known to us.' });
    expect(done.body).toMatchObject({ state: 'approved', approvedPlaces: 20 });
    expect((await organizer.get('/api/notices')).body.items[0]).toMatchObject({ code: 'event.approve', noun: 'event', entity: made.body.id, title: whole().title });
  });

  test('carries its window both as the clock on the wall and in UTC', async () => {
    const { startsAt, startsAtUtc, endsAtUtc } = await draft({ startsAt: '2031-07-01T18:00', endsAt: '2031-07-01T20:00', timeZone: '+05:30' });
    expect({ startsAt, startsAtUtc, endsAtUtc }).toEqual({ startsAt: '2031-07-01T18:00', startsAtUtc: '2031-07-01T12:30:00.000Z', endsAtUtc: '2031-07-01T14:30:00.000Z' });
  });

  test('may be a title alone until it is submitted, which names everything that is missing', async () => {
    const { body } = await organizer.post('/api/events', { title: 'Later' });
    expect(body).toMatchObject({ state: 'draft', wikis: 'all', startsAt: null, key: expect.stringMatching(/^[a-z2-9]{6}$/) });
    const refused = await verb(organizer, body.id, 'submit');
    expect(refused.body).toMatchObject({ status: 422, code: 'event.incomplete' });
    expect(refused.body.errors.map((one: { pointer: string }) => one.pointer)).toEqual(['/startsAt', '/endsAt', '/types', '/participation', '/places']);
  });

  test('is made by organizers only, and decided on by nobody who organizes it', async () => {
    expect((await user.post('/api/events', whole())).body).toMatchObject({ status: 403, detail: expect.stringContaining('apply for that role') });
    const both = await api.script(await api.person('Both', ['organizer', 'toolAdmin', 'admin']));
    const { id } = await draft({}, both);
    await verb(both, id, 'submit');
    expect((await verb(both, id, 'approve')).body).toMatchObject({ status: 403, code: 'policy.own' });
    expect((await verb(organizer, id, 'approve')).status).toBe(404);
  });

  test('that was never approved is nobody\'s to see but its organizers\' and tool admins\'', async () => {
    const { id } = await draft();
    for (const by of [other, user, toolAdmin]) expect((await by.get(`/api/events/${id}`)).status).toBe(404);
    await verb(organizer, id, 'submit');
    expect([await other.get(`/api/events/${id}`), await toolAdmin.get(`/api/events/${id}`)].map(({ status }) => status)).toEqual([404, 200]);
    await verb(toolAdmin, id, 'reject', { reason: 'Not yet.' });
    expect((await user.get(`/api/events/${id}`)).status).toBe(404);
    expect((await organizer.get('/api/notices')).body.items[0]).toMatchObject({ code: 'event.reject', reason: 'Not yet.' });
  });

  test('that is approved is public, but for its link, its key and what only those who take part are given', async () => {
    const { id } = await approved();
    for (const seen of [await user.get(`/api/events/${id}`), await request(api.app).get(`/api/events/${id}`)]) {
      expect(seen.body).toMatchObject({ title: whole().title, startsAt: whole().startsAt, organizers: [{ name: 'Ada' }], actions: [] });
      expect(seen.body.hidden).toEqual(['key', 'url', 'meetingUrl', 'chatUrl', 'places', 'approvedPlaces', 'form', 'test']);
      expect(seen.text).not.toMatch(/read aloud|meet\.example/);
    }
    expect((await organizer.get(`/api/events/${id}`)).body).toMatchObject({ key: 'read aloud', hidden: [] });
    expect((await user.get('/api/events?state=approved')).body.items.map((one: { id: number }) => one.id)).toContain(id);
  });

  test('for trying things out is in nobody else\'s list', async () => {
    const { id } = await approved({ test: true });
    expect((await user.get(`/api/events/${id}`)).status).toBe(404);
    expect((await user.get('/api/events')).body.items.map((one: { id: number }) => one.id)).not.toContain(id);
  });

  test('is seen and run by everybody who organizes it, and who made it stays among them', async () => {
    const { id, version } = await draft({ organizers: ['Bo'] });
    expect((await other.get(`/api/events/${id}`)).body).toMatchObject({ organizers: [{ name: 'Ada' }, { name: 'Bo' }] });
    expect((await other.get('/api/events?mine=true')).body.items.map((one: { id: number }) => one.id)).toContain(id);
    const changed = await other.patch(`/api/events/${id}`, { organizers: ['Bo'] }).set('If-Match', `"${version}"`);
    expect(changed.body.organizers.map((one: { name: string }) => one.name)).toEqual(['Ada', 'Bo']);
  });

  test('names as organizers only who may organize', async () => {
    const past = await api.person('Past organizer', ['organizer']);
    await api.api.kernel.pool.query("update membership set until_ms = 1 where user_id = $1", [past.id]); // and its timer has not come in yet
    for (const name of ['Ulla', past.name, 'Nobody by this name'])
      expect((await organizer.post('/api/events', { ...whole(), organizers: ['Bo', name] })).body).toMatchObject({ status: 422, errors: [{ pointer: '/organizers/1', code: 'event.no-organizer' }] });
  });

  test('says nothing of itself, nor of who may organize, to somebody who may not change it', async () => {
    const { id, version } = await approved();
    for (const body of [{ organizers: ['Nobody at all'] }, { organizers: ['Bo'] }, { participation: 'in-person' }, { types: ['other', 'meetup'] }])
      expect((await user.patch(`/api/events/${id}`, body).set('If-Match', `"${version}"`)).body).toMatchObject({ status: 403, code: 'policy.forbidden' });
  });

  test('takes a number for an id and a text for a name: nobody is taken for somebody else whose name is that number', async () => {
    const { body: { user: bo } } = await other.get('/api/me');
    const twin = await api.person(String(bo.id), ['organizer']);
    expect((await draft({ organizers: [bo.id] })).organizers).toMatchObject([{ name: 'Ada' }, { id: bo.id }]);
    expect((await draft({ organizers: [twin.name] })).organizers).toMatchObject([{ name: 'Ada' }, { id: twin.id }]);
  });

  test('that is disabled is out of its organizers\' sight at once, with the reason, until it is enabled', async () => {
    const { id } = await approved();
    expect((await verb(toolAdmin, id, 'disable')).body).toMatchObject({ status: 422, errors: [{ pointer: '/reason', code: 'required' }] });
    expect((await verb(toolAdmin, id, 'disable', { reason: 'The place is closed.' })).body).toMatchObject({ state: 'disabled' });
    for (const by of [organizer, user]) expect((await by.get(`/api/events/${id}`)).status).toBe(404);
    expect((await organizer.get('/api/events?mine=true')).body.items.map((one: { id: number }) => one.id)).not.toContain(id);
    expect((await organizer.get('/api/notices')).body.items[0]).toMatchObject({ code: 'event.disable', reason: 'The place is closed.' });
    expect((await verb(organizer, id, 'enable')).status).toBe(404);
    expect((await verb(toolAdmin, id, 'enable')).body.state).toBe('approved');
    expect((await organizer.get(`/api/events/${id}`)).status).toBe(200);
  });

  test('of somebody who lost the right to organize is theirs no longer', async () => {
    const gone = await api.person('Gone', ['organizer']);
    const script = await api.script(gone);
    const { id } = await draft({}, script);
    const [{ id: membership }] = await api.sql('select id from membership where user_id = $1', [gone.id]);
    await toolAdmin.post(`/api/memberships/${membership}/suspend`, { reason: 'A while.' });
    expect((await script.get(`/api/events/${id}`)).status).toBe(404);
  });
});

describe('what was approved', () => {
  test('may be moved by its organizers for a day and no longer than it was; beyond that by a tool admin', async () => {
    const { id } = await approved();
    const move = (by: Script, startsAt: string, endsAt: string) => verb(by, id, 'reschedule', { startsAt, endsAt });
    expect((await move(organizer, inDays(11, '09:30'), inDays(11, '13:30'))).body).toMatchObject({ state: 'approved', startsAt: inDays(11, '09:30') });
    expect((await move(organizer, inDays(11, '10:30'), inDays(11, '12:30'))).body).toMatchObject({ code: 'event.beyond-approved', errors: [{ pointer: '/startsAt' }] });
    expect((await move(organizer, inDays(10), inDays(10, '14:01'))).body).toMatchObject({ status: 403, code: 'event.beyond-approved', errors: [{ pointer: '/endsAt' }] });
    expect((await move(toolAdmin, inDays(20), inDays(20, '20:00'))).body).toMatchObject({ startsAt: inDays(20) });
    expect((await move(organizer, inDays(20, '11:00'), inDays(20, '20:30'))).body).toMatchObject({ startsAt: inDays(20, '11:00') }); // what the admin let it have is what is approved
  });

  test('is not made larger by its organizers: places, country, a further organizer', async () => {
    const { id, version } = await approved();
    const change = (by: Script, body: object) => by.patch(`/api/events/${id}`, body).set('If-Match', `"${version}"`);
    for (const [field, body] of [['/places', { places: 21 }], ['/country', { country: 'FR' }], ['/organizers', { organizers: ['Bo'] }], ['/startsAt', { startsAt: inDays(10, '10:30') }]] as const)
      expect((await change(organizer, body)).body).toMatchObject({ status: 403, code: 'event.beyond-approved', errors: [{ pointer: field }] });
    expect((await change(organizer, { title: '', places: 5 })).body.errors).toMatchObject([{ pointer: '/title' }]);
    expect((await change(organizer, { places: null })).body).toMatchObject({ status: 422, code: 'event.incomplete', errors: [{ pointer: '/places' }] });
    const less = await change(organizer, { places: 5, key: 'another key', title: 'A longer evening' });
    expect(less.body).toMatchObject({ places: 5, approvedPlaces: 20, key: 'another key', title: 'A longer evening' });
    expect((await toolAdmin.patch(`/api/events/${id}`, { places: 50, organizers: ['Bo'] }).set('If-Match', `"${less.body.version}"`)).body).toMatchObject({ places: 50, approvedPlaces: 50, organizers: [{ name: 'Ada' }, { name: 'Bo' }] });
  });

  test('is not changed while somebody decides on it, nor once it is over', async () => {
    const { id, version } = await draft();
    await verb(organizer, id, 'submit');
    expect((await organizer.patch(`/api/events/${id}`, { title: 'Other' }).set('If-Match', `"${version + 1}"`)).body).toMatchObject({ status: 409, code: 'verb.refused', state: 'requested' });
  });
});

describe('the clock', () => {
  test('opens and ends an event at its instants although no timer has come in, and not a moment before', async () => {
    const clock = standingClock(Date.UTC(2031, 6, 1, 9));
    const { app, close } = createApp({ ...api.api, kernel: { ...api.api.kernel, clock } });
    const ask = (script: Script, method: 'get' | 'post', path: string, body?: object) => request(app)[method](path).set('Authorization', `Bearer ${script.key}`).send(body);
    const { body } = await ask(organizer, 'post', '/api/events', { ...whole(), startsAt: '2031-07-01T12:00', endsAt: '2031-07-01T13:00' });
    await ask(organizer, 'post', `/api/events/${body.id}/submit`, {});
    await ask(toolAdmin, 'post', `/api/events/${body.id}/approve`, {});
    const state = async () => (await ask(organizer, 'get', `/api/events/${body.id}`)).body.state as string;
    const seen: string[] = [];
    for (const atMs of [Date.UTC(2031, 6, 1, 10) - 1, Date.UTC(2031, 6, 1, 10), Date.UTC(2031, 6, 1, 11) - 1, Date.UTC(2031, 6, 1, 11), Date.UTC(2031, 6, 1, 11) + 90 * DAY_MS]) {
      clock.atMs = atMs;
      seen.push(await state());
    }
    expect(seen).toEqual(['approved', 'open', 'open', 'ended', 'archived']);
    await close();
  });

  test('lets nobody submit what has begun, nor approve what is over', async () => {
    const clock = standingClock(Date.UTC(2031, 6, 1, 9));
    const { app, close } = createApp({ ...api.api, kernel: { ...api.api.kernel, clock } });
    const post = (script: Script, path: string, body: object = {}) => request(app).post(path).set('Authorization', `Bearer ${script.key}`).send(body);
    const window = { startsAt: '2031-07-01T12:00', endsAt: '2031-07-01T13:00' };
    const [late, tooLate] = [(await post(organizer, '/api/events', { ...whole(), ...window })).body.id, (await post(organizer, '/api/events', { ...whole(), ...window })).body.id];
    await post(organizer, `/api/events/${tooLate}/submit`);
    clock.atMs = Date.UTC(2031, 6, 1, 10);
    expect((await post(organizer, `/api/events/${late}/submit`)).body).toMatchObject({ status: 422, code: 'event.start-past', errors: [{ pointer: '/startsAt' }] });
    clock.atMs = Date.UTC(2031, 6, 1, 11);
    expect((await post(toolAdmin, `/api/events/${tooLate}/approve`)).body).toMatchObject({ code: 'event.window-over' });
    await close();
  });
});

describe('contribution statistics', () => {
  const tracked = async (more: object) => (await organizer.post('/api/events', { ...whole(), ...more })).body;

  test('are on wherever the event qualifies, when nobody says', async () => {
    expect((await tracked({})).tracks_contributions).toBe(true);
    expect((await tracked({ types: ['meetup'] })).tracks_contributions).toBe(false);
    expect((await tracked({ country: 'AQ' })).tracks_contributions).toBe(false);
    expect((await tracked({ wikis: [] })).tracks_contributions).toBe(false);
    expect((await tracked({ country: null, address: null, participation: 'online' })).tracks_contributions).toBe(true);
  });

  test.each([
    [{ types: ['meetup', 'workshop'] }, 'event.statistics-types', 'Contribution statistics can only be enabled for events with the following types: Editing event, Media upload event, Backlog drive, Contest'],
    [{ country: 'AQ' }, 'event.statistics-country', 'Contribution statistics cannot be enabled for the selected country.'],
    [{ wikis: [] }, 'event.statistics-wikis', 'Contribution statistics need at least one wiki.'],
  ])('are refused for %j, in the words of the community', async (more, code, title) => {
    expect((await tracked({ ...more, tracks_contributions: true }))).toMatchObject({ status: 422, code, title, errors: [{ pointer: '/tracks_contributions', code, detail: title }] });
  });

  test('are refused on a change, too, when what they hang on goes', async () => {
    const { id, version } = await tracked({ tracks_contributions: true });
    const change = (body: object) => organizer.patch(`/api/events/${id}`, body).set('If-Match', `"${version}"`);
    expect((await change({ country: 'AQ' })).body).toMatchObject({ code: 'event.statistics-country', errors: [{ pointer: '/tracks_contributions' }] });
    expect((await change({ country: 'AQ', tracks_contributions: false })).body).toMatchObject({ country: 'AQ', tracks_contributions: false });
  });

  test('of an online event do not ask for its country, which it has none of', async () => {
    expect(await tracked({ participation: 'online', address: null, country: 'AQ' })).toMatchObject({ status: 422, errors: [{ pointer: '/country', code: 'event.no-place' }] });
  });

  test('that are switched off here are off everywhere', async () => {
    const { app, close } = createApp({ ...api.api, config: { ...api.api.config, REEVE_STATISTICS: false } });
    const post = (body: object) => request(app).post('/api/events').set('Authorization', `Bearer ${organizer.key}`).send(body);
    expect((await post(whole())).body.tracks_contributions).toBe(false);
    expect((await post({ ...whole(), tracks_contributions: true })).body).toMatchObject({ code: 'event.statistics-off', errors: [{ pointer: '/tracks_contributions' }] });
    await close();
  });
});

describe('a wrong field of an event', () => {
  test.each([
    ['/startsAt', { startsAt: '2031-03-30T02:30' }, 'event.no-such-time'],
    ['/startsAt', { startsAt: '2031-02-29T10:00' }, 'event.no-such-time'],
    ['/startsAt', { startsAt: '2031-07-01T10:00Z' }, 'format'],
    ['/endsAt', { endsAt: '2020-01-01T10:00' }, 'event.ends-first'],
    ['/timeZone', { timeZone: 'Europe/Nowhere' }, 'format'],
    ['/country', { country: 'UK' }, 'event.unknown-country'],
    ['/country', { country: 'de' }, 'event.unknown-country'],
    ['/address', { participation: 'online', country: null, meetingUrl: null }, 'event.no-place'],
    ['/meetingUrl', { participation: 'in-person' }, 'event.no-meeting'],
    ['/meetingUrl', { meetingUrl: 'javascript:alert(1)' }, 'format'],
    ['/types', { types: ['other', 'meetup'] }, 'event.other-alone'],
    ['/types', { types: ['meetup', 'workshop', 'contest'] }, 'too-many'],
    ['/types/0', { types: ['party'] }, 'choice'],
    ['/wikis/0', { wikis: ['nowhere.example.org'] }, 'delivery.unknown-wiki'],
    ['/topics', { topics: ['1', '2', '3', '4', '5', '6'] }, 'too-many'],
    ['/places', { places: 0 }, 'too-small'],
    ['/title', { title: ' ' }, 'empty'],
    ['/title', { title: 'two\nlines' }, 'format'],
    ['/key', { key: 'x'.repeat(65) }, 'too-long'],
    ['/uuid', { uuid: 'mine' }, 'unknown-field'],
  ])('%s of %j is named, and nothing is made', async (pointer, more, code) => {
    const [{ n: before }] = await api.sql('select count(*)::int as n from event');
    const refused = await organizer.post('/api/events', { ...whole(), ...more });
    expect(refused.status).toBe(422);
    expect(refused.body.errors).toContainEqual(expect.objectContaining({ pointer, code }));
    expect(await api.sql('select count(*)::int as n from event')).toEqual([{ n: before }]);
  });
});

describe('the list of events', () => {
  test('is filtered by type, wiki, country and words, and sorted by the start', async () => {
    await approved({ title: 'Far away one', types: ['contest'], country: 'IN', wikis: ['de.example.org'], startsAt: inDays(40), endsAt: inDays(40, '11:00') });
    await approved({ title: 'For all wikis', types: ['contest'], wikis: 'all', startsAt: inDays(30), endsAt: inDays(30, '11:00') });
    const titles = async (query: string) => (await user.get(`/api/events?${query}`)).body.items.map((one: { title: string }) => one.title);
    expect(await titles('type=contest&sort=startsAt')).toEqual(['For all wikis', 'Far away one']);
    expect(await titles('type=contest&sort=-startsAt&limit=1')).toEqual(['Far away one']);
    expect(await titles('country=IN')).toEqual(['Far away one']);
    expect(await titles('q=FAR%20away')).toEqual(['Far away one']);
    expect(await titles('type=contest&wiki=en.example.org')).toEqual(['For all wikis']);
    expect(new Set(await titles('type=contest&wiki=de.example.org'))).toEqual(new Set(['For all wikis', 'Far away one']));
  });
});
