/** The pages of who is signed in, in a real browser: no accessibility fault, no sideways scroll, live where scripts run, usable by keyboard. */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import AxeBuilder from '@axe-core/playwright';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { doVerb } from '../../api/verbs';
import { create } from '../../db/create';
import { system } from '../../policies/actor';
import { PASSWORD, testApi } from '../support/api';
import { services } from '../support/services';
import { reader } from './form';

describe('the pages in a browser', () => {
  const test = testApi();
  let server: Server;
  let browser: Browser;
  let base: string;
  let wiki: { id: number; host: string };
  let running: number;
  let odd: number;
  const contexts: BrowserContext[] = [];

  beforeAll(async () => {
    wiki = await test.wiki('en.example.org');
    const sender = await test.person('Sender', ['globalSender']);
    await test.person('Admin', ['admin']);
    const asSender = await reader(test, sender);
    const form = { wiki: wiki.host, pages: 'User talk:A\nBad[line', subject: 'A subject of some length, so that it has to wrap somewhere', body: 'World ~~~~', act: 'submit' };
    for (const subject of [form.subject, 'Finished one']) await asSender.send('/deliveries/new', '/deliveries/new', { ...form, subject });
    await (await reader(test, await test.person('User'))).send('/deliveries/new', '/deliveries/new', { ...form, subject: 'A wish' });
    const rows = await test.sql<{ id: number }>('select id from delivery order by id');
    running = rows[0]!.id;
    for (const { id } of rows.slice(0, 2)) {
      await doVerb(test.api, { actor: system }, 'delivery', id, 'expanded');
      await test.sql(`insert into target (delivery_id, wiki_id, page, outcome, code, at_ms) values ($1, $2, 'User talk:Gone', 'skipped', 'nouser', 1), ($1, $2, 'Project:Rules', 'failed', 'protectedpage', 1), ($1, $2, 'Talk:Odd', 'unknown', null, 1)`, [id, wiki.id]);
      await test.sql('insert into delivery_wiki (delivery_id, wiki_id, total, skipped, failed, unknown) values ($1, $2, 2000, 1, 1, 1)', [id, wiki.id]);
    }
    await create(test.api.kernel, {
      noun: 'operation', actor: system,
      values: { workflowId: `delivery/${running}/en.example.org`, runId: 'run', seq: 1, kind: 'wikiDelivery', entity: `delivery/${running}`, wiki: wiki.host, code: 'wiki.readonly', attempts: 5, skippable: true, detail: 'being tidied' },
    });
    test.api.preview = async ({ subject }) => ({
      texts: [],
      wikis: [{ host: wiki.host, pages: 1, terms: null, shown: [{ kind: 'userTalk', page: 'User talk:A', language: 'en', html: `<h2>${subject}</h2><p>World</p><script>document.title = 'taken over'; top.document.title = 'taken over'</script>` }] }],
      warnings: subject === 'Odd' ? [{ code: 'no-timestamp', detail: 'It is not signed.', wiki: null }, { code: 'unclosed-tag', detail: '<div> is not closed.', wiki: null }] : [],
    });
    await asSender.send('/deliveries/new', '/deliveries/new', { ...form, subject: 'Odd', act: 'draft' });
    odd = (await test.sql<{ id: number }>('select max(id) as id from delivery'))[0]!.id;
    await new Promise<void>((done) => (server = test.app.listen(0, '127.0.0.1', () => done())));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    browser = await chromium.launch({ executablePath: services.chromium(), args: ['--no-sandbox'] });
  });
  afterAll(async () => {
    await browser?.close();
    server?.closeAllConnections();
    await new Promise<void>((done) => server.close(() => done()));
  });
  afterEach(async () => {
    for (const context of contexts.splice(0)) await context.close();
  });

  async function open(name: string | null, look: { colorScheme?: 'light' | 'dark'; width?: number; script?: boolean } = {}): Promise<Page> {
    const context = await browser.newContext({ colorScheme: look.colorScheme ?? 'light', viewport: { width: look.width ?? 1280, height: 800 }, javaScriptEnabled: look.script ?? true });
    contexts.push(context);
    const page = await context.newPage();
    if (!name) return page;
    await page.goto(`${base}/sign-in`);
    await page.fill('#name', name);
    await page.fill('#password', PASSWORD);
    await page.click('main button');
    await page.waitForURL(`${base}/home`);
    return page;
  }
  const paths = (): [name: string | null, path: string][] => [
    ['Admin', '/home'], ['Admin', '/operations'], ['Admin', `/deliveries/${running}`], ['Sender', `/deliveries/${running}`], ['Sender', '/deliveries/new'], ['Sender', `/deliveries/${odd}`], ['Sender', `/deliveries/${odd}/preview`],
  ];

  it.each(['light', 'dark'] as const)('have no accessibility fault in %s, with every fold open', async (colorScheme) => {
    const pages = new Map<string | null, Page>();
    for (const [name, path] of paths()) {
      if (!pages.has(name)) pages.set(name, await open(name, { colorScheme }));
      const page = pages.get(name)!;
      await page.goto(base + path);
      await page.locator('details').evaluateAll((folds) => folds.forEach((fold) => fold.setAttribute('open', '')));
      const { violations } = await new AxeBuilder({ page }).exclude('iframe.preview').withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']).analyze();
      expect({ path, faults: violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`) }).toEqual({ path, faults: [] });
    }
  });

  it('has no accessibility fault where a form was refused', async () => {
    const page = await open('Sender');
    await page.goto(`${base}/deliveries/new`);
    await page.click('text=Submit');
    await page.waitForSelector('.message-error');
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.map(({ id }) => id)).toEqual([]);
    expect(await page.locator(':focus').getAttribute('class')).toContain('message-error');
  });

  it('needs no sideways scroll at 320 pixels', async () => {
    const page = await open('Admin', { width: 320 });
    for (const [, path] of paths()) {
      await page.goto(base + path);
      expect({ path, over: await page.locator('html').evaluate((root) => root.scrollWidth - root.clientWidth) }).toEqual({ path, over: 0 });
    }
  });

  it('keeps the counts live without reading the page again, under its own content security policy', async () => {
    const page = await open('Sender');
    const complaints: string[] = [];
    page.on('console', (message) => void (message.type() === 'error' && complaints.push(message.text())));
    await page.goto(`${base}/deliveries/${running}`);
    await page.locator('body').evaluate((body) => body.setAttribute('data-kept', 'yes'));
    await test.sql('update delivery_wiki set sent = 1500 where delivery_id = $1', [running]);
    await page.locator('dd[data-count="sent"]', { hasText: '1,500' }).waitFor();
    expect(await page.locator('body').getAttribute('data-kept')).toBe('yes');
    expect(await page.locator('progress').evaluate((bar) => (bar as unknown as { value: number }).value)).toBe(1503);
    expect(await page.locator('td [data-count="sent"]').textContent()).toBe('1,500');
    await doVerb(test.api, { actor: system }, 'delivery', running, 'pause');
    await page.waitForSelector('text=Paused');
    expect(complaints).toEqual([]);
    await doVerb(test.api, { actor: system }, 'delivery', running, 'resume');
  });

  it('shows how a message looks, lets nothing of it run, and wants what is odd to be ticked', async () => {
    const page = await open('Sender');
    await page.goto(`${base}/deliveries/new`);
    for (const [field, text] of [['#pages', 'User talk:A'], ['#subject', 'Odd'], ['#body', 'World']] as const) await page.fill(field, text);
    await page.click('text=Submit');
    await page.waitForURL(/\/deliveries\/\d+\/preview$/);
    const frame = page.frameLocator('iframe.preview');
    expect(await frame.locator('h2').textContent()).toBe('Odd');
    expect(await frame.locator('h2').evaluate((heading) => (globalThis as any).getComputedStyle(heading).fontWeight)).toBe('400'); // our style reaches it, the wiki's scripts do not
    await page.click('text=Submit');
    await page.waitForSelector('.message-error');
    expect(await page.title()).toContain('Preview: Odd');
    for (const box of await page.locator('input[type=checkbox]').all()) await box.check();
    await page.click('text=Submit');
    await page.waitForURL(/\/deliveries\/\d+$/);
    expect(await page.textContent('#state')).not.toContain('Draft');
  });

  it('is read again by itself where no script runs', async () => {
    const page = await open('Sender', { script: false });
    await page.goto(`${base}/deliveries/${running}`);
    await test.sql('update delivery_wiki set sent = 1600 where delivery_id = $1', [running]);
    await page.locator('dd', { hasText: '1,600' }).waitFor({ timeout: 15_000 });
    expect(await page.locator('dd[data-count="sent"]').textContent()).toBe('1,600');
  });

  it('takes somebody from sign-in to a submitted delivery by keyboard alone', async () => {
    const page = await open(null);
    await page.goto(`${base}/sign-in`);
    await page.locator('input:focus').waitFor(); // the name's field has the focus a moment after the page is loaded
    await page.keyboard.type('Sender');
    await page.keyboard.press('Tab');
    await page.keyboard.type(PASSWORD);
    await page.keyboard.press('Enter');
    await page.waitForURL(`${base}/home`);
    await tabTo(page, 'New delivery');
    await page.keyboard.press('Enter');
    await page.waitForURL(`${base}/deliveries/new`);
    await tabTo(page, '#pages');
    await page.keyboard.type('User talk:A');
    await page.keyboard.press('Tab');
    await page.keyboard.type('By keyboard');
    await page.keyboard.press('Tab');
    await page.keyboard.type('Text');
    await tabTo(page, 'Submit');
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/deliveries\/\d+$/);
    expect(await page.textContent('h1')).toBe('By keyboard');
  });
});

/** To the control with this text, or this id. */
async function tabTo(page: Page, wanted: string): Promise<void> {
  for (let tabs = 0; tabs < 40; tabs++) {
    await page.keyboard.press('Tab');
    const focused = page.locator(':focus');
    if (!(await focused.count())) continue;
    if ((await focused.textContent())?.trim() === wanted || `#${await focused.getAttribute('id')}` === wanted) return;
  }
  throw new Error(`${wanted} cannot be reached by Tab`);
}
