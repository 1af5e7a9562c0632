/** The pages of flagged comments as a tool admin uses them: what was found, looking at it, deciding. */
import { apply } from '../../db/apply';
import { scanComments } from '../../db/queries/comments';
import { system, type Actor } from '../../policies/actor';
import { testApi } from '../support/api';
import { makeOpenRequest } from '../support/house';
import { lookOver, looks, webStage } from './support';

describe('the pages of flagged comments', () => {
  const test = testApi();
  const stage = webStage(test);
  let tool: Actor;
  const said = async (text: string): Promise<void> => {
    const { id } = await makeOpenRequest(test.api.kernel);
    await apply(test.api.kernel, { noun: 'request', id, verb: 'comment', actor: tool, input: { text, visibility: 'user', acknowledge: true } });
    await scanComments(test.api.kernel, system, 500);
  };

  beforeAll(async () => {
    await test.wiki('en.example.org');
    await test.person('Admin', ['toolAdmin']);
    tool = { kind: 'user', userId: (await test.person('Tool', ['toolUser'])).id, grants: [{ role: 'toolUser', wikiId: null }] };
    for (const text of ['First, at one@example.org', 'Second, at two@example.org', 'Third, at three@example.org']) await said(text);
  }, 120_000);

  it('list what was found without the addresses, show one when asked, and take the decision', async () => {
    const page = await stage.open('Admin', '/comments?flagged=true');
    await page.getByRole('link', { name: 'Third, at […]' }).click();
    await page.getByRole('button', { name: /^Show.*: Comment/ }).click();
    await page.getByText('Third, at three@example.org').waitFor();
    await page.getByRole('button', { name: 'Take the addresses out' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Take the addresses out' }).click();
    await page.getByText('Taken out.').first().waitFor();
    await page.goto(`${stage.base}/comments/2`);
    await page.getByRole('button', { name: 'Hide' }).click();
    await page.locator('.cdx-info-chip', { hasText: 'Hidden' }).waitFor();
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.getByText('Second, at two@example.org').waitFor();
    await page.getByRole('button', { name: 'Edit' }).click();
    await page.getByLabel('Comment').fill('Second.');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Changed.').first().waitFor();
    expect(await test.sql('select text from request_comment order by id')).toEqual([{ text: 'First, at one@example.org' }, { text: 'Second.' }, { text: 'Third, at […]' }]);
    await page.goto(`${stage.base}/comments?flagged=true`);
    await page.getByRole('link', { name: 'First, at […]' }).waitFor();
    expect(page.complaints).toEqual([]);
  }, 120_000);

  it.each(looks)('can be used by everybody, %s, also in 320 pixels', async (_name, look, looked) => {
    const page = await stage.open('Admin', undefined, look);
    expect(await lookOver(page, stage.base, ['/comments?flagged=true', '/comments/1', '/comments/1/edit'], looked)).toEqual([]);
    expect(page.complaints).toEqual([]);
  }, 120_000);
});
