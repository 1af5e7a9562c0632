/** What waits for an operator, on the whole platform: seen everywhere, answered by every way there is, and each answer in the log. */
import { historiesOf, leaks, privateValues } from '../support/histories';
import { startPlatform, type Person, type Platform } from '../support/platform';
import { Community, until, type Delivery, type Operation, type SandboxWiki } from './community';

let platform: Platform;
let community: Community;
let sender: Person;
let operator: Person;

beforeAll(async () => {
  platform = await startPlatform({ REEVE_WIKI_PATIENCE_MS: '1000' });
  community = new Community(platform);
  [sender, operator] = await Promise.all([platform.person('globalSender'), platform.person('operator')]);
}, 240_000);
afterAll(() => platform?.stop());
afterEach(() => community.calm());

const waiting = async (delivery: Delivery): Promise<Operation[]> => (await operator.api.get(`/operations?attention=true&entity=delivery/${delivery.id}`)).items;
const attention = async (delivery: Delivery): Promise<Operation> => (await until(() => waiting(delivery), (found) => found.length > 0))[0]!;
const log = (operation: Operation, verb: string) => community.log('operation', operation.id, verb);
const onceEach = async (wiki: SandboxWiki, delivery: Delivery): Promise<void> => {
  expect((await community.finished(sender.api, delivery)).counts).toMatchObject({ sent: wiki.readers.length, pending: 0, unknown: 0 });
  expect(await community.marks(wiki, delivery)).toMatchObject({ exactlyOne: wiki.readers.length, more: 0 });
};

