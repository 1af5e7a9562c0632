/**
 * The whole story of a send, told by the keyboard alone: each step in real Chromium, on the whole platform, against a real
 * MediaWiki. It waits for what a person would wait for, and presses a key only when what it acts on is there.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { launchChromium } from '../support/chromium';
import { copiesOnWiki, seedCrowd } from '../support/mediawiki-crowd';
import { startPlatform, type Person, type Platform } from '../support/platform';
import { Keyboard } from '../web/keyboard';
import { Community, until, type Delivery, type SandboxWiki } from './community';

const HOST = 'real.example.org';
const ANNS = 12;
const anns = Array.from({ length: ANNS }, (_, i) => `User talk:Ann ${i + 1}`);
const TRIAL = 'User talk:Trial';
/** Slow enough that one sees it run. */
const EDITS_PER_MINUTE = 60;

jest.setTimeout(600_000);

let platform: Platform;
let browser: Browser;
let garden: SandboxWiki;
let sender: Person;
let approver: Person;
let operator: Person;

beforeAll(async () => {
  platform = await startPlatform({ REEVE_WIKI_PATIENCE_MS: '2000' }, ['--no-demo', '--with-mediawiki']);
  const { apiUrl, botUser, botPassword } = platform.run().mediawiki!;
  await seedCrowd(platform, { lines: [], fates: [], problems: {}, protect: [], users: [...anns, TRIAL].map((page) => page.replace('User talk:', '')), pages: [[anns[0]!, 'Welcome, Ann!']] });
  const real = await platform.admin.post('/wikis', { host: HOST, apiUrl, botUser, botPassword, editsPerMinute: EDITS_PER_MINUTE, inFlight: 1 });
  garden = await new Community(platform).wiki(6);
  [sender, approver, operator] = [await platform.person(), await platform.person('deliveryApprover'), await platform.person('operator')];
  await platform.admin.post('/memberships', { user: sender.id, role: 'sender', wiki: real.host }); // there they may send, so that they may test; the other wiki is not theirs
  browser = await launchChromium();
}, 400_000);
afterAll(async () => {
  await browser?.close();
  await platform?.stop();
});

const settings = (): string => join(platform.home, 'mediawiki/test-settings.php');
const read = (id: number): Promise<Delivery> => sender.api.get(`/deliveries/${id}`);

