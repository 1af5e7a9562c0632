/** The form of a delivery as a sender uses it: nothing typed is lost, nothing odd is sent unseen. */
import type { Locator, Page } from 'playwright-core';
import { faults } from '../support/faults';
import { complaints, deliveryStage } from './delivery-stage';
import { go, tabTo } from './support';

const isFocused = (control: Locator): Promise<boolean> => control.evaluate((element) => element === element.ownerDocument.activeElement);

describe('the form of a delivery', () => {
  const { test, stage, house, listed } = deliveryStage();

  const saved = (page: Page): Promise<void> => page.locator('.saved', { hasText: /^\s*Saved/ }).waitFor({ timeout: 30_000 });
  const subjectOf = (page: Page) => page.getByRole('textbox', { name: 'Subject' });
  const bodyOf = (page: Page) => page.getByRole('textbox', { name: 'Message' });
  async function tabUntil(page: Page, control: Locator): Promise<void> {
    for (let tabs = 0; tabs < 40 && !(await isFocused(control)); tabs++) await page.keyboard.press('Tab');
    expect(await isFocused(control)).toBe(true);
  }
  async function paste(page: Page, lines: string): Promise<void> {
    await page.getByRole('button', { name: 'Paste pages' }).click();
    await page.getByLabel('Pages, one a line').fill(lines);
    await page.getByRole('button', { name: 'Make the list' }).click();
    await page.getByText(/^List made/).first().waitFor();
  }

  it('let a message go by wiki mail, keep the choice, and say so to whoever reads it', async () => {
    const page = await stage.open('Sender', '/deliveries/new');
    await subjectOf(page).fill('A mail');
    await page.getByRole('radio', { name: 'By wiki mail' }).check();
    await saved(page);
    const id = /\d+/.exec(new URL(page.url()).pathname)![0];
    expect(await test.sql(`select channel from delivery where subject = 'A mail'`)).toEqual([{ channel: 'email' }]);
    await page.reload();
    expect(await page.getByRole('radio', { name: 'By wiki mail' }).isChecked()).toBe(true);
    await go(page, `${stage.base}/deliveries/${id}`);
    await page.locator('.facts dd', { hasText: 'By wiki mail' }).waitFor();
    expect(complaints(page)).toEqual([]);
  }, 60_000);

  it('save a message while it is written, and have it all after a reload', async () => {
    const page = await stage.open('Sender', '/deliveries/new');
    await subjectOf(page).fill('Half a thou');
    await saved(page);
    expect(page.url()).toMatch(/\/deliveries\/\d+\/edit$/);
    expect(await isFocused(subjectOf(page))).toBe(true);
    await subjectOf(page).fill('A whole thought');
    await bodyOf(page).fill('With a body');
    await page.locator('.saved', { hasText: 'Not saved yet' }).waitFor();
    await saved(page);
    await page.reload();
    await subjectOf(page).waitFor();
    expect(await subjectOf(page).inputValue()).toBe('A whole thought');
    expect(await bodyOf(page).inputValue()).toBe('With a body');
    expect(await test.sql(`select subject, body from delivery where subject like '%thou%'`)).toEqual([{ subject: 'A whole thought', body: 'With a body' }]);
    expect(complaints(page)).toEqual([]);
  }, 90_000);

  it('ask which words to keep when somebody else was faster', async () => {
    const { body } = await house.sender.post('/api/deliveries', { wiki: house.wiki.host, subject: 'Ours', body: 'First' });
    const page = await stage.open('Sender', `/deliveries/${body.id}/edit`);
    await subjectOf(page).waitFor();
    await house.sender.patch(`/api/deliveries/${body.id}`, { subject: 'Theirs', body: 'Second' }).set('If-Match', `"${body.version}"`);
    await subjectOf(page).fill('Mine');
    const conflict = page.locator('.conflict');
    await conflict.waitFor({ timeout: 30_000 });
    expect(await bodyOf(page).inputValue()).toBe('Second'); // only they changed it
    expect(await conflict.locator('ins').textContent()).toContain('Mine');
    expect(await faults(page)).toEqual([]);
    await page.getByRole('button', { name: 'Keep mine' }).click();
    await saved(page);
    expect(await test.sql('select subject, body from delivery where id = $1', [body.id])).toEqual([{ subject: 'Mine', body: 'Second' }]);
  }, 90_000);

  it('offer to read the lists again at an instant only, and say it on the page and in public, before and after', async () => {
    const page = await stage.open('Sender', '/deliveries/new');
    await subjectOf(page).fill('Read again');
    await bodyOf(page).fill('World ~~~~');
    await paste(page, 'User talk:A\nUser talk:B');
    const choice = page.getByRole('checkbox', { name: /Read the lists again/ });
    expect(await choice.count()).toBe(0);
    await page.getByLabel('Send at').fill('2099-01-01T09:00');
    await choice.check();
    expect(await faults(page)).toEqual([]);
    await page.getByRole('button', { name: 'Schedule for 2 pages' }).click();
    await page.getByText('The lists are read again when it is sent').waitFor({ timeout: 30_000 });
    const [{ id, list }] = await test.sql(`select d.id, l.list_id as list from delivery d join delivery_list l on l.delivery_id = d.id where d.lists_afresh`) as [{ id: number; list: number }];
    const visitor = await stage.open(null, `/public/deliveries/${id}`);
    expect(await visitor.innerText('main')).toContain('The lists are read again when it is sent');
    await test.sql('update delivery set lists_read_at_ms = 1 where id = $1', [id]);
    await test.sql('update delivery_list set fresh_revision = 1 where list_id = $1', [list]);
    await page.reload();
    await page.getByText('The lists were read again when it was sent.').waitFor({ timeout: 30_000 });
    expect(await page.innerText('main')).toContain('read again: revision 1, 2 pages');
    await visitor.goto(`${stage.base}/public/deliveries/${id}?uselang=ar`);
    expect(await visitor.innerText('main')).toContain('قُرئت القوائم مجددًا عند الإرسال.');
    expect(await faults(page)).toEqual([]);
  }, 90_000);

  it('send nothing while pasted pages are in no list: it is said where they stand', async () => {
    const page = await stage.open('Sender', '/deliveries/new');
    await subjectOf(page).fill('Not without them');
    await bodyOf(page).fill('World ~~~~');
    await paste(page, 'User talk:A\nUser talk:B');
    await page.getByRole('button', { name: 'Paste pages' }).click();
    await page.getByLabel('Pages, one a line').fill('User talk:C');
    await page.getByRole('button', { name: /for approval|to 2 pages/ }).click();
    const problem = page.locator('.pasting .problem', { hasText: 'These pages are in no list yet' });
    await problem.waitFor();
    expect(await isFocused(problem)).toBe(true);
    expect(await faults(page)).toEqual([]);
    expect(await test.sql(`select state from delivery where subject = 'Not without them'`)).toEqual([{ state: 'draft' }]);
    await page.getByRole('button', { name: 'Make the list' }).click();
    await page.getByRole('button', { name: /to 3 pages/ }).click();
    await page.waitForURL(/\/deliveries\/\d+$/);
  }, 90_000);

  it('say a line that cannot be used, want what is odd ticked by name, let nothing of the wiki run, and say on what terms and what the button does', async () => {
    const page = await stage.open('Sender', '/deliveries/new');
    await subjectOf(page).fill('Odd');
    await bodyOf(page).fill('Not signed');
    await page.route(/\/api\/target-lists\?/, (route) => route.abort());
    await page.getByPlaceholder('Find a list by its name').fill('Any');
    await page.getByText('It could not be looked up.').waitFor();
    await page.unroute(/\/api\/target-lists\?/);
    await paste(page, 'User talk:A\nUser talk:B\nBad[line');
    const bad = page.locator('.bad-lines');
    await bad.getByText('Bad[line').waitFor();
    expect((await bad.innerText()).replace(/\s+/g, ' ')).toMatch(/1 line of .*Line.* 3 Bad\[line no page can be called that/i);
    await page.getByRole('button', { name: 'Send to 2 pages' }).waitFor({ timeout: 30_000 });
    const frame = page.frameLocator('iframe.frame');
    expect(await frame.locator('h2').textContent()).toBe('Odd');
    await page.getByRole('tab', { name: 'Talk page', exact: true }).click();
    expect(await page.locator('iframe.frame').getAttribute('src')).toMatch(/\/preview\/1\?/);
    expect(await page.title()).toContain('Odd');
    expect(await page.locator('p', { hasText: 'What you send is public at once' }).getByRole('link', { name: 'Licence of the wiki' }).getAttribute('href')).toBe('https://licence.example.org/');
    await page.getByRole('button', { name: 'Send to 2 pages' }).click();
    await page.locator('.problem a[href="#delivery-acknowledge"]').first().click();
    expect(await isFocused(page.getByRole('checkbox', { name: /It is not signed/ }))).toBe(true);
    expect(await faults(page)).toEqual([]);
    await page.getByRole('checkbox', { name: /It is not signed/ }).check();
    await page.getByRole('checkbox', { name: /A tag is not closed/ }).check();
    await page.getByRole('button', { name: 'Send to 2 pages' }).click();
    await page.waitForURL(/\/deliveries\/\d+$/);
    expect(await test.sql(`select state from delivery where subject = 'Odd'`)).toEqual([{ state: 'expanding' }]);
    expect(page.complaints.join()).toContain("the document's frame is sandboxed");
    expect(complaints(page)).toEqual([]);
  }, 120_000);

  it('can be used by keyboard alone, from the list to the submission', async () => {
    await listed('Keyboard readers', 'User talk:A\nUser talk:B');
    const page = await stage.open('Sender', '/deliveries');
    await page.keyboard.press('n');
    await page.waitForURL(/\/deliveries\/new$/);
    await subjectOf(page).waitFor();
    await tabUntil(page, page.getByRole('combobox', { name: 'Target lists' }));
    await page.keyboard.type('Keyboard');
    await page.getByRole('option', { name: /Keyboard readers/ }).waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Remove Keyboard readers' }).waitFor();
    await tabUntil(page, subjectOf(page));
    await page.keyboard.type('By keys');
    await tabUntil(page, bodyOf(page));
    await page.keyboard.type('Hello ~~~~');
    await page.getByRole('button', { name: 'Send to 2 pages' }).waitFor({ timeout: 30_000 });
    await tabTo(page, 'Send to 2 pages');
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/deliveries\/\d+$/, { timeout: 30_000 });
    expect(await test.sql(`select state from delivery where subject = 'By keys'`)).toEqual([{ state: 'expanding' }]);
  }, 120_000);
});
