import { readFile } from 'node:fs/promises';
import { sealOnce } from '../../db/seal';
import { testApi, type Script } from '../support/api';
import { faults, sidewaysScroll } from '../support/faults';
import { go, looks, settled, webStage } from './support';

const api = testApi();
const stage = webStage(api);
let sender: Script;

beforeAll(async () => {
  await api.wiki('en.example.org');
  await api.person('Auditor', ['auditor']);
  await api.person('Admin', ['admin']);
  sender = await api.script(await api.person('Sender', ['sender']));
  await sender.post('/api/target-lists', { name: 'L', wiki: 'en.example.org', content: 'Talk:A' });
  await sealOnce(api.api.kernel.pool);
});

describe('the page of the log', () => {
  test('shows the newest first, who did it by name, and leads to the thing', async () => {
    const page = await stage.open('Admin', '/log');
    const first = page.locator('tbody tr').first();
    expect(await first.innerText()).toContain('Sender');
    await first.getByRole('link', { name: 'Target list 1' }).waitFor();
    expect(await page.title()).toBe('Log · Reeve');
    expect(page.complaints).toEqual([]);
  }, 60_000);

  test('is filtered by its address: kind, number, verb, person, period', async () => {
    const page = await stage.open('Auditor', '/log');
    const all = await page.locator('tbody tr').count();
    await page.getByLabel('Kind').selectOption('targetList');
    await page.waitForURL(/noun=targetList/);
    await page.locator('tbody tr').nth(1).waitFor({ state: 'detached' });
    expect(await page.locator('tbody tr').count()).toBe(1);
    expect(all).toBeGreaterThan(1);
    await page.goBack();
    await page.getByLabel('Number').fill('0');
    await page.getByLabel('Number').dispatchEvent('change');
    await page.locator('.problem li', { hasText: /^Number: / }).waitFor();
    await page.goBack();
    await go(page, `${stage.base}/log?from=yesterday`);
    await page.locator('.problem li', { hasText: /^From: / }).waitFor();
    await page.goBack();
    await page.getByLabel('Until').fill('2001-01-01T00:00');
    await page.getByLabel('Until').dispatchEvent('change');
    await page.getByText('Nothing matches these filters.').waitFor();
    await page.getByRole('button', { name: 'Clear filters' }).click();
    await page.locator('tbody tr').first().waitFor();
  }, 60_000);

  test('finds a person by name and a deed by its words, and says when nobody is called so', async () => {
    const page = await stage.open('Auditor', '/log?noun=targetList');
    const found = page.locator('tbody tr');
    await page.getByLabel('Who').fill('sender');
    await page.getByLabel('Who').dispatchEvent('change');
    await page.waitForURL(/actor=sender/);
    await settled(page);
    expect(await found.count()).toBe(1);
    await page.getByLabel('What').selectOption('Effect given up');
    await page.getByText('Nothing matches these filters.').waitFor();
    await page.getByRole('button', { name: 'Clear filters' }).click();
    await page.waitForURL(`${stage.base}/log`);
    await found.getByRole('link', { name: 'Sender', exact: true }).first().click();
    await page.waitForURL(/actor=Sender$/);
    await page.getByLabel('Who').fill('Nobody');
    await page.getByLabel('Who').dispatchEvent('change');
    await page.getByText('Nobody here is called so').waitFor();
    expect(await page.getByText('Not live since').count()).toBe(0);
    expect(page.complaints).toEqual([]);
  }, 60_000);

  test('leads who may read only a part of it nowhere that they are refused', async () => {
    const page = await stage.open('Sender', '/log?noun=targetList');
    await page.locator('tbody tr', { hasText: 'Sender' }).waitFor();
    expect(await page.locator('tbody').getByRole('link').allTextContents()).toEqual(['Target list 1']);
    expect([await page.getByLabel('Who').count(), await page.getByLabel('Kind').getByText('All').count()]).toEqual([0, 0]);
    await page.getByLabel('What').selectOption('Effect given up');
    await page.getByRole('button', { name: 'Clear filters' }).click();
    await page.waitForURL(/noun=targetList$/);
    await page.locator('tbody tr').waitFor();
    expect(page.complaints).toEqual([]);
  }, 60_000);

  test('says what came meanwhile, and shows it when one asks', async () => {
    const page = await stage.open('Auditor', '/log?noun=targetList');
    const before = await page.locator('tbody tr').count();
    await sender.post('/api/target-lists', { name: 'M', wiki: 'en.example.org', content: 'Talk:B' });
    await sealOnce(api.api.kernel.pool);
    await page.getByRole('button', { name: '1 new · Show' }).waitFor();
    expect(await page.locator('tbody tr').count()).toBe(before);
    await page.getByRole('button', { name: '1 new · Show' }).click();
    await page.getByRole('link', { name: 'Target list 2' }).waitFor();
  }, 60_000);

  test('has as many rows in a page as one chooses', async () => {
    const page = await stage.open('Auditor', '/log?limit=1');
    expect(await page.locator('tbody tr').count()).toBe(1);
    expect(await page.getByLabel('Rows per page').locator('option').allTextContents()).toEqual(['1', '50', '100', '200']);
    await page.getByLabel('Rows per page').selectOption('100');
    await page.locator('tbody tr').nth(1).waitFor();
    expect(new URL(page.url()).search).toBe('?limit=100');
    expect(await faults(page)).toEqual([]);
  }, 60_000);

  test('is had as CSV, with the same filters', async () => {
    const page = await stage.open('Auditor', '/log?noun=wiki');
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'Download as CSV' }).click()]);
    const lines = (await readFile(await download.path(), 'utf8')).trim().split('\r\n');
    expect(lines[0]).toBe('position,at,noun,entity,version,verb,actor,name,from,to,code,reason');
    expect(lines.slice(1).map((line) => line.split(',')[2])).toEqual(['wiki']);
  }, 60_000);

  test.each(looks)('has no accessibility fault, and no sideways scroll at 320 pixels: %s', async (_, look, looked) => {
    const page = await stage.open('Auditor', looked('/log'), look);
    expect(await faults(page)).toEqual([]);
    await page.setViewportSize({ width: 320, height: 800 });
    await go(page, stage.base + looked('/log'));
    expect(await sidewaysScroll(page)).toBe(0);
  }, 60_000);
});
