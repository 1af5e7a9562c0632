/** Events for everybody: the directory by the clock, one event's page, and calendars that a calendar can read. */
import request, { type Response } from 'supertest';
import { testApi, type Script } from '../support/api';
import { words } from './form';

describe('the public pages of events', () => {
  const test = testApi();
  let organizer: Script;
  let toolAdmin: Script;
  const ids: Record<string, number> = {};
  const get = (path: string, language = 'en'): Promise<Response> => Promise.resolve(request(test.app).get(path).set('Accept-Language', language));
  /** Content lines, unfolded. */
  const lines = ({ text }: Response): string[] => text.replace(/\r\n[ \t]/g, '').split('\r\n');

  const whole = { types: ['workshop'], participation: 'online', startsAt: '2099-07-01T10:00', endsAt: '2099-07-01T12:00', timeZone: 'Europe/Berlin', places: 20 };
  async function approved(title: string, more: Record<string, unknown> = {}): Promise<number> {
    const { body } = await organizer.post('/api/events', { title, ...whole, ...more }).expect(201);
    await organizer.post(`/api/events/${body.id}/submit`).expect(200);
    await toolAdmin.post(`/api/events/${body.id}/approve`).expect(200);
    return (ids[title] = body.id);
  }
  const clock = (id: number, state: string, startsInS: number, endsInS: number): Promise<unknown> =>
    test.sql(`update event set state = $2, starts_at_ms = (extract(epoch from now()) + $3) * 1000, ends_at_ms = (extract(epoch from now()) + $4) * 1000 where id = $1`, [id, state, startsInS, endsInS]);

  beforeAll(async () => {
    await test.wiki('en.example.org');
    await test.wiki('de.example.org');
    organizer = await test.script(await test.person('Organizer <i>', ['organizer']));
    toolAdmin = await test.script(await test.person('ToolAdmin', ['toolAdmin']));
    await approved('Summer & <b>sun</b>', {
      participation: 'hybrid', country: 'IS', address: 'The hall; left, please\nFirst floor', topics: ['Botany'], types: ['contest', 'meetup'], wikis: ['de.example.org'], page: 'https://en.example.org/wiki/X', trackingTool: 'https://dashboard.example.org/x',
      meetingUrl: 'https://meet.example.org/secret', chatUrl: 'https://chat.example.org/secret', key: 'secret-key',
    });
    await approved('Winter', { startsAt: '2099-12-01T10:00', endsAt: '2099-12-01T12:00' });
    await clock(await approved('Now on'), 'open', -60, 3_600);
    await clock(await approved('Long gone'), 'ended', -7_200, -3_600);
    await clock(await approved('Gone for years'), 'archived', -400 * 86_400, -399 * 86_400);
    await organizer.post(`/api/events/${await approved('Called off')}/cancel`).expect(200);
    await toolAdmin.post(`/api/events/${await approved('Switched off')}/disable`, { reason: 'No.' }).expect(200);
    await approved('Tried out', { test: true });
    ids['A draft'] = (await organizer.post('/api/events', { title: 'A draft', ...whole })).body.id;
  }, 120_000);

  it('list what goes on, what comes and what has been, and nothing that is not public', async () => {
    const page = await get('/public/events');
    expect(words(page)).toMatch(/Now Now on .*Upcoming .*Called off Cancelled .*Winter .*Past Long gone .*Gone for years/);
    for (const once of ['Now on', 'Winter', 'Long gone']) expect(words(page).split(once)).toHaveLength(2);
    for (const hidden of ['Switched off', 'Tried out', 'A draft']) expect(page.text).not.toContain(hidden);
    expect(page.headers['cache-control']).toMatch(/^public/);
    expect((await get('/public/log')).text).toContain('href="/public/events"'); // in the navigation of every page
  });

  it('filter by a form that needs no script', async () => {
    const found = words(await get('/public/events?type=contest&wiki=&country=IS'));
    expect(found).toContain('Summer & <b>sun</b>');
    expect(found).not.toContain('Winter');
    expect(words(await get('/public/events?wiki=en.example.org'))).toMatch(/Winter/);
    expect(words(await get('/public/events?wiki=en.example.org'))).not.toMatch(/Summer/); // it is for another wiki
    expect(words(await get('/public/events?country=FR'))).toContain('No event matches.');
    for (const odd of ['?type=nonsense', '?country=is', '?when=never']) expect((await get(`/public/events${odd}`)).status).toBe(404);
    expect((await get('/public/events?country=IS')).text).toContain('<option value="IS" selected>Iceland</option>');
  });

  it('tell of an event when on its own clock and in UTC, where, by whom and for what, and not its key, its link or its meeting', async () => {
    const page = await get(`/public/events/${ids['Summer & <b>sun</b>']}`);
    expect(words(page)).toMatch(/Summer & <b>sun<\/b> Approved When Wed, Jul 1, 2099, 10:00 – 12:00 \( Europe\/Berlin \) UTC Wed, Jul 1, 2099, 08:00 – 10:00 \( UTC \) Where Online and in person · Iceland The hall; left, please First floor Type Contest · Meetup Topics Botany Wikis de\.example\.org Organizers Organizer <i>/u);
    expect(page.text).toContain('href="https://dashboard.example.org/x"');
    expect(page.text).not.toMatch(/secret|\/e\//);
    expect(page.text).not.toContain('<b>sun');
    for (const title of ['Switched off', 'Tried out', 'A draft']) expect((await get(`/public/events/${ids[title]}`)).status).toBe(404);
    expect(words(await get(`/public/events/${ids['Summer & <b>sun</b>']}`, 'ar'))).toMatch(/آيسلندا/);
  });

  it('give one event as a calendar, its instants right on either side of the change of the clocks', async () => {
    const file = await get(`/public/events/${ids['Summer & <b>sun</b>']}.ics`);
    expect(file.headers['content-type']).toBe('text/calendar; charset=utf-8');
    const [summer, winter] = [lines(file), lines(await get(`/public/events/${ids.Winter}.ics`))];
    expect(summer).toEqual(expect.arrayContaining(['BEGIN:VCALENDAR', 'DTSTART:20990701T080000Z', 'DTEND:20990701T100000Z', 'SUMMARY:Summer & <b>sun</b>', 'STATUS:CONFIRMED', 'END:VCALENDAR']));
    expect(summer.find((line) => line.startsWith('LOCATION:'))).toBe('LOCATION:The hall\\; left\\, please\\nFirst floor\\, Online and in person · Iceland');
    expect(winter).toEqual(expect.arrayContaining(['DTSTART:20991201T090000Z', 'DTEND:20991201T110000Z']));
    expect(file.text).not.toMatch(/secret/);
    expect(file.text.split('\r\n').every((line) => Buffer.byteLength(line) <= 75)).toBe(true);
    for (const title of ['Switched off', 'Tried out', 'A draft']) expect((await get(`/public/events/${ids[title]}.ics`)).status).toBe(404);
  });

  it('give all as a calendar to subscribe to: what comes, what was lately, and what is off as such', async () => {
    const feed = lines(await get('/public/events.ics'));
    const titles = feed.filter((line) => line.startsWith('SUMMARY:')).map((line) => line.slice(8)).sort();
    expect(titles).toEqual(['Called off', 'Long gone', 'Now on', 'Summer & <b>sun</b>', 'Winter']);
    expect(feed.filter((line) => line === 'STATUS:CANCELLED')).toHaveLength(1);
    expect(new Set(feed.filter((line) => line.startsWith('UID:'))).size).toBe(5);
    expect(lines(await get('/public/events.ics?country=IS')).filter((line) => line.startsWith('SUMMARY:'))).toEqual(['SUMMARY:Summer & <b>sun</b>']);
  });

  it('lead from an event that is open to the form for an account, and from no other; never to its own form', async () => {
    const main = async (title: string): Promise<string> => /<main[\s\S]*<\/main>/.exec((await get(`/public/events/${ids[title]}`)).text)![0];
    expect(await main('Now on')).toMatch(/<a class="cdx-button[^>]* href="\/request">Request an account</);
    for (const title of ['Winter', 'Long gone', 'Called off']) expect(await main(title)).not.toContain('/request');
    for (const title of Object.keys(ids)) expect((await get(`/public/events/${ids[title]}`)).text).not.toContain('/e/');
  });
});
