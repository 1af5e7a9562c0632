import { testApi, type Script } from '../support/api';
import { eventually } from '../support/eventually';
import { faults } from '../support/faults';
import { go, lookOver, looks, pasteInto, staying, webStage } from './support';

const api = testApi();
const stage = webStage(api);
let sender: Script;
let list: number;

beforeAll(async () => {
  await api.wiki('en.example.org');
  const person = await api.person('Sender', ['sender']);
  sender = await api.script(person);
  const made = await sender.post('/api/target-lists', { name: 'Of the library', wiki: 'en.example.org', content: 'Talk:A\nTalk:Gone\nTalk:Bad[line\nTalk:C@nowhere.example' });
  list = made.body.id;
  await sender.put(`/api/target-lists/${list}`, { content: 'Talk:A\nTalk:New\nTalk:Bad[line', format: 'lines' }).set('If-Match', `"${made.body.version}"`).expect(200);
  await sender.post('/api/deliveries', { wiki: 'en.example.org', listIds: [list], subject: 'Goes to the library', body: 'World ~~~~' }).expect(201);
  await sender.post('/api/target-lists', { name: 'Another', wiki: 'en.example.org', format: 'csv', content: 'Talk:Z' }).expect(201);
});

describe('the pages of target lists', () => {
  test('make a list of what was pasted, and show each bad line with its number, its text and why', async () => {
    const page = await stage.open('Sender', '/target-lists/new');
    await page.getByLabel('Name').fill('Pasted');
    await page.getByLabel('Paste it').check();
    await page.locator('textarea').fill('Talk:A\nTalk:Bad[line\n\nTalk:B@nowhere.example');
    await page.getByRole('button', { name: 'Make the list' }).click();
    await page.waitForURL(/\/target-lists\/\d+\/problems$/);
    await page.locator('tbody tr').nth(1).waitFor();
    expect(await page.locator('tbody tr').allInnerTexts()).toEqual([expect.stringMatching(/^2\s+Talk:Bad\[line\s+no page can be called that$/), expect.stringMatching(/^4\s+Talk:B@nowhere\.example\s+no wiki of this name is configured here$/)]);
    expect(page.complaints).toEqual([]);
  }, 60_000);

  test('send a large file as it lies on the disk, while the page goes on answering', async () => {
    const page = await stage.open('Sender', '/target-lists/new');
    let letGo = (): void => {};
    const held = new Promise<void>((done) => (letGo = done));
    await page.route(/\/api\/target-lists\?/, async (route) => {
      await held;
      await route.continue();
    });
    await page.getByLabel('Name').fill('From a file');
    await page.setInputFiles('input[type=file]', { name: 'many.txt', mimeType: 'text/plain', buffer: Buffer.from(Array.from({ length: 60_000 }, (_, i) => `Talk:Page ${i}`).join('\n')) });
    await page.getByText('many.txt').waitFor();
    expect(await page.locator('pre').innerText()).toBe('Talk:Page 0\nTalk:Page 1\nTalk:Page 2\nTalk:Page 3\nTalk:Page 4');
    await page.getByRole('button', { name: 'Make the list' }).click();
    await page.getByRole('progressbar').first().waitFor();
    await page.getByRole('button', { name: 'Account of Sender' }).click(); // it answers
    await page.getByRole('button', { name: 'Sign out' }).waitFor();
    await page.keyboard.press('Escape');
    letGo();
    await page.waitForURL(/\/target-lists\/\d+$/, { timeout: 100_000 });
    await page.getByRole('link', { name: '60,000 pages' }).waitFor({ timeout: 60_000 });
    expect(await page.locator('body').evaluate((body) => body.textContent!.length)).toBeLessThan(20_000);
  }, 240_000);

  test('make a file of what is long and pasted, with what stood in the field, instead of filling the field with it', async () => {
    const page = await stage.open('Sender', '/target-lists/new');
    await page.getByLabel('Name').fill('Long');
    await page.getByLabel('Paste it').check();
    await page.locator('textarea').fill('Talk:Typed\n');
    await pasteInto(page.locator('textarea'), Array.from({ length: 20_000 }, (_, i) => `Talk:${i}\n`).join(''));
    await page.getByText('pasted.txt').waitFor();
    expect(await page.locator('textarea').count()).toBe(0);
    expect(await page.locator('pre').innerText()).toMatch(/^Talk:Typed\nTalk:0\n/);
    await page.getByRole('button', { name: 'Make the list' }).click();
    await page.getByRole('link', { name: '20,001 pages' }).waitFor({ timeout: 60_000 });
  }, 60_000);

  test('take an enormous paste whole in the form of a delivery, too, as a file that one can take out again', async () => {
    const page = await stage.open('Sender', '/deliveries/new');
    await page.getByRole('textbox', { name: 'Subject' }).fill('To very many');
    await page.getByRole('button', { name: 'Paste pages' }).click();
    const area = page.getByLabel('Pages, one a line');
    await page.locator('textarea:focus').waitFor(); // whoever opens it can type at once
    expect(await area.evaluate((it) => it === (globalThis as any).document.activeElement)).toBe(true);
    const many = Array.from({ length: 60_000 }, (_, i) => `User talk:P${i}\n`).join('');
    await pasteInto(area, many);
    await page.getByText('What you pasted is too long for a field.').waitFor();
    await page.locator('button:focus', { hasText: 'Remove pasted.txt' }).waitFor();
    expect(await faults(page)).toEqual([]);
    await page.keyboard.press('Enter');
    await area.fill('User talk:Typed\n');
    await pasteInto(area, 'User talk:Short\n');
    expect(await area.inputValue()).toBe('User talk:Typed\nUser talk:Short\n');
    await pasteInto(area, many);
    await page.getByRole('button', { name: 'Make the list' }).click();
    await page.getByText('List made with 60,002 pages.').first().waitFor({ timeout: 90_000 });
    await page.locator('button:focus', { hasText: 'Paste pages' }).waitFor();
    await page.getByRole('list', { name: 'Target lists' }).getByText('60,002 pages').waitFor();
    expect(await page.locator('body').evaluate((body) => body.textContent!.length)).toBeLessThan(20_000);
    expect(page.complaints).toEqual([]);
  }, 180_000);

  test('show with signs what a revision changed, and take an older one again', async () => {
    const page = await stage.open('Sender', `/target-lists/${list}/revisions/2`);
    await page.getByText('1 page came, 1 page went.').first().waitFor();
    expect(await page.locator('.diff ins').innerText()).toMatch(/^\+.*Talk:New$/s);
    expect(await page.locator('.diff del').innerText()).toMatch(/^−.*Talk:Gone$/s);
    await go(page, `${stage.base}/target-lists/${list}/revisions`);
    await page.getByRole('button', { name: 'Revert to revision 1' }).click();
    await page.getByText('Revision 1 again').waitFor();
    expect((await sender.get(`/api/target-lists/${list}`)).body).toMatchObject({ revision: 3, targets: 2 });
    await go(page, `${stage.base}/target-lists/${list}/revisions/3?against=1`);
    await page.getByText('Both have the same pages.').waitFor();
  }, 60_000);

  test('show a list instead of a form to who may not change it', async () => {
    await api.person('Approver', ['deliveryApprover']);
    const page = await stage.open('Approver', `/target-lists/${list}/edit`);
    await page.getByRole('heading', { name: 'Deliveries that go to it' }).waitFor();
    expect(await page.getByRole('button', { name: 'Save' }).count()).toBe(0);
  }, 60_000);

  test('say which deliveries go to a list', async () => {
    const page = await stage.open('Sender', `/target-lists/${list}`);
    await page.getByRole('link', { name: 'Goes to the library' }).click();
    await page.waitForURL(/\/deliveries\/\d+$/);
    expect(page.complaints).toEqual([]);
  }, 60_000);

  test('keep what was typed where somebody else saved meanwhile, and let one choose', async () => {
    const { body } = await sender.post('/api/target-lists', { name: 'Shared', wiki: 'en.example.org', content: 'Talk:A' });
    const page = await stage.open('Sender', `/target-lists/${body.id}/edit`);
    await page.getByLabel('Name').fill('Mine');
    await sender.put(`/api/target-lists/${body.id}`, { name: 'Theirs' }).set('If-Match', `"${body.version}"`).expect(200);
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Somebody saved the list meanwhile: “Theirs”').waitFor();
    expect(await page.getByLabel('Name').inputValue()).toBe('Mine');
    await page.getByRole('button', { name: 'Keep mine' }).click();
    await page.waitForURL(new RegExp(`/target-lists/${body.id}$`));
    expect((await sender.get(`/api/target-lists/${body.id}`)).body).toMatchObject({ name: 'Mine', revision: 1 });
  }, 60_000);

  test('ask before what was typed is left by a section, by Back, or with pages that are in no list yet', async () => {
    const page = await stage.open('Sender', `/target-lists/${list}`);
    const asked = staying(page);
    await page.keyboard.press('e');
    await page.getByLabel('Name').fill('Half a na');
    await page.getByRole('link', { name: 'Revisions' }).click();
    await eventually(async () => expect(asked).toHaveLength(1));
    await page.evaluate(() => (globalThis as any).history.back());
    await eventually(async () => expect(asked).toHaveLength(2));
    expect(await page.getByLabel('Name').inputValue()).toBe('Half a na');
    const form = await stage.open('Sender', '/deliveries/new');
    const pages = form.getByLabel('Pages, one a line');
    const askedThere = staying(form);
    await form.getByRole('button', { name: 'Paste pages' }).click();
    await pages.fill('Talk:A');
    await form.locator('.trail').getByRole('link').click();
    await eventually(async () => expect(askedThere).toEqual(['What you typed is not saved. Leave the page?']));
    expect(await pages.inputValue()).toBe('Talk:A');
  }, 60_000);

  test('try again with the same key what got no answer, and make one list of it', async () => {
    const page = await stage.open('Sender', '/target-lists/new');
    const keys: (string | undefined)[] = [];
    await page.route('**/api/target-lists', async (route) => {
      keys.push(route.request().headers()['idempotency-key']);
      if (keys.length > 1) return route.continue();
      await route.fetch(); // it arrives; the answer is lost
      await route.abort();
    });
    await page.getByLabel('Name').fill('Only once');
    await page.getByLabel('Paste it').check();
    await page.locator('textarea').fill('Talk:A');
    await page.getByRole('button', { name: 'Make the list' }).click();
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.waitForURL(/\/target-lists\/\d+$/);
    expect(new Set(keys).size).toBe(1);
    expect(await api.sql("select id from target_list where name = 'Only once'")).toHaveLength(1);
  }, 60_000);

  test('name the field that is wrong, and lead to it', async () => {
    const page = await stage.open('Sender', '/target-lists/new');
    await page.getByLabel('Category').first().check();
    await page.getByRole('button', { name: 'Make the list' }).click();
    await page.locator('.problem:focus').waitFor();
    expect(await page.locator('.problem a').evaluateAll((links) => links.map((link) => link.getAttribute('href')))).toEqual(expect.arrayContaining(['#list-name']));
    await page.locator('.problem a').first().click();
    expect(await page.locator('[data-field=name] input:focus').count()).toBe(1);
    expect(await faults(page)).toEqual([]);
  }, 60_000);

  test('are gone through by keyboard: j, k, Enter, from any section to the next by ] and back to its row by u, as by Back', async () => {
    for (let more = 0; more < 40; more++) await sender.post('/api/target-lists', { name: `Another ${more}`, wiki: 'en.example.org', content: 'Talk:A' }).expect(201);
    const page = await stage.open('Sender', '/target-lists?q=another');
    const links = page.locator('tbody th a');
    const [first, next] = [await links.nth(30).innerText(), await links.nth(31).innerText()];
    for (let row = 0; row <= 30; row++) await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    await page.locator('h1:focus', { hasText: first }).waitFor();
    await page.getByRole('link', { name: '1 page', exact: true }).click();
    await page.getByRole('cell', { name: 'Talk:A' }).waitFor();
    await page.keyboard.press(']');
    await page.getByRole('heading', { name: next, exact: true }).waitFor();
    for (const back of [() => page.keyboard.press('u'), async () => void (await page.keyboard.press('Enter'), await page.locator('h1:focus').waitFor(), await page.goBack())]) {
      await back();
      await page.waitForURL(/\/target-lists\?q=another$/);
      await page.locator('tbody a:focus').getByText(next, { exact: true }).waitFor();
      expect(await page.locator('tbody a:focus').evaluate((row) => row.getBoundingClientRect().top >= 0 && row.getBoundingClientRect().bottom <= 800)).toBe(true);
    }
  }, 60_000);

  test('lead from a delivery that one found in a list of pages to the deliveries, not to that list', async () => {
    const page = await stage.open('Sender', '/target-lists?q=library');
    await page.getByRole('link', { name: 'Of the library' }).click();
    await page.getByRole('link', { name: 'Goes to the library' }).click();
    await page.waitForURL(/\/deliveries\/\d+$/);
    await page.keyboard.press('u');
    await page.locator('.list-page').waitFor();
    expect(page.url()).toBe(`${stage.base}/deliveries`);
  }, 60_000);

  test.each(looks)('have no accessibility fault, and no sideways scroll at 320 pixels: %s', async (_, look, looked) => {
    const page = await stage.open('Sender', undefined, look);
    expect(await lookOver(page, stage.base, ['/target-lists', '/target-lists?q=nothing-like-it', '/target-lists/new', `/target-lists/${list}`, `/target-lists/${list}/lines`, `/target-lists/${list}/problems`, `/target-lists/${list}/revisions`, `/target-lists/${list}/revisions/2`, `/target-lists/${list}/edit`], looked)).toEqual([]);
    expect(page.complaints).toEqual([]);
  }, 180_000);
});
