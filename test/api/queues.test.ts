import { readRow } from '../../db/apply';
import { verifyAudit } from '../../db/verify';
import type { Script } from '../support/api';
import { HOUR_MS, MORNING_MS, offered, testDesk } from '../support/desk';

const desk = testDesk();
const { api, verb, see } = desk;
let keys = 0;
const set = (by: Script, body: object = {}) => by.post('/api/queues', { key: `queue-${++keys}`, names: { en: 'Second look', ar: 'نظرة ثانية' }, ...body });
const made = async (body: object = {}): Promise<{ id: number; key: string }> => (await set(desk.max, body)).body;
const on = (by: Script, id: number, name: string) => by.post(`/api/queues/${id}/${name}`, {});
const all = async (by: Script): Promise<any[]> => (await by.get('/api/queues?limit=1000')).body.items;
const clocksOf = async (id: number) => {
  const { remindAtMs, escalateAtMs } = (await readRow(api.api.kernel, 'request', id)).row!;
  return [remindAtMs, escalateAtMs].map((atMs) => atMs && new Date(atMs).toISOString());
};

describe('queues', () => {
  test('are there from the beginning where Reeve itself sends requests to them, with a history that holds', async () => {
    expect((await all(desk.max)).filter(({ key }) => !key.startsWith('queue-'))).toMatchObject([
      { key: 'default', standing: true, priority: 0, hours: [] }, { key: 'flagged', standing: true, priority: 20 }, { key: 'events', standing: false, priority: 10 }, { key: 'event', standing: true },
    ]);
    expect((await verifyAudit(api.api.kernel.pool)).findings.filter(({ noun }) => noun === 'queue')).toEqual([]);
  });

  test('are set up by tool admins and admins, known in use to the account team, and to nobody else', async () => {
    const { ada, tom, max, kim, root, ulla } = desk;
    const { id, key } = await made();
    for (const by of [ada, tom, kim, ulla]) {
      expect((await set(by)).status).toBe(403);
      expect((await by.patch(`/api/queues/${id}`, { priority: 3 })).status).toBe([tom, kim].includes(by) ? 403 : 404);
      expect((await on(by, id, 'disable')).status).toBe([tom, kim].includes(by) ? 403 : 404);
    }
    expect((await root.patch(`/api/queues/${id}`, { priority: 3 })).body).toMatchObject({ priority: 3, version: 2 });
    const keysOf = async (by: Script): Promise<boolean> => (await all(by)).some((one) => one.key === key);
    expect(await Promise.all([ada, ulla, tom, kim, max].map(keysOf))).toEqual([false, false, true, true, true]);
    await on(max, id, 'disable');
    expect(await Promise.all([tom, kim, max].map(keysOf))).toEqual([false, false, true]);
  });

  test.each([
    [{ key: 'No Key' }, '/key', /second-look/],
    [{ key: 'default' }, '/key', /Another queue/],
    [{ hours: ['9-17'] }, '/hours/0', /Mo-Fr 09:00-17:00/],
    [{ holidays: ['2031-02-30'] }, '/holidays/0', /2027-12-24/],
    [{ timeZone: 'Nowhere/City' }, '/timeZone', /Europe\/Berlin/],
    [{ priority: 101 }, '/priority', /100/],
    [{ names: { en: 'A', EN: 'B' } }, '/names', /each once/],
  ])('are refused as %j, with the field and what would be right', async (body, pointer, words) => {
    expect((await set(desk.max, body)).body).toMatchObject({ errors: [{ pointer, detail: expect.stringMatching(words) }] });
  });

  test('that Reeve itself sends requests to cannot be disabled, nor can one in use', async () => {
    const { tom, max } = desk;
    for (const queue of (await all(max)).filter(({ standing }) => standing)) {
      expect(offered(queue)).not.toContain('disable');
      expect((await on(max, queue.id, 'disable')).body.code).toBe('verb.refused');
    }
    const { id, key } = await made();
    const request = await desk.open();
    await verb(tom, request.id, 'defer', { queue: key });
    expect((await on(max, id, 'disable')).body).toMatchObject({ status: 409, code: 'queue.in-use' });
    await verb(tom, request.id, 'close', { outcome: 'none' });
    expect((await on(max, id, 'disable')).body).toMatchObject({ state: 'disabled' });
    expect((await verb(tom, (await desk.open()).id, 'defer', { queue: key })).body).toMatchObject({ status: 422, errors: [{ pointer: '/queue', code: 'request.unknown-queue' }] });
    expect((await on(max, id, 'enable')).body).toMatchObject({ state: 'enabled' });
  });
});

