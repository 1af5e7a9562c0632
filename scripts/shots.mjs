/**
 * `npm run shots [-- role …]`: every page of the running demo as each role that sees it – 1280 light and dark, 320, 768 right
 * to left, print – onto sheets to look at, in .reeve/shots. What a page complains of, what is wider than its window and
 * what axe finds is printed, and makes it fail. A page whose content somebody else has just seen is taken once.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { home as homeFolder, root } from './house/files.mjs';
import { fail, PlainFault, say, step } from './house/progress.mjs';
import { readRun } from './house/run-file.mjs';
import { obtainChromium } from './parts/chromium.mjs';
import { prepare } from './supply/dependencies.mjs';

const LOOKS = [
  { name: '1280', width: 1280 },
  { name: '1280-dark', width: 1280, colorScheme: 'dark' },
  { name: '320', width: 320 },
  { name: '768-rtl', width: 768, query: 'uselang=ar' },
  { name: 'print', width: 1024, media: 'print' },
];
const PUBLIC = ['/', '/sign-in', '/sign-up', '/request', '/help', '/help/sending', '/help/outcomes', '/help/organizing', '/help/queues-and-forms', '/public/events', '/public/log', '/source', '/nothing-is-here'];
/** Lists whose first thing is looked at, too, with the sections of its page, and the first in each other state. */
const THINGS = { '/events': ['', '/edit', '/timeline'], '/requests': ['', '/timeline'], '/deliveries': ['', '/targets', '/message', '/timeline'], '/target-lists': ['', '/lines', '/problems', '/revisions', '/edit'], '/memberships': [''], '/wikis': ['', '/edit'], '/users': ['', '/edit'], '/keys': [''], '/operations': [''], '/bans': [''], '/queues': ['', '/edit'], '/forms': ['', '/edit'], '/templates': ['', '/edit'], '/comments': ['', '/edit'] };
/** Where the one who has one may make another. */
const NEW = ['/events', '/deliveries', '/target-lists', '/bans', '/queues', '/forms', '/templates'];
const MOST_HEIGHT = 4_000;
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

