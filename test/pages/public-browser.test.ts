/** The public pages in a real browser: no accessibility fault, light and wide, dark and narrow, in both directions; sign-in by keyboard. */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { simpleParser } from 'mailparser';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { startMailer } from '../../activities/mail';
import { area, button, input, message, radio, select, stateChip, table, type MessageStatus } from '../../api/pages/codex';
import { sendPublic } from '../../api/pages/frame';
import { html } from '../../api/pages/html';
import { wordsFor, wordsIn } from '../../api/pages/language';
import { createMail } from '../../gateways/mail';
import { PASSWORD, testApi } from '../support/api';
import { eventually } from '../support/eventually';
import { faults } from '../support/faults';
import { services } from '../support/services';
import { startSmtp } from '../support/smtp';
import { publicEvent } from './events';
import { openEvent, type OpenEvent } from './requests';
import { needAttention, publicSend, type Send } from './sends';

describe('the public pages in a browser', () => {
  const test = testApi();
  let server: Server;
  let browser: Browser;
  let base: string;
  let send: Send;
  let event: number;
  let workshop: OpenEvent;
  const contexts: BrowserContext[] = [];

  beforeAll(async () => {
    const wiki = await test.wiki('en.example.org');
    const sender = await test.person('Sender', ['globalSender']);
    send = await publicSend(test, sender, wiki, 'A subject of some length, so that it has to wrap somewhere', { sent: 30 });
    await needAttention(test, send, wiki.host);
    const script = await test.script(sender, ['all']);
    await script.put(`/api/target-lists/${send.list}`, { content: 'User talk:B\nUser talk:C' }).set('If-Match', '*');
    event = await publicEvent(test);
    workshop = await openEvent(test, 'A workshop of some length, so that it has to wrap somewhere');
    // Every piece that pages are made of, also those that no page needs yet.
    test.app.get('/pieces', (req, res) => sendPublic(req, res, { title: 'Pieces', words: wordsFor(req), trail: [['Way back', '/']] }, pieces()));
    const stack = (test.app as unknown as { router: { stack: unknown[] } }).router.stack;
    stack.unshift(stack.pop());
    await new Promise<void>((done) => (server = test.app.listen(0, '127.0.0.1', () => done())));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    browser = await chromium.launch({ executablePath: services.chromium(), args: ['--no-sandbox'] });
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    server?.closeAllConnections();
    await new Promise<void>((done) => server.close(() => done()));
  });
  afterEach(async () => {
    for (const context of contexts.splice(0)) await context.close();
  });

  interface Look { colorScheme?: 'light' | 'dark'; width?: number; locale?: string; script?: boolean }
  async function open(look: Look = {}): Promise<Page> {
    const { colorScheme = 'light', width = 1280, locale = 'en', script = true } = look;
    const context = await browser.newContext({ colorScheme, locale, viewport: { width, height: 800 }, javaScriptEnabled: script });
    contexts.push(context);
    return context.newPage();
  }
  const over = (page: Page): Promise<number> => page.locator('html').evaluate((root) => root.scrollWidth - root.clientWidth);
  const faultsOf = async (page: Page): Promise<string[]> => (await faults(page, 'best-practice')).map((fault) => `${new URL(page.url()).pathname} ${fault}`);
  const paths = (): string[] => [
    '/', '/sign-in', '/help', '/help/outcomes', '/source', '/nonsense', '/pieces', '/public/events', `/public/events/${event}`, `/public/events/${workshop.id}`, '/request', `/e/${workshop.uuid}`, `/e/${workshop.uuid}/sent?to=event`, '/confirm/1', '/help/asking-for-an-account', '/public/log', '/public/log?wiki=en.example.org', `/public/deliveries/${send.id}`, `/public/deliveries/${send.id}?outcome=sent`,
    `/public/target-lists/${send.list}?revision=1`, `/public/target-lists/${send.list}?from=1&to=2`,
  ];

  it.each([
    ['light', {}, ''], ['dark and narrow, with longer words from right to left', { colorScheme: 'dark', width: 320 }, 'x-long'],
  ] as const)('have no accessibility fault and no sideways scroll: %s', async (_, look, language) => {
    const page = await open(look);
    const complaints: string[] = [];
    page.on('console', (line) => void (line.type() === 'error' && !/404/.test(line.text()) && complaints.push(line.text())));
    for (const path of paths()) {
      await page.goto(base + path + (language ? `${path.includes('?') ? '&' : '?'}uselang=${language}` : ''));
      await page.locator('details').evaluateAll((folds) => folds.forEach((fold) => fold.setAttribute('open', '')));
      const tooWide = await over(page);
      if (tooWide) complaints.push(`${path} is ${tooWide} pixels too wide`);
      complaints.push(...(await faultsOf(page)));
      expect(await page.title()).toMatch(/^\S.* · Reeve$/);
    }
    expect(complaints).toEqual([]);
  }, 300_000);

  it('take somebody through sign-in by keyboard alone, tell a wrong password where the focus then is, and need no script', async () => {
    const page = await open({ script: false });
    await page.goto(`${base}/sign-in`);
    await page.locator('input:focus').waitFor(); // the name's field has the focus a moment after the page is loaded
    for (const key of ['S', 'e', 'n', 'd', 'e', 'r', 'Tab', 'x', 'Enter']) await page.keyboard.press(key);
    await page.waitForSelector('[role=alert]');
    expect(await page.locator(':focus').textContent()).toContain('do not belong together');
    await page.keyboard.press('Tab');
    expect(await page.locator(':focus').inputValue()).toBe('Sender');
    await page.keyboard.press('Tab');
    await page.keyboard.type(PASSWORD);
    await page.keyboard.press('Enter');
    await page.waitForURL(`${base}/home`);
  }, 60_000);

  it.each([
    ['without a script', { locale: 'en', script: false }], ['looked at by axe, narrow, dark, from right to left', { locale: 'ar', width: 320, colorScheme: 'dark' }],
  ] as const)('take somebody without an account from the form of an event, over a wrong key and the mail, to an address that is confirmed: %s', async (way, how: Look & { locale: string }) => {
    const smtp = await startSmtp();
    const mailer = startMailer({
      pool: test.api.kernel.pool, mail: createMail({ url: smtp.url, from: 'reeve@example.org', envelopeMs: 5_000, answerMs: 5_000 }), publicUrl: base, secretKey: test.api.config.REEVE_SECRET_KEY, pollMs: 50,
    });
    const page = await open(how);
    const complaints: string[] = [];
    const look = async (): Promise<void> => void complaints.push(...(how.script === false ? [] : await faultsOf(page)), ...((await over(page)) ? [`${page.url()} is too wide`] : []));
    const name = `Newcomer ${way.replace(/\W+/g, ' ')}`;
    const email = `${name.replaceAll(' ', '-')}@example.net`;
    await page.goto(`${base}/e/${workshop.uuid}`);
    for (const [field, text] of [['name', name], ['email', email], ['emailAgain', email], ['eventKey', 'Rose 7'], ['comment', 'I am at the workshop.']] as const) await page.fill(`#${field}`, text);
    await page.waitForTimeout(3_100); // nobody types faster
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.waitForSelector('[role=alert]');
    expect(await page.locator(':focus').getAttribute('role')).toBe('alert');
    await look();
    await page.keyboard.press('Tab');
    expect(await page.locator(':focus').getAttribute('href')).toBe('#eventKey');
    await page.keyboard.press('Enter');
    expect(await page.locator('#comment').inputValue()).toBe('I am at the workshop.');
    await page.fill('#eventKey', workshop.key);
    await page.waitForTimeout(3_100);
    await page.click('form button');
    expect(await page.textContent('h1')).toBe(wordsIn(how.locale).text('public.request.preview.title'));
    expect(await page.textContent('main')).toContain('I am at the workshop.');
    await look();
    await page.click('button[value=change]');
    expect(await page.locator('#comment').inputValue()).toBe('I am at the workshop.');
    await page.waitForTimeout(3_100);
    await page.click('form button');
    await page.click('button[value=send]');
    await page.waitForURL(`${base}/e/${workshop.uuid}/sent?to=event`);
    expect(await page.textContent('main')).not.toContain(email);
    await look();
    const link = await eventually(async () => {
      const [mail] = smtp.taken.filter(({ to }) => to[0] === email);
      return /http\S+confirm\S+/.exec((await simpleParser(mail!.raw)).text!)![0];
    });
    await page.goto(link);
    await look();
    await page.click('main form button');
    expect(await page.textContent('h1')).toBe(wordsIn(how.locale).text('public.confirm.done.title'));
    await look();
    expect(await test.sql('select state, event_id, language from request where email = $1', [email])).toEqual([{ state: 'open', event_id: workshop.id, language: how.locale }]);
    expect(complaints).toEqual([]);
    await mailer.stop();
    await smtp.close();
  }, 120_000);

  it('put the skip link first, and print light without the frame', async () => {
    const page = await open({ colorScheme: 'dark' });
    await page.goto(`${base}/public/log`);
    await page.keyboard.press('Tab');
    expect(await page.locator(':focus').getAttribute('href')).toBe('#main');
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
    const look = await page.locator('body').evaluate((body) => (globalThis as any).getComputedStyle(body).backgroundColor);
    expect(look).toBe('rgb(255, 255, 255)');
    expect(await page.locator('header.site').isVisible()).toBe(false);
  }, 60_000);
});

