import { testApi } from '../support/api';
import { faults, sidewaysScroll } from '../support/faults';
import { makeOpenRequest } from '../support/house';
import { go, looks, webStage } from './support';

const api = testApi();
const stage = webStage(api);

beforeAll(async () => {
  await api.wiki('en.example.org');
  const tom = await api.script(await api.person('Tom', ['toolUser']));
  await api.person('Ulla');
  await makeOpenRequest(api.api.kernel);
  const { id } = await makeOpenRequest(api.api.kernel);
  await tom.post(`/api/requests/${id}/close`, { outcome: 'not-created' });
});

describe('the page of the statistics of requests', () => {
  test('shows how many stand where and who answered them, for a period that stands in the address', async () => {
    const page = await stage.open('Tom', '/requests');
    await page.getByRole('link', { name: 'Statistics' }).click();
    await page.getByText('2 requests were filed.').waitFor();
    expect(await page.getByRole('region', { name: 'By state' }).locator('tbody tr').allInnerTexts()).toEqual(expect.arrayContaining([expect.stringMatching(/Open\s+1/), expect.stringMatching(/Closed\s+1/)]));
    expect(await page.getByRole('region', { name: 'Closed by' }).innerText()).toMatch(/Tom\s+1/);
    await page.getByLabel('Until').fill('2001-01-01T00:00');
    await page.getByLabel('Until').dispatchEvent('change');
    await page.waitForURL(/to=2001-01-01T/);
    await page.getByText('0 requests were filed.').waitFor();
    expect(page.complaints).toEqual([]);
  }, 60_000);

  test.each(looks)('has no accessibility fault, and no sideways scroll at 320 pixels: %s', async (_, look, looked) => {
    const page = await stage.open('Tom', looked('/requests/statistics'), look);
    expect(await faults(page)).toEqual([]);
    await page.setViewportSize({ width: 320, height: 800 });
    await go(page, stage.base + looked('/requests/statistics'));
    expect(await sidewaysScroll(page)).toBe(0);
  }, 60_000);
});
