/** What is pressed is done to what it was pressed for, as it was drawn then: on a page that goes on to the next thing, in a dialog, for many rows. */
import type { Locator, Page } from 'playwright-core';
import { testApi, type Script } from '../support/api';
import { faults } from '../support/faults';
import { makeOpenRequest, unique } from '../support/house';
import { go, settled, webStage } from './support';

describe('what is pressed', () => {
  const test = testApi();
  const stage = webStage(test);
  let other: Script;
  let applicant: Script;
  let admin: Script;
  let host: string;

  beforeAll(async () => {
    ({ host } = await test.wiki('en.example.org'));
    await test.person('Tool', ['toolUser']);
    await test.person('Approver', ['deliveryApprover']);
    other = await test.script(await test.person('Other', ['toolUser']));
    applicant = await test.script(await test.person('Applicant'));
    admin = await test.script(await test.person('Admin', ['admin']));
    await test.person('Held');
  }, 120_000);

  const button = (page: Page, name: string): Locator => page.getByRole('button', { name, exact: true });
  const stateOf = async (id: number): Promise<string> => (await test.sql<{ state: string }>('select state from delivery where id = $1', [id]))[0]!.state;
  /** Two requests, the page of the first of them as the list leads to it, and on to the next one. */
  async function inList() {
    const name = unique('Neighbour');
    for (const end of ['A', 'B']) await makeOpenRequest(test.api.kernel, { name: name + end });
    const page = await stage.open('Tool', `/requests?q=${name}`);
    const [first, next] = (await page.locator('tbody th bdi').allInnerTexts()) as [string, string];
    const [{ id }] = (await test.sql('select id from request where name = $1', [first])) as [{ id: number }];
    await page.getByRole('link', { name: first }).click();
    await button(page, 'Reserve').waitFor();
    return {
      page, id, first, next,
      async goOn() {
        await page.keyboard.press(']');
        await page.locator('h1', { hasText: next }).waitFor();
        await button(page, 'Reserve').waitFor();
      },
    };
  }
  async function wish(subject: string, pages = 1): Promise<number> {
    const list = await applicant.post('/api/target-lists', { name: `List of ${subject}`, wiki: host, content: Array.from({ length: pages }, (_, i) => `Talk:P${i}`).join('\n') }).expect(201);
    const { body } = await applicant.post('/api/deliveries', { wiki: host, listIds: [list.body.id], subject, body: 'World ~~~~' }).expect(201);
    await applicant.post(`/api/deliveries/${body.id}/submit`, {}).expect(200);
    return body.id;
  }
  async function wishAnew(id: number, subject: string): Promise<void> {
    const { version } = (await applicant.post(`/api/deliveries/${id}/revise`, {}).expect(200)).body;
    await applicant.patch(`/api/deliveries/${id}`, { subject }).set('If-Match', `"${version}"`).expect(200);
    await applicant.post(`/api/deliveries/${id}/submit`, {}).expect(200);
  }

  it('is taken back from the thing that it was done to, wherever one is by then', async () => {
    const { page, id, goOn } = await inList();
    await page.keyboard.press('r');
    await page.getByText(/^You have it until/).waitFor();
    await goOn();
    await button(page, 'Undo').click();
    await page.locator('.cdx-toast', { hasText: 'Released.' }).waitFor();
    expect(await test.sql('select state, holder_id from request where id = $1', [id])).toEqual([{ state: 'open', holder_id: null }]);
    expect(await page.locator('.problem').count()).toBe(0);
    expect(page.complaints).toEqual([]);
  }, 60_000);

  it('and refused is said of that thing, and stands on no other one\'s page', async () => {
    const { page, id, next, goOn } = await inList();
    await other.post(`/api/requests/${id}/reserve`).expect(200);
    let answer = (): void => {};
    const gone = new Promise<void>((done) => (answer = done));
    await page.route(`**/api/requests/${id}/reserve`, async (route) => {
      await gone;
      await route.continue();
    });
    await page.keyboard.press('r');
    await goOn();
    answer();
    await page.locator('.cdx-toast', { hasText: `Reserve (${id}):` }).waitFor();
    expect([await page.locator('h1').innerText(), await page.locator('.problem').count()]).toEqual([next, 0]);
    await page.keyboard.press('[');
    await page.getByText(/^Other has it until/).waitFor(); // it was read again
    expect(page.complaints).toEqual([]);
  }, 60_000);

  it('stays on the page that it was refused on', async () => {
    const { page, id, goOn } = await inList();
    await other.post(`/api/requests/${id}/reserve`).expect(200);
    await page.keyboard.press('r');
    await page.locator('.problem').waitFor();
    await goOn();
    expect(await page.locator('.problem').count()).toBe(0);
  }, 60_000);

  it('lets go out only what the approver has seen, on its page and in the list', async () => {
    const id = await wish('As it was');
    const page = await stage.open('Approver');
    await page.route('**/progress', (route) => route.abort()); // nobody tells the page
    await go(page, `${stage.base}/deliveries/${id}`);
    await wishAnew(id, 'Something else');
    await button(page, 'Approve').click();
    await page.locator('.problem', { hasText: 'Somebody else changed it meanwhile' }).waitFor();
    await page.locator('h1', { hasText: 'Something else' }).waitFor();
    expect(await stateOf(id)).toBe('requested');
    expect(await faults(page)).toEqual([]);

    await go(page, `${stage.base}/deliveries?state=requested`);
    await page.getByRole('checkbox', { name: 'Select Something else' }).check();
    await wishAnew(id, 'Something else again');
    await page.locator('.bulk-bar').getByRole('button', { name: 'Approve' }).click();
    await page.locator('.bulk-bar li', { hasText: `${id}: Somebody else changed it meanwhile` }).waitFor();
    await page.getByRole('checkbox', { name: 'Select Something else again' }).waitFor();
    expect(await stateOf(id)).toBe('requested');
    await page.locator('.bulk-bar').getByRole('button', { name: 'Approve' }).dblclick();
    await page.locator('.cdx-toast', { hasText: 'Approved. (1)' }).waitFor();
    expect(await stateOf(id)).toBe('expanding');
    expect(await page.locator('.problem, .bulk-bar li').count()).toBe(0); // a second press is none
    expect(page.complaints).toEqual([]);
  }, 90_000);

  it('is asked about for all rows when it is for one of them, and what was typed stays when nothing could be done', async () => {
    const ids = [await wish('Large', 1_001), await wish('Larger', 1_002), await wish('Small')]; // the newest is the first row
    const page = await stage.open('Approver', '/deliveries?state=requested');
    for (const subject of ['Large', 'Larger', 'Small']) await page.getByRole('checkbox', { name: `Select ${subject}`, exact: true }).check();
    await page.locator('.bulk-bar').getByRole('button', { name: 'Approve' }).click();
    const dialog = page.getByRole('dialog');
    expect(await dialog.innerText()).toMatch(/Selected\s+3\s+Pages that get it\s+2,003\+/);
    await dialog.getByLabel('Reason').fill('As agreed');
    await page.route('**/approve', (route) => route.abort());
    await button(page, 'Approve').last().click();
    await dialog.locator('.problem', { hasText: 'Reeve did not answer' }).waitFor();
    expect(await dialog.getByLabel('Reason').inputValue()).toBe('As agreed');
    expect(await faults(page)).toEqual([]);
    await page.unroute('**/approve');
    await dialog.getByRole('button', { name: 'Try again' }).click();
    await dialog.waitFor({ state: 'detached' });
    expect(await Promise.all(ids.map(stateOf))).toEqual(['expanding', 'expanding', 'expanding']);
    expect(page.complaints).toEqual([]);
  }, 90_000);

  it('begins with what a membership is, which goes on without end when that is chosen, and tells in words whose it is', async () => {
    const { id } = (await admin.post('/api/memberships', { user: 'Held', role: 'deliveryApprover', until: '2099-01-01T00:00:00Z' }).expect(201)).body;
    const page = await stage.open('Admin', `/memberships/${id}`);
    await button(page, 'Change role').click();
    const dialog = page.getByRole('dialog');
    expect(await dialog.getByRole('combobox', { name: 'Role' }).inputValue()).toBe('deliveryApprover');
    expect(await dialog.getByLabel('Until').inputValue()).toMatch(/^2099-01-01T/);
    await dialog.getByLabel('Until').fill('');
    await dialog.getByRole('button', { name: 'Change role' }).click();
    await dialog.waitFor({ state: 'detached' });
    expect(await test.sql('select role, until_ms from membership where id = $1', [id])).toEqual([{ role: 'deliveryApprover', until_ms: null }]);
    await settled(page);
    await button(page, 'Suspend').click();
    expect(await dialog.innerText()).toMatch(/Role\s+delivery approver\s+Wiki\s+everywhere/);
    expect(page.complaints).toEqual([]);
  }, 60_000);
});
