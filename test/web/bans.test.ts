/** The pages of bans as a tool admin uses them: what one would have hit, setting it, and lifting it. */
import { testApi } from '../support/api';
import { makeOpenRequest } from '../support/house';
import { lookOver, looks, webStage } from './support';

describe('the pages of bans', () => {
  const test = testApi();
  const stage = webStage(test);

  beforeAll(async () => {
    await test.wiki('en.example.org');
    await test.person('Admin', ['toolAdmin']);
  }, 120_000);

  it('say whom a ban would have hit, set it, show it beside the request that it hits, and lift it', async () => {
    const before = await makeOpenRequest(test.api.kernel, { name: 'Spades and Rakes' });
    const page = await stage.open('Admin', '/bans/new');
    await page.getByLabel('Pattern').fill('spades');
    await page.getByRole('button', { name: 'Try it' }).click();
    await page.getByText('It fits 1 of the last 1 request.').waitFor();
    await page.getByRole('link', { name: String(before.id), exact: true }).waitFor();
    await page.getByLabel('Pattern').fill('(spades');
    await page.getByLabel('What happens').selectOption('defer');
    await page.getByLabel('Reason').fill('A shop.');
    await page.getByRole('button', { name: 'New ban' }).click();
    await page.getByText(/missing closing/).first().waitFor();
    expect(await page.getByLabel('Where the account team has it').locator('option').allInnerTexts()).toEqual(['Flagged: it is escalated', 'Events without organizers here', 'Account team']);
    await page.getByLabel('Where the account team has it').selectOption({ label: 'Events without organizers here' });
    await page.getByLabel('Pattern').fill('spades');
    await page.getByRole('button', { name: 'New ban' }).click();
    await page.getByText('Ban set.').first().waitFor();
    const { id } = await makeOpenRequest(test.api.kernel, { name: 'More Spades' });
    await page.goto(`${stage.base}/requests/${id}`);
    await page.getByRole('link', { name: /^Ban \d+: Name, Give to the account team$/ }).click();
    await page.getByText('Give to the account team: Events without organizers here').waitFor();
    await page.getByRole('button', { name: 'Lift' }).first().click();
    await page.getByRole('dialog').getByRole('button', { name: 'Lift' }).click();
    await page.locator('.cdx-info-chip', { hasText: 'Lifted' }).waitFor();
    expect(await test.sql('select state, action, queue, pattern from ban')).toEqual([{ state: 'lifted', action: 'defer', queue: 'events', pattern: 'spades' }]);
    expect(page.complaints).toEqual([]);
  }, 120_000);

  it.each(looks)('can be used by everybody, %s, also in 320 pixels', async (_name, look, looked) => {
    const page = await stage.open('Admin', undefined, look);
    expect(await lookOver(page, stage.base, ['/bans', '/bans/new', '/bans/1'], looked)).toEqual([]);
    expect(page.complaints).toEqual([]);
  }, 120_000);
});
