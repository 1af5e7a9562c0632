/**
 * What the front end costs its reader, in a real browser against the whole platform (spec of the web, part 7): the first
 * load of a list and of a public page in requests, rounds and bytes; 1,000 rows against a bare table with the same texts in
 * the same page, and one tick of them. (Sizes of the built files are tests: test/web/budget.test.ts.)
 *   npm run bench -- web [rounds]
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser, CDPSession, Page, Request } from 'playwright-core';
import { create } from '../db/create';
import { launchChromium } from '../test/support/chromium';
import { PASSWORD, startPlatform, type Person, type Platform } from '../test/support/platform';
import { newWiki } from './sends';
import { median, verdict } from './verdict';

const ROWS = 1_000;
const LATENCY_MS = 2_000;

async function main(): Promise<void> {
  const rounds = Number(process.argv[2] ?? 7);
  const platform = await startPlatform();
  let browser: Browser | undefined;
  try {
    const person = await platform.person('globalSender');
    await deliveries(platform, person);
    browser = await launchChromium();
    await firstLoad(platform, browser, person);
    await publicPage(platform, browser);
    await rows(platform, browser, person, rounds);
  } finally {
    await browser?.close();
    await platform.stop();
  }
}

async function deliveries(platform: Platform, { id }: Person): Promise<void> {
  const wiki = await newWiki(platform);
  const actor = { kind: 'user' as const, userId: id, grants: [] };
  for (let n = 1; n <= ROWS; n++) await create(platform.kernel, { noun: 'delivery', values: { senderId: id, wikiId: wiki.id, subject: `Message ${n} to everybody who reads`, body: 'Come and see. ~~~~', marker: `bench-${n}`, sendAtMs: null }, actor });
}

/** A browser that has seen nothing yet, but is signed in. */
async function open(platform: Platform, browser: Browser, person?: Person): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  context.setDefaultTimeout(120_000);
  const page = await context.newPage();
  if (person) await page.request.post(`${platform.run().api}/api/sessions`, { data: { name: person.name, password: PASSWORD } });
  return page;
}

async function firstLoad(platform: Platform, browser: Browser, person: Person): Promise<void> {
  const page = await open(platform, browser, person);
  const asked: { path: string; from: number; to: number; foreign: boolean }[] = [];
  const begun = new Map<Request, number>();
  page.on('request', (request) => begun.set(request, performance.now()));
  const ended = (request: Request): void => {
    const { pathname, origin } = new URL(request.url());
    asked.push({ path: pathname, from: begun.get(request)!, to: performance.now(), foreign: origin !== platform.run().api });
  };
  page.on('requestfinished', ended);
  page.on('requestfailed', ended);
  // A slow API, so that only what waits for an answer comes after it.
  await page.route(/\/api\/(?!log)/, async (route) => {
    await sleep(LATENCY_MS);
    await route.continue();
  });
  await page.goto(`${platform.run().api}/deliveries`);
  await page.locator('tbody tr').nth(49).waitFor();
  await page.waitForTimeout(2 * LATENCY_MS); // whatever comes late is counted, too
  const streams = [...begun.keys()].filter((request) => !asked.some(({ from }) => from === begun.get(request))).map((request) => new URL(request.url()).pathname);
  const me = asked.find(({ path }) => path === '/api/me')!;
  const later = asked.filter(({ path, from }) => path.startsWith('/api/') && from >= me.to);
  /** How many stand one behind another. */
  const depth = (one: (typeof later)[number]): number => 1 + Math.max(0, ...later.filter(({ to }) => to <= one.from).map(depth));
  const trips = Math.max(0, ...later.map(depth));
  const count = asked.length + streams.length;
  console.log([...asked.map(({ path }) => path), ...streams.map((path) => `${path} (stream)`)].join('\n'));
  verdict('Web, first load of a list', `${count} requests (reach 12), ${trips} API round trip${trips === 1 ? '' : 's'} after /api/me (reach 1), ${asked.filter(({ foreign }) => foreign).length} to others (reach 0)`,
    count <= 12 && trips <= 1 && asked.every(({ foreign }) => !foreign));
  await page.context().close();
}

async function publicPage(platform: Platform, browser: Browser): Promise<void> {
  const page = await open(platform, browser);
  const line = await page.context().newCDPSession(page);
  await line.send('Network.enable');
  let [bytes, scripts] = [0, 0];
  line.on('Network.loadingFinished', ({ encodedDataLength }) => void (bytes += encodedDataLength));
  page.on('request', (request) => void (scripts += request.resourceType() === 'script' ? 1 : 0));
  await page.goto(`${platform.run().api}/public/log`, { waitUntil: 'networkidle' });
  verdict('Web, first load of a public page', `${(bytes / 1_000).toFixed(1)} kB in all (reach 45), ${scripts} scripts (reach 0)`, bytes <= 45_000 && scripts === 0);
  await page.context().close();
}

