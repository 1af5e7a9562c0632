/**
 * A million lines as a target list, given in a real browser: as a file, and pasted. The list is whole, and neither the API's
 * process nor the tab grows with it. Then in the middle of it the tab is closed, the person stops it, and the API is killed
 * (-9): each time there is no list, no line and no file, or, where all of it had arrived already, all of it; and after the
 * last "Try again" makes one list.
 *   npm run chaos -- million [lines]
 */
import { createWriteStream, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser, CDPSession, Page } from 'playwright-core';
import { launchChromium } from '../../test/support/chromium';
import { PASSWORD, startPlatform, type Person, type Platform } from '../../test/support/platform';
import { until } from '../../test/platform/community';
import { verdict } from '../verdict';

const HOST = 'en.example.org';
const MOST_MEGABYTES = 150;
const MOST_TAB_MEGABYTES = 20;
const PATIENCE_MS = 300_000;
/** On a slow line, so that there is a middle. */
const SENDING_S = 15;

async function main(): Promise<void> {
  const lines = Number(process.argv[2] ?? 1_000_000);
  const platform = await startPlatform();
  let browser: Browser | undefined;
  try {
    await platform.admin.post('/wikis', { host: HOST, apiUrl: `${new URL(platform.run().sandboxWiki).origin}/garden/api.php`, botUser: 'Bot', botPassword: 'secret of the bot' });
    browser = await launchChromium();
    const person = await platform.person('globalSender');
    const file = join(platform.home, 'readers.txt');
    const bytes = await writeLines(file, lines);
    const stage = { platform, browser, person, file, lines };
    for (const [name, give] of [['a file', byFile], ['pasted', byPaste]] as const) await whole(stage, name, give, bytes);
    for (const [name, breakOff] of [['the tab closed', closeTab], ['stopped', stop], ['the API killed', killApi]] as const) await broken(stage, name, breakOff);
  } finally {
    await browser?.close();
    await platform.stop();
  }
}

interface Stage {
  platform: Platform;
  browser: Browser;
  person: Person;
  file: string;
  lines: number;
}

async function writeLines(file: string, lines: number): Promise<number> {
  const out = createWriteStream(file);
  for (let at = 1; at <= lines; at++) if (!out.write(`User talk:Reader ${at}\n`)) await once(out, 'drain');
  out.end();
  await once(out, 'finish');
  return out.bytesWritten;
}

/** The form, filled in but for the lines. */
async function form({ platform, browser, person }: Stage, name: string): Promise<{ page: Page; tab: CDPSession }> {
  const context = await browser.newContext({ permissions: ['clipboard-read', 'clipboard-write'] });
  context.setDefaultTimeout(PATIENCE_MS);
  const page = await context.newPage();
  await page.request.post(`${platform.run().api}/api/sessions`, { data: { name: person.name, password: PASSWORD } });
  await page.goto(`${platform.run().api}/target-lists/new`);
  await page.getByLabel('Name').fill(name);
  const tab = await context.newCDPSession(page);
  await tab.send('Performance.enable');
  return { page, tab };
}

type Give = (page: Page, stage: Stage) => Promise<void>;
const byFile: Give = async (page, { file }) => page.setInputFiles('input[type=file]', file);
const byPaste: Give = async (page, { file }) => {
  await page.getByLabel('Paste it').check();
  await page.evaluate((text) => (globalThis as any).navigator.clipboard.writeText(text), readFileSync(file, 'utf8'));
  await page.locator('textarea').press('Control+V');
};

async function whole(stage: Stage, name: string, give: Give, bytes: number): Promise<void> {
  const { platform, lines } = stage;
  const { page, tab } = await form(stage, name);
  const [api, heap] = [memory(platform.pid('api')), await tabHeap(tab)];
  let [mostApi, mostTab, answering] = [api, heap, true];
  const watching = (async () => {
    while (answering) {
      mostApi = Math.max(mostApi, memory(platform.pid('api')));
      mostTab = Math.max(mostTab, await tabHeap(tab));
      await sleep(250);
    }
  })();
  const begun = Date.now();
  await give(page, stage);
  await page.getByRole('button', { name: 'Make the list' }).click();
  await page.waitForURL(/\/target-lists\/\d+$/);
  const seconds = (Date.now() - begun) / 1_000;
  answering = false;
  await watching;
  const id = Number(/\d+$/.exec(page.url())![0]);
  const list = await stage.person.api.get(`/target-lists/${id}`);
  const stored = await count(platform, `target_list_page where list_id = ${id}`);
  const [grew, tabGrew] = [mostApi - api, mostTab - heap];
  verdict(`${lines.toLocaleString('en')} lines, ${name}`,
    `${stored.toLocaleString('en')} pages of ${(bytes / 1e6).toFixed(0)} MB in ${seconds.toFixed(1)} s; the API grew by ${grew.toFixed(0)} MB (reach ${MOST_MEGABYTES}), the tab's heap by ${tabGrew.toFixed(1)} MB (reach ${MOST_TAB_MEGABYTES})`,
    list.targets === lines && stored === lines && list.problemCount === 0 && grew <= MOST_MEGABYTES && tabGrew <= MOST_TAB_MEGABYTES);
  await page.context().close();
}

