/** Events as a calendar, and the address at which a calendar reads one's own, as an organizer uses them. */
import request from 'supertest';
import { testApi, type Script } from '../support/api';
import { lookOver, looks, webStage } from './support';

describe('the calendar of events', () => {
  const test = testApi();
  const stage = webStage(test);
  let organizer: Script;

  beforeAll(async () => {
    await test.wiki('en.example.org');
    organizer = await test.script(await test.person('Organizer', ['organizer']));
    for (const [title, startsAt, endsAt] of [['Over night', '2099-03-01T22:00', '2099-03-02T02:00'], ['In April', '2099-04-15T10:00', '2099-04-15T12:00']])
      await organizer.post('/api/events', { title, startsAt, endsAt, timeZone: 'UTC', types: ['workshop'], participation: 'online' }).expect(201);
  }, 120_000);

  it('shows each event on every day that it touches, goes from month to month by its links, and is a list of days on a phone', async () => {
    const page = await stage.open('Organizer', '/events?mine=true&view=calendar&month=2099-03');
    await page.getByRole('heading', { name: 'March 2099' }).waitFor();
    expect(await page.getByRole('table').getByRole('link', { name: 'Over night' }).count()).toBe(2);
    await page.getByRole('link', { name: 'April 2099' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('cell', { name: /^15/ }).getByRole('link', { name: 'In April' }).waitFor();
    expect(page.url()).toContain('month=2099-04');
    await page.setViewportSize({ width: 320, height: 640 });
    await page.getByRole('heading', { name: /April 15/ }).waitFor();
    expect(await page.getByRole('table').count()).toBe(0);
    await page.getByRole('link', { name: 'May 2099' }).click();
    await page.getByText('There is nothing in this month.').waitFor();
    await page.goBack();
    await page.getByRole('link', { name: 'In April' }).click();
    await page.getByRole('heading', { name: 'In April' }).waitFor();
    expect(page.complaints).toEqual([]);
  }, 120_000);

  it('gives an address for another calendar once, and ends it', async () => {
    const page = await stage.open('Organizer', '/events?mine=true');
    await page.getByText('Subscribe to your events in a calendar').click();
    await page.getByRole('button', { name: 'Make an address' }).click();
    const { pathname } = new URL(await page.getByLabel('Address', { exact: true }).inputValue());
    expect((await request(test.app).get(pathname)).text).toContain('SUMMARY:Over night');
    await page.reload();
    await page.getByText('Subscribe to your events in a calendar').click();
    await page.getByText('It is not shown again.').waitFor();
    expect(await page.content()).not.toContain(pathname.slice(10, 40));
    await page.getByRole('button', { name: 'End it' }).click();
    await page.getByText('Its address opens nothing any more.').first().waitFor();
    expect((await request(test.app).get(pathname)).status).toBe(404);
    expect(page.complaints).toEqual([]);
  }, 120_000);

  it.each(looks)('can be used by everybody, %s, also in 320 pixels', async (_name, look, looked) => {
    const page = await stage.open('Organizer', undefined, look);
    expect(await lookOver(page, stage.base, ['/events?mine=true&view=calendar&month=2099-03', '/events?mine=true'], looked)).toEqual([]);
    expect(page.complaints).toEqual([]);
  }, 120_000);
});