test('a message goes from a list with bad lines to one copy on every page, with the keyboard alone', async () => {
  const sends = await Keyboard.signIn(browser, platform, sender);

  await sends.step('makes a list, and reads which of its lines cannot be used, and why', async ({ page }) => {
    await sends.goTo('d', '/deliveries');
    await sends.follow(page.getByRole('navigation', { name: 'Deliveries' }).getByRole('link', { name: 'Target lists' }), '/target-lists');
    await sends.press('n', page.getByRole('link', { name: 'New', exact: true }), '/target-lists/new');
    await sends.type(page.getByRole('textbox', { name: 'Name' }), 'Gardeners');
    await sends.choose(page.getByRole('combobox', { name: 'Wiki' }), HOST);
    await sends.pick(page.getByRole('radio', { name: 'Paste it' }));
    await sends.type(page.locator('textarea'), [...anns, 'User talk:Bad<1>', ...garden.readers.map((reader) => `${reader}@${garden.host}`), 'User talk:Quin@nowhere.example', 'User talk:Nobody 1'].join('\n'));
    await sends.activate(page.getByRole('button', { name: 'Make the list' }));
    await page.waitForURL(/\/target-lists\/\d+\/problems$/);
    await page.locator('tbody tr').nth(1).waitFor();
    expect(await page.locator('tbody tr').allInnerTexts()).toEqual([
      expect.stringMatching(/^13\s+User talk:Bad<1>\s+no page can be called that$/), expect.stringMatching(/^20\s+User talk:Quin@nowhere\.example\s+no wiki of this name is configured here$/),
    ]);
    await sends.isOn(page.getByRole('heading', { name: 'Gardeners', level: 1 })); // not on a button that is gone
  });

  await sends.step('fills in the form', async ({ page }) => {
    await sends.goTo('d', '/deliveries');
    await sends.press('n', page.getByRole('link', { name: 'New', exact: true }).last(), '/deliveries/new');
    await sends.choose(page.getByRole('combobox', { name: 'Sent from' }), garden.host);
    await sends.type(page.getByRole('combobox', { name: 'Target lists' }), 'Garden');
    await page.getByRole('option', { name: /^Gardeners/ }).waitFor();
    await page.keyboard.press('ArrowDown');
    await page.locator('[role=option].cdx-menu-item--highlighted').waitFor();
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Remove Gardeners' }).waitFor();
    await page.locator('.bad-lines', { hasText: '2 lines of Gardeners cannot be used' }).waitFor();
    await sends.type(page.getByRole('textbox', { name: 'Subject' }), 'Apples');
    await sends.type(page.getByRole('textbox', { name: 'Message' }), "Come ''and'' see the [[Main Page|garden]].");
  });

  let id = 0;
  await sends.step('sees the message as the wikis show it, and ticks what is odd about it', async ({ page }) => {
    const frame = page.frameLocator('iframe.frame');
    await frame.locator('i', { hasText: 'and' }).waitFor({ timeout: 90_000 });
    expect(await frame.getByRole('heading', { name: 'Apples' }).count()).toBe(1);
    id = Number(/\/deliveries\/(\d+)\/edit$/.exec(page.url())![1]);
    await page.locator('.per-wiki tr', { hasText: HOST }).getByText(String(ANNS + 1), { exact: true }).waitFor();
    await page.locator('.per-wiki tr', { hasText: garden.host }).getByText('6', { exact: true }).waitFor();
    const unsigned = page.getByRole('checkbox', { name: /It is not signed/ });
    await sends.activate(page.getByRole('button', { name: 'Submit for approval' })); // forgotten
    const refusal = page.locator('.problem a[href="#delivery-acknowledge"]').first();
    await sends.activate(refusal);
    await sends.isOn(unsigned);
    await page.keyboard.press('Space');
    expect(await unsigned.isChecked()).toBe(true);
  });

  await sends.step('tries it on one page, and finds it there', async ({ page }) => {
    await sends.type(page.getByRole('textbox', { name: 'Try it on one page' }), `${TRIAL}@${HOST}`);
    await page.keyboard.press('Enter');
    await page.locator('.form-test tr', { hasText: TRIAL }).getByText('Sent', { exact: true }).waitFor({ timeout: 120_000 });
    await sends.isOn(page.getByRole('textbox', { name: 'Try it on one page' }));
  });

  await sends.step('submits it', async ({ page }) => {
    await sends.activate(page.getByRole('button', { name: 'Submit for approval' }));
    await page.waitForURL(/\/deliveries\/\d+$/);
    await page.locator('.head').getByText('Waits for approval').waitFor();
    await sends.isOn(page.getByRole('heading', { name: 'Apples', level: 1 }));
    expect(await page.getByRole('button', { name: 'Approve' }).count()).toBe(0);
    await sends.listen();
  });

  const approves = await Keyboard.signIn(browser, platform, approver);
  await approves.step('finds it waiting, and approves it', async ({ page }) => {
    await approves.activate(page.getByRole('link', { name: 'Apples' }).first());
    await page.waitForURL(/\/deliveries\/\d+$/);
    await approves.activate(page.getByRole('button', { name: 'Approve', exact: true }));
    await page.getByRole('button', { name: 'Approve', exact: true }).waitFor({ state: 'detached' });
    await approves.isOn(page.getByRole('heading', { name: 'Apples', level: 1 })); // the button is gone; who goes on by Tab is not thrown to the top
  });

  const row = sends.page.locator(`tr[data-wiki="${HOST}"]`);
  await sends.step('sees it run, without asking', async ({ page }) => {
    await until(async () => Number(await row.locator('[data-count=sent]').textContent({ timeout: 60_000 })), (sent) => sent >= 2);
    await page.getByText('Live', { exact: true }).waitFor({ timeout: 10_000 });
  });

  writeFileSync(settings(), "<?php $wgReadOnly = 'Moved to other disks';"); // the wiki is in trouble
  await sends.step('reads on the same page that a wiki needs attention, while the other one is done', async ({ page }) => {
    await row.locator('.trouble', { hasText: 'wiki.readonly' }).waitFor({ timeout: 120_000 });
    await page.locator('.head').getByText('Needs attention').waitFor();
    await page.locator(`tr[data-wiki="${garden.host}"]`).getByText('Done', { exact: true }).waitFor({ timeout: 60_000 });
    expect(await row.getByRole('button', { name: 'Retry' }).count()).toBe(0); // operators were told
    expect((await read(id)).counts.sent).toBeLessThan(ANNS + 6);
  });

  const operates = await Keyboard.signIn(browser, platform, operator);
  await operates.step('finds what waits', async ({ page }) => {
    await operates.goTo('o', '/operations');
    await operates.activate(page.getByRole('row', { name: new RegExp(HOST) }).getByRole('link').first());
    await page.waitForURL(/\/operations\/.+/);
    await page.getByRole('heading', { name: 'The wiki is read-only', level: 1 }).waitFor();
  });

  rmSync(settings());
  await operates.step('retries it, once the wiki is well again', async ({ page }) => {
    const retry = page.getByRole('button', { name: 'Retry', exact: true }).first();
    await operates.activate(retry);
    await operates.staysIn(page.getByRole('dialog'));
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await operates.isOn(retry); // back where one was
    await page.keyboard.press('Enter');
    await operates.type(page.getByRole('dialog').getByRole('textbox', { name: 'Reason' }), 'It writes again');
    await operates.activate(page.getByRole('dialog').getByRole('button', { name: 'Retry', exact: true }));
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.locator('.head').getByText('Needs attention').waitFor({ state: 'detached', timeout: 60_000 });
    await operates.isOn(page.getByRole('heading', { name: 'The wiki is read-only', level: 1 }));
  });

  await sends.step('sees it finish, and hears it', async ({ page }) => {
    await page.locator('.head').getByText(/^Finished/).waitFor({ timeout: 180_000 });
    await until(() => sends.heard(), (words) => words.some((said) => said.includes('100%')));
    expect(await page.locator('dd[data-count=sent]').textContent()).toBe(String(ANNS + garden.readers.length));
    expect(await page.locator('dd[data-count=pending]').textContent()).toBe('0');
  });

  const { counts, marker } = await until(() => read(id), ({ state }) => state === 'finished');
  expect(counts).toMatchObject({ total: ANNS + 1 + 6, sent: ANNS + 6, skipped: 1, failed: 0, unknown: 0, pending: 0 });
  const { apiUrl, botUser } = platform.run().mediawiki!;
  const copies = await copiesOnWiki(apiUrl, botUser.replace(/@.*/, ''), marker);
  copies.delete(TRIAL); // the trial is a send of its own
  expect(new Map([...copies].sort())).toEqual(new Map(anns.map((page): [string, number] => [page, 1]).sort()));
  expect(await platform.control('GET', `marks?wiki=${garden.name}&marker=${marker}&prefix=User%20talk:`)).toMatchObject({ exactlyOne: 6, more: 0 });
  for (const person of [sends, approves, operates]) expect(person.complaints()).toEqual([]);
});
