/**
 * The whole story of an event, as people live it: each step in real Chromium, on the whole platform. Its organizer comes by a
 * wiki account (the sandbox's OAuth 2), its newcomers get accounts on a real MediaWiki by Reeve's own account there, and on
 * the sandbox in the organizer's name. The worker is killed at every step.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { sandboxAccounts } from '../../demo/sandbox-wiki';
import { WikiAdmin } from '../gateways/wiki-admin';
import { mailSettings } from '../gateways/wiki-world';
import { launchChromium } from '../support/chromium';
import { startPlatform, PASSWORD, type Person, type Platform } from '../support/platform';
import { settled } from '../web/support';
import { Community, until, type SandboxWiki } from './community';

const HOST = 'real.example.org';
const KEY = 'a key of this evening';
const OLGA = 'Olga of the garden';

jest.setTimeout(900_000);

let platform: Platform;
let browser: Browser;
let garden: SandboxWiki;
let toolAdmin: Person;
const complaints: string[] = [];
const pages: Page[] = [];

beforeAll(async () => {
  platform = await startPlatform({ REEVE_TAKE_BACK_SECONDS: '3' }, ['--no-demo', '--with-mediawiki']);
  const { apiUrl, botUser, botPassword } = platform.run().mediawiki!;
  writeFileSync(join(platform.home, 'mediawiki/test-settings.php'), `<?php ${mailSettings(mailFile())}`);
  await platform.admin.post('/wikis', { host: HOST, apiUrl, botUser, botPassword, editsPerMinute: 600, inFlight: 1 });
  const { clientId, clientSecret } = sandboxAccounts.oauth;
  garden = await new Community(platform).wiki(0, { oauthClientId: clientId, oauthClientSecret: clientSecret });
  await platform.control('POST', 'seed', { wiki: garden.name, users: [OLGA] });
  toolAdmin = await platform.person('toolAdmin');
  browser = await launchChromium();
}, 400_000);
afterAll(async () => {
  await browser?.close();
  await platform?.stop();
});

const mailFile = (): string => join(platform.home, 'wiki-mails');
async function open(): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, timezoneId: 'UTC' });
  context.setDefaultTimeout(60_000);
  const page = await context.newPage();
  pages.push(page);
  page.on('pageerror', ({ message }) => void complaints.push(message));
  return page;
}
const at = (path: string): string => platform.run().api + path;
async function visit(page: Page, path: string): Promise<void> {
  await page.goto(at(path));
  await page.locator('main h1').first().waitFor();
  await settled(page);
}
const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
/** What everybody had before them when it went wrong. */
async function told(story: () => Promise<void>): Promise<void> {
  try {
    await story();
  } catch (error) {
    const seen = await Promise.all(pages.map(async (page) => `${page.url()}\n${await page.locator('main').innerText({ timeout: 1_000 }).catch(() => '')}`));
    throw new Error([(error as Error).message, ...seen].join('\n\n'), { cause: error });
  }
}
/** The worker dies in the middle of what this has begun. */
async function killed<T>(step: () => Promise<T>): Promise<T> {
  const result = await step();
  await platform.untilBack('worker', platform.kill('worker'));
  return result;
}
const mailsTo = async (email: string): Promise<{ text: string }[]> =>
  ((await (await fetch(`${new URL(platform.run().inbox).origin}/messages?to=${encodeURIComponent(email)}`)).json()) as { items: { text: string }[] }).items;
const linkFor = async (email: string): Promise<string> => /\/confirm[\w-]*\/\S+/.exec((await until(() => mailsTo(email), (all) => all.length > 0, 120_000))[0]!.text)![0];