async function main() {
  await prepare();
  const run = readRun(homeFolder());
  if (!run?.demo?.length) throw new PlainFault('There is no demo running here: npm start first.');
  const wanted = process.argv.slice(2);
  const people = [...run.demo.filter(({ role }) => !wanted.length || wanted.includes(role)), ...(wanted.length && !wanted.includes('visitor') ? [] : [{ role: 'visitor' }])];
  const out = join(homeFolder(), 'shots');
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  const requireHere = createRequire(join(root, 'package.json'));
  const { chromium } = requireHere('playwright-core');
  const { default: AxeBuilder } = requireHere('@axe-core/playwright');
  const browser = await chromium.launch({ executablePath: await step('Chromium', obtainChromium), args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'] });
  const shots = [];
  const findings = [];
  const seen = new Set();
  try {
    for (const person of people) await step(person.role, () => shootAs({ browser, AxeBuilder, run, person, out, shots, findings, seen }));
    for (const { name } of LOOKS) await sheet(browser, out, name, shots.filter((shot) => shot.look === name));
  } finally {
    await browser.close();
    for (const finding of findings) say(`  ${finding}`);
  }
  say(`${shots.length} pages, ${findings.length} findings. The sheets: ${LOOKS.map(({ name }) => `sheet-${name}.png`).join(' ')} in ${out}`);
  if (findings.length) process.exitCode = 1;
}

async function shootAs({ browser, AxeBuilder, run, person, out, shots, findings, seen }) {
  for (const look of LOOKS) {
    const context = await browser.newContext({ viewport: { width: look.width, height: 800 }, colorScheme: look.colorScheme ?? 'light', reducedMotion: 'reduce' });
    const page = await context.newPage();
    if (look.media) await page.emulateMedia({ media: look.media });
    if (person.user) await page.request.post(`${run.api}/api/sessions`, { data: { name: person.user, password: person.password } });
    const paths = person.user ? await pathsOf(page, run.api) : await publicPathsOf(page, run.api);
    let at = '';
    const note = (words) => findings.push(`${person.role} ${at} ${look.name}: ${words}`);
    page.on('pageerror', ({ message }) => note(message));
    page.on('console', (message) => message.type() === 'error' && !/404|frame is sandboxed/.test(message.text()) && note(message.text())); // what looks pages over is kept out of previews, too
    for (const path of paths) {
      at = path;
      await page.goto(run.api + path + (look.query ? `${path.includes('?') ? '&' : '?'}${look.query}` : ''));
      await page.locator('main h1').first().waitFor({ timeout: 15_000 }).catch(() => note('has no heading'));
      await page.waitForTimeout(400);
      const problem = page.locator('.problem').first();
      if (await problem.count()) note(`shows a problem: ${(await problem.innerText()).slice(0, 160)}`);
      const over = await page.locator('html').evaluate((html) => html.scrollWidth - html.clientWidth);
      if (over > 0 && !look.media) note(`${over} px wider than the window`);
      const content = `${look.name} ${path} ${await page.locator('main').first().innerHTML().catch(() => '')}`;
      if (path !== '/home' && seen.has(content)) continue; // the shell around it is on the role's first page
      seen.add(content);
      if (look.width === 1280) {
        const { violations } = await new AxeBuilder({ page }).setLegacyMode().exclude('iframe[sandbox]').options({ resultTypes: ['violations'] }).withTags(TAGS).analyze();
        for (const { id, nodes } of violations) note(`axe ${id}: ${nodes[0].html.slice(0, 160)}`);
      }
      const file = `${person.role}${path.replace(/[^\w]+/g, '_')}.${look.name}.png`;
      const height = Math.min(MOST_HEIGHT, await page.locator('html').evaluate((html) => html.scrollHeight));
      await page.screenshot({ path: join(out, file), fullPage: true, clip: { x: 0, y: 0, width: look.width, height } });
      shots.push({ look: look.name, file, title: `${person.role} ${path}` });
    }
    await context.close();
  }
}

const readAll = async (page, base, list) => (await (await page.request.get(`${base}/api${list}?limit=200`)).json()).items ?? [];
/** The first thing in each state. */
const ofEachState = (items) => items.filter(({ state }, i) => items.findIndex((one) => one.state === state) === i);

async function publicPathsOf(page, base) {
  const sent = ofEachState(await readAll(page, base, '/deliveries'));
  const lists = sent[0] ? (await (await page.request.get(`${base}/api/deliveries/${sent[0].id}`)).json()).lists : [];
  const events = ofEachState(await readAll(page, base, '/events'));
  return [...PUBLIC, ...events.map(({ id }) => `/public/events/${id}`), ...sent.flatMap(({ id }) => [`/public/deliveries/${id}`, `/public/deliveries/${id}?outcome=skipped`]), ...lists.slice(0, 1).map(({ id }) => `/public/target-lists/${id}`)];
}

/** Every page that this reader's navigation names, and things of each list. */
async function pathsOf(page, base) {
  const { areas } = await (await page.request.get(`${base}/api/me`)).json();
  const paths = ['/home', '/me', ...new Set(areas.flatMap(({ sections }) => sections.map(({ path }) => path)))];
  for (const [list, sections] of Object.entries(THINGS)) {
    if (!paths.some((path) => path.split('?')[0] === list)) continue;
    const [first, ...others] = ofEachState(await readAll(page, base, list));
    if (NEW.includes(list)) paths.push(`${list}/new`);
    if (first) paths.push(...sections.map((section) => `${list}/${first.id}${section}`), ...others.map(({ id }) => `${list}/${id}`));
  }
  return paths;
}

/** One picture of all. */
async function sheet(browser, out, name, shots) {
  const html = `<!doctype html><meta charset="utf-8"><style>body{margin:8px;font:12px sans-serif;background:#888;display:flex;flex-wrap:wrap;gap:8px;align-items:flex-start}figure{margin:0;width:${name === '320' ? 160 : 400}px;background:#fff}img{width:100%;display:block}figcaption{padding:2px 4px}</style>${shots.map(({ file, title }) => `<figure><figcaption>${title}</figcaption><img src="${file}"></figure>`).join('')}`;
  writeFileSync(join(out, `sheet-${name}.html`), html);
  const page = await browser.newPage({ viewport: { width: 2_040, height: 1_000 } });
  await page.goto(`file://${join(out, `sheet-${name}.html`)}`);
  await page.screenshot({ path: join(out, `sheet-${name}.png`), fullPage: true });
  await page.close();
}

main().catch(fail);
