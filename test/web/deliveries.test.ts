/** The pages of deliveries as a sender and an approver use them: counts that move, verdicts. */
import { doVerb } from '../../api/verbs';
import { create } from '../../db/create';
import { sealOnce } from '../../db/seal';
import { system } from '../../policies/actor';
import { faults } from '../support/faults';
import { complaints, deliveryStage } from './delivery-stage';
import { go, lookOver, looks } from './support';

describe('the pages of deliveries', () => {
  const { test, stage, house, submitted } = deliveryStage();
  let running: number;

  beforeAll(async () => {
    const { wiki } = house;
    await test.person('Applicant');
    await test.person('Approver', ['deliveryApprover']);
    await test.person('Admin', ['admin']);
    running = await submitted('A subject of some length, so that it has to wrap somewhere');
    await doVerb(test.api, { actor: system }, 'delivery', running, 'expanded');
    await test.sql(`insert into target (delivery_id, wiki_id, page, outcome, code, at_ms) values ($1, $2, 'User talk:Gone', 'skipped', 'nouser', 1), ($1, $2, 'Project:Rules', 'failed', 'protectedpage', 1), ($1, $2, 'Talk:Odd', 'unknown', null, 1), ($1, $2, 'Talk:Odder', 'unknown', null, 1)`, [running, wiki.id]);
    await test.sql('insert into delivery_wiki (delivery_id, wiki_id, total, skipped, failed, unknown) values ($1, $2, 2000, 1, 1, 2)', [running, wiki.id]);
    await create(test.api.kernel, {
      noun: 'operation', actor: system,
      values: { workflowId: `delivery/${running}/en.example.org`, runId: 'run', seq: 1, kind: 'wikiDelivery', entity: `delivery/${running}`, wiki: wiki.host, code: 'wiki.readonly', attempts: 5, skippable: true, detail: 'being tidied' },
    });
  }, 120_000);

  it('keep the names of wikis whole in a narrow window, where a keyboard scrolls their table', async () => {
    const page = await stage.open('Sender', `/deliveries/${running}`, { width: 320 });
    const table = page.getByRole('region', { name: 'Progress per wiki' });
    const host = page.locator('tr[data-wiki] th bdi').first();
    const lines = (await host.boundingBox())!.height / Number.parseFloat(await host.evaluate((it) => (globalThis as any).getComputedStyle(it).lineHeight));
    expect(Math.round(lines)).toBeLessThanOrEqual(2);
    await table.evaluate((it) => void (it.style.maxInlineSize = '10rem')); // as longer words in another language would
    await table.focus();
    await page.keyboard.press('ArrowRight');
    await page.waitForFunction(() => (globalThis as any).document.activeElement.scrollLeft > 0);
  }, 60_000);

  it('break a subject without blanks where it must, so that no column of a list is pushed out of sight', async () => {
    const id = await submitted('W'.repeat(150));
    for (const width of [1280, 320]) {
      const page = await stage.open('Sender', '/deliveries', { width });
      await page.getByRole('link', { name: 'W'.repeat(150) }).waitFor();
      expect(await page.locator('.cdx-table__table-wrapper').evaluate((it) => it.scrollWidth - it.clientWidth)).toBe(0);
    }
    await house.sender.post(`/api/deliveries/${id}/cancel`, {}).expect(200);
  }, 60_000);

  it('open the drawing of its states where it stands, however small the window is', async () => {
    for (const path of [`/deliveries/${running}`, `/deliveries/${running}?uselang=ar`]) {
      const page = await stage.open('Sender', path, { width: 320, height: 400 });
      await page.locator('details summary', { hasText: path.includes('ar') ? 'معلومات' : 'Facts' }).click();
      await page.locator('.state-diagram button').click();
      const [node, sight] = [await page.locator('.diagram-dialog .node.now').boundingBox(), await page.locator('.diagram-dialog .scroll').boundingBox()] as const;
      expect(node!.x).toBeGreaterThanOrEqual(sight!.x);
      expect(node!.x + node!.width).toBeLessThanOrEqual(sight!.x + sight!.width);
    }
  }, 60_000);

  it('keep counts live, and announce each tenth', async () => {
    const page = await stage.open('Sender', `/deliveries/${running}`);
    await page.locator('.live-progress').waitFor();
    await test.sql('update delivery_wiki set sent = 1500 where delivery_id = $1', [running]);
    await page.locator('dd[data-count="sent"]', { hasText: '1,500' }).waitFor({ timeout: 30_000 });
    expect(await page.locator('tr[data-wiki] [data-count="sent"]').textContent()).toBe('1,500');
    expect(await page.getByRole('progressbar', { name: 'Progress' }).getAttribute('aria-valuenow')).toBe('1504');
    await page.locator('[aria-live=polite]', { hasText: '75%, 1,504 of 2,000' }).waitFor();
    await page.locator('.trouble', { hasText: 'wiki.readonly' }).waitFor();
    expect(complaints(page)).toEqual([]);
  }, 60_000);

  it('say that the counts do not move any more, and follow them again when asked', async () => {
    const page = await stage.open('Sender');
    await page.clock.install();
    await page.route('**/progress', (route) => route.fulfill({ status: 200, contentType: 'text/event-stream', body: 'retry: 600000\n\n' }));
    await go(page, `${stage.base}/deliveries/${running}`);
    await page.clock.runFor(51_000);
    await page.locator('.head').getByText('Not live since').waitFor();
    await page.unroute('**/progress');
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByText('Not live since').waitFor({ state: 'detached' });
    await test.sql('update delivery_wiki set sent = 1600 where delivery_id = $1', [running]);
    await page.locator('dd[data-count="sent"]', { hasText: '1,600' }).waitFor({ timeout: 30_000 });
    expect(complaints(page)).toEqual([]);
  }, 60_000);

  it('let an operator answer what waits in the row of its wiki, and nobody else', async () => {
    const page = await stage.open('Admin', `/deliveries/${running}`);
    await page.locator('tr[data-wiki]').getByRole('button', { name: 'Retry' }).waitFor();
    const other = await stage.open('Sender', `/deliveries/${running}`);
    await other.getByText('Operators were told.').waitFor();
    expect(await other.getByRole('button', { name: 'Abort' }).count()).toBe(0);
  }, 60_000);

  it('let the sender say what became of pages that the wiki could not tell about, one or many', async () => {
    const page = await stage.open('Sender', `/deliveries/${running}/targets?outcome=unknown`);
    await page.getByRole('button', { name: 'Settle Talk:Odd', exact: true }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('combobox').selectOption('sent');
    expect(await faults(page)).toEqual([]);
    await dialog.getByRole('button', { name: 'Settle' }).click();
    await dialog.waitFor({ state: 'detached' }); // what lies behind it is hidden while it is open
    await page.getByRole('checkbox', { name: 'Select Talk:Odd', exact: true }).waitFor({ state: 'detached' });
    expect(await test.sql(`select outcome, code from target where page = 'Talk:Odd'`)).toEqual([{ outcome: 'sent', code: 'settled' }]);
    await page.getByRole('checkbox', { name: 'Select Talk:Odder' }).check();
    await page.locator('.bulk-bar').getByRole('button', { name: 'Settle' }).click();
    await page.getByRole('dialog').getByRole('combobox').selectOption('failed');
    await page.getByRole('dialog').getByRole('button', { name: 'Settle' }).click();
    await page.getByText('Nothing matches these filters.').waitFor();
    expect(await test.sql(`select outcome from target where page = 'Talk:Odder'`)).toEqual([{ outcome: 'failed' }]);
  }, 90_000);

  it('show who decides the message as its wikis show it, what is odd about it, and its list as it was submitted', async () => {
    const applicant = await test.script((await test.sql<{ id: number; name: string }>(`select id, name from "user" where name = 'Applicant'`))[0]!);
    const list = (await applicant.post('/api/target-lists', { name: 'Decided on', wiki: house.wiki.host, content: 'Talk:Before' })).body;
    const { body } = await applicant.post('/api/deliveries', { wiki: house.wiki.host, listIds: [list.id], subject: 'Decide on me', body: 'Not signed' });
    expect((await applicant.post(`/api/deliveries/${body.id}/submit`, { acknowledge: ['no-timestamp', 'unclosed-tag'] })).body.state).toBe('requested');
    await applicant.put(`/api/target-lists/${list.id}`, { content: 'Talk:After', format: 'lines' }).set('If-Match', `"${list.version}"`).expect(200);
    await test.sql(`insert into delivery_text (delivery_id, language, html_language, dir, source, title, revision_id, subject, body) values ($1, 'he', 'he', 'rtl', true, 'Project:News/he', 72, 'תפוחים', 'בשל.')`, [body.id]);
    const page = await stage.open('Approver', `/deliveries/${body.id}`);
    expect(await page.locator('h3', { hasText: 'Project:News/he he · Revision 72' }).getByRole('link').getAttribute('href')).toContain('oldid=72');
    expect(await page.locator('pre').allTextContents()).toEqual(['תפוחים\n\nבשל.', 'Not signed']);
    await page.locator('.odd', { hasText: 'It is not signed' }).waitFor();
    expect(await page.frameLocator('iframe.frame').locator('p').textContent()).toBe('Not signed');
    expect(await faults(page)).toEqual([]);
    await page.getByRole('link', { name: 'Decided on' }).click();
    await page.getByRole('cell', { name: 'Talk:Before' }).waitFor();
    expect(await page.getByRole('cell', { name: 'Talk:After' }).count()).toBe(0);
  }, 90_000);

  it('ask once more before more than 1,000 pages get a message, and let only somebody else approve', async () => {
    const applicant = await test.script((await test.sql<{ id: number; name: string }>(`select id, name from "user" where name = 'Applicant'`))[0]!);
    const id = await submitted('A large wish', applicant, Array.from({ length: 1_001 }, (_, i) => `User talk:P${i}`).join('\n'));
    const own = await stage.open('Applicant', `/deliveries/${id}`);
    expect(await own.getByRole('button', { name: 'Approve', exact: true }).count()).toBe(0);
    const page = await stage.open('Approver', `/deliveries/${id}`);
    await page.getByRole('button', { name: 'Approve', exact: true }).click();
    const dialog = page.getByRole('dialog');
    expect(await dialog.innerText()).toMatch(/Pages that get it\s+1,001/);
    expect(await faults(page)).toEqual([]);
    expect(await test.sql('select state from delivery where id = $1', [id])).toEqual([{ state: 'requested' }]);
    await dialog.getByRole('button', { name: 'Approve', exact: true }).click();
    await dialog.waitFor({ state: 'detached' });
    expect(await test.sql('select state from delivery where id = $1', [id])).toEqual([{ state: 'expanding' }]);
  }, 90_000);

  it('say in the list what changed meanwhile, and show it when asked', async () => {
    const page = await stage.open('Sender', '/deliveries');
    await new Promise((done) => setTimeout(done, 1_500));
    await submitted('News');
    await sealOnce(test.api.kernel.pool); // what the house does twice a second
    expect(await page.getByRole('link', { name: 'News' }).count()).toBe(0);
    await page.getByRole('button', { name: /changed · Show/ }).click({ timeout: 30_000 });
    await page.getByRole('link', { name: 'News' }).waitFor();
  }, 60_000);

  it('draw the whole life of a delivery', async () => {
    const page = await stage.open('Sender', `/deliveries/${running}`);
    await page.getByRole('button', { name: 'Diagram' }).click();
    await page.getByRole('dialog').locator('svg[role=img]').waitFor();
    expect(await page.locator('.node.now').textContent()).toContain('Running');
    expect(await page.locator('.edge.taken').count()).toBeGreaterThan(1);
    expect(await faults(page)).toEqual([]);
  }, 60_000);

  it.each(looks)('have no accessibility fault, and no sideways scroll at 320 pixels: %s', async (_, look, looked) => {
    const page = await stage.open('Sender', '/deliveries', look);
    expect(await lookOver(page, stage.base, ['/deliveries', '/deliveries/new', `/deliveries/${running}`, `/deliveries/${running}/targets`, `/deliveries/${running}/message`, `/deliveries/${running}/timeline`], looked)).toEqual([]);
  }, 180_000);
});