interface Took {
  script: number;
  paint: number;
}

async function rows(platform: Platform, browser: Browser, person: Person, rounds: number): Promise<void> {
  const own: Took[] = [];
  const bare: Took[] = [];
  const ticks: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    const page = await open(platform, browser, person);
    const line = await page.context().newCDPSession(page);
    await page.addInitScript('globalThis.__name = (named) => named'); // the compiler's own, which the page lacks
    await page.addInitScript(noteAnswer);
    await page.goto(`${platform.run().api}/deliveries?limit=${ROWS}`);
    await page.locator('tbody tr').nth(ROWS - 1).waitFor();
    const drawn = await page.evaluate(() => (globalThis as any).drawn as Promise<Took>);
    const tick = await page.evaluate(tickOnce);
    await collect(line);
    const table = await page.evaluate(bareTable);
    if (round > 0) [own, bare, ticks].forEach((all: unknown[], i) => all.push([drawn, table, tick][i])); // the first warms the browser
    await page.context().close();
  }
  const of = (all: Took[], what: keyof Took): number => median(all.map((one) => one[what]));
  const ratio = of(own, 'paint') / of(bare, 'paint');
  const tick = median(ticks);
  verdict('Web, 1,000 rows', `script ${of(own, 'script').toFixed(0)} ms, on the screen ${of(own, 'paint').toFixed(0)} ms; a bare table ${of(bare, 'script').toFixed(0)} and ${of(bare, 'paint').toFixed(0)} ms: ${ratio.toFixed(2)} × (reach 1.5); one tick ${tick.toFixed(0)} ms (reach 50)`, ratio <= 1.5 && tick <= 50);
}

const collect = (line: CDPSession): Promise<unknown> => line.send('HeapProfiler.collectGarbage');

// What follows runs in the page.

/** From the list's answer, read, until its rows are in the document, and until they are on the screen. */
function noteAnswer(): void {
  const page = globalThis as any;
  const { json } = page.Response.prototype;
  page.drawn = new Promise<Took>((done) => {
    page.Response.prototype.json = async function answer(this: { url: string }) {
      const data = await json.call(this);
      if (!/\/api\/deliveries\?.*limit=/.test(this.url)) return data;
      const from = page.performance.now();
      const watch = new page.MutationObserver(() => {
        if (page.document.querySelectorAll('tbody tr').length < data.items.length) return;
        watch.disconnect();
        const script = page.performance.now() - from;
        page.requestAnimationFrame(() => page.setTimeout(() => done({ script, paint: page.performance.now() - from })));
      });
      watch.observe(page.document.body, { childList: true, subtree: true });
      return data;
    };
  });
}

/** One row is selected: the whole list is asked what has changed. */
async function tickOnce(): Promise<number> {
  const page = globalThis as any;
  const box = page.document.querySelectorAll('tbody input[type=checkbox]')[500];
  const from = page.performance.now();
  box.click();
  await new Promise<void>((done) => page.requestAnimationFrame(() => page.setTimeout(done)));
  return page.performance.now() - from;
}

/** The same texts, links and boxes in the same place with the same styles, by the document's own means. */
function bareTable(): Promise<Took> {
  const page = globalThis as any;
  const body = page.document.querySelector('tbody');
  const texts: string[][] = [...body.rows].map((row: any) => [...row.cells].map((cell: any) => cell.textContent));
  const kinds: { tag: string; className: string; chip: string | undefined }[] = [...body.rows[0].cells].map((cell: any) => ({ tag: cell.tagName, className: cell.className, chip: cell.querySelector('.cdx-info-chip')?.className }));
  const parent = body.parentElement;
  body.remove();
  void page.document.body.offsetHeight;
  return new Promise((done) => {
    page.requestAnimationFrame(() => page.setTimeout(() => {
      const from = page.performance.now();
      const fresh = page.document.createElement('tbody');
      for (const row of texts) {
        const tr = page.document.createElement('tr');
        row.forEach((text, i) => {
          const { tag, className, chip } = kinds[i]!;
          const cell = page.document.createElement(tag);
          cell.className = className;
          const inner = i === 0 ? page.document.createElement('input') : page.document.createElement(tag === 'TH' ? 'a' : 'span');
          if (i === 0) inner.type = 'checkbox';
          else inner.textContent = text;
          if (tag === 'TH') inner.href = '/deliveries/1';
          if (chip) inner.className = chip;
          cell.append(inner);
          tr.append(cell);
        });
        fresh.append(tr);
      }
      parent.append(fresh);
      const script = page.performance.now() - from;
      page.requestAnimationFrame(() => page.setTimeout(() => done({ script, paint: page.performance.now() - from })));
    }));
  });
}

void main();
