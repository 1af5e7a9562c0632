/** The pages of deliveries as a sender and an approver use them: a form that loses nothing, counts that move, verdicts. */
import type { Locator, Page } from 'playwright-core';
import { doVerb } from '../../api/verbs';
import { create } from '../../db/create';
import { sealOnce } from '../../db/seal';
import { system } from '../../policies/actor';
import { testApi, type Script } from '../support/api';
import { faults } from '../support/faults';
import { go, lookOver, looks, tabTo, webStage } from './support';

describe('the pages of deliveries', () => {
  const test = testApi();
  const stage = webStage(test);
  let wiki: { id: number; host: string };
  let sender: Script;
  let running: number;

  beforeAll(async () => {
    wiki = await test.wiki('en.example.org');
    sender = await test.script(await test.person('Sender', ['globalSender']));
    await test.person('Applicant');
    await test.person('Approver', ['deliveryApprover']);
    await test.person('Admin', ['admin']);
    test.api.preview = async ({ id, subject, body }) => {
      const [{ pages }] = await test.sql<{ pages: number }>('select coalesce(sum(t.targets), 0)::int as pages from delivery_list l join target_list t on t.id = l.list_id where l.delivery_id = $1', [id]) as [{ pages: number }];
      return {
        wikis: [{ host: wiki.host, pages, shown: ['userTalk', 'talk'].map((kind) => ({ kind: kind as 'talk', page: `${kind}:A`, language: null, html: `<h2>${subject}</h2><p>${body}</p><script>top.document.title = 'taken over'</script>` })), terms: { text: 'Licence of the wiki', url: 'https://licence.example.org/' } }],
        warnings: body.includes('~~~~') ? [] : [{ code: 'no-timestamp', detail: 'Whoever reads it cannot tell when it was written.', wiki: null }, { code: 'unclosed-tag', detail: '<div> stays open.', wiki: null }],
        texts: [],
      } as never;
    };
    running = await submitted('A subject of some length, so that it has to wrap somewhere');
    await doVerb(test.api, { actor: system }, 'delivery', running, 'expanded');
    await test.sql(`insert into target (delivery_id, wiki_id, page, outcome, code, at_ms) values ($1, $2, 'User talk:Gone', 'skipped', 'nouser', 1), ($1, $2, 'Project:Rules', 'failed', 'protectedpage', 1), ($1, $2, 'Talk:Odd', 'unknown', null, 1), ($1, $2, 'Talk:Odder', 'unknown', null, 1)`, [running, wiki.id]);
    await test.sql('insert into delivery_wiki (delivery_id, wiki_id, total, skipped, failed, unknown) values ($1, $2, 2000, 1, 1, 2)', [running, wiki.id]);
    await create(test.api.kernel, {
      noun: 'operation', actor: system,
      values: { workflowId: `delivery/${running}/en.example.org`, runId: 'run', seq: 1, kind: 'wikiDelivery', entity: `delivery/${running}`, wiki: wiki.host, code: 'wiki.readonly', attempts: 5, skippable: true, detail: 'being tidied' },
    });
  }, 120_000);

  async function listed(name: string, content: string, by = sender): Promise<number> {
    return (await by.post('/api/target-lists', { name, wiki: wiki.host, content })).body.id;
  }
  async function submitted(subject: string, by = sender, pages = 'User talk:A\nBad[line'): Promise<number> {
    const { body } = await by.post('/api/deliveries', { wiki: wiki.host, listIds: [await listed(`List of ${subject}`, pages, by)], subject, body: 'World ~~~~' });
    await by.post(`/api/deliveries/${body.id}/submit`, {});
    return body.id;
  }
  /** But for what is asked in vain, and for the browser's word that it ran no script of the wiki. */
  const complaints = (page: { complaints: string[] }): string[] => page.complaints.filter((text) => !/^Failed to load resource|^Blocked script execution/.test(text));
  const saved = (page: Page): Promise<void> => page.locator('.saved', { hasText: /^\s*Saved/ }).waitFor({ timeout: 30_000 });
  const subjectOf = (page: Page) => page.getByRole('textbox', { name: 'Subject' });
  const bodyOf = (page: Page) => page.getByRole('textbox', { name: 'Message' });
  const isFocused = (control: Locator): Promise<boolean> => control.evaluate((element) => element === element.ownerDocument.activeElement);
  async function tabUntil(page: Page, control: Locator): Promise<void> {
    for (let tabs = 0; tabs < 40 && !(await isFocused(control)); tabs++) await page.keyboard.press('Tab');
    expect(await isFocused(control)).toBe(true);
  }
  async function paste(page: Page, lines: string): Promise<void> {
    await page.getByRole('button', { name: 'Paste pages' }).click();
    await page.getByLabel('Pages, one a line').fill(lines);
    await page.getByRole('button', { name: 'Make the list' }).click();
    await page.getByText(/^List made/).first().waitFor();
  }

  it('let a message go by wiki mail, keep the choice, and say so to whoever reads it', async () => {
    const page = await stage.open('Sender', '/deliveries/new');
    await subjectOf(page).fill('A mail');
    await page.getByRole('radio', { name: 'By wiki mail' }).check();
    await saved(page);
    const id = /\d+/.exec(new URL(page.url()).pathname)![0];
    expect(await test.sql(`select channel from delivery where subject = 'A mail'`)).toEqual([{ channel: 'email' }]);
    await page.reload();
    expect(await page.getByRole('radio', { name: 'By wiki mail' }).isChecked()).toBe(true);
    await go(page, `${stage.base}/deliveries/${id}`);
    await page.locator('.facts dd', { hasText: 'By wiki mail' }).waitFor();
    expect(complaints(page)).toEqual([]);
  }, 60_000);

  it('save a message while it is written, and have it all after a reload', async () => {
    const page = await stage.open('Sender', '/deliveries/new');
    await subjectOf(page).fill('Half a thou');
    await saved(page);
    expect(page.url()).toMatch(/\/deliveries\/\d+\/edit$/);
    expect(await isFocused(subjectOf(page))).toBe(true);
    await subjectOf(page).fill('A whole thought');
    await bodyOf(page).fill('With a body');
    await page.locator('.saved', { hasText: 'Not saved yet' }).waitFor();
    await saved(page);
    await page.reload();
    await subjectOf(page).waitFor();
    expect(await subjectOf(page).inputValue()).toBe('A whole thought');
    expect(await bodyOf(page).inputValue()).toBe('With a body');
    expect(await test.sql(`select subject, body from delivery where subject like '%thou%'`)).toEqual([{ subject: 'A whole thought', body: 'With a body' }]);
    expect(complaints(page)).toEqual([]);
  }, 90_000);

  it('ask which words to keep when somebody else was faster', async () => {
    const { body } = await sender.post('/api/deliveries', { wiki: wiki.host, subject: 'Ours', body: 'First' });
    const page = await stage.open('Sender', `/deliveries/${body.id}/edit`);
    await subjectOf(page).waitFor();
    await sender.patch(`/api/deliveries/${body.id}`, { subject: 'Theirs', body: 'Second' }).set('If-Match', `"${body.version}"`);
    await subjectOf(page).fill('Mine');
    const conflict = page.locator('.conflict');
    await conflict.waitFor({ timeout: 30_000 });
    expect(await bodyOf(page).inputValue()).toBe('Second'); // only they changed it
    expect(await conflict.locator('ins').textContent()).toContain('Mine');
    expect(await faults(page)).toEqual([]);
    await page.getByRole('button', { name: 'Keep mine' }).click();
    await saved(page);
    expect(await test.sql('select subject, body from delivery where id = $1', [body.id])).toEqual([{ subject: 'Mine', body: 'Second' }]);
  }, 90_000);

  it('offer to read the lists again at an instant only, and say it on the page and in public, before and after', async () => {
    const page = await stage.open('Sender', '/deliveries/new');
    await subjectOf(page).fill('Read again');
    await bodyOf(page).fill('World ~~~~');
    await paste(page, 'User talk:A\nUser talk:B');
    const choice = page.getByRole('checkbox', { name: /Read the lists again/ });
    expect(await choice.count()).toBe(0);
    await page.getByLabel('Send at').fill('2099-01-01T09:00');
    await choice.check();
    expect(await faults(page)).toEqual([]);
    await page.getByRole('button', { name: 'Schedule for 2 pages' }).click();
    await page.getByText('The lists are read again when it is sent').waitFor({ timeout: 30_000 });
    const [{ id, list }] = await test.sql(`select d.id, l.list_id as list from delivery d join delivery_list l on l.delivery_id = d.id where d.lists_afresh`) as [{ id: number; list: number }];
    const visitor = await stage.open(null, `/public/deliveries/${id}`);
    expect(await visitor.innerText('main')).toContain('The lists are read again when it is sent');
    await test.sql('update delivery set lists_read_at_ms = 1 where id = $1', [id]);
    await test.sql('update delivery_list set fresh_revision = 1 where list_id = $1', [list]);
    await page.reload();
    await page.getByText('The lists were read again when it was sent.').waitFor({ timeout: 30_000 });
    expect(await page.innerText('main')).toContain('read again: revision 1, 2 pages');
    await visitor.goto(`${stage.base}/public/deliveries/${id}?uselang=ar`);
    expect(await visitor.innerText('main')).toContain('قُرئت القوائم مجددًا عند الإرسال.');
    expect(await faults(page)).toEqual([]);
  }, 90_000);

  it('say a line that cannot be used, want what is odd ticked by name, let nothing of the wiki run, and say on what terms and what the button does', async () => {
    const page = await stage.open('Sender', '/deliveries/new');
    await subjectOf(page).fill('Odd');
    await bodyOf(page).fill('Not signed');
    await page.route(/\/api\/target-lists\?/, (route) => route.abort());
    await page.getByPlaceholder('Find a list by its name').fill('Any');
    await page.getByText('It could not be looked up.').waitFor();
    await page.unroute(/\/api\/target-lists\?/);
    await paste(page, 'User talk:A\nUser talk:B\nBad[line');
    const bad = page.locator('.bad-lines');
    await bad.getByText('Bad[line').waitFor();
    expect((await bad.innerText()).replace(/\s+/g, ' ')).toMatch(/1 line of .*Line.* 3 Bad\[line no page can be called that/i);
    await page.getByRole('button', { name: 'Send to 2 pages' }).waitFor({ timeout: 30_000 });
    const frame = page.frameLocator('iframe.frame');
    expect(await frame.locator('h2').textContent()).toBe('Odd');
    await page.getByRole('tab', { name: 'Talk page', exact: true }).click();
    expect(await page.locator('iframe.frame').getAttribute('src')).toMatch(/\/preview\/1\?/);
    expect(await page.title()).toContain('Odd');
    expect(await page.locator('p', { hasText: 'What you send is public at once' }).getByRole('link', { name: 'Licence of the wiki' }).getAttribute('href')).toBe('https://licence.example.org/');
    await page.getByRole('button', { name: 'Send to 2 pages' }).click();
    await page.locator('.problem a[href="#delivery-acknowledge"]').first().click();
    expect(await isFocused(page.getByRole('checkbox', { name: /It is not signed/ }))).toBe(true);
    expect(await faults(page)).toEqual([]);
    await page.getByRole('checkbox', { name: /It is not signed/ }).check();
    await page.getByRole('checkbox', { name: /A tag is not closed/ }).check();
    await page.getByRole('button', { name: 'Send to 2 pages' }).click();
    await page.waitForURL(/\/deliveries\/\d+$/);
    expect(await test.sql(`select state from delivery where subject = 'Odd'`)).toEqual([{ state: 'expanding' }]);
    expect(page.complaints.join()).toContain("the document's frame is sandboxed");
    expect(complaints(page)).toEqual([]);
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
    const list = (await applicant.post('/api/target-lists', { name: 'Decided on', wiki: wiki.host, content: 'Talk:Before' })).body;
    const { body } = await applicant.post('/api/deliveries', { wiki: wiki.host, listIds: [list.id], subject: 'Decide on me', body: 'Not signed' });
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

  it('can be used by keyboard alone, from the list to the submission', async () => {
    await listed('Keyboard readers', 'User talk:A\nUser talk:B');
    const page = await stage.open('Sender', '/deliveries');
    await page.keyboard.press('n');
    await page.waitForURL(/\/deliveries\/new$/);
    await subjectOf(page).waitFor();
    await tabUntil(page, page.getByRole('combobox', { name: 'Target lists' }));
    await page.keyboard.type('Keyboard');
    await page.getByRole('option', { name: /Keyboard readers/ }).waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Remove Keyboard readers' }).waitFor();
    await tabUntil(page, subjectOf(page));
    await page.keyboard.type('By keys');
    await tabUntil(page, bodyOf(page));
    await page.keyboard.type('Hello ~~~~');
    await page.getByRole('button', { name: 'Send to 2 pages' }).waitFor({ timeout: 30_000 });
    await tabTo(page, 'Send to 2 pages');
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/deliveries\/\d+$/, { timeout: 30_000 });
    expect(await test.sql(`select state from delivery where subject = 'By keys'`)).toEqual([{ state: 'expanding' }]);
  }, 120_000);

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
