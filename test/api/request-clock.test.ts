import { apply, readRow } from '../../db/apply';
import { requestPrivate, requestWhereabouts, type Request } from '../../db/entities/request';
import { claimMails } from '../../db/queries/mails';
import { system } from '../../policies/actor';
import type { Script } from '../support/api';
import { DAY_MS, HOUR_MS, MORNING_MS, offered, testDesk } from '../support/desk';
import { makeRequest } from '../support/house';

const MINUTE_MS = 60_000;
const desk = testDesk();
const { api, clock, verb, see, told, mails, wait } = desk;
const stored = async (id: number): Promise<Request> => (await readRow(api.api.kernel, 'request', id)).row!;
const inList = async (by: Script, query: string, id: number): Promise<boolean> => (await by.get(`/api/requests?limit=100&${query}`)).body.items.some((one: { id: number }) => one.id === id);
const tell = (code: string, entity: number) => expect.objectContaining({ code: `request.${code}`, entity });

describe('a reservation', () => {
  test('is called to its holder\'s mind ten minutes before it ends, and is over to the second, of which they are told', async () => {
    const { ada, bo, ids } = desk;
    const { id } = await desk.tagged();
    await verb(ada, id, 'reserve');
    await wait(id, 50 * MINUTE_MS - 1);
    expect(await told(ada)).not.toEqual(tell('reservationEnds', id));
    await wait(id, 1);
    expect(await told(ada)).toEqual(tell('reservationEnds', id));
    clock.advance(10 * MINUTE_MS - 1);
    expect(await see(bo, id)).toMatchObject({ state: 'reserved', holder: { id: ids.ada } });
    clock.advance(1); // no timer has come in
    expect(await see(bo, id)).toMatchObject({ state: 'open', holder: null });
    expect((await verb(bo, id, 'reserve')).body.holder).toMatchObject({ id: ids.bo });
    expect(await told(ada)).toEqual(tell('reservationEnded', id));
  });
});

describe('an unanswered request', () => {
  test('is called to mind after a day: to its holder, to its organizers, or to the account team', async () => {
    const { ada, bo, tom, tess, max } = desk;
    const [held, came, plain] = [await desk.tagged(), await desk.tagged(), await desk.open()];
    clock.advance(DAY_MS - HOUR_MS / 2);
    await verb(ada, held.id, 'reserve');
    clock.advance(HOUR_MS / 2 - 1);
    for (const { id } of [held, came, plain]) await wait(id, 0);
    for (const by of [ada, bo, tom]) expect(String((await told(by))?.code)).not.toBe('request.reminded');
    clock.advance(1);
    for (const { id } of [held, came, plain]) await wait(id, 0);
    const reminded = async (by: Script) => (await by.get('/api/notices?limit=50')).body.items.filter(({ code }: { code: string }) => code === 'request.reminded').map(({ entity }: { entity: number }) => entity);
    expect(await reminded(ada)).toEqual([came.id, held.id]);
    expect(await reminded(bo)).toEqual([came.id]);
    for (const by of [tom, tess, max]) expect(await reminded(by)).toEqual([plain.id]);
  });

  test('stands with the account team, and is called to their mind, where none of its organizers may organize any more', async () => {
    const { cy, tom, ids, other } = desk;
    const { id } = await desk.tagged({ eventId: other.id });
    expect([await inList(tom, 'queue=event', id), await inList(tom, 'queue=default', id)]).toEqual([true, false]);
    const turn = (state: string) => api.sql(`update membership set state = $2 where user_id = $1`, [ids.cy, state]);
    await turn('suspended');
    expect((await cy.get(`/api/requests/${id}`)).status).toBe(404);
    expect([await inList(tom, 'queue=event', id), await inList(tom, 'queue=default', id)]).toEqual([false, true]);
    await wait(id, DAY_MS);
    expect(await told(tom)).toEqual(tell('reminded', id));
    expect(await told(cy)).toBeUndefined();
    clock.atMs = MORNING_MS;
    await turn('active');
    expect(await see(cy, id)).toMatchObject({ queue: 'event' });
  });

  test('is called to the account team\'s mind where its event is switched off', async () => {
    const { ada, tom, max, event } = desk;
    const { id } = await desk.tagged();
    await max.post(`/api/events/${event.id}/disable`, { reason: 'The place is closed.' });
    await wait(id, DAY_MS);
    expect(await told(tom)).toEqual(tell('reminded', id));
    clock.atMs = MORNING_MS;
    await max.post(`/api/events/${event.id}/enable`);
    expect(await told(ada)).not.toEqual(tell('reminded', id));
  });

  test('goes to the account team after three days, to the second, also out of the hands of somebody who has it', async () => {
    const { ada, tom } = desk;
    const { id, name } = await desk.tagged();
    await verb(ada, id, 'comment', { text: 'She waits.' });
    clock.advance(3 * DAY_MS - HOUR_MS / 2);
    // The event is long over: its organizers have it while it is held open for them.
    await api.sql('update event set ends_at_ms = ends_at_ms + $2 where id = $1', [desk.event.id, 30 * DAY_MS]);
    await verb(ada, id, 'reserve');
    clock.advance(HOUR_MS / 2 - 1);
    expect(await see(ada, id)).toMatchObject({ state: 'reserved', queue: 'event', name });
    expect(await inList(ada, `q=${name}`, id)).toBe(true);
    clock.advance(1); // no timer has come in
    const trace = await see(ada, id);
    expect(trace).toMatchObject({ state: 'reserved', queue: 'flagged', actions: [] });
    for (const field of ['name', 'comment', 'comments', 'holder']) expect(trace).not.toHaveProperty(field);
    expect(await inList(ada, `q=${name}`, id)).toBe(false);
    expect((await verb(ada, id, 'close', { outcome: 'none' })).body.code).toBe('policy.forbidden');
    await wait(id, 0);
    expect(await told(tom)).toEqual(tell('escalated', id));
    expect((await verb(tom, id, 'close', { outcome: 'none' })).body.code).toBe('request.held');
    await wait(id, HOUR_MS / 2);
    expect((await verb(tom, id, 'close', { outcome: 'none' })).body.state).toBe('closed');
    await api.sql('update event set ends_at_ms = ends_at_ms - $2 where id = $1', [desk.event.id, 30 * DAY_MS]);
  });

  test('is closed as too old after ninety days, a week after that was said, and its requester is told', async () => {
    const { tom } = desk;
    const { id } = await desk.open();
    await wait(id, 83 * DAY_MS);
    expect(await told(tom)).toEqual(tell('oldSoon', id));
    expect(await see(tom, id)).toMatchObject({ state: 'open' });
    await wait(id, 7 * DAY_MS - 1);
    expect(await see(tom, id)).toMatchObject({ state: 'open' });
    await wait(id, 1);
    expect(await see(tom, id)).toMatchObject({ state: 'closed', outcome: 'too-old', actions: expect.not.arrayContaining([expect.objectContaining({ verb: 'reserve' })]) });
    expect(await mails(id)).toEqual(['answer']);
    expect((await verb(desk.max, id, 'reopen')).body).toMatchObject({ status: 409, code: 'request.too-old' });
  });
});

