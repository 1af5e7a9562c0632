/** The front end, as built, in a real browser, on an API of the file's own. */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';
import { PASSWORD, type TestApi } from '../support/api';
import { launchChromium } from '../support/chromium';
import { faults, sidewaysScroll } from '../support/faults';

export interface Look {
  colorScheme?: 'light' | 'dark';
  width?: number;
  height?: number;
}
export interface WebStage {
  readonly base: string;
  /** A new window, signed in as this person; null = nobody. What the page complains of is kept in `complaints`. */
  open(name: string | null, path?: string, look?: Look): Promise<Page & { complaints: string[] }>;
}

/** Call it below `testApi()`, at the top of a file. */
export function webStage(test: TestApi): WebStage {
  let server: Server;
  let browser: Browser;
  let base = '';
  const contexts: BrowserContext[] = [];
  beforeAll(async () => {
    await new Promise<void>((done) => (server = test.app.listen(0, '127.0.0.1', () => done())));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    browser = await launchChromium();
  }, 120_000);
  afterEach(async () => {
    for (const context of contexts.splice(0)) await context.close();
  });
  afterAll(async () => {
    await browser?.close();
    server?.closeAllConnections();
    await new Promise<void>((done) => (server ? server.close(() => done()) : done()));
  });
  return {
    get base() {
      return base;
    },
    async open(name, path, look = {}) {
      const context = await browser.newContext({ colorScheme: look.colorScheme ?? 'light', viewport: { width: look.width ?? 1280, height: look.height ?? 800 } });
      contexts.push(context);
      const page = Object.assign(await context.newPage(), { complaints: [] as string[] });
      page.on('pageerror', ({ message }) => void page.complaints.push(message));
      // What the API refuses, the browser notes too: that is the page's to show.
      page.on('console', (message) => void (message.type() === 'error' && !message.text().startsWith('Failed to load resource') && page.complaints.push(message.text())));
      if (name !== null) {
        const reply = await page.request.post(`${base}/api/sessions`, { data: { name, password: PASSWORD } });
        if (reply.status() !== 201) throw new Error(`sign-in: ${await reply.text()}`);
      }
      if (path !== undefined) await go(page, base + path);
      return page;
    },
  };
}

/** Until the page has its heading and reads nothing any more. */
export async function go(page: Page, address: string): Promise<void> {
  await page.goto(address);
  await page.locator('main h1').first().waitFor();
  await settled(page);
}

/** Until no part of the page reads any more; several may at once. */
export async function settled(page: Page, withinMs = 60_000): Promise<void> {
  const busy = page.locator('[aria-busy=true]');
  for (const giveUpAt = Date.now() + withinMs; (await busy.count()) > 0; await page.waitForTimeout(25))
    if (Date.now() > giveUpAt) throw new Error(`it still reads: ${await busy.first().innerText()}`);
}

/** How each page is looked at: as most see it, and dark, from right to left, with words 40 % longer. */
export const looks = [
  ['light', { colorScheme: 'light' }, (path: string) => path],
  ['dark with longer words from right to left', { colorScheme: 'dark' }, (path: string) => `${path}${path.includes('?') ? '&' : '?'}uselang=x-long`],
] as const;

/** What is wrong with pages: accessibility faults at 1280 pixels, sideways scroll at 320. @param looked one of `looks` */
export async function lookOver(page: Page, base: string, paths: string[], looked: (path: string) => string): Promise<string[]> {
  const found: string[] = [];
  for (const path of paths) {
    await page.setViewportSize({ width: 1280, height: 800 });
    await go(page, base + looked(path));
    found.push(...(await faults(page, 'best-practice')).map((fault) => `${path} ${fault}`));
    await page.setViewportSize({ width: 320, height: 800 });
    const over = await sidewaysScroll(page);
    if (over) found.push(`${path} is ${over} pixels too wide`);
  }
  return found;
}

/** As the browser does it at the end of what stands in the field; what the page lets through is put in. */
export const pasteInto = (field: Locator, text: string): Promise<void> =>
  field.evaluate((area: any, pasted) => {
    area.focus();
    area.setSelectionRange(area.value.length, area.value.length);
    const clipboardData = new (globalThis as any).DataTransfer();
    clipboardData.setData('text', pasted);
    if (area.dispatchEvent(new (globalThis as any).ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }))) area.ownerDocument.execCommand('insertText', false, pasted);
  }, text);

/** Answers "stay" to whatever asks before a page is left. @returns what was asked */
export function staying(page: Page): string[] {
  const asked: string[] = [];
  page.on('dialog', (dialog) => {
    asked.push(dialog.message());
    void dialog.dismiss();
  });
  return asked;
}

/** To the control with this text, label or `#id`, by Tab alone. */
export async function tabTo(page: Page, wanted: string, most = 60): Promise<void> {
  for (let tabs = 0; tabs < most; tabs++) {
    await page.keyboard.press('Tab');
    const focused = page.locator(':focus');
    if (!(await focused.count())) continue;
    if ((await focused.textContent())?.trim() === wanted || `#${await focused.getAttribute('id')}` === wanted || (await focused.getAttribute('aria-label')) === wanted) return;
  }
  throw new Error(`${wanted} cannot be reached by Tab`);
}
