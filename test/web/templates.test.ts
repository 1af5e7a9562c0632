/** Templates as they are written, and as the dialog of an answer offers them; the answer can be taken back by Undo. */
import { testApi, type Script } from '../support/api';
import { faults } from '../support/faults';
import { makeOpenRequest } from '../support/house';
import { lookOver, looks, webStage } from './support';

describe('the pages of templates', () => {
  const test = testApi();
  const stage = webStage(test);
  let admin: Script;

  beforeAll(async () => {
    await test.wiki('en.example.org');
    admin = await test.script(await test.person('Admin', ['toolAdmin']));
    await test.person('Tool', ['toolUser']);
    await admin.post('/api/templates', { kind: 'not-created', title: 'Company', texts: { en: 'Not for {{name}}.', ar: 'لا يا {{name}}.' }, question: 'Have you looked?' }).expect(201);
    await admin.post('/api/templates', { kind: 'created', title: 'Welcome', texts: { en: 'Welcome.' } }).expect(201);
  }, 120_000);

  it('write one in two languages', async () => {
    const page = await stage.open('Admin', '/templates/new');
    await page.getByLabel('Title').fill('Too like another');
    await page.getByLabel('Text, text 1').fill('Choose another name, {{name}}.');
    await page.getByRole('button', { name: 'Add a language' }).click();
    await page.getByLabel('Text, language of text 2').fill('de');
    await page.getByLabel('Text, text 2').fill('Bitte ein anderer Name.');
    await page.getByRole('button', { name: 'New template' }).click();
    await page.getByText('Template written.').first().waitFor();
    expect(await test.sql(`select kind, languages, texts, active from template where title = 'Too like another'`)).toEqual([{ kind: 'not-created', languages: ['en', 'de'], texts: ['Choose another name, {{name}}.', 'Bitte ein anderer Name.'], active: true }]);
    expect(page.complaints).toEqual([]);
  }, 120_000);

  it('are offered by what becomes of the request, ask their question first, and Undo takes the answer back', async () => {
    const { id } = await makeOpenRequest(test.api.kernel, { name: 'Spades Ltd' });
    const page = await stage.open('Tool', `/requests/${id}`);
    await page.getByRole('button', { name: 'Close', exact: true }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('Not created', { exact: true }).click();
    await dialog.getByLabel('Template').selectOption({ label: 'Company' });
    expect(await dialog.getByLabel('Template').locator('option').allInnerTexts()).not.toContain('Welcome');
    await dialog.getByText('Not for Spades Ltd.').waitFor();
    expect(await faults(page)).toEqual([]);
    await dialog.getByRole('button', { name: 'Close', exact: true }).last().click();
    await dialog.getByText('Something is to be looked at before this answer is sent.').waitFor();
    await dialog.getByLabel('Have you looked?').check();
    await dialog.getByRole('button', { name: 'Close', exact: true }).last().click();
    await page.getByText('The mail to the requester goes out in a few seconds.').waitFor();
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.locator('.cdx-info-chip', { hasText: 'Reserved' }).waitFor();
    expect(await test.sql('select outcome, text from mail where request_id = $1', [id])).toEqual([{ outcome: 'cancelled', text: 'Not for Spades Ltd.' }]);
    expect(page.complaints).toEqual([]);
  }, 120_000);

  it('stand beside the search by an address and related requests, which who may use them finds', async () => {
    const [one, other] = [await makeOpenRequest(test.api.kernel, { name: 'First of two', email: 'two@example.org' }), await makeOpenRequest(test.api.kernel, { name: 'Second of two', email: 'two@example.org' })];
    const page = await stage.open('Admin', '/requests');
    await page.getByText('Look for an e-mail or IP address (recorded)').click();
    await page.getByLabel('Address', { exact: true }).fill('two@example.org');
    await page.getByRole('button', { name: 'Look', exact: true }).click();
    await page.waitForURL(/\/requests\?search=/);
    await page.getByRole('link', { name: one.name }).click();
    await page.getByRole('heading', { name: 'Related requests' }).waitFor();
    await page.getByRole('link', { name: other.name }).waitFor();
    expect(await faults(page)).toEqual([]);
    expect([page.complaints, await page.content()]).toEqual([[], expect.not.stringContaining('two@example.org')]);
  }, 120_000);

  it.each(looks)('can be used by everybody, %s, also in 320 pixels', async (_name, look, looked) => {
    const page = await stage.open('Admin', undefined, look);
    expect(await lookOver(page, stage.base, ['/templates', '/templates/new', '/templates/1', '/templates/1/edit'], looked)).toEqual([]);
    expect(page.complaints).toEqual([]);
  }, 120_000);
});