describe('a request that nobody confirms', () => {
  test('expires after seven days, and its name is free again', async () => {
    const { tom, ada, event } = desk;
    const { id, name } = await makeRequest(api.api.kernel, { eventId: event.id });
    clock.advance(7 * DAY_MS - 1);
    expect((await see(tom, id)).state).toBe('unconfirmed');
    await wait(id, 1);
    expect(await see(tom, id)).toMatchObject({ state: 'expired', purgeAt: new Date(MORNING_MS + 22 * DAY_MS).toISOString(), hidden: expect.arrayContaining(['name']), actions: [] });
    expect((await ada.get(`/api/requests/${id}`)).status).toBe(404);
    expect((await apply(api.api.kernel, { noun: 'request', id, verb: 'confirm', actor: system })).changed).toBe(false);
    expect((await makeRequest(api.api.kernel, { name })).state).toBe('unconfirmed');
  });
});

describe('the requests of an event', () => {
  test('are out of its organizers\' sight at once when it is disabled, in the account team\'s queue, and theirs again when it is enabled', async () => {
    const { ada, tom, max, event } = desk;
    const { id, name } = await desk.tagged();
    await verb(ada, id, 'reserve');
    await max.post(`/api/events/${event.id}/disable`, { reason: 'The place is closed.' });
    expect((await ada.get(`/api/requests/${id}`)).status).toBe(404);
    for (const one of ['release', 'close']) expect((await verb(ada, id, one, one === 'close' ? { outcome: 'none' } : {})).status).toBe(404);
    expect((await ada.get('/api/requests')).body).toMatchObject({ items: [], unconfirmed: 0 });
    expect(await see(tom, id)).toMatchObject({ name, queue: 'default', event: { id: event.id } });
    expect(await Promise.all(['queue=default', 'queue=event', `event=${event.id}`].map((query) => inList(tom, query, id)))).toEqual([true, false, true]);
    await max.post(`/api/events/${event.id}/enable`);
    expect(await see(ada, id)).toMatchObject({ name, queue: 'event', state: 'reserved' });
    expect(await Promise.all(['queue=default', 'queue=event'].map((query) => inList(tom, query, id)))).toEqual([false, true]);
  });

  test('are counted for whoever may reserve them now, and wait at home for whoever has them', async () => {
    const { ada, cy, tom, max, event } = desk;
    const open = async (by: Script) => (await by.get('/api/me')).body.areas.find(({ area }: { area: string }) => area === 'requests')?.sections.find(({ section }: { section: string }) => section === 'open')?.count;
    const held = async (by: Script) => (await by.get('/api/home')).body.areas.find(({ area }: { area: string }) => area === 'requests')?.items.filter(({ kind }: { kind: string }) => kind === 'requestHeld').map(({ title }: { title: string }) => title) ?? [];
    const before = [(await open(ada)) as number, (await open(tom)) as number, (await open(cy)) as number];
    const [{ name, id }] = [await desk.tagged(), await desk.tagged()];
    expect(await Promise.all([open(ada), open(tom), open(cy)])).toEqual([before[0]! + 2, before[1]! + 2, before[2]]);
    await verb(ada, id, 'reserve');
    expect(await Promise.all([open(ada), open(tom)])).toEqual([before[0]! + 1, before[1]! + 1]);
    expect([(await held(ada)).includes(name), (await held(tom)).includes(name)]).toEqual([true, false]);
    await max.post(`/api/events/${event.id}/disable`, { reason: 'The place is closed.' });
    expect(await Promise.all([open(ada), held(ada)])).toEqual([undefined, []]);
    await max.post(`/api/events/${event.id}/enable`);
  });

  test('are its organizers\' until 48 hours after its end, to the second, and then the account team\'s', async () => {
    const { ada, tom, event } = desk;
    const { id } = await desk.tagged();
    clock.atMs = event.endsAtMs! + 48 * HOUR_MS - 1;
    expect(offered(await see(ada, id))).toContain('reserve');
    expect((await see(tom, id)).queue).toBe('event');
    clock.advance(1);
    expect((await ada.get(`/api/requests/${id}`)).status).toBe(404);
    expect((await see(tom, id)).queue).toBe('default');
    expect(await inList(tom, 'queue=default', id)).toBe(true);
  });

  test('are not those of somebody who may organize no longer', async () => {
    const { bo, max, ids } = desk;
    const { id } = await desk.tagged();
    const [{ id: membership }] = await api.sql('select id from membership where user_id = $1', [ids.bo]);
    await max.post(`/api/memberships/${membership}/suspend`, { reason: 'A while.' });
    expect((await bo.get(`/api/requests/${id}`)).status).toBe(404);
    await max.post(`/api/memberships/${membership}/reinstate`, { reason: 'Back.' });
    expect((await bo.get(`/api/requests/${id}`)).status).toBe(200);
  });
});

