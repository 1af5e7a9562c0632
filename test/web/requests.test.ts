/** The pages of account requests as organizers and the account team use them: whose turn it is, what nobody sees unasked, an answer. */
import type { Locator, Page } from 'playwright-core';
import { sealOnce } from '../../db/seal';
import type { Request } from '../../db/entities/request';
import { testApi, type Script, type TestPerson } from '../support/api';
import { eventually } from '../support/eventually';
import { faults } from '../support/faults';
import { makeOpenRequest, makeRequest, unique } from '../support/house';
import { go, lookOver, looks, settled, tabTo, webStage } from './support';

describe('the pages of account requests', () => {
  const test = testApi();
  const stage = webStage(test);
  let organizer: Script;
  let toolUser: Script;
  let people: Record<'toolUser' | 'organizer', TestPerson>;
  let eventId: number;

  beforeAll(async () => {
    await test.wiki('en.example.org');
    people = { toolUser: await test.person('Tool', ['toolUser']), organizer: await test.person('Organizer', ['organizer']) };
    [toolUser, organizer] = [await test.script(people.toolUser), await test.script(people.organizer)];
    const toolAdmin = await test.script(await test.person('Admin', ['toolAdmin']));
    await test.person('Other', ['toolUser']);
    const event = await organizer.post('/api/events', { title: 'Gardens', types: ['workshop'], participation: 'online', startsAt: '2099-03-01T10:00', endsAt: '2099-03-01T12:00', timeZone: 'UTC', places: 20 }).expect(201);
    eventId = event.body.id;
    await organizer.post(`/api/events/${eventId}/submit`).expect(200);
    await toolAdmin.post(`/api/events/${eventId}/approve`).expect(200);
  }, 120_000);

  const asked = (values: Partial<Request> = {}): Promise<Request> => makeOpenRequest(test.api.kernel, { name: unique('Asker'), ...values });
  const stored = async (id: number): Promise<Request> => (await test.sql('select * from request where id = $1', [id]))[0];
  const button = (page: Page, name: string): Locator => page.getByRole('button', { name, exact: true });
  const chip = (page: Page, text: string): Locator => page.locator('.head .cdx-info-chip', { hasText: text });
  const row = (page: Page, name: string): Locator => page.locator('tbody tr', { hasText: name });
  const shown = (page: Page): Locator => page.locator('.reveal .value');

  it('list all that waits for the account team, and only what is theirs for an organizer: of the escalated that it is there, of the unconfirmed how many', async () => {
    const [plain, own, escalated] = [await asked(), await asked({ eventId }), await asked({ eventId })];
    await makeRequest(test.api.kernel, { eventId });
    await organizer.post(`/api/requests/${own.id}/reserve`).expect(200);
    await organizer.post(`/api/requests/${escalated.id}/escalate`).expect(200);
    const page = await stage.open('Tool', '/requests');
    await row(page, plain.name).locator('td', { hasText: 'Account team' }).waitFor();
    expect(await row(page, own.name).innerText()).toMatch(/Reserved[^]*Gardens[^]*Organizer[^]*Organizers of the event/);
    await row(page, escalated.name).locator('td .cdx-info-chip', { hasText: 'Escalated' }).waitFor();
    await page.getByText('1 waits for the confirmation of the address.').waitFor();
    await page.getByRole('navigation', { name: 'Requests' }).getByRole('link', { name: 'Flagged' }).click();
    await page.getByRole('heading', { name: 'Flagged requests' }).waitFor();
    await settled(page);
    expect(await page.locator('tbody tr').count()).toBe(1);
    expect(await page.content()).not.toContain(plain.email);

    const theirs = await stage.open('Organizer', '/requests');
    await row(theirs, own.name).locator('td', { hasText: /^You$/ }).waitFor();
    expect(await row(theirs, plain.name).count()).toBe(0);
    await theirs.getByText('1 waits for the confirmation of the address.').waitFor();
    await theirs.getByRole('link', { name: `With the account team (${escalated.id})` }).click();
    await theirs.getByText('The account team looks after this request.').waitFor();
    expect(await theirs.locator('main').innerText()).not.toContain(escalated.name);
    expect(await theirs.locator('.act-bar button').count()).toBe(0);
    expect(await theirs.getByRole('link', { name: 'Timeline' }).count()).toBe(0); // it would tell what the trace does not
    expect([...page.complaints, ...theirs.complaints]).toEqual([]);
  }, 120_000);

  it('give a request to who reserves it, take that back by Undo, and tell others who has it', async () => {
    const { id } = await asked();
    const page = await stage.open('Tool', `/requests/${id}`);
    await button(page, 'Reserve').click();
    await page.getByText(/^You have it until .* \(in .*\)\.$/).waitFor();
    await button(page, 'Undo').click();
    await chip(page, 'Open').waitFor();
    expect(await stored(id)).toMatchObject({ state: 'open', holder_id: null });
    await button(page, 'Reserve').click();
    await chip(page, 'Reserved').waitFor();
    const other = await stage.open('Other', `/requests/${id}`);
    await other.getByText(/^Tool has it until/).waitFor();
    await other.getByText('Create account, Close, Escalate, Move to a queue, Drop: Somebody else has reserved it.').waitFor();
    await button(page, 'Release').click();
    await chip(page, 'Open').waitFor();
    await sealOnce(test.api.kernel.pool); // what the house does twice a second
    await chip(other, 'Open').waitFor({ timeout: 60_000 }); // live
    expect([...page.complaints, ...other.complaints]).toEqual([]);
  }, 120_000);

  it('count down how long the making of an account can be taken back, which is said once, and let the toast go with Undo', async () => {
    const { id } = await asked();
    const page = await stage.open('Tool', `/requests/${id}`);
    const { terms } = test.api.kernel;
    const heldMs = terms.takeBackMs;
    terms.takeBackMs = 60_000;
    await button(page, 'Create account').click();
    const timer = page.getByRole('timer');
    const left = async (): Promise<number> => Number(/^(\d+) sec left$/.exec(await timer.innerText())?.[1]);
    await timer.waitFor();
    const first = await left();
    expect(first).toBeGreaterThan(30);
    expect(first).toBeLessThanOrEqual(60);
    const said = await page.locator('[aria-live=polite]').filter({ hasNot: page.getByRole('timer') }).allTextContents();
    expect(await timer.getAttribute('aria-live')).toBe('off'); // within the toast, which is a polite region
    expect(await faults(page)).toEqual([]);
    await eventually(async () => expect(await left()).toBeLessThan(first - 1));
    expect(await page.locator('[aria-live=polite]').filter({ hasNot: page.getByRole('timer') }).allTextContents()).toEqual(said);
    await button(page, 'Undo').click();
    await timer.waitFor({ state: 'detached' });
    await chip(page, 'Reserved').waitFor();
    terms.takeBackMs = 4_000;
    await button(page, 'Create account').click();
    await timer.waitFor();
    await timer.waitFor({ state: 'detached', timeout: 20_000 }); // with the time that it told
    terms.takeBackMs = heldMs;
    expect(page.complaints).toEqual([]);
  }, 120_000);

  it('show an address only to who has the request in hand, on record, and take it away: after a minute, on another page, in a hidden tab', async () => {
    const { id, email } = await asked();
    const page = await stage.open('Tool');
    await page.clock.install();
    await go(page, `${stage.base}/requests/${id}`);
    expect(await page.locator('.reveal').count()).toBe(0);
    await button(page, 'Reserve').click();
    const show = page.getByRole('button', { name: 'Show (recorded): E-mail' });
    await show.click();
    await shown(page).waitFor();
    expect(await shown(page).innerText()).toBe(email);
    expect(await faults(page)).toEqual([]);
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.getByRole('button', { name: 'Copy: E-mail' }).click();
    await page.getByText('Copied.').first().waitFor();
    await page.getByText(/Hidden again in \d+ seconds/).waitFor();
    await page.clock.fastForward(61_000);
    await show.waitFor();
    expect(await page.content()).not.toContain(email);

    await show.click();
    await shown(page).waitFor();
    await page.getByRole('link', { name: 'Timeline' }).click();
    await page.getByRole('link', { name: 'Overview' }).click();
    await show.waitFor();
    expect(await page.content()).not.toContain(email);

    await show.click();
    await shown(page).waitFor();
    await page.evaluate(() => {
      const { document } = globalThis as any;
      Object.defineProperty(document, 'visibilityState', { value: 'hidden', configurable: true });
      document.dispatchEvent(new (globalThis as any).Event('visibilitychange'));
    });
    await show.waitFor();
    expect(await page.content()).not.toContain(email);
    expect(await test.sql(`select code from audit where noun = 'request' and entity = $1 and verb = 'reveal'`, [id])).toEqual([{ code: 'email' }, { code: 'email' }, { code: 'email' }]);
    const other = await stage.open('Other', `/requests/${id}`);
    expect(await other.locator('.reveal').count()).toBe(0);
    await sealOnce(test.api.kernel.pool);
    await go(other, `${stage.base}/requests/${id}/timeline`);
    await other.locator('.timeline li', { hasText: /Show what is private\s+· E-mail/ }).first().waitFor();
    const admin = await stage.open('Admin', `/requests/${id}`); // who has it not in hand says why
    await admin.getByLabel('Why you look').fill('Asked by phone.');
    await admin.getByRole('button', { name: 'Show (recorded): IP address' }).click();
    await shown(admin).waitFor();
    expect(await test.sql(`select a.code, r.text from audit a join audit_reason r on r.id = a.reason_id where a.noun = 'request' and a.entity = $1 and a.verb = 'reveal'`, [id])).toEqual([{ code: 'ip', text: 'Asked by phone.' }]);
    expect(page.complaints).toEqual([]);
  }, 120_000);

  it('ask whether an address in a comment is meant, then answer the request, and say so', async () => {
    const { id, name } = await asked({ comment: 'I am at the workshop.', language: 'ar' });
    const page = await stage.open('Tool', `/requests/${id}`);
    await page.getByText('I am at the workshop.').waitFor();
    await page.getByLabel('New comment').fill('Wrote to them at ask@example.org.');
    await button(page, 'Add comment').click();
    await page.getByRole('alert').getByText('This holds what looks like the address of a person').waitFor();
    expect(await faults(page)).toEqual([]);
    expect(await test.sql('select from request_comment where request_id = $1', [id])).toHaveLength(0);
    await page.getByRole('checkbox', { name: 'The address in it is meant to stay' }).check();
    expect(await page.getByLabel('Who reads it').locator('option').allInnerTexts()).toEqual(['For the requester, too', 'For those who look after it']); // what only admins read, only admins write
    await page.getByLabel('Who reads it').selectOption({ label: 'For the requester, too' });
    await button(page, 'Add comment').click();
    await page.locator('.comments li', { hasText: 'Wrote to them at ask@example.org.' }).getByText('For the requester, too').waitFor();
    expect(await page.getByLabel('New comment').inputValue()).toBe('');

    await button(page, 'Reserve').click();
    await page.locator('.act-bar').getByRole('button', { name: 'Close', exact: true }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('The requester reads Arabic.').waitFor();
    await dialog.getByLabel('What the requester reads').fill('Choose another name.');
    await dialog.getByRole('radio', { name: 'Without a mail' }).check();
    expect(await dialog.getByLabel('What the requester reads').count()).toBe(0);
    await dialog.getByRole('radio', { name: 'Not created' }).check();
    expect(await faults(page)).toEqual([]);
    await dialog.getByRole('button', { name: 'Close', exact: true }).last().click();
    await chip(page, 'Closed').waitFor({ timeout: 30_000 });
    expect(await stored(id)).toMatchObject({ outcome: 'not-created', answer: 'Choose another name.' });
    await page.locator('.side', { hasText: 'Will be erased' }).waitFor();
    await page.locator('.overview', { hasText: 'Choose another name.' }).waitFor();
    await button(page, 'Reopen').waitFor();
    expect(await page.locator('h1').innerText()).toBe(name);
    expect(page.complaints).toEqual([]);
  }, 120_000);

  it('keep a comment that was begun, whatever else one looks at of the request', async () => {
    const { id } = await asked();
    const page = await stage.open('Tool', `/requests/${id}`);
    await page.getByLabel('New comment').fill('Half a');
    await page.getByRole('link', { name: 'Timeline' }).click();
    await page.getByRole('link', { name: 'Overview' }).click();
    expect(await page.getByLabel('New comment').inputValue()).toBe('Half a');
    const asks = page.waitForEvent('dialog').then((dialog) => dialog.dismiss());
    await page.locator('.trail a').click();
    await asks;
    expect(page.url()).toMatch(new RegExp(`/requests/${id}$`));
  }, 60_000);

  it('tell on the first page which reservation of one\'s own ends when, and what was escalated', async () => {
    const [mine, escalated] = [await asked({ eventId }), await asked({ eventId })];
    await toolUser.post(`/api/requests/${mine.id}/reserve`).expect(200);
    await organizer.post(`/api/requests/${escalated.id}/escalate`).expect(200);
    const page = await stage.open('Tool', '/home');
    await page.locator('li', { hasText: mine.name }).getByText(/Your reservation ends ·[^]*\(in /).waitFor();
    await page.locator('li', { hasText: escalated.name }).getByText('Escalated to the account team').waitFor();
    const theirs = await stage.open('Organizer', '/home');
    expect(await theirs.locator('main').innerText()).not.toContain(escalated.name);
  }, 60_000);

  it('can be used by keyboard alone, from the list to the answer and back', async () => {
    const { id, name } = await asked();
    const page = await stage.open('Tool', `/requests?q=${name}`);
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    await page.locator('h1', { hasText: name }).waitFor();
    await button(page, 'Reserve').waitFor();
    await page.keyboard.press('r');
    await page.getByText(/^You have it until/).waitFor();
    await tabTo(page, 'Show (recorded): E-mail');
    await page.keyboard.press('Enter');
    await shown(page).waitFor();
    expect(await shown(page).evaluate((one) => one === one.ownerDocument.activeElement)).toBe(true);
    await tabTo(page, 'Hide: E-mail');
    await page.keyboard.press('Enter');
    await page.locator(':focus[aria-label="Show (recorded): E-mail"]').waitFor();
    await page.keyboard.press('c');
    await page.getByRole('dialog').waitFor();
    const radio = page.locator('input[type=radio]:focus');
    for (let tabs = 0; tabs < 10 && !(await radio.count()); tabs++) await page.keyboard.press('Tab');
    await page.keyboard.press('ArrowDown');
    await tabTo(page, 'Close');
    await page.keyboard.press('Enter');
    await chip(page, 'Closed').waitFor({ timeout: 30_000 });
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(await stored(id)).toMatchObject({ state: 'closed', outcome: 'not-created' });
    await page.keyboard.press('u');
    await page.waitForURL(/\/requests\?q=/);
  }, 120_000);

  it.each(looks)('have no accessibility fault, and no sideways scroll at 320 pixels: %s', async (_, look, looked) => {
    const held = await asked({ eventId, comment: 'A comment of some length,\nin two lines, and_a_long_word_that_has_to_break_somewhere_on_a_narrow_screen.' });
    await toolUser.post(`/api/requests/${held.id}/reserve`).expect(200);
    await toolUser.post(`/api/requests/${held.id}/comment`, { text: 'Seen before?' }).expect(200);
    const page = await stage.open('Tool', '/requests', look);
    await page.emulateMedia({ reducedMotion: 'reduce' }); // half faded in, nothing has its contrast
    expect(await lookOver(page, stage.base, ['/requests', '/requests?mine=true', `/requests/${held.id}`, `/requests/${held.id}/timeline`, '/home'], looked)).toEqual([]);
    await page.setViewportSize({ width: 1280, height: 800 });
    await go(page, stage.base + looked(`/requests/${held.id}`));
    await page.locator('.act-bar').getByRole('button', { name: /^Close/ }).click();
    await page.getByRole('dialog').waitFor();
    expect(await faults(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await page.locator('.state-diagram button').first().click();
    await page.getByRole('dialog').locator('svg[role=img]').waitFor();
    expect(await faults(page)).toEqual([]);
    const admin = await stage.open('Admin', undefined, look); // who looks without having it in hand says why
    expect(await lookOver(admin, stage.base, [`/requests/${held.id}`], looked)).toEqual([]);
  }, 240_000);
});
