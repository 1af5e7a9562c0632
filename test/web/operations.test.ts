import { create } from '../../db/create';
import { sealOnce } from '../../db/seal';
import { system } from '../../policies/actor';
import { PASSWORD, testApi, type Script } from '../support/api';
import { faults, sidewaysScroll } from '../support/faults';
import { go, lookOver, looks, webStage } from './support';

const api = testApi();
const stage = webStage(api);
let operator: Script;
let seq = 0;

const waiting = async (code: string, wiki: string): Promise<{ id: number; workflowId: string }> => {
  seq += 1;
  const workflowId = `delivery/${seq}/${wiki}`;
  const { row } = await create(api.api.kernel, {
    noun: 'operation', actor: system,
    values: { workflowId, runId: 'run', seq: 1, kind: 'wikiDelivery', entity: `delivery/${seq}`, wiki, code, attempts: 5, skippable: true, detail: 'being tidied' },
  });
  return { id: row.id, workflowId };
};
const stateOf = async (id: number): Promise<string> => (await operator.get(`/api/operations/${id}`)).body.state;

beforeAll(async () => {
  operator = await api.script(await api.person('Operator', ['operator']));
});
afterEach(() => api.sql("update operation set state = 'settled' where state = 'waiting'"));

describe('the pages of operations', () => {
  test('show what waits in words, and abort only for who types its number and says why', async () => {
    const { id, workflowId } = await waiting('wiki.readonly', 'en.example.org');
    const page = await stage.open('Operator', '/operations?attention=true');
    await page.getByRole('link', { name: 'The wiki is read-only' }).click();
    await page.waitForURL(`${stage.base}/operations/${encodeURIComponent(workflowId)}`);
    await page.getByText('Tried 5 times.').waitFor();
    await page.getByRole('button', { name: 'Abort' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Reason').fill('The wiki is gone');
    expect(await faults(page)).toEqual([]);
    await dialog.getByRole('button', { name: 'Abort' }).click();
    await dialog.getByText(`This is not ${id}.`).waitFor();
    expect(await stateOf(id)).toBe('waiting');
    await dialog.getByLabel(`Type ${id} to confirm`).fill(String(id));
    await dialog.getByRole('button', { name: 'Abort' }).click();
    await dialog.waitFor({ state: 'detached' });
    expect(await stateOf(id)).toBe('aborted');
    expect(page.complaints).toEqual([]);
  }, 60_000);

  test('retry the selected ones; what fails stays selected with its reason, and is tried again with its key', async () => {
    const [one, two] = [await waiting('wiki.unreachable', 'de.example.org'), await waiting('wiki.unreachable', 'fr.example.org')];
    const page = await stage.open('Operator', '/operations?attention=true');
    const keys: (string | undefined)[] = [];
    await page.route(`**/api/operations/${two.id}/retry`, async (route) => {
      keys.push(route.request().headers()['idempotency-key']);
      if (keys.length > 1) return route.continue();
      await route.abort();
    });
    const retry = async (): Promise<void> => {
      await page.locator('.bulk-bar').getByRole('button', { name: 'Retry' }).click();
      await page.getByRole('dialog').getByLabel('Reason').fill('It is back');
      await page.getByRole('dialog').getByRole('button', { name: 'Retry' }).click();
      await page.getByRole('dialog').waitFor({ state: 'detached' });
    };
    for (const box of await page.locator('tbody input[type=checkbox]').all()) await box.check();
    await retry();
    await page.locator('.bulk-bar li', { hasText: `${two.id}: Reeve did not answer.` }).waitFor();
    await page.getByText('1 selected').waitFor();
    expect([await stateOf(one.id), await stateOf(two.id)]).toEqual(['retrying', 'waiting']);
    await retry();
    await page.getByText('Nothing needs attention.').waitFor();
    expect(await stateOf(two.id)).toBe('retrying');
    expect(new Set(keys).size).toBe(1);
  }, 60_000);

  test('answer all that match, counted first', async () => {
    const [one, two, other] = [await waiting('wiki.readonly', 'de.example.org'), await waiting('wiki.readonly', 'fr.example.org'), await waiting('wiki.blocked', 'de.example.org')];
    const page = await stage.open('Operator', '/operations?attention=true&code=wiki.readonly');
    await page.getByRole('button', { name: 'Answer all that match' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Skip').check();
    await dialog.getByLabel('Reason').fill('They will be read-only all week');
    await dialog.getByRole('button', { name: 'Count first' }).click();
    await dialog.getByText('2 steps wait and match.').waitFor();
    expect(await faults(page)).toEqual([]);
    expect(await stateOf(one.id)).toBe('waiting');
    await dialog.getByRole('button', { name: 'Skip (2)' }).click();
    await dialog.waitFor({ state: 'detached' });
    expect([await stateOf(one.id), await stateOf(two.id), await stateOf(other.id)]).toEqual(['skipped', 'skipped', 'waiting']);
  }, 60_000);

  test('say at the button that somebody else was faster, and draw what is possible now', async () => {
    const { id } = await waiting('wiki.readonly', 'en.example.org');
    const page = await stage.open('Operator', `/operations/${id}`);
    await page.getByRole('button', { name: 'Retry' }).click();
    await page.getByRole('dialog').getByLabel('Reason').fill('It is back');
    await operator.post(`/api/operations/${id}/skip`, { reason: 'It is not' }).expect(200);
    await page.getByRole('dialog').getByRole('button', { name: 'Retry' }).click();
    await page.getByRole('dialog').getByText('Not possible in this state.').waitFor();
    await page.keyboard.press('Escape');
    await page.getByText('Skipped').first().waitFor();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Retry' }).waitFor({ state: 'detached' });
    expect(await page.locator('.act-bar button').count()).toBe(0);
  }, 60_000);

  test('try again with the same key what got no answer', async () => {
    const { id } = await waiting('wiki.readonly', 'en.example.org');
    const page = await stage.open('Operator', `/operations/${id}`);
    const keys: (string | undefined)[] = [];
    await page.route(`**/api/operations/${id}/retry`, async (route) => {
      keys.push(route.request().headers()['idempotency-key']);
      if (keys.length > 1) return route.continue();
      await route.fetch();
      await route.abort();
    });
    await page.getByRole('button', { name: 'Retry' }).click();
    await page.getByRole('dialog').getByLabel('Reason').fill('It is back');
    await page.getByRole('dialog').getByRole('button', { name: 'Retry' }).click();
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(new Set(keys).size).toBe(1);
    expect(await api.sql("select 1 from audit where noun = 'operation' and entity = $1 and verb = 'retry'", [id])).toHaveLength(1);
  }, 60_000);

  test('say when they are not live any more, and what changed meanwhile without moving the list', async () => {
    await waiting('wiki.readonly', 'en.example.org');
    await sealOnce(api.api.kernel.pool);
    const page = await stage.open('Operator');
    await page.clock.install();
    await page.route(/\/api\/log/, (route) => (route.request().headers().accept === 'text/event-stream' ? route.fulfill({ status: 200, contentType: 'text/event-stream', body: 'retry: 600000\n\n' }) : route.continue()));
    await go(page, `${stage.base}/operations?attention=true`);
    expect(await page.getByText('Not live since').count()).toBe(0);
    await page.clock.runFor(51_000);
    await page.getByText('Not live since').waitFor();
    await page.unroute(/\/api\/log/);
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByText('Not live since').waitFor({ state: 'detached' });
    await waiting('wiki.blocked', 'de.example.org');
    await sealOnce(api.api.kernel.pool);
    await page.getByRole('button', { name: '1 changed · Show' }).waitFor();
    expect(await page.locator('tbody tr').count()).toBe(1);
    await page.getByRole('button', { name: '1 changed · Show' }).click();
    await page.getByRole('link', { name: 'The bot is blocked on the wiki' }).waitFor();
  }, 60_000);

  test('say that they are not live, too, when the session ends, and are again after a new sign-in', async () => {
    const page = await stage.open('Operator', '/operations');
    await api.sql('delete from session');
    await waiting('wiki.readonly', 'en.example.org');
    await sealOnce(api.api.kernel.pool); // the stream ends with the first look at the log, and is refused from then on
    await page.getByText('Not live since').waitFor();
    expect((await page.request.get(`${stage.base}/api/log?noun=operation`)).status()).toBe(401);
    await page.request.post(`${stage.base}/api/sessions`, { data: { name: 'Operator', password: PASSWORD } });
    await page.getByText('Not live since').waitFor({ state: 'detached' });
  }, 60_000);

  test('are gone through by keyboard: j, k, x, Enter, u', async () => {
    for (const wiki of ['de.example.org', 'en.example.org']) await waiting('wiki.readonly', wiki);
    const page = await stage.open('Operator', '/operations?attention=true');
    for (const key of ['j', 'j', 'k', 'j', 'x']) await page.keyboard.press(key);
    await page.getByText('1 selected').waitFor();
    expect(await page.locator('tbody input[type=checkbox]').evaluateAll((boxes) => boxes.map((box) => (box as unknown as { checked: boolean }).checked))).toEqual([false, true]);
    await page.locator('tbody th a').nth(1).focus();
    await page.keyboard.press('Enter');
    await page.waitForURL(/operations\/delivery%2F\d+%2Fen\.example\.org$/);
    await page.getByText('Tried 5 times.').waitFor();
    await page.keyboard.press('u');
    await page.waitForURL(/\/operations\?attention=true$/);
  }, 60_000);

  test('show how the system stands, and let what Temporal refused for good be tried again with a reason', async () => {
    const about = await waiting('wiki.readonly', 'en.example.org');
    const [{ id }] = await api.sql("insert into outbox (noun, entity, version, effect, refusals, error_code, dead) values ('operation', $1, 1, 'answerOperation', 10, 'invalid-argument', true) returning id", [about.id]);
    const page = await stage.open('Operator', '/operations/system');
    await page.getByText('invalid-argument').waitFor();
    expect(await faults(page)).toEqual([]);
    await page.getByRole('row', { name: /answerOperation/ }).getByRole('button', { name: 'Retry' }).click();
    await page.getByRole('dialog').getByLabel('Reason').fill('Temporal is mended');
    await page.getByRole('dialog').getByRole('button', { name: 'Retry' }).click();
    await page.getByText('Nothing was given up.').waitFor();
    expect(await api.sql('select dead from outbox where id = $1', [id])).toEqual([{ dead: false }]);
    await page.setViewportSize({ width: 320, height: 800 });
    expect(await sidewaysScroll(page)).toBe(0);
    expect(page.complaints).toEqual([]);
  }, 60_000);

  test.each(looks)('have no accessibility fault, and no sideways scroll at 320 pixels: %s', async (_, look, looked) => {
    const { id } = await waiting('wiki.readonly', 'a-rather-long-name-of-a-wiki.example.org');
    const page = await stage.open('Operator', undefined, look);
    expect(await lookOver(page, stage.base, ['/operations', '/operations?attention=true', `/operations/${id}`], looked)).toEqual([]);
    expect(page.complaints).toEqual([]);
  }, 120_000);
});