describe('a request that is erased', () => {
  test('leaves its row, and nothing of the person: no column, no comment, no mail to come, and nothing to reveal', async () => {
    const { ada, kim, max, tom, event } = desk;
    const { id, name } = await desk.tagged({ forwarded: '198.51.100.4' });
    await verb(ada, id, 'comment', { text: 'She wears a hat.' });
    await verb(ada, id, 'close', { outcome: 'not-created', text: 'Come by.' });
    clock.advance(15 * DAY_MS);
    await apply(api.api.kernel, { noun: 'request', id, verb: 'purge', actor: system });
    const row = await stored(id);
    for (const column of requestPrivate) expect([column, [row[column] ?? ''].flat().join('')]).toEqual([column, '']);
    expect(await see(tom, id)).toMatchObject({ id, state: 'closed', outcome: 'not-created', name: '', answer: null, event: { id: event.id }, purgeAt: null, purgedAt: new Date(clock.atMs).toISOString(), comments: [{ text: null, user: { name: 'Ada' } }] });
    expect((await tom.get(`/api/requests?q=${name}`)).body.items).toEqual([]);
    await api.sql('update mail set due_at = clock_timestamp() where request_id = $1', [id]);
    expect((await claimMails(api.api.kernel.pool, 1_000, 1_000)).filter(({ entity, code }) => entity === id && code === 'request.answer')).toMatchObject([{ email: null }]); // the sender cancels what has no address
    for (const by of [kim, max]) {
      expect(offered(await see(by, id))).not.toContain('reveal');
      expect((await verb(by, id, 'reveal', { fields: [...requestWhereabouts] })).body).toMatchObject({ status: 410, code: 'request.purged' });
    }
    for (const [one, body] of [['reopen', {}], ['comment', { text: 'Well.' }]] as const) expect((await verb(max, id, one, body)).body.code).toBe('verb.refused');
  });
});