type Break = (page: Page, tab: CDPSession, stage: Stage) => Promise<void>;
const slow = (tab: CDPSession, { file }: Stage): Promise<unknown> => tab.send('Network.enable').then(() => tab.send('Network.emulateNetworkConditions', { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: statSync(file).size / SENDING_S }));
const half = async (page: Page): Promise<void> => { await until(() => page.locator('.sending').innerText(), (words) => Number(/(\d+)\s*%/.exec(words)?.[1] ?? 0) >= 30, PATIENCE_MS); };

const closeTab: Break = async (page, tab, stage) => {
  await slow(tab, stage);
  await page.getByRole('button', { name: 'Make the list' }).click();
  await half(page);
  await page.context().close();
};
const stop: Break = async (page, tab, stage) => {
  await slow(tab, stage);
  await page.getByRole('button', { name: 'Make the list' }).click();
  await half(page);
  await page.getByRole('button', { name: 'Stop' }).click();
  await page.locator('.sending').waitFor({ state: 'detached' });
};
/** While its transaction writes: the browser is told nothing, and tries again under the same key. */
const killApi: Break = async (page, _tab, { platform }) => {
  await page.getByRole('button', { name: 'Make the list' }).click();
  await until(() => count(platform, `pg_stat_activity where state <> 'idle' and query ~ '^insert into (uploaded|target_list_page) '`), (writing) => writing > 0, PATIENCE_MS, 20);
  await platform.untilBack('api', platform.kill('api'));
  await page.getByRole('button', { name: 'Try again' }).waitFor();
};

async function broken(stage: Stage, name: string, breakOff: Break): Promise<void> {
  const { platform, lines, person } = stage;
  const before = { lists: await count(platform, 'target_list'), pages: await count(platform, 'target_list_page'), revisions: await count(platform, 'target_list_revision') };
  const { page, tab } = await form(stage, name);
  await byFile(page, stage);
  await breakOff(page, tab, stage);
  const left = async (): Promise<string> => JSON.stringify({ lists: (await count(platform, 'target_list')) - before.lists, pages: (await count(platform, 'target_list_page')) - before.pages, revisions: (await count(platform, 'target_list_revision')) - before.revisions, files: spooled(platform) });
  const nothing = JSON.stringify({ lists: 0, pages: 0, revisions: 0, files: 0 });
  const all = JSON.stringify({ lists: 1, pages: lines, revisions: 1, files: 0 });
  const clean = await until(left, (now) => now === nothing || now === all, 60_000).catch((error: Error) => error.message);
  let after = '';
  if (!page.isClosed() && clean !== all) {
    const again = page.getByRole('button', { name: 'Try again' });
    await until(() => platform.admin.get('/me').catch(() => null), (me) => me !== null);
    await ((await again.count()) ? again : page.getByRole('button', { name: 'Make the list' })).click();
    await page.waitForURL(/\/target-lists\/\d+$/);
    const made = [];
    for await (const list of person.api.list(`/target-lists?q=${encodeURIComponent(name)}`)) made.push(list.targets);
    after = made.length === 1 && made[0] === lines ? '; then made whole, once' : `; then ${JSON.stringify(made)}`;
    await page.context().close();
  }
  verdict(`${lines.toLocaleString('en')} lines, ${name}`, `${clean === nothing ? 'nothing is left' : clean === all ? 'it had arrived, and is whole' : `left: ${clean}`}${after}`, (clean === nothing || clean === all) && (after === '' || after.endsWith('once')));
}

/** What the process holds, in MB. */
const memory = (pid: number): number => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1_024;

/** In MB, of what is still needed. */
async function tabHeap(tab: CDPSession): Promise<number> {
  await tab.send('HeapProfiler.collectGarbage');
  const { metrics } = await tab.send('Performance.getMetrics');
  return metrics.find(({ name }) => name === 'JSHeapUsedSize')!.value / 1_048_576;
}

const count = async ({ kernel }: Platform, from: string): Promise<number> => Number((await kernel.pool.query(`select count(*) as n from ${from}`)).rows[0].n);

/** Files that the API has taken in and still holds, named or not. */
function spooled(platform: Platform): number {
  const [own, fds] = ['reeve-upload-', `/proc/${platform.pid('api')}/fd`];
  const open = readdirSync(fds).filter((fd) => linkOf(join(fds, fd)).includes(own)).length;
  return open + readdirSync(tmpdir()).filter((name) => name.startsWith(own)).length;
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return ''; // closed meanwhile
  }
}

void main();
