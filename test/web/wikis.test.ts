/** The page of a wiki: its switch for the making of accounts, and what a request's page says of that. */
import { testApi } from '../support/api';
import { eventually } from '../support/eventually';
import { faults } from '../support/faults';
import { makeOpenRequest } from '../support/house';
import { go, settled, staying, webStage } from './support';

const api = testApi();
const stage = webStage(api);
let id: number;
let request: number;

beforeAll(async () => {
  ({ id } = await api.wiki('en.example.org'));
  await api.person('Max', ['toolAdmin']);
  const tom = await api.script(await api.person('Tom', ['toolUser']));
  ({ id: request } = await makeOpenRequest(api.api.kernel, { wikiId: id }));
  await tom.post(`/api/requests/${request}/create`);
});

test('a tool admin pauses the making of accounts, says why, and lets it go on', async () => {
  const page = await stage.open('Max', '/home');
  await page.getByRole('link', { name: 'Admin', exact: true }).click();
  await page.goto(`${stage.base}/wikis/${id}`);
  await settled(page);
  await page.getByRole('button', { name: 'Pause account creations' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('By which account').selectOption('bot');
  await dialog.getByLabel('Why').fill('A wave of odd names.');
  expect(await faults(page)).toEqual([]);
  await dialog.getByRole('button', { name: 'Pause account creations' }).click();
  await page.getByText('By the bot: paused since').waitFor();

  const theirs = await stage.open('Tom', `/requests/${request}`);
  await theirs.getByText(/Account creations are paused on this wiki since/).waitFor();
  await theirs.getByRole('button', { name: 'Take back' }).waitFor();

  await page.getByRole('button', { name: 'Resume account creations' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Resume account creations' }).click();
  await page.getByText('By the bot: paused since').waitFor({ state: 'detached' });
  expect([...page.complaints, ...theirs.complaints]).toEqual([]);
}, 90_000);

test('a form asks before another of its kind takes its place, which then holds nothing of it', async () => {
  const other = await api.wiki('de.example.org');
  await api.person('Ada', ['admin']);
  const page = await stage.open('Ada', '/home');
  const here = (path: string): Promise<void> => page.waitForURL(`${stage.base}${path}`);
  await go(page, `${stage.base}/wikis/${other.id}/edit`);
  await page.getByRole('link', { name: 'Wikis', exact: true }).first().click();
  await page.getByRole('link', { name: 'en.example.org' }).click();
  await page.getByRole('link', { name: 'Edit' }).or(page.getByRole('button', { name: 'Edit' })).first().click();
  await here(`/wikis/${id}/edit`);
  const rate = page.getByLabel('Edits a minute');
  await rate.fill('7');
  const asked = staying(page);
  await page.evaluate(() => (globalThis as any).history.go(-3)); // straight to the other one
  await eventually(async () => expect(asked).toEqual(['What you typed is not saved. Leave the page?']));
  await here(`/wikis/${id}/edit`);
  expect(await rate.inputValue()).toBe('7');
  page.removeAllListeners('dialog');
  page.once('dialog', (dialog) => void dialog.accept());
  await page.evaluate(() => (globalThis as any).history.go(-3));
  await here(`/wikis/${other.id}/edit`);
  await page.getByRole('heading', { name: /de\.example\.org/ }).waitFor();
  await settled(page);
  expect(await rate.inputValue()).not.toBe('7');
}, 90_000);
