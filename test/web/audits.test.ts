import { readFile } from 'node:fs/promises';
import { testApi } from '../support/api';
import { auditedWikis, type AuditedWikis } from '../support/audited';
import { faults, sidewaysScroll } from '../support/faults';
import { go, looks, webStage } from './support';

const api = testApi();
const stage = webStage(api);
const PATH = '/audits/account-creations';
let wikis: AuditedWikis;

beforeAll(async () => {
  wikis = await auditedWikis(api);
  await wikis.add('one');
  await wikis.add('two');
  await api.person('Auditor', ['auditor']);
  await api.person('Tess', ['toolUser']);
  wikis.outside('one', { name: 'By the back door' }, { name: 'Unkind', hidden: true });
});
afterAll(() => wikis.sandbox.close());

describe('the page of the audit of account creations', () => {
  test('lists what did not come through Reeve, with the entry of the wiki\'s log, and what was compared', async () => {
    const page = await stage.open('Auditor', '/log');
    await page.getByRole('link', { name: 'Account creations', exact: true }).click();
    await page.getByRole('row', { name: /By the back door/ }).waitFor();
    expect(await page.getByRole('row', { name: /Name hidden on the wiki/ }).count()).toBe(1);
    expect(await page.getByText('Unkind').count()).toBe(0);
    expect(await page.getByRole('link', { name: '1', exact: true }).getAttribute('href')).toBe(wikis.sandbox.apiUrl.replace('/api.php', '/one/index.php?title=Special:Log&logid=1'));
    expect(await page.getByRole('region', { name: 'What was compared' }).locator('tbody tr').count()).toBe(2);
    expect(page.complaints).toEqual([]);
  }, 60_000);

  test('says of a period that it is clean, and which', async () => {
    const page = await stage.open('Auditor', PATH);
    await page.getByLabel('Wiki').selectOption('two.example.org');
    await page.waitForURL(/wiki=two/);
    await page.getByText(/every account came through Reeve/).waitFor();
    expect(await page.getByRole('region', { name: 'What was compared' }).locator('tbody tr').count()).toBe(1);
  }, 60_000);

  test('comes in parts, none of which is called clean by itself', async () => {
    const page = await stage.open('Auditor', `${PATH}?limit=1`);
    await page.getByRole('row', { name: /Name hidden/ }).waitFor();
    await page.getByRole('link', { name: 'Next' }).click();
    await page.getByRole('row', { name: /By the back door/ }).waitFor();
    await page.getByRole('link', { name: 'Next' }).click();
    await page.getByText('Nothing was found in this part.').waitFor();
    expect(await page.getByText(/every account came/).count()).toBe(0);
  }, 60_000);

  test('is had as CSV', async () => {
    const page = await stage.open('Auditor', `${PATH}?wiki=one.example.org`);
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'Download as CSV' }).click()]);
    expect((await readFile(await download.path(), 'utf8')).trim().split('\r\n')).toHaveLength(3);
  }, 60_000);

  test('shows the trouble of a wiki that does not answer, and nothing that looks clean', async () => {
    const { id } = await wikis.add('silent');
    await api.sql(`update wiki set api_url = 'http://127.0.0.1:9/api.php' where id = $1`, [id]);
    const page = await stage.open('Auditor', `${PATH}?wiki=silent.example.org`);
    await page.getByText(/silent.example.org did not give its log/).waitFor();
    expect(await page.getByText(/every account came/).count()).toBe(0);
    await go(page, stage.base + PATH); // beside the others, which do not wait for it
    await page.getByText(/silent.example.org did not give its log of new users: .* The wiki does not answer/).waitFor();
    await page.getByRole('row', { name: /By the back door/ }).waitFor();
    await api.sql('delete from wiki where id = $1', [id]);
  }, 60_000);

  test('is not offered to who may not see it', async () => {
    const page = await stage.open('Tess', '/requests');
    expect(await page.getByRole('link', { name: 'Account creations', exact: true }).count()).toBe(0);
  }, 60_000);

  test.each(looks)('has no accessibility fault, and no sideways scroll at 320 pixels: %s', async (_, look, looked) => {
    const page = await stage.open('Auditor', looked(PATH), look);
    expect(await faults(page)).toEqual([]);
    await page.setViewportSize({ width: 320, height: 800 });
    await go(page, stage.base + looked(PATH));
    expect(await sidewaysScroll(page)).toBe(0);
  }, 60_000);
});
