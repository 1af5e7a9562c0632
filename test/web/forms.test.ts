/** The pages of forms: writing one beside the public page that it makes, publishing it, and choosing it for an event. */
import { testApi, type Script } from '../support/api';
import { eventually } from '../support/eventually';
import { faults } from '../support/faults';
import { lookOver, looks, settled, staying, webStage } from './support';

describe('the pages of forms', () => {
  const test = testApi();
  const stage = webStage(test);
  let organizer: Script;

  beforeAll(async () => {
    await test.wiki('en.example.org');
    await test.person('Admin', ['toolAdmin']);
    organizer = await test.script(await test.person('Organizer', ['organizer']));
  }, 120_000);

  it('write one, which saves itself, stands beside it as the public page, and is seen by everybody once it is published', async () => {
    const page = await stage.open('Admin', '/forms/new');
    await page.getByLabel('Name', { exact: true }).fill('At the library');
    await page.getByLabel('Introduction, text 1').fill('Bring your **boots**.');
    const frame = page.frameLocator('iframe');
    await frame.locator('strong', { hasText: 'boots' }).waitFor({ timeout: 30_000 });
    expect(await frame.locator('main').evaluate((main) => main.ownerDocument.defaultView!.getComputedStyle(main).fontFamily)).toMatch(/sans-serif/); // its styles are let in
    await page.getByRole('button', { name: 'Add a question' }).click();
    await page.getByLabel('Kind of answer').selectOption({ label: 'One of some choices' });
    await page.getByLabel('Question, text 1').fill('Which table?');
    await page.getByLabel('Choices, text 1').fill('By the door\nBy the window');
    await frame.getByLabel('Which table?').waitFor({ timeout: 30_000 });
    expect(await frame.getByLabel('Which table?').locator('option').allInnerTexts()).toEqual(['', 'By the door', 'By the window']);
    expect(await faults(page)).toEqual([]);
    expect(await test.sql('select state, content from form')).toEqual([{ state: 'draft', content: null }]);
    await page.getByRole('button', { name: 'Publish', exact: true }).click();
    await page.locator('.cdx-info-chip', { hasText: 'Published' }).waitFor();
    expect(await test.sql(`select state, content -> 'intro' as intro, content -> 'fields' -> 0 ->> 'kind' as kind from form`)).toEqual([{ state: 'published', intro: { en: 'Bring your **boots**.' }, kind: 'choice' }]);
    expect(page.complaints).toEqual([]);
  }, 120_000);

  it('say at the field what is wrong, and keep everything else', async () => {
    const page = await stage.open('Admin', '/forms/1/edit');
    await page.getByLabel('Key', { exact: true }).fill('No Key');
    await page.getByText('It must be a key of small letters, digits and hyphens, such as how-heard.').first().waitFor({ timeout: 30_000 });
    await page.getByLabel('Introduction, text 1').fill('Bring your **umbrella**.');
    await page.frameLocator('iframe').locator('strong', { hasText: 'umbrella' }).waitFor({ timeout: 30_000 });
    expect(await test.sql(`select draft -> 'fields' -> 0 ->> 'key' as key, content -> 'intro' ->> 'en' as intro from form where id = 1`)).toEqual([{ key: 'question-1', intro: 'Bring your **boots**.' }]);
    await page.getByLabel('Key', { exact: true }).fill('table');
    await page.getByText(/^Saved/).waitFor({ timeout: 30_000 });
    expect(page.complaints).toEqual([]);
  }, 120_000);

  it('ask before something is left that cannot be saved, save what can be, and call nobody back', async () => {
    const page = await stage.open('Admin', '/forms/new');
    const asked = staying(page);
    const [intro, key] = [page.getByLabel('Introduction, text 1'), page.getByLabel('Key', { exact: true })];
    const all = page.locator('.trail').getByRole('link', { name: 'Forms' });
    await intro.fill('Without a name yet');
    await all.click();
    await eventually(async () => expect(asked).toEqual(['What you typed is not saved. Leave the page?']));
    expect(await intro.inputValue()).toBe('Without a name yet');
    let letGo = (): void => {};
    const held = new Promise<void>((done) => (letGo = done));
    await page.route('**/api/forms', async (route) => {
      await held;
      await route.continue();
    });
    await page.getByLabel('Name', { exact: true }).fill('Left at once');
    await page.locator('.saved', { hasText: 'Saving' }).waitFor(); // it is being made
    await intro.fill('With a name');
    await all.click();
    letGo();
    await page.getByRole('link', { name: 'Left at once' }).waitFor();
    await settled(page);
    expect(new URL(page.url()).pathname).toBe('/forms');
    expect(await test.sql(`select draft -> 'intro' ->> 'en' as intro from form where name = 'Left at once'`)).toEqual([{ intro: 'With a name' }]);
    await page.goto(`${stage.base}/forms/1/edit`);
    await key.fill('No Key'); // is refused
    await all.click();
    await eventually(async () => expect(asked).toHaveLength(2));
    expect(await key.inputValue()).toBe('No Key');
    expect(page.complaints).toEqual([]);
  }, 120_000);

  it('offer an organizer what is published for all, for their event', async () => {
    const { body } = await organizer.post('/api/events', { title: 'An evening' }).expect(201);
    const page = await stage.open('Organizer', `/events/${body.id}/edit`);
    await page.getByLabel('Form for accounts').selectOption({ label: 'At the library' });
    await page.getByText(/^Saved/).waitFor({ timeout: 30_000 });
    expect(await test.sql('select form_id from event where id = $1', [body.id])).toEqual([{ form_id: 1 }]);
    expect(page.complaints).toEqual([]);
  }, 120_000);

  it.each(looks)('can be used by everybody, %s, also in 320 pixels', async (_name, look, looked) => {
    const page = await stage.open('Admin', undefined, look);
    expect(await lookOver(page, stage.base, ['/forms', '/forms/new', '/forms/1', '/forms/1/edit'], looked)).toEqual([]);
    expect(page.complaints).toEqual([]);
  }, 120_000);
});