const words = wordsIn('en');
const pieces = () => html`<h1>Pieces</h1><form class="form">
${input({ name: 'text', label: 'Text', value: 'x', help: 'Some help' })}${input({ name: 'wrong', label: 'Wrong text', error: 'It must be something else.' })}
${area({ name: 'area', label: 'Long text', value: '\nx' })}${area({ name: 'wrong-area', label: 'Wrong long text', error: 'It is empty.' })}
${select({ name: 'select', label: 'One of many', value: 'b' }, [['a', 'A'], ['b', 'B']])}
${radio({ name: 'radio', label: 'One of few', value: 'a', help: 'Some help' }, [['a', 'A'], ['b', 'B']])}${radio({ name: 'wrong-radio', label: 'Wrong choice', error: 'Choose one.' }, [['a', 'A'], ['b', 'B']])}
<p class="acts">${(['default', 'progressive', 'destructive'] as const).flatMap((action) => (['normal', 'primary', 'quiet'] as const).map((weight) => button({ label: `${action} ${weight}`, action, weight })))}${button({ label: 'A link', href: '/' })}</p></form>
${(['notice', 'warning', 'error', 'success'] as MessageStatus[]).map((kind) => message(kind, html`<p>A ${kind}</p>`))}
<p>${['pending', 'skipped', 'attempting', 'unknown', 'failed', 'sent'].map((state) => stateChip(words, 'target', { state }))}</p>
${table('A table', [{ name: 'Name' }, { name: 'Number', number: true }, { name: 'Wide', wide: true }], [['a', '1', 'x'], ['b', '2', 'y']])}`;
