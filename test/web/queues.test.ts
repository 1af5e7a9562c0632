/** The pages of queues: setting one up with its hours, moving a request there, and letting it go when nothing waits in it. */
import { sealOnce } from '../../db/seal';
import { testApi, type Script } from '../support/api';
import { faults } from '../support/faults';
import { makeOpenRequest } from '../support/house';
import { lookOver, looks, webStage } from './support';

describe('the pages of queues', () => {
  const test = testApi();
  const stage = webStage(test);

  let admin: Script;

  beforeAll(async () => {
    await test.wiki('en.example.org');
    admin = await test.script(await test.person('Admin', ['toolAdmin']));
    await test.person('Tool', ['toolUser']);
    await test.person('Check', ['checkuser']);
  }, 120_000);

  it('set one up, with its name and business hours', async () => {
    const page = await stage.open('Admin', '/queues/new');
    await page.getByLabel('Key').fill('second-look');
    await page.getByLabel('Name, text 1').fill('Second look');
    await page.getByLabel('Business hours').fill('Mo-Fr 9-17');
    await page.getByRole('button', { name: 'New queue' }).click();
    await page.getByText('It must be days and hours such as Mo-Fr 09:00-17:00.').first().waitFor();
    await page.getByLabel('Business hours').fill('Mo-Fr 09:00-17:00\nSa 10:00-14:00');
    await page.getByLabel('Time zone').fill('Europe/Berlin');
    await page.getByRole('button', { name: 'New queue' }).click();
    await page.getByRole('heading', { name: 'Second look' }).waitFor();
    await page.getByText('Sa 10:00-14:00').waitFor();
    expect(await test.sql(`select names, hours, time_zone from queue where key = 'second-look'`)).toEqual([{ names: ['Second look'], hours: ['Mo-Fr 09:00-17:00', 'Sa 10:00-14:00'], time_zone: 'Europe/Berlin' }]);
    expect(page.complaints).toEqual([]);
  }, 120_000);

  it('are given a form by its name, of those that are published for all, and lose it again', async () => {
    const form = async (name: string): Promise<number> => (await admin.post('/api/forms', { name, intro: { en: 'Welcome.' } }).expect(201)).body.id;
    const [published] = [await form('At the library'), await form('Not ready')];
    await admin.post(`/api/forms/${published}/publish`).expect(200);
    const formOf = async (): Promise<unknown> => (await test.sql(`select form_id from queue where key = 'second-look'`))[0].form_id;
    const page = await stage.open('Admin', '/queues');
    await page.getByRole('link', { name: 'Second look' }).click();
    await page.getByRole('button', { name: 'Edit' }).click();
    const choice = page.getByLabel('Form', { exact: true });
    await choice.locator('option', { hasText: 'At the library' }).waitFor({ state: 'attached' });
    expect(await choice.locator('option').allInnerTexts()).toEqual(['As Reeve has it', 'At the library']);
    await choice.selectOption({ label: 'At the library' });
    expect(await faults(page)).toEqual([]);
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('link', { name: 'At the library' }).waitFor();
    expect(await formOf()).toBe(published);
    const other = await stage.open('Check', page.url().replace(stage.base, ''));
    await other.locator('dd', { hasText: /^A form of its own$/ }).waitFor();
    await sealOnce(test.api.kernel.pool);
    await other.reload();
    await other.locator('.timeline li', { hasText: /Somebody\s+· Set up/ }).first().waitFor();
    await page.getByRole('button', { name: 'Edit' }).click();
    await choice.selectOption({ label: 'As Reeve has it' });
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('heading', { name: 'Second look', exact: true }).waitFor();
    expect([await page.getByRole('link', { name: 'At the library' }).count(), await formOf()]).toEqual([0, null]);
    expect(page.complaints).toEqual([]);
  }, 120_000);

  it('are offered by their names to whoever moves a request, and one in use stays', async () => {
    const { id } = await makeOpenRequest(test.api.kernel, { name: 'Ash Grove' });
    const page = await stage.open('Tool', `/requests/${id}`);
    await page.getByRole('button', { name: 'More' }).click();
    await page.getByRole('button', { name: 'Move to a queue' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Who looks after it').selectOption({ label: 'Second look' });
    expect(await faults(page)).toEqual([]);
    await dialog.getByRole('button', { name: 'Move to a queue' }).click();
    await page.locator('dd', { hasText: 'Second look' }).waitFor();
    const admin = await stage.open('Admin', '/queues');
    await admin.getByRole('link', { name: 'Second look' }).click();
    await admin.getByText('1 request').waitFor();
    await admin.getByRole('button', { name: 'Disable' }).click();
    await admin.getByText('Requests wait in it: move them to another queue first.').first().waitFor();
    expect([...page.complaints, ...admin.complaints.filter((text) => !text.includes('409'))]).toEqual([]);
  }, 120_000);

  it('let be done to many at once what can be, and not what has a page of its own', async () => {
    const page = await stage.open('Admin', '/queues');
    await page.getByRole('checkbox', { name: 'Select Second look' }).check();
    const bar = page.getByRole('group', { name: 'What to do with the selected rows' });
    await bar.getByRole('button', { name: 'Clear selection' }).waitFor();
    expect(await bar.getByRole('button').allInnerTexts()).toEqual(['Disable', 'Clear selection']);
    expect(page.complaints).toEqual([]);
  }, 60_000);

  it('say on a phone below its name how a queue stands, and what each number is', async () => {
    const page = await stage.open('Admin', '/queues', { width: 320 });
    await page.getByRole('rowheader', { name: /^Account team, escalated Enabled Waiting \d+ Priority 20 Always$/ }).waitFor();
    expect(page.complaints).toEqual([]);
  }, 60_000);

  it.each(looks)('can be used by everybody, %s, also in 320 pixels', async (_name, look, looked) => {
    const page = await stage.open('Admin', undefined, look);
    expect(await lookOver(page, stage.base, ['/queues', '/queues/new', '/queues/1', '/queues/3/edit'], looked)).toEqual([]);
    expect(page.complaints).toEqual([]);
  }, 120_000);
});
