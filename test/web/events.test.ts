/** The pages of events as an organizer and a tool admin use them: a form that loses nothing, the switch that answers at once, verdicts. */
import type { Locator, Page } from 'playwright-core';
import { sealOnce } from '../../db/seal';
import { testApi, type Script, type TestPerson } from '../support/api';
import { faults } from '../support/faults';
import { go, lookOver, looks, settled, tabTo, webStage } from './support';

const HELP = 'Enable contribution statistics, so that you can share and understand the impact of the event. A summary and full list of edits is provided.';
const ONLY_TYPES = 'Contribution statistics can only be enabled for events with the following types: Editing event, Media upload event, Backlog drive, Contest';
const NOT_THERE = 'Contribution statistics cannot be enabled for the selected country.';

describe('the pages of events', () => {
  const test = testApi({ REEVE_STATISTICS_DISALLOWED_COUNTRIES: '{"AQ":"Antarctica"}' });
  const stage = webStage(test);
  let organizer: Script;
  let toolAdmin: Script;
  let keyboardPerson: TestPerson;

  beforeAll(async () => {
    await test.wiki('en.example.org');
    await test.wiki('de.example.org');
    const person = await test.person('Organizer', ['organizer']);
    organizer = await test.script(person);
    await test.sql(`update "user" set time_zone = 'Europe/Berlin' where id = $1`, [person.id]);
    await test.person('Second', ['organizer']);
    toolAdmin = await test.script(await test.person('ToolAdmin', ['toolAdmin']));
    keyboardPerson = await test.person('Keys', ['organizer']);
    await test.person('Nobody');
  }, 120_000);

  const whole = { types: ['workshop'], participation: 'online', startsAt: '2099-03-01T10:00', endsAt: '2099-03-01T12:00', timeZone: 'Asia/Kolkata', places: 20 };
  async function drafted(title: string, more: Record<string, unknown> = {}): Promise<{ id: number; version: number }> {
    return (await organizer.post('/api/events', { title, ...whole, ...more }).expect(201)).body;
  }
  async function approved(title: string, more: Record<string, unknown> = {}): Promise<number> {
    const { id } = await drafted(title, more);
    await organizer.post(`/api/events/${id}/submit`).expect(200);
    await toolAdmin.post(`/api/events/${id}/approve`).expect(200);
    return id;
  }
  const stored = async (id: number | string) => (await organizer.get(`/api/events/${id}`)).body;
  const saved = (page: Page): Promise<void> => page.locator('.saved', { hasText: /^\s*Saved/ }).waitFor({ timeout: 60_000 });
  const titleOf = (page: Page): Locator => page.getByRole('textbox', { name: 'Title' });
  const toggleOf = (page: Page): Locator => page.getByRole('switch', { name: 'Show contribution statistics' });
  const idOf = (page: Page): string => /\/events\/(\d+)/.exec(page.url())![1]!;
  const isFocused = (control: Locator): Promise<boolean> => control.evaluate((element) => element === element.ownerDocument.activeElement);

  it('make a draft of its title, save what is typed after it, and have it all after a reload', async () => {
    const page = await stage.open('Organizer', '/events/new');
    await page.getByRole('textbox', { name: 'Page on a wiki' }).fill('Project:Gardens');
    await page.locator('.saved', { hasText: 'Not saved yet' }).waitFor();
    expect(page.url()).toMatch(/\/new$/); // without a title there is nothing to make
    await titleOf(page).fill('Garde');
    await saved(page);
    expect(page.url()).toMatch(/\/events\/\d+\/edit$/);
    expect(await isFocused(titleOf(page))).toBe(true);
    await titleOf(page).fill('Gardens');
    await page.getByRole('textbox', { name: 'Topics' }).fill('Botany');
    await page.keyboard.press('Enter');
    await page.getByLabel('Accounts wanted').fill('20');
    await page.getByRole('radio', { name: 'These wikis' }).check();
    await page.getByRole('combobox', { name: 'Wikis it is for' }).fill('de.');
    await page.getByRole('option', { name: 'de.example.org' }).click();
    await page.getByRole('button', { name: 'Remove de.example.org' }).waitFor();
    await saved(page);
    await page.reload();
    await titleOf(page).waitFor();
    expect(await stored(idOf(page))).toMatchObject({ state: 'draft', title: 'Gardens', page: 'Project:Gardens', topics: ['Botany'], places: 20, wikis: ['de.example.org'], timeZone: 'Europe/Berlin' });
    expect(await titleOf(page).inputValue()).toBe('Gardens');
    expect(await page.getByRole('button', { name: 'Remove Botany' }).count()).toBe(1);
    expect(page.complaints).toEqual([]);
  }, 180_000);

  it('take times on the clock of the event, and say what the reader\'s own shows then', async () => {
    const page = await stage.open('Organizer', `/events/${(await drafted('Clocks')).id}/edit`);
    const start = page.locator('[data-field=startsAt]');
    await start.getByText('On the clock of Kolkata. Your clock shows Mar 1, 2099, 5:30 AM then (Berlin).').waitFor();
    await page.getByLabel('Time zone').fill('+02:00');
    await start.getByText('Your clock shows Mar 1, 2099, 9:00 AM then (Berlin).').waitFor();
    await page.getByLabel('Time zone').fill('Europe/Paris');
    await start.getByText('On the clock of Paris, which shows the same as yours.').waitFor();
    // an hour that the clocks leave out
    await page.getByLabel('Starts').fill('2027-03-28T02:30');
    await start.getByText('There is no such time in this zone').waitFor({ timeout: 30_000 });
    expect(await stored(idOf(page))).toMatchObject({ startsAt: '2099-03-01T10:00', timeZone: 'Europe/Paris' }); // what was right is saved all the same
    await page.getByLabel('Starts').fill('2027-03-28T03:30');
    await saved(page);
    expect(await stored(idOf(page))).toMatchObject({ startsAtUtc: '2027-03-28T01:30:00.000Z' });
    expect(page.complaints).toEqual([]);
  }, 180_000);

  it('switch the statistics on by themselves where the event qualifies, and answer with the API\'s own words where it does not', async () => {
    const { id } = await drafted('Switches');
    const page = await stage.open('Organizer', `/events/${id}/edit`);
    const field = page.locator('[data-field=tracks_contributions]');
    await toggleOf(page).waitFor();
    expect(await field.innerText()).toContain(HELP);
    expect(await toggleOf(page).isChecked()).toBe(false); // a workshop
    await toggleOf(page).click();
    await field.getByText(ONLY_TYPES).waitFor({ timeout: 30_000 });
    expect(await faults(page)).toEqual([]);
    await toggleOf(page).click(); // taken back
    await field.getByText(ONLY_TYPES).waitFor({ state: 'detached' });
    await page.getByRole('checkbox', { name: 'Contest' }).check();
    await page.locator('input[role=switch]:checked, .cdx-toggle-switch__input:checked').waitFor({ timeout: 30_000 });
    expect(await stored(id)).toMatchObject({ types: ['workshop', 'contest'], tracks_contributions: true });
    await page.getByRole('radio', { name: 'In person', exact: true }).check();
    await page.getByLabel('Country').selectOption('AQ');
    await page.locator('.cdx-toggle-switch__input:not(:checked)').waitFor({ timeout: 30_000 }); // nobody had chosen it
    await toggleOf(page).click();
    await field.getByText(NOT_THERE).waitFor({ timeout: 30_000 });
    await page.getByLabel('Country').selectOption('IS');
    await saved(page);
    await field.getByText(NOT_THERE).waitFor({ state: 'detached' });
    expect(await stored(id)).toMatchObject({ country: 'IS', participation: 'in-person', tracks_contributions: true });
    await page.getByRole('radio', { name: 'Online', exact: true }).check();
    await settled(page);
    await page.locator('.cdx-toggle-switch__input:checked').waitFor({ timeout: 30_000 });
    expect(page.complaints).toEqual([]);
  }, 180_000);

  it('name what is missing at its field, and who is no organizer', async () => {
    const page = await stage.open('Organizer', '/events/new');
    await page.getByRole('button', { name: 'Submit for approval' }).click();
    await page.locator('.problem a', { hasText: 'Give it a title first.' }).click();
    expect(await isFocused(titleOf(page))).toBe(true);
    await titleOf(page).fill('Half done');
    await saved(page);
    await page.getByRole('button', { name: 'Submit for approval' }).click();
    const missing = page.locator('.problem li');
    await missing.first().waitFor({ timeout: 30_000 });
    expect(await missing.allInnerTexts()).toEqual(['It needs a start.', 'It needs an end.', 'Say of what type it is.', 'Say whether people meet online, in person or both.', 'Say how many accounts are wanted.']);
    await page.locator('.problem a', { hasText: 'It needs an end.' }).click();
    expect(await isFocused(page.getByLabel('Ends'))).toBe(true);
    expect(await faults(page)).toEqual([]);
    await page.getByRole('textbox', { name: 'Organizers' }).fill('Nobody');
    await page.keyboard.press('Enter');
    await page.locator('[data-field=organizers]').getByText('Nobody: An organizer is somebody who holds that role here.').waitFor({ timeout: 30_000 });
    await page.getByRole('button', { name: 'Remove Nobody' }).click();
    await page.getByRole('textbox', { name: 'Organizers' }).fill('Second');
    await page.getByRole('button', { name: 'Add to Organizers' }).click();
    await saved(page);
    expect((await stored(idOf(page))).organizers.map(({ name }: TestPerson) => name)).toEqual(['Organizer', 'Second']);
    expect(await page.getByRole('button', { name: 'Remove Organizer' }).count()).toBe(0); // who made it stays
  }, 180_000);

  it('lead from the submission to the verdict of somebody else, and show both sides when', async () => {
    const { id } = await drafted('Verdict');
    const own = await stage.open('Organizer', `/events/${id}`);
    expect(await own.getByRole('link', { name: 'Public page' }).count()).toBe(0);
    await own.getByRole('link', { name: 'Edit and submit' }).click();
    await own.getByRole('button', { name: 'Submit for approval' }).click();
    await own.waitForURL(`${stage.base}/events/${id}`, { timeout: 30_000 });
    await own.getByText('Waits for approval').first().waitFor();
    expect(await own.getByRole('button', { name: 'Approve', exact: true }).count()).toBe(0);
    const page = await stage.open('ToolAdmin', '/home');
    await page.getByRole('link', { name: 'Verdict' }).click();
    await page.getByRole('button', { name: 'Approve', exact: true }).click();
    await page.locator('.cdx-info-chip', { hasText: 'Approved' }).waitFor({ timeout: 30_000 });
    await sealOnce(test.api.kernel.pool); // what the house does twice a second
    await own.locator('.cdx-info-chip', { hasText: 'Approved' }).waitFor({ timeout: 60_000 }); // live
    const times = own.locator('.window dd');
    expect((await times.allInnerTexts()).map((text) => text.replace(/[\u2009\u202f]/g, ' '))).toEqual([expect.stringMatching(/5:30 . 7:30 AM \(Berlin\)/), expect.stringMatching(/10:00 AM . 12:00 PM \(Kolkata\)/)]);
    const { key, url } = await stored(id);
    expect(await own.locator('.side').innerText()).toContain(key);
    expect(await own.locator('.side').innerText()).toContain(url);
    expect(await own.getByRole('link', { name: 'Public page' }).getAttribute('href')).toBe(`/public/events/${id}?uselang=en`);
    await own.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await own.getByRole('button', { name: 'Copy link' }).click();
    await own.getByText('Copied.').first().waitFor();
    await own.locator('.state-diagram li', { hasText: 'By time → Open · Mar 1, 2099' }).waitFor();
    expect([...own.complaints, ...page.complaints]).toEqual([]);
  }, 180_000);

  it('move an event on its own clock, within what was approved, and say what is beyond', async () => {
    const id = await approved('Moved');
    const page = await stage.open('Organizer', `/events/${id}`);
    await page.getByRole('button', { name: 'Reschedule' }).click();
    const dialog = page.getByRole('dialog');
    expect(await dialog.getByLabel('Starts').inputValue()).toBe('2099-03-01T10:00');
    await dialog.getByText('Your clock shows Mar 1, 2099, 5:30 AM then (Berlin).').waitFor();
    await dialog.getByLabel('Ends').fill('2099-03-01T14:00');
    expect(await faults(page)).toEqual([]);
    await dialog.getByRole('button', { name: 'Reschedule' }).click();
    await dialog.locator('[data-field=endsAt]', { hasText: 'It may not be longer than what was approved' }).waitFor({ timeout: 30_000 });
    await dialog.getByLabel('Starts').fill('2099-03-01T12:00');
    await dialog.getByRole('button', { name: 'Reschedule' }).click();
    await dialog.waitFor({ state: 'detached' });
    expect(await stored(id)).toMatchObject({ startsAt: '2099-03-01T12:00', startsAtUtc: '2099-03-01T06:30:00.000Z' });
  }, 120_000);

  it('save an approved event by a button only, and keep what goes beyond with the reason', async () => {
    const id = await approved('Public already', { places: 10 });
    const page = await stage.open('Organizer', `/events/${id}`);
    await page.getByRole('link', { name: 'Edit', exact: true }).click();
    await titleOf(page).waitFor();
    expect(await page.getByLabel('Starts').count()).toBe(0);
    await page.getByLabel('Accounts wanted').fill('11');
    await titleOf(page).fill('Renamed');
    await new Promise((done) => setTimeout(done, 3_000));
    expect(await stored(id)).toMatchObject({ title: 'Public already' });
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.locator('[data-field=places]', { hasText: '10 were approved; a tool admin may give more.' }).waitFor({ timeout: 30_000 });
    await page.getByLabel('Accounts wanted').fill('9');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.waitForURL(`${stage.base}/events/${id}`, { timeout: 30_000 });
    expect(await stored(id)).toMatchObject({ title: 'Renamed', places: 9 });
  }, 120_000);

  it('disable an event with a reason, take that back by Undo, and tell its organizers why', async () => {
    const id = await approved('Switched off');
    const page = await stage.open('ToolAdmin', `/events/${id}`);
    await page.getByRole('button', { name: 'Disable' }).click();
    await page.getByRole('dialog').getByLabel('Reason').fill('The hall is closed.');
    expect(await faults(page)).toEqual([]);
    await page.getByRole('dialog').getByRole('button', { name: 'Disable' }).click();
    await page.locator('.cdx-info-chip', { hasText: 'Disabled' }).waitFor({ timeout: 30_000 });
    await organizer.get(`/api/events/${id}`).expect(404);
    const own = await stage.open('Organizer', '/notifications');
    await own.locator('li', { hasText: `Event ${id} was disabled` }).getByText('The hall is closed.').waitFor();
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.locator('.cdx-info-chip', { hasText: 'Approved' }).waitFor({ timeout: 30_000 });
    expect(await stored(id)).toMatchObject({ state: 'approved' });
  }, 120_000);

  it('say what a cancellation means, and that it is for good', async () => {
    const id = await approved('Called off');
    const page = await stage.open('Organizer', `/events/${id}`);
    await page.getByRole('button', { name: 'Cancel', exact: true }).click();
    const dialog = page.getByRole('dialog');
    expect((await dialog.innerText()).replace(/\s+/g, ' ')).toMatch(/this cannot be taken back.* Event Called off Starts Mar 1, 2099, 10:00 AM On the clock of Asia\/Kolkata/);
    await dialog.getByRole('button', { name: 'Keep the event' }).click();
    await dialog.waitFor({ state: 'detached' });
    expect(await stored(id)).toMatchObject({ state: 'approved' });
  }, 90_000);

  it('find events by state, type, country and whose they are, each in the address', async () => {
    await approved('Listed in Iceland', { types: ['meetup'], participation: 'in-person', country: 'IS' });
    const page = await stage.open('Organizer', '/events?mine=true&country=IS&type=meetup');
    await page.getByRole('link', { name: 'Listed in Iceland' }).waitFor();
    expect(await page.locator('tbody tr').count()).toBe(1);
    await page.locator('.filter', { hasText: /^State/ }).locator('select').selectOption('ended');
    await page.getByText('Nothing matches these filters.').waitFor();
    expect(new URL(page.url()).searchParams.get('state')).toBe('ended');
    await page.goBack();
    await page.getByRole('link', { name: 'Listed in Iceland' }).waitFor();
  }, 90_000);

  it('can be used by keyboard alone, from the list to the submission', async () => {
    const page = await stage.open(keyboardPerson.name, '/events');
    await page.keyboard.press('n');
    await page.waitForURL(/\/events\/new$/);
    await titleOf(page).waitFor();
    const reach = async (control: Locator): Promise<void> => {
      for (let tabs = 0; tabs < 60 && !(await isFocused(control)); tabs++) await page.keyboard.press('Tab');
      expect(await isFocused(control)).toBe(true);
    };
    await reach(titleOf(page));
    await page.keyboard.type('By keys');
    await saved(page);
    await reach(page.getByLabel('Starts'));
    await page.keyboard.type('030120991000AM');
    await reach(page.getByLabel('Ends'));
    await page.keyboard.type('030120991200PM');
    await reach(page.getByRole('checkbox', { name: 'Editing event' }));
    await page.keyboard.press('Space');
    await reach(page.getByRole('radio', { name: 'Online', exact: true }));
    await page.keyboard.press('Space');
    await reach(page.getByLabel('Accounts wanted'));
    await page.keyboard.type('20');
    await saved(page);
    await tabTo(page, 'Submit for approval');
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/events\/\d+$/, { timeout: 60_000 });
    await page.locator('.cdx-info-chip', { hasText: 'Waits for approval' }).waitFor();
    expect(await test.sql(`select state, starts_at, types from event where title = 'By keys'`)).toEqual([{ state: 'requested', starts_at: '2099-03-01T10:00', types: ['editing-event'] }]);
  }, 180_000);

  it('are not offered to who may not make one', async () => {
    const page = await stage.open('Nobody', '/events/new');
    expect(await page.locator('main h1').innerText()).toBe('There is nothing here');
  }, 60_000);

  it('have boxes before the rows only for whom there is something to do with them', async () => {
    await approved('Boxes');
    const [reader, decider] = [await stage.open('Nobody', '/events'), await stage.open('ToolAdmin', '/events')];
    await reader.getByRole('link', { name: 'Boxes', exact: true }).waitFor();
    expect(await reader.getByRole('checkbox').count()).toBe(0);
    await decider.getByRole('checkbox', { name: 'Select Boxes', exact: true }).waitFor();
    expect([...reader.complaints, ...decider.complaints]).toEqual([]);
  }, 120_000);

  it.each(looks)('have no accessibility fault, and no sideways scroll at 320 pixels: %s', async (_, look, looked) => {
    const draft = await drafted('A title of some length, so that it has to wrap somewhere', { participation: 'hybrid', country: 'IS', address: 'Somewhere', topics: ['Botany'] });
    const id = await approved('Whole', { types: ['contest'], participation: 'hybrid', country: 'IS', address: 'Somewhere', meetingUrl: 'https://meet.example.org/x', trackingTool: 'https://dashboard.example.org/x', page: 'https://en.example.org/wiki/X', wikis: ['en.example.org'], places: 12 });
    const page = await stage.open('Organizer', '/events', look);
    expect(await lookOver(page, stage.base, ['/events', '/events/new', `/events/${draft.id}/edit`, `/events/${draft.id}`, `/events/${id}`, `/events/${id}/edit`, `/events/${id}/timeline`, '/me'], looked)).toEqual([]);
    await page.setViewportSize({ width: 1280, height: 800 });
    await go(page, stage.base + looked(`/events/${id}`));
    await page.locator('.state-diagram button').first().click();
    await page.getByRole('dialog').locator('svg[role=img]').waitFor();
    expect(await faults(page)).toEqual([]);
  }, 240_000);
});
