import request from 'supertest';
import { testDesk } from '../support/desk';
import { makeEvent } from '../support/house';
import { tablesWith } from '../support/tables';

const desk = testDesk();
const { api } = desk;
const at = async (url: string) => {
  const { pathname, search } = new URL(url);
  const answer = await request(api.app).get(pathname + search);
  return { status: answer.status, headers: answer.headers, text: answer.text.replace(/\r\n[ \t]/g, '') };
};
const make = async (by = desk.ada): Promise<string> => (await by.post('/api/me/event-feed')).body.url;

describe('a calendar of own events', () => {
  test('has each of them with its state, in UTC with its zone named, and nothing that opens anything', async () => {
    const { id } = await makeEvent(api.api.kernel, { kind: 'user', userId: desk.ids.ada, grants: [{ role: 'organizer', wikiId: null }] }, ['2031-08-02T10:00', '2031-08-02T12:00'], { title: 'Only a draft', timeZone: 'Asia/Kolkata', meetingUrl: 'https://meet.example.org/room', chatUrl: 'https://chat.example.org/room' });
    const { status, headers, text } = await at(await make());
    expect([status, headers['content-type'], headers['cache-control']]).toEqual([200, 'text/calendar; charset=utf-8', 'private, no-store']);
    expect(text.match(/SUMMARY:.*/g)!.map((line) => line.trim()).sort()).toEqual(['SUMMARY:Evening of ada', 'SUMMARY:Only a draft']);
    expect(text).toContain('DTSTART:20310802T043000Z');
    expect(text).toContain('DESCRIPTION:Draft\\n2031-08-02 10:00 – 2031-08-02 12:00 (Asia/Kolkata)');
    expect(text).toContain('DESCRIPTION:Open\\n2031-07-01 08:00 – 2031-07-01 12:00 (UTC)');
    expect(text).toMatch(new RegExp(`/events/${id}\\b`));
    expect(text).not.toMatch(/meet\.example|chat\.example|read aloud|\/e\/|LOCATION/);
    expect(text).not.toContain(desk.event.uuid);
    await api.sql('delete from event where id = $1', [id]);
  });

  test('speaks the language of its address', async () => {
    expect((await at((await make()).replace(/(\?.*)?$/, '?uselang=ar'))).text).toContain('X-WR-CALNAME:فعالياتي');
  });

  test('is opened by its newest address only, until that is ended', async () => {
    const [first, second] = [await make(), await make()];
    expect([(await at(first)).status, (await at(second)).status]).toEqual([404, 200]);
    expect((await desk.ada.get('/api/me/event-feed')).body).toEqual({ since: expect.any(String) });
    expect((await desk.ada.post('/api/me/event-feed/end')).body).toEqual({ since: null });
    expect((await at(second)).status).toBe(404);
    expect((await desk.ada.post('/api/me/event-feed/end')).status).toBe(200);
    const log = await api.sql(`select verb from audit where noun = 'user' and entity = $1 and verb like '%Feed' order by id desc limit 3`, [desk.ids.ada]);
    expect(log.map(({ verb }) => verb)).toEqual(['endFeed', 'makeFeed', 'makeFeed']);
  });

  test('stands nowhere: the database has its hash', async () => {
    const secret = /calendar\/([\w-]{43})\.ics/.exec(await make())![1]!;
    expect(await tablesWith(api.sql, secret)).toEqual([]);
  });

  test('shows what its owner may see now: no event that was switched off, and none to who may organize no more', async () => {
    const url = await make(desk.cy);
    expect((await at(url)).text).toContain('Evening of cy');
    await api.sql('update event set disabled_at_ms = 1 where id = $1', [desk.other.id]);
    expect((await at(url)).text).not.toContain('Evening of cy');
    await api.sql(`update membership set state = 'suspended' where user_id = $1`, [desk.ids.cy]);
    const [gone, never] = [await at(url), await at('http://x/calendar/nonsense.ics?uselang=en')];
    expect([gone.status, gone.text]).toEqual([404, never.text]);
    await api.sql(`update membership set state = 'active' where user_id = $1`, [desk.ids.cy]);
    await api.sql('update event set disabled_at_ms = null where id = $1', [desk.other.id]);
  });

  test('is for who organizes', async () => {
    for (const ask of [desk.ulla.get('/api/me/event-feed'), desk.ulla.post('/api/me/event-feed'), desk.kim.post('/api/me/event-feed')]) expect((await ask).status).toBe(403);
    const narrow = await api.script({ id: desk.ids.ada, name: 'Ada' }, ['event:read']);
    expect((await narrow.post('/api/me/event-feed')).status).toBe(403);
  });
});

describe('events of a period', () => {
  test('are those that touch it', async () => {
    const ids = async (from: string, until: string) => (await desk.ada.get(`/api/events?mine=true&from=${from}&until=${until}`)).body.items.map((one: { id: number }) => one.id);
    expect(await ids('2031-07-01T11:59:00Z', '2031-08-01T00:00:00Z')).toEqual([desk.event.id]);
    expect(await ids('2031-06-01T00:00:00Z', '2031-07-01T08:01:00Z')).toEqual([desk.event.id]);
    expect(await ids('2031-07-01T12:00:00Z', '2031-08-01T00:00:00Z')).toEqual([]);
    expect((await desk.ada.get('/api/events?from=july')).body).toMatchObject({ status: 422, errors: [{ pointer: '?from' }] });
  });
});
