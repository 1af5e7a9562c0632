/** The frame of the front end: navigation by rights, theme and language, keys, a session that ends, an answer that fails. */
import { PASSWORD, testApi } from '../support/api';
import { eventually } from '../support/eventually';
import { faults, sidewaysScroll } from '../support/faults';
import { go, tabTo, webStage } from './support';

describe('the frame of the front end', () => {
  const test = testApi();
  const web = webStage(test);
  let membership: number;

  beforeAll(async () => {
    await test.wiki('en.example.org');
    await test.person('Admin', ['admin']);
    await test.person('Operator', ['operator']);
    const newcomer = await test.browser(await test.person('Newcomer'));
    membership = ((await newcomer.post('/api/memberships', { role: 'sender', note: 'I write a newsletter.' })).body as { id: number }).id;
    await newcomer.patch('/api/me', { settings: { theme: 'light' } });
  });

  it('leads each reader to what is theirs, and says on the home page what waits', async () => {
    const admin = await web.open('Admin', '/home');
    expect(await admin.locator('nav.areas a').allTextContents()).toEqual(['Events', expect.stringContaining('Requests'), expect.stringContaining('Deliveries'), expect.stringContaining('Operations'), 'Log', expect.stringMatching(/^Admin1/)]);
    expect(await admin.locator('main').textContent()).toContain('Newcomer');
    const newcomer = await web.open('Newcomer', '/home');
    expect(await newcomer.locator('nav.areas a').allTextContents()).toEqual(['Events', expect.stringContaining('Deliveries')]);
    expect(await newcomer.locator('main').textContent()).toContain('Nothing waits for you.');
    expect([...admin.complaints, ...newcomer.complaints]).toEqual([]);
  });

  it('sends whoever is not signed in to the sign-in, and back to where they wanted', async () => {
    const page = await web.open(null);
    await page.goto(`${web.base}/memberships/${membership}`);
    await page.fill('#name', 'Admin');
    await page.fill('#password', PASSWORD);
    await page.keyboard.press('Enter');
    await page.locator('h1', { hasText: 'Newcomer, sender' }).waitFor();
    expect(new URL(page.url()).pathname).toBe(`/memberships/${membership}`);
  });

  it('says the same of a thing that is missing and of one that is not for the reader', async () => {
    const page = await web.open('Operator', `/memberships/${membership}`);
    const hidden = await page.locator('main').textContent();
    await go(page, `${web.base}/memberships/999999`);
    expect(await page.locator('main').textContent()).toBe(hidden);
    expect(hidden).toContain('There is nothing here');
  });

  it('does a verb, says so, and shows the new state without reading the page again', async () => {
    const page = await web.open('Admin', `/memberships/${membership}`);
    await page.locator('body').evaluate((body) => body.setAttribute('data-kept', 'yes'));
    await page.getByRole('button', { name: 'Approve' }).click();
    await page.locator('.chip', { hasText: 'Active' }).waitFor();
    expect(await page.locator('[role=status]', { hasText: 'Approved.' }).count()).toBeGreaterThan(0);
    expect(await page.locator('body').getAttribute('data-kept')).toBe('yes');
    await page.locator('nav.areas a', { hasText: /^Admin$/ }).waitFor(); // nothing waits there any more
    await page.getByRole('button', { name: 'Suspend' }).click(); // has an inverse but tells facts first
    const dialog = page.getByRole('dialog');
    await dialog.getByText('Newcomer').first().waitFor();
    expect(await faults(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    expect(await page.locator(':focus').textContent()).toContain('Suspend');
  });

  it('keeps the page and what was typed when the session ends, and goes on after a new sign-in', async () => {
    const page = await web.open('Admin', '/keys/new');
    await page.getByLabel('Label').fill('For the newsletter');
    await page.getByLabel('Scopes').fill('delivery:read');
    await test.sql('delete from session');
    await page.locator('form button[type=submit]').click();
    const dialog = page.getByRole('dialog', { name: 'Sign in again' });
    await dialog.waitFor();
    expect(await page.getByLabel('Label').inputValue()).toBe('For the newsletter');
    await page.request.post(`${web.base}/api/sessions`, { data: { name: 'Admin', password: PASSWORD } });
    await dialog.getByRole('button').last().click();
    await page.locator('#secret').waitFor();
    expect(await page.locator('#secret').textContent()).toMatch(/^reeve_/);
    expect(await test.sql(`select label from key where label = 'For the newsletter'`)).toHaveLength(1);
  });

  it('asks for a new sign-in also where one\'s own settings are saved, and then saves them', async () => {
    const page = await web.open('Newcomer', '/me');
    await test.sql('delete from session');
    await page.getByLabel('Large').check();
    const dialog = page.getByRole('dialog', { name: 'Sign in again' });
    await dialog.waitFor();
    await page.request.post(`${web.base}/api/sessions`, { data: { name: 'Newcomer', password: PASSWORD } });
    await dialog.getByRole('button').last().click();
    await page.getByText('Saved.').first().waitFor();
    expect(await test.sql(`select text_size from "user" where name = 'Newcomer'`)).toEqual([{ text_size: 'large' }]);
    await page.getByLabel('New password').fill('correct horse battery');
    await page.getByRole('button', { name: 'Change password' }).click();
    await page.locator('form .problem:focus').waitFor(); // above the button that was pressed
    expect(await faults(page)).toEqual([]);
    await page.route('**/api/sessions/current', (route) => route.abort());
    await page.getByRole('button', { name: 'Account of Newcomer' }).click();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.locator('.cdx-toast', { hasText: 'Reeve did not answer' }).waitFor();
  });

  it('asks the same thing once more, under the same key, when no answer came', async () => {
    const page = await web.open('Admin', '/keys/new');
    await page.getByLabel('Label').fill('Asked twice');
    await page.getByLabel('Scopes').fill('all');
    const keys: string[] = [];
    await page.route('**/api/keys', async (route) => {
      if (route.request().method() !== 'POST') return route.continue();
      keys.push(route.request().headers()['idempotency-key']!);
      if (keys.length > 1) return route.continue();
      await route.fetch(); // it arrives; its answer is lost
      return route.abort();
    });
    await page.locator('form button[type=submit]').click();
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.locator('h1', { hasText: 'The key is made' }).waitFor();
    await page.evaluate(() => ((globalThis as any).navigator.clipboard.writeText = () => Promise.reject(new Error('not allowed'))));
    await page.getByRole('button', { name: 'Copy', exact: true }).click();
    await page.getByText('The browser did not let the page copy').first().waitFor();
    expect(keys[1]).toBe(keys[0]);
    expect(await test.sql(`select id from key where label = 'Asked twice'`)).toHaveLength(1);
  });

  it('names the field that is wrong, and takes the focus there', async () => {
    const page = await web.open('Admin', '/wikis/new');
    await page.getByLabel('Host', { exact: true }).fill('not a host');
    await page.locator('form button[type=submit]').click();
    await page.locator('.problem:focus + .acts').waitFor(); // above the button that was pressed
    await page.locator('.problem a').first().click();
    expect(await page.getByLabel('Host', { exact: true }).evaluate((field) => field === (globalThis as any).document.activeElement)).toBe(true);
    expect(await page.locator('.problem li').count()).toBeGreaterThan(2); // what is missing, too
    expect(await page.getByLabel('Host', { exact: true }).inputValue()).toBe('not a host');
    expect(await faults(page)).toEqual([]);
  });

  it('shows what somebody else changed meanwhile beside what was typed, mine or theirs', async () => {
    const page = await web.open('Admin', '/wikis/1/edit');
    await page.getByLabel('Edits a minute').fill('30');
    const other = await test.browser({ id: 0, name: 'Admin' });
    const { version } = (await other.get('/api/wikis/1')).body as { version: number };
    await other.patch('/api/wikis/1', { editsPerMinute: 20 }).set('If-Match', `"${version}"`);
    await page.locator('form button[type=submit]').click();
    await page.getByText('was changed by somebody else').waitFor();
    await page.getByRole('button', { name: 'Keep mine' }).click();
    await page.locator('form button[type=submit]').click();
    await page.waitForURL(/\/wikis\/1$/); // the form's heading holds the host, too
    expect(((await other.get('/api/wikis/1')).body as { editsPerMinute: number }).editsPerMinute).toBe(30);
  });

  it('keeps the theme that a reader chose, whatever the device says', async () => {
    const page = await web.open('Newcomer', '/me', { colorScheme: 'dark' });
    const background = () => page.locator('body').evaluate((body) => (globalThis as any).getComputedStyle(body).backgroundColor as string);
    expect(await background()).toBe('rgb(255, 255, 255)');
    await page.getByLabel('Dark').check();
    await page.locator('html[data-theme=dark]').waitFor();
    expect(await background()).not.toBe('rgb(255, 255, 255)');
    await page.getByText('Saved.').first().waitFor();
    const sent = await (await page.request.get(`${web.base}/me`)).text(); // before any script: nothing flashes
    expect(sent).toMatch(/<html lang="en" dir="ltr" data-theme="dark" data-text-size="\w+"/);
    expect(sent).toMatch(/<link id="dark"[^>]* media="screen"/);
    await page.reload();
    await page.locator('main h1').waitFor();
    expect(await background()).not.toBe('rgb(255, 255, 255)');
  });

  it('sends by mail only the kinds of notices that a reader wants', async () => {
    await test.sql(`update "user" set email = 'newcomer@example.org' where name = 'Newcomer'`);
    const page = await web.open('Newcomer', '/me');
    await page.getByRole('checkbox', { name: 'What becomes of your events' }).uncheck();
    await page.getByText('Saved.').first().waitFor();
    expect(await test.sql(`select app_only from "user" where name = 'Newcomer'`)).toEqual([{ app_only: ['event'] }]);
    await page.reload();
    expect(await page.getByRole('checkbox', { name: 'What becomes of your events' }).isChecked()).toBe(false);
    expect(await page.getByRole('checkbox', { name: 'What becomes of your deliveries' }).isChecked()).toBe(true);
  });

  it('goes by keys: areas, rows, the palette; and not at all inside a field or when switched off', async () => {
    const page = await web.open('Admin', '/home');
    await page.keyboard.press('g');
    await page.keyboard.press('d');
    await page.locator('h1', { hasText: /eliveries/ }).waitFor();
    await go(page, `${web.base}/memberships`);
    await page.keyboard.press('j');
    const first = await page.locator(':focus').textContent();
    await page.keyboard.press('j');
    expect(await page.locator(':focus').textContent()).not.toBe(first);
    await page.keyboard.press('Enter');
    await page.locator('.entity-page h1').waitFor();
    await page.keyboard.press('u');
    await page.locator('.list-page h1').waitFor();
    await page.keyboard.press('Control+k');
    await page.getByRole('dialog').getByRole('combobox').fill('configuration');
    await page.keyboard.press('Enter');
    await page.locator('h1', { hasText: 'Configuration' }).waitFor();
    expect(new URL(page.url()).pathname).toBe('/settings');
    await go(page, `${web.base}/memberships/${membership}`);
    await page.keyboard.press('Control+k');
    await page.getByRole('dialog').getByRole('combobox').fill('change role'); // a verb without a letter
    await page.keyboard.press('Enter');
    await page.getByRole('dialog', { name: 'Change role' }).waitFor();
  });

  it('keeps what is filtered under a name, also in the narrow menu, and lets it be renamed, deleted and had back', async () => {
    const page = await web.open('Admin', '/memberships?role=sender');
    const own = page.locator('nav.area-sections .view');
    await page.getByRole('button', { name: 'Save this view' }).click();
    await page.getByLabel('Name of the view').fill('Senders');
    await page.getByRole('dialog').getByRole('button', { name: 'Save this view' }).click();
    await page.getByRole('button', { name: 'Change this view' }).click();
    expect(await page.getByLabel('Name of the view').inputValue()).toBe('Senders');
    await page.getByLabel('Name of the view').fill('All senders');
    expect(await faults(page)).toEqual([]);
    await page.getByRole('dialog').getByRole('button', { name: 'Change this view' }).click();
    await own.filter({ hasText: 'All senders' }).waitFor();
    await page.getByRole('button', { name: 'Delete this view' }).click();
    await page.getByRole('button', { name: 'Undo' }).click();
    await own.filter({ hasText: 'All senders' }).waitFor();
    await page.setViewportSize({ width: 320, height: 800 });
    await go(page, `${web.base}/memberships`);
    expect(await page.getByRole('button', { name: /this view/ }).count()).toBe(0);
    await page.getByRole('button', { name: 'Menu' }).click();
    await page.getByRole('link', { name: 'All senders' }).click();
    await page.waitForURL(/\?role=sender$/);
    await page.getByRole('button', { name: 'Delete this view' }).click();
    await page.getByRole('button', { name: 'Save this view' }).waitFor();
    expect(await test.sql('select name from view')).toEqual([]);
    expect(page.complaints).toEqual([]);
  });

  it('says that there is nothing unread, and that a history could not be read', async () => {
    await test.person('Reader');
    const page = await web.open('Reader', '/notifications?unread=true');
    expect(await page.locator('main').textContent()).toContain('You have read all your notices.');
    const other = await web.open('Admin');
    await other.route('**/api/log?noun=membership*', (route) => route.fulfill({ status: 403, contentType: 'application/problem+json', body: '{"status":403,"code":"policy.forbidden","title":"You may not do this."}' }));
    await go(other, `${web.base}/memberships/${membership}`);
    await other.locator('.timeline').getByText('You may not do this.').waitFor();
  });

  it('says where one has come to once it is known, and says of what cannot be read neither nothing nor that it is not there', async () => {
    const page = await web.open('Admin', '/wikis');
    const said: string[] = [];
    await page.exposeFunction('say', (words: string) => said.push(words));
    await page.locator('body > div > [aria-live=polite], [aria-live=polite].visually-hidden').last().evaluate((region) => new (globalThis as any).MutationObserver(() => (globalThis as any).say(region.textContent)).observe(region, { childList: true, characterData: true, subtree: true }));
    let letGo = (): void => {};
    const held = new Promise<void>((done) => (letGo = done));
    await page.route('**/api/wikis/1', async (route) => {
      await held;
      await route.continue();
    });
    await page.getByRole('link', { name: 'en.example.org' }).click();
    await page.locator('.entity-page').waitFor();
    letGo();
    await page.locator('h1:focus', { hasText: 'en.example.org' }).waitFor();
    await eventually(async () => expect(said.filter(Boolean)).toEqual(['en.example.org · Admin · Reeve']));
    for (const [path, heading] of [['/wikis/1', 'Wiki 1'], ['/wikis/1/edit', 'Edit Wiki 1'], ['/wikis/new', 'New wiki']] as const) {
      await page.route(/\/api\/wikis/, (route) => route.fulfill({ status: 503, contentType: 'application/problem+json', body: '{"code":"unavailable","title":"unavailable"}' }));
      await page.goto(web.base + path);
      await page.getByRole('heading', { name: heading, exact: true }).waitFor();
      expect(await page.title()).toContain(heading);
      await page.unroute(/\/api\/wikis/);
      await page.getByRole('button', { name: 'Try again' }).click();
      await page.locator(path === '/wikis/1' ? '.entity-page dl' : 'main form').first().waitFor();
    }
    expect(page.complaints).toEqual([]);
  }, 120_000);

  it('says so where a page cannot be had, and has it of the new front end where the server has another by now', async () => {
    const page = await web.open('Admin', '/home');
    const link = page.locator('nav.areas').getByRole('link', { name: 'Log' });
    await page.context().setOffline(true);
    await link.click();
    await page.locator('.cdx-toast', { hasText: 'Reeve did not answer' }).waitFor();
    expect(page.url()).toBe(`${web.base}/home`);
    await page.context().setOffline(false);
    let gone = 1;
    await page.route(/\/app\/assets\/.*\.js$/, (route) => (gone-- > 0 ? route.fulfill({ status: 404 }) : route.continue()));
    await page.locator('nav.areas').getByRole('link', { name: 'Deliveries' }).click();
    await page.locator('h1', { hasText: 'Deliveries' }).waitFor();
    expect(gone).toBeLessThan(1);
  });

  it('says of a list that it cannot be read without a network, and reads it once there is one again', async () => {
    const page = await web.open('Admin', '/users?q=e'); // all that a filtered list is made of is there
    await page.context().setOffline(true);
    await page.getByRole('searchbox').fill('Newc');
    await page.keyboard.press('Enter');
    await page.locator('.problem', { hasText: 'Reeve did not answer' }).waitFor();
    await page.context().setOffline(false);
    await page.locator('tbody', { hasText: 'Newcomer' }).and(page.locator('tbody:not(:has-text("Operator"))')).waitFor();
    await page.locator('.problem').waitFor({ state: 'detached' });
    expect(page.complaints).toEqual([]);
  });

  it.each(['light', 'dark'] as const)('has no accessibility fault on its pages in %s', async (colorScheme) => {
    const page = await web.open('Admin', undefined, { colorScheme });
    for (const path of ['/home', '/notifications', '/me', '/me/sessions', '/memberships', '/memberships/new', `/memberships/${membership}`, '/keys', '/users', '/users/1', '/wikis', '/wikis/1', '/roles', '/permissions', '/settings', '/nothing-here-at-all']) {
      await go(page, web.base + path);
      expect({ path, faults: await faults(page) }).toEqual({ path, faults: [] });
    }
  });

  it('needs no sideways scroll at 320 pixels, in a right-to-left language and with words 40 % longer neither', async () => {
    const page = await web.open('Admin', undefined, { width: 320 });
    for (const path of ['/home', '/notifications', '/me', '/me/sessions', '/memberships', `/memberships/${membership}`, '/keys/new', '/users/1', '/wikis/1', '/wikis/1/edit', '/roles', '/permissions', '/settings']) {
      for (const language of ['en', 'ar', 'x-long']) {
        await go(page, `${web.base}${path}?uselang=${language}`);
        expect({ path, language, over: await sidewaysScroll(page) }).toEqual({ path, language, over: 0 });
      }
    }
    expect(await page.locator('html').getAttribute('dir')).toBe('rtl');
  });

  it('is worked by Tab alone, from the skip link on', async () => {
    const page = await web.open('Admin', '/home');
    await page.keyboard.press('Tab');
    expect(await page.locator(':focus').textContent()).toBe('Skip to content');
    await tabTo(page, 'Account of Admin');
    await page.keyboard.press('Enter');
    await page.getByRole('link', { name: 'Sessions' }).waitFor();
    expect(await faults(page)).toEqual([]);
  });
});