test('from the sign-up of an organizer to accounts of newcomers, whatever dies meanwhile; an admin stops it at once, and an auditor finds what came another way', () => told(async () => {
  const olga = await open();
  // Signs up: an application that waits, with an official address to confirm.
  await visit(olga, '/sign-in');
  await olga.getByRole('link', { name: `Sign in with your account at ${garden.host}` }).click();
  await button(olga, `Allow as ${OLGA}`).click();
  await olga.getByRole('radio', { name: /^Organizer/ }).check();
  await olga.getByLabel('Who vouches for you').fill('The library of Example');
  await olga.getByLabel('Official e-mail address').fill('olga@library.example');
  await olga.getByRole('checkbox', { name: /^I accept/ }).check();
  await killed(async () => {
    await button(olga, 'Apply').click();
    await olga.getByText('Waits for approval').waitFor();
  });
  await olga.goto(at(await linkFor('olga@library.example')));
  await button(olga, 'Confirm').click();
  await olga.getByText('Your official address is confirmed').first().waitFor();
  expect(await mailsTo('olga@library.example')).toHaveLength(1);

  // A tool admin looks at what it is judged by, and approves.
  const max = await open();
  await visit(max, '/sign-in?next=/memberships?state=applied');
  await max.getByLabel('Name').fill(toolAdmin.name);
  await max.getByLabel('Password').fill(PASSWORD);
  await button(max, 'Sign in').click();
  await max.getByRole('link', { name: OLGA }).click();
  await max.getByText('olga@library.example', { exact: false }).first().waitFor();
  await killed(async () => {
    await button(max, 'Approve').click();
    await max.locator('.head').getByText('Active', { exact: true }).waitFor();
  });

  // She makes an event that begins in a moment, and submits it.
  await visit(olga, '/events/new');
  await olga.getByRole('textbox', { name: 'Title' }).fill('An evening of mosses');
  await olga.locator('.saved', { hasText: /^\s*Saved/ }).waitFor();
  const eventId = /\/events\/(\d+)/.exec(olga.url())![1]!;
  const wall = (ms: number): string => new Date(ms).toISOString().slice(0, 19);
  const begins = Date.now() + 45_000;
  await olga.getByRole('radio', { name: 'These wikis' }).check();
  for (const host of [HOST, garden.host]) {
    await olga.getByRole('combobox', { name: 'Wikis it is for' }).fill(host.slice(0, 4));
    await olga.getByRole('option', { name: host }).click();
    await button(olga, `Remove ${host}`).waitFor();
  }
  await olga.getByLabel('Time zone').fill('UTC');
  await olga.getByLabel('Starts').fill(wall(begins));
  await olga.getByLabel('Ends').fill(wall(begins + 3_600_000));
  await olga.getByRole('checkbox', { name: 'Meetup' }).check();
  await olga.getByRole('radio', { name: 'Online', exact: true }).check();
  await olga.getByLabel(/^Key/).fill(KEY);
  await olga.getByLabel('Accounts wanted').fill('5');
  await olga.locator('.saved', { hasText: /^\s*Saved/ }).waitFor();
  await killed(async () => {
    await button(olga, 'Submit for approval').click();
    await olga.locator('.head').getByText('Waits for approval').waitFor();
  });
  await visit(max, `/events/${eventId}`);
  await killed(async () => {
    await button(max, 'Approve').click();
    await button(max, 'Approve').waitFor({ state: 'detached' });
  });
  await olga.locator('.head').getByText('Open', { exact: true }).waitFor({ timeout: 120_000 }); // by the clock, seen without asking
  const { uuid } = (await platform.kernel.pool.query('select uuid from event where id = $1', [eventId])).rows[0];
  const link = `/e/${uuid}`;
  await olga.getByText(at(link)).waitFor();

  // Newcomers at the desk: the form, the mail, its link.
  async function newcomer(name: string, email: string, host: string): Promise<void> {
    const page = await open();
    await page.goto(at(link));
    await page.getByLabel('Wiki').selectOption({ label: host });
    await page.getByLabel('Name of the account').fill(name);
    await page.getByLabel('E-mail address', { exact: true }).fill(email);
    await page.getByLabel('E-mail address once more').fill(email);
    await page.getByLabel('Key of the event').fill(KEY);
    await page.waitForTimeout(4_000); // nobody types that fast
    await button(page, 'Continue').click();
    await page.getByText('It goes to the organizers of the event.').waitFor();
    await killed(async () => {
      await button(page, 'Send request').click();
      await page.getByRole('heading', { name: 'Open the link in your mail' }).waitFor();
    });
    await page.goto(at(await linkFor(email)));
    await killed(async () => {
      await button(page, 'Confirm').click();
      await page.getByRole('heading', { name: 'Your address is confirmed' }).waitFor();
    });
    await page.context().close();
  }
  const mark = String(Date.now()).slice(-6);
  const [onReal, onGarden] = [`Newcomer ${mark} at the desk`, `Gardener ${mark} at the desk`];
  await newcomer(onReal, 'first.newcomer@mail.example', HOST);
  await newcomer(onGarden, 'second.newcomer@mail.example', garden.host);

  // She sees them, and nothing of where they are to be found; one click each, in her own name where she has signed in.
  async function create(name: string): Promise<number> {
    await visit(olga, '/requests');
    await olga.getByRole('link', { name }).click();
    await olga.getByRole('heading', { name, level: 1 }).waitFor();
    expect(await olga.content()).not.toMatch(/newcomer@mail\.example|127\.0\.0\.1:\d+\/e\//);
    const id = Number(/\/requests\/(\d+)/.exec(olga.url())![1]);
    await killed(async () => {
      await button(olga, 'Create account').click();
      await olga.locator('.head').getByText('Being made').waitFor();
    });
    await platform.untilBack('worker', platform.kill('worker')); // and once more, about when the wiki is asked
    await olga.locator('.head').getByText('Account created').waitFor({ timeout: 120_000 });
    return id;
  }
  const realId = await create(onReal);
  const gardenId = await create(onGarden);
  expect((await platform.control<{ name: string; by: string }[]>('GET', `accounts?wiki=${garden.name}`)).filter(({ name }) => name === onGarden)).toEqual([expect.objectContaining({ by: OLGA, reason: `Reeve: account request ${gardenId}, event ${eventId}` })]);
  const wikiAdmin = await signInAtWiki();
  const { query } = await wikiAdmin.call({ action: 'query', list: 'logevents', letype: 'newusers', letitle: `User:${onReal}`, leprop: 'user|comment' });
  expect(query.logevents).toEqual([expect.objectContaining({ user: platform.run().mediawiki!.botUser.replace(/@.*/, ''), comment: `Reeve: account request ${realId}, event ${eventId}` })]);
  expect(existsSync(mailFile()) && readFileSync(mailFile(), 'utf8').trim().split('\n').map((line) => JSON.parse(line)).filter(({ to }: { to: string }) => to === onReal)).toHaveLength(1); // the wiki's own mail, with the password
  for (const email of ['first.newcomer@mail.example', 'second.newcomer@mail.example']) expect(await until(() => mailsTo(email), (all) => all.length === 2, 120_000)).toHaveLength(2); // the link, and the answer

  // An admin stops it: link and key stop at once, and she no longer sees it.
  await visit(max, `/events/${eventId}`);
  await killed(async () => {
    await button(max, 'Disable').click();
    const dialog = max.getByRole('dialog');
    await dialog.getByRole('textbox', { name: 'Reason' }).fill('The room is closed');
    await dialog.getByRole('button', { name: 'Disable', exact: true }).click();
    await max.locator('.head').getByText('Disabled', { exact: true }).waitFor();
  });
  const closed = await fetch(at(link), { redirect: 'manual' });
  expect([closed.status, closed.headers.get('location')]).toEqual([302, '/request']);
  await olga.goto(at(`/requests/${realId}`));
  await olga.getByRole('heading', { name: onReal }).waitFor({ state: 'detached' });
  await visit(olga, '/requests');
  expect(await olga.getByRole('link', { name: onReal }).count()).toBe(0);

  // Somebody makes an account as the bot, and not through Reeve.
  const another = `Made by hand ${mark}`;
  const { apiUrl, botUser, botPassword } = platform.run().mediawiki!;
  const bot = await WikiAdmin.signIn(apiUrl, botUser, botPassword);
  await bot.write({ action: 'createaccount', username: another, password: 'a long password of theirs', retype: 'a long password of theirs', createreturnurl: 'http://127.0.0.1/' }, 'createaccount');
  const audit = await open();
  const auditor = await platform.person('auditor');
  await visit(audit, `/sign-in?next=${encodeURIComponent(`/audits/account-creations?wiki=${HOST}`)}`);
  await audit.getByLabel('Name').fill(auditor.name);
  await audit.getByLabel('Password').fill(PASSWORD);
  await button(audit, 'Sign in').click();
  await audit.getByText(another).first().waitFor();
  expect(await audit.getByText(onReal).count()).toBe(0);
  expect(complaints).toEqual([]);
}));

async function signInAtWiki(): Promise<WikiAdmin> {
  const { apiUrl, botUser, botPassword } = platform.run().mediawiki!;
  return WikiAdmin.signIn(apiUrl, botUser, botPassword);
}