describe('a wiki that stays read-only', () => {
  /** A delivery that waits with wiki.readonly; the wiki is well again. */
  async function stuck(): Promise<{ wiki: SandboxWiki; delivery: Delivery; operation: Operation }> {
    const wiki = await community.wiki(5);
    await community.fault(wiki, 'readonly');
    const delivery = await community.send(sender.api, wiki);
    const operation = await attention(delivery);
    return { wiki, delivery, operation };
  }

  test('is seen by operators in the API, on the command line, among their notices and in Temporal', async () => {
    const { wiki, delivery, operation } = await stuck();
    expect(operation).toMatchObject({ state: 'waiting', code: 'wiki.readonly', wiki: wiki.host, workflowId: `delivery/${delivery.id}/${wiki.host}`, skippable: false });
    expect(await community.read(sender.api, delivery)).toMatchObject({ state: 'running', wikis: [{ attention: 'wiki.readonly' }] });
    const listed = await platform.cli('ops', 'list', '--entity', `delivery/${delivery.id}`, '--json');
    expect(JSON.parse(listed.stdout).items).toMatchObject([{ id: operation.id, code: 'wiki.readonly' }]);
    const { items } = await operator.api.get('/notices?unread=true');
    expect(items).toContainEqual(expect.objectContaining({ noun: 'operation', entity: operation.id, code: 'operation.new' }));
    expect((await sender.api.get('/notices')).items).not.toContainEqual(expect.objectContaining({ noun: 'operation' }));
    const found = async (): Promise<unknown[]> => JSON.parse((await platform.temporal('workflow', 'list', '--query', `ReeveAttention = true AND ReeveWiki = "${wiki.host}"`, '--output', 'json')).stdout);
    await until(found, (all) => all.length === 1);
  });

  test('skipping it is refused as unsound, a stranger\'s answer is refused, and nothing has changed', async () => {
    const { delivery, operation } = await stuck();
    const path = `/operations/${encodeURIComponent(operation.workflowId)}`;
    await expect(operator.api.post(`${path}/skip`, { reason: 'let us see' })).rejects.toMatchObject({ status: 409 });
    await expect(sender.api.post(`${path}/retry`, { reason: 'let us see' })).rejects.toMatchObject({ status: expect.any(Number) });
    expect(await waiting(delivery)).toMatchObject([{ id: operation.id, state: 'waiting' }]);
  });

  test('goes on by retry through the API, with the operator and their reason in the log', async () => {
    const { wiki, delivery, operation } = await stuck();
    await community.calm();
    const answered = await operator.api.post(`/operations/${encodeURIComponent(operation.workflowId)}/retry`, { reason: 'The database was moved' });
    expect(answered).toMatchObject({ id: operation.id, state: 'retrying' });
    await onceEach(wiki, delivery);
    expect(await log(operation, 'retry')).toMatchObject({ actor: expect.stringMatching(`^user/${operator.id}/key/`), reason: 'The database was moved' });
  });

  test('needs attention anew when a retry does not help', async () => {
    const { wiki, delivery, operation } = await stuck();
    await operator.api.post(`/operations/${operation.id}/retry`, { reason: 'perhaps now' });
    const next = await until(() => waiting(delivery), (found) => found.some(({ id }) => id > operation.id));
    expect(next).toMatchObject([{ code: 'wiki.readonly' }]);
    await community.calm();
    await operator.api.post(`/operations/${next[0]!.id}/retry`, { reason: 'now it is well' });
    await onceEach(wiki, delivery);
  });

  test('goes on by one update of Temporal\'s own command line, which is logged as Temporal\'s', async () => {
    const { wiki, delivery, operation } = await stuck();
    await community.calm();
    const update = (input: object) => platform.temporal('workflow', 'update', 'execute', '--workflow-id', operation.workflowId, '--name', 'retry', '--input', JSON.stringify(input));
    const refused = await update({ reason: 'It is well again, says Ann' });
    expect(refused.status).not.toBe(0);
    expect(`${refused.stdout}${refused.stderr}`).toContain('operation.bad-reason');
    expect((await update({ actor: 'user/1', reason: 'wiki-is-well' })).status).toBe(0);
    await onceEach(wiki, delivery);
    expect(await log(operation, 'retry')).toMatchObject({ actor: 'temporal', code: 'wiki-is-well' });
  });

  test('goes on, several at once, by one signal with a query', async () => {
    const all = [await stuck(), await stuck()];
    await community.calm();
    const query = `ReeveAttention = true AND (${all.map(({ wiki }) => `ReeveWiki = "${wiki.host}"`).join(' OR ')})`;
    await until(async () => JSON.parse((await platform.temporal('workflow', 'count', '--query', query, '--output', 'json')).stdout) as { count: string }, ({ count }) => Number(count) === 2);
    const { status, stderr } = await platform.temporal('workflow', 'signal', '--query', query, '--name', 'retry', '--input', '{"reason":"all-well"}', '--reason', 'all well', '--yes');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    for (const { wiki, delivery, operation } of all) {
      await onceEach(wiki, delivery);
      expect(await log(operation, 'retry')).toMatchObject({ actor: 'temporal', code: 'all-well' });
    }
  });

  test('goes on, all that wait, by one line of reeve ops', async () => {
    const all = [await stuck(), await stuck()];
    await community.calm();
    const count = JSON.parse((await platform.cli('ops', 'retry', '--code', 'wiki.readonly', '--dry-run', '--json')).stdout).count;
    expect(count).toBeGreaterThanOrEqual(2);
    const { status, stdout } = await platform.cli('ops', 'retry', '--code', 'wiki.readonly', '--reason', 'They are all well', '--yes', '--json');
    expect({ status, count: JSON.parse(stdout).count }).toEqual({ status: 0, count });
    for (const { wiki, delivery, operation } of all) {
      await onceEach(wiki, delivery);
      expect(await log(operation, 'retry')).toMatchObject({ actor: expect.stringMatching(/^user\//), reason: 'They are all well' });
    }
  });

  test('is given up by abort: what is left there is cancelled, and the delivery is finished', async () => {
    const { wiki, delivery, operation } = await stuck();
    await operator.api.post(`/operations/${operation.id}/abort`, { reason: 'That wiki is closed for good' });
    expect((await community.finished(sender.api, delivery)).counts).toMatchObject({ total: 5, sent: 0, cancelled: 5, pending: 0 });
    expect(await community.marks(wiki, delivery)).toMatchObject({ posted: 0 });
    expect(await log(operation, 'abort')).toMatchObject({ to: 'aborted', reason: 'That wiki is closed for good' });
  });

  test('still waits for its answer after worker and Temporal were killed', async () => {
    const { wiki, delivery, operation } = await stuck();
    await Promise.all((['temporal', 'worker'] as const).map((part) => platform.untilBack(part, platform.kill(part))));
    await community.calm();
    expect(await waiting(delivery)).toMatchObject([{ id: operation.id, state: 'waiting' }]);
    await operator.api.post(`/operations/${operation.id}/retry`, { reason: 'after the storm' });
    await onceEach(wiki, delivery);
  });
});

describe('pages of which the wiki cannot tell', () => {
  /** Reader 1 was posted, its reply was lost and its summary hidden; of Reader 2 the request was lost: nobody can tell which. */
  async function doubtful(): Promise<{ wiki: SandboxWiki; delivery: Delivery; operation: Operation; unknown: { id: number; page: string }[] }> {
    const wiki = await community.wiki(3, { inFlight: 1 });
    await community.fault(wiki, 'cut-after', { titles: ['User talk:Reader 1'], hide: 1, times: 1 });
    await community.fault(wiki, 'cut-before', { titles: ['User talk:Reader 2'], times: 1 });
    const delivery = await community.send(sender.api, wiki);
    const operation = await attention(delivery);
    const { items: unknown } = await sender.api.get(`/deliveries/${delivery.id}/targets?outcome=unknown`);
    return { wiki, delivery, operation, unknown };
  }

  test('are settled one by one as sent or pending, and then the delivery ends by itself', async () => {
    const { wiki, delivery, operation, unknown } = await doubtful();
    expect(operation).toMatchObject({ code: 'wiki.unknown-left', skippable: true });
    expect(unknown.map(({ page }) => page)).toEqual(['User talk:Reader 1', 'User talk:Reader 2']);
    await sender.api.post(`/deliveries/${delivery.id}/targets/${unknown[0]!.id}/settle`, { as: 'sent', reason: 'It is there' });
    expect(await waiting(delivery)).toHaveLength(1);
    await sender.api.post(`/deliveries/${delivery.id}/targets/${unknown[1]!.id}/settle`, { as: 'pending', reason: 'It is not there' });
    await onceEach(wiki, delivery);
    expect(await waiting(delivery)).toEqual([]);
    expect(await log(operation, 'settled')).toMatchObject({ actor: 'system', to: 'settled' });
    await expect(sender.api.post(`/deliveries/${delivery.id}/targets/${unknown[0]!.id}/settle`, { as: 'pending' })).rejects.toMatchObject({ status: 409 });
  });

  test('stay unknown when an operator skips them, and may be settled afterwards', async () => {
    const { wiki, delivery, operation, unknown } = await doubtful();
    await operator.api.post(`/operations/${operation.id}/skip`, { reason: 'Nobody will ever know' });
    expect((await community.finished(sender.api, delivery)).counts).toMatchObject({ sent: 1, unknown: 2 });
    expect(await log(operation, 'skip')).toMatchObject({ to: 'skipped', reason: 'Nobody will ever know' });
    expect((await sender.api.post(`/deliveries/${delivery.id}/targets/${unknown[0]!.id}/settle`, { as: 'failed' })).counts).toMatchObject({ failed: 1, unknown: 1 });
    expect(await community.marks(wiki, delivery)).toMatchObject({ more: 0 });
  });
});

test('no workflow\'s history holds a private value: not the wiki\'s words, not a reason, not a page', async () => {
  const [histories, values] = [await historiesOf(platform.run()), await privateValues(platform.kernel)];
  expect(values.map(({ where }) => where)).toEqual(expect.arrayContaining(['delivery_wiki.trouble_detail', 'audit_reason.text', 'target.page', 'user.name']));
  expect(histories.filter(({ text }) => text.includes('wiki.readonly')).length).toBeGreaterThan(5);
  expect(leaks(histories, values)).toEqual([]);
});