describe('a request', () => {
  test('is moved to any queue in use, is found there, and its organizers keep the trace of it', async () => {
    const { ada, tom } = desk;
    const { key } = await made();
    const { id } = await desk.tagged();
    expect((await verb(tom, id, 'defer', { queue: key })).body).toMatchObject({ state: 'open', queue: key, queueNames: { en: 'Second look', ar: 'نظرة ثانية' }, event: { id: desk.event.id } });
    expect((await tom.get(`/api/requests?queue=${key}`)).body.items).toMatchObject([{ id }]);
    expect((await all(tom)).find((one) => one.key === key).waiting).toBe(1);
    const trace = await see(ada, id);
    expect([trace.queue, trace.name, trace.actions]).toEqual([key, undefined, []]);
    expect((await verb(tom, id, 'defer', { queue: 'nowhere' })).body).toMatchObject({ status: 422, errors: [{ pointer: '/queue', code: 'request.unknown-queue' }] });
  });

  test('that stands in a queue which is disabled behind its back is everybody\'s, and back there when that is enabled', async () => {
    const { tom } = desk;
    const { id: queueId, key } = await made();
    const { id } = await desk.open();
    await verb(tom, id, 'defer', { queue: key });
    await api.sql(`update queue set state = 'disabled' where id = $1`, [queueId]);
    expect((await see(tom, id)).queue).toBe('default');
    await api.sql(`update queue set state = 'enabled' where id = $1`, [queueId]);
    expect((await see(tom, id)).queue).toBe(key);
  });

  test('comes before others by the priority of its queue, page by page', async () => {
    const { tom } = desk;
    const [{ key: soon }, { key: late }] = [await made({ priority: 90 }), await made({ priority: 80 })];
    const ids: number[] = [];
    for (const queue of [late, soon, late]) {
      const { id } = await desk.open();
      await verb(tom, id, 'defer', { queue });
      ids.push(id);
    }
    const found: number[] = [];
    for (let query = 'sort=-priority&limit=2'; found.length < 3; ) {
      const { items, next } = (await tom.get(`/api/requests?${query}`)).body;
      found.push(...items.map(({ id }: { id: number }) => id));
      query = `sort=-priority&limit=2&cursor=${next}`;
    }
    expect(found.slice(0, 3)).toEqual([ids[1], ids[2], ids[0]]);
  });
});

describe('the clocks of a request', () => {
  test('run in the hours of the queue that it stands in', async () => {
    const { tom, max } = desk;
    const byDay = await made({ timeZone: 'Europe/Berlin', hours: ['Mo-Fr 10:00-16:00'], holidays: ['2031-07-03'] });
    const { id } = await desk.open();
    expect(await clocksOf(id)).toEqual(['2031-07-02T09:00:00.000Z', '2031-07-04T09:00:00.000Z']); // a day and three, by the clock
    await verb(tom, id, 'defer', { queue: byDay.key });
    // A Tuesday, 11:00 in Berlin: five hours, then six a day without Thursday and the weekend.
    expect(await clocksOf(id)).toEqual(['2031-07-08T09:00:00.000Z', '2031-07-18T09:00:00.000Z']);
    const [{ id: everybody, version }] = (await all(max)).filter(({ key }) => key === 'default');
    await max.patch(`/api/queues/${everybody}`, { hours: ['Mo-Su 00:00-12:00'] }).set('If-Match', `"${version}"`);
    const { id: later } = await desk.open();
    expect(await clocksOf(later)).toEqual(['2031-07-03T09:00:00.000Z', '2031-07-07T09:00:00.000Z']);
    await max.patch(`/api/queues/${everybody}`, { hours: [] });
  });

  test('begin anew when the account team gives it back, and tell nobody before', async () => {
    const { tom } = desk;
    const { id } = await desk.open();
    await verb(tom, id, 'escalate');
    expect(await clocksOf(id)).toEqual([null, null]);
    desk.clock.atMs = MORNING_MS + HOUR_MS;
    await verb(tom, id, 'defer', { queue: 'default' });
    expect(await clocksOf(id)).toEqual(['2031-07-02T10:00:00.000Z', '2031-07-04T10:00:00.000Z']);
  });
});
