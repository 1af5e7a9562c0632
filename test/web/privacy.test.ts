/** The page of one person's data as an admin uses it: looking, taking it away as a file, erasing. */
import { readFileSync } from 'node:fs';
import { testApi } from '../support/api';
import { makeOpenRequest } from '../support/house';
import { lookOver, looks, webStage } from './support';

const EMAIL = 'newcomer@forget.example';

describe('the page of one person\'s data', () => {
  const test = testApi();
  const stage = webStage(test);

  beforeAll(async () => {
    await test.wiki('en.example.org');
    await test.person('Admin', ['admin']);
  }, 120_000);

  it('counts what is held, hands it out as a file, and erases it once the address is typed again', async () => {
    const { id } = await makeOpenRequest(test.api.kernel, { email: EMAIL });
    const page = await stage.open('Admin', '/privacy');
    await page.getByLabel('Mail address', { exact: true }).fill(EMAIL);
    await page.getByRole('button', { name: 'Look' }).click();
    await page.getByRole('alert').getByRole('link').click(); // to what is missing
    await page.keyboard.type(`For ${EMAIL}`);
    await page.keyboard.press('Enter');
    await page.getByText('without the name or the address').first().waitFor();
    await page.getByLabel('Reason').fill('Asked for by letter.');
    await page.getByRole('button', { name: 'Look' }).click();
    await page.getByRole('row', { name: 'Account requests 1' }).waitFor();
    const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Export' }).click()]);
    expect(JSON.parse(readFileSync(await file.path(), 'utf8'))).toMatchObject({ email: EMAIL, requests: [id] });
    await page.getByRole('button', { name: 'Erase' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Erase' }).click();
    await dialog.getByText(/^This is not/).first().waitFor();
    await dialog.getByRole('textbox').fill(EMAIL);
    await dialog.getByRole('button', { name: 'Erase' }).click();
    await page.getByRole('columnheader', { name: 'Erased.' }).waitFor();
    await page.getByText('nothing is taken out of it').waitFor();
    expect(await test.sql('select email from request where id = $1', [id])).toEqual([{ email: '' }]);
    expect(page.url()).not.toContain('forget');
    expect(page.complaints).toEqual([]);
  }, 120_000);

  it.each(looks)('can be used by everybody, %s, also in 320 pixels', async (_name, look, looked) => {
    const page = await stage.open('Admin', undefined, look);
    expect(await lookOver(page, stage.base, ['/privacy'], looked)).toEqual([]);
    expect(page.complaints).toEqual([]);
  }, 120_000);
});
