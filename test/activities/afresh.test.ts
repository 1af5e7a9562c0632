/** A scheduled send reads its lists once more: what they then hold is sent, unless they grew beyond what was approved. */
import { MockActivityEnvironment } from '@temporalio/testing';
import { createAfreshActivities, type AfreshActivities } from '../../activities/afresh';
import { createDeliveryActivities, type DeliveryActivities } from '../../activities/delivery';
import { createOperationActivities } from '../../activities/operation';
import { createWikis, type OpenWikiById } from '../../activities/wikis';
import { apply } from '../../db/apply';
import { sandboxAccounts, startSandboxWiki, type SandboxWiki } from '../../demo/sandbox-wiki';
import { seal } from '../../gateways/secret-box';
import { temporal } from '../../policies/actor';
import { testApi, type Script } from '../support/api';

const api = testApi();
let sandbox: SandboxWiki;
let openWiki: OpenWikiById;
let sender: Script;
let ids: Record<string, number>;
let lists: AfreshActivities;
let steps: DeliveryActivities;

beforeAll(async () => {
  sandbox = await startSandboxWiki();
  const { kernel, config } = api.api;
  openWiki = createWikis({ kernel, secretKey: config.REEVE_SECRET_KEY, userAgent: 'ReeveTest/1 (https://example.org)', timeoutMs: 10_000, allowPrivateHosts: true });
  api.api.wiki = async (wikiId) => (await openWiki(wikiId)).gateway;
  const { user: botUser, password } = sandboxAccounts.bot;
  const bot = { apiUrl: sandbox.apiUrl, botUser, botPassword: seal(config.REEVE_SECRET_KEY, password) };
  ids = { en: (await api.wiki('en.example.org', bot)).id, de: (await api.wiki('de.example.org', bot)).id };
  sender = await api.script(await api.person('Ada', ['globalSender']));
  lists = connect();
  steps = createDeliveryActivities({ kernel, openWiki, publicUrl: '', patienceMs: 1_000, count: () => {} });
});
afterAll(() => sandbox.close());
afterEach(() => sandbox.control('DELETE', 'faults'));

const connect = (open: OpenWikiById = openWiki): AfreshActivities => createAfreshActivities({ kernel: api.api.kernel, openWiki: open, hostAliases: {} });
const act = <T, A extends object>(activity: (input: A) => Promise<T>, input: A): Promise<T> =>
  new MockActivityEnvironment({ workflowExecution: { workflowId: 'delivery/1', runId: 'run' }, workflowType: 'massDelivery' }).run(activity, input) as Promise<T>;
const readAfresh = (id: number, by = lists) => act(by.readAfresh, { delivery: id });
const seed = (...all: [title: string, text: string][]) => sandbox.control('POST', 'seed', { pages: all.map(([title, text]) => ({ title, text })) });
const lines = (count: number): string => Array.from({ length: count }, (_, i) => `Talk:Page ${i}`).join('\n');
const listOf = async (content: object, by = sender): Promise<number> => (await by.post('/api/target-lists', { name: 'List', wiki: 'en.example.org', ...content }).expect(201)).body.id;
const put = async (list: number, content: string, by = sender) => {
  const { version } = (await by.get(`/api/target-lists/${list}`)).body;
  await by.put(`/api/target-lists/${list}`, { content }).set('If-Match', `"${version}"`).expect(200);
};
const view = async (id: number) => (await sender.get(`/api/deliveries/${id}`)).body;
const revisions = async (list: number) => (await sender.get(`/api/target-lists/${list}/revisions`)).body.items;

/** Its instant has come. */
async function due(listIds: number[], by = sender): Promise<number> {
  const { body } = await by.post('/api/deliveries', { wiki: 'en.example.org', listIds, subject: 'Apples', body: 'Ripe. ~~~~', sendAt: new Date().toISOString(), listsAfresh: true }).expect(201);
  expect((await by.post(`/api/deliveries/${body.id}/submit`).expect(200)).body).toMatchObject({ state: 'expanding', listsAfresh: true, listsReadAt: null });
  return body.id;
}
/** As the workflow asks and a person answers. */
async function answered(id: number, seq: number, counts: { approved: number; present: number }, verb: 'retry' | 'skip'): Promise<void> {
  const { openOperation } = createOperationActivities({ kernel: api.api.kernel });
  const { operation } = await act(openOperation, { noun: 'delivery', id, seq: id * 100 + seq, code: 'delivery.lists-grown', attempts: 1, skippable: true, counts });
  await apply(api.api.kernel, { noun: 'operation', id: operation, verb, actor: temporal });
}
async function expanded(id: number): Promise<Record<string, string>> {
  expect(await act(steps.begin, { delivery: id, version: 1 })).toMatchObject({ state: 'running' });
  const rows = await api.sql(`select w.host || ' ' || page as page, outcome || coalesce(':' || code, '') as said from target t join wiki w on w.id = t.wiki_id where delivery_id = $1`, [id]);
  return Object.fromEntries(rows.map(({ page, said }) => [page, said]));
}

test('a list whose lines were given is sent at its newest revision, and what was submitted stays to be seen', async () => {
  const list = await listOf({ content: lines(20) });
  const id = await due([list]);
  await put(list, lines(21));
  expect(await act(steps.begin, { delivery: id, version: 1 })).toEqual({ want: 'readAfresh', state: 'expanding', copying: false });
  expect(await readAfresh(id)).toEqual({ grown: null });
  expect(Object.keys(await expanded(id))).toHaveLength(21);
  expect(await view(id)).toMatchObject({ listsReadAt: expect.any(String), lists: [{ revision: 1, targets: 20, fresh: { revision: 2, targets: 21, problemCount: 0 } }], counts: { total: 21 } });
});

test('a page and a category are read again, each as a new revision that says for which delivery', async () => {
  seed(['Project:Readers', '{{#target:Talk:A}}'], ['Talk:One', '[[Category:Ours]]']);
  const [page, category] = [await listOf({ format: 'wikitext', page: 'Project:Readers' }), await listOf({ format: 'category', category: 'Ours' })];
  const id = await due([page, category]);
  seed(['Project:Readers', '{{#target:Talk:B}} {{#target:bad[}}'], ['Talk:One', 'left'], ['Talk:Two', '[[Category:Ours]]']);
  expect(await readAfresh(id)).toEqual({ grown: null });
  expect(await expanded(id)).toEqual({ 'en.example.org Talk:B': 'pending', 'en.example.org Talk:Two': 'pending' });
  expect(await view(id)).toMatchObject({ lists: [{ id: page, revision: 1, fresh: { revision: 2, targets: 1, problemCount: 1 } }, { id: category, fresh: { revision: 2, targets: 1 } }] });
  expect(await revisions(category)).toMatchObject([{ revision: 2, delivery: id, source: 'Category:Ours', by: { name: 'Ada' } }, { revision: 1, delivery: null }]);
});

test('read twice at once, or again after it died between two lists, a list has one new revision', async () => {
  seed(['Project:First', '{{#target:Talk:A}}'], ['Project:Second', '{{#target:Talk:B}}']);
  const both = [await listOf({ format: 'wikitext', page: 'Project:First' }), await listOf({ format: 'wikitext', page: 'Project:Second' })];
  const id = await due(both);
  const dying = connect(async (wiki) => {
    const opened = await openWiki(wiki);
    const text = (title: string, signal?: AbortSignal) => (title === 'Project:Second' ? Promise.reject(new Error('killed')) : opened.gateway.text(title, signal));
    return { ...opened, gateway: Object.create(opened.gateway, { text: { value: text } }) };
  });
  await expect(readAfresh(id, dying)).rejects.toThrow('killed');
  expect(await view(id)).toMatchObject({ listsReadAt: null, lists: [{ fresh: { revision: 2 } }, { fresh: null }] });
  expect(await Promise.all([readAfresh(id), readAfresh(id)])).toEqual([{ grown: null }, { grown: null }]);
  await readAfresh(id);
  for (const list of both) expect((await revisions(list)).map(({ revision }: { revision: number }) => revision)).toEqual([2, 1]);
});

test.each([['exactly a tenth', 22, null], ['more than a tenth', 23, { approved: 20, present: 23 }]])('growth by %s of the distinct pages of all lists', async (_, count, grown) => {
  const [one, other] = [await listOf({ content: lines(20) }), await listOf({ content: lines(10) })]; // the other names no page of its own
  const id = await due([one, other]);
  await put(one, lines(count));
  expect(await readAfresh(id)).toEqual({ grown });
  expect((await view(id)).listsReadAt).toEqual(grown ? null : expect.any(String));
  expect((await act(steps.begin, { delivery: id, version: 1 })).want).toBe(grown ? 'readAfresh' : 'run');
});

test('retry reads again and takes as many as were shown; more than that is asked again', async () => {
  const list = await listOf({ content: lines(10) });
  const id = await due([list]);
  await put(list, lines(30));
  expect(await readAfresh(id)).toEqual({ grown: { approved: 10, present: 30 } });
  await put(list, lines(31));
  await answered(id, 1, { approved: 10, present: 30 }, 'retry');
  expect(await readAfresh(id)).toEqual({ grown: { approved: 10, present: 31 } });
  await answered(id, 2, { approved: 10, present: 31 }, 'retry');
  await put(list, lines(29));
  expect(await readAfresh(id)).toEqual({ grown: null });
  expect(Object.keys(await expanded(id))).toHaveLength(29);
});

test('skip sends what was submitted', async () => {
  const list = await listOf({ content: lines(10) });
  const id = await due([list]);
  await put(list, lines(30));
  await readAfresh(id);
  await answered(id, 1, { approved: 10, present: 30 }, 'skip');
  await act(lists.sendAsSubmitted, { delivery: id });
  expect(Object.keys(await expanded(id))).toHaveLength(10);
  expect(await view(id)).toMatchObject({ listsReadAt: expect.any(String), lists: [{ revision: 1, fresh: null }] });
});

test('a wiki that came with the list gets nothing of who may not send there, and each page says so', async () => {
  const local = await api.script(await api.person('Local', ['sender'], ids.en));
  const list = await listOf({ content: lines(20) }, local);
  const id = await due([list], local);
  await put(list, `${lines(20)}\nTalk:X@de.example.org\nTalk:Y@de.example.org`, local);
  expect(await readAfresh(id)).toEqual({ grown: null });
  expect(await expanded(id)).toMatchObject({ 'en.example.org Talk:Page 0': 'pending', 'de.example.org Talk:X': 'skipped:foreign-target', 'de.example.org Talk:Y': 'skipped:foreign-target' });
  await act(steps.expand, { delivery: id }); // again: the counters stay right
  expect(await view(id)).toMatchObject({ counts: { total: 22, pending: 20, skipped: 2 }, wikis: [{ host: 'en.example.org', pending: 20 }, { host: 'de.example.org', total: 2, skipped: 2, pending: 0 }] });
  expect(await act(steps.openWikis, { delivery: id })).toEqual({ wikis: [{ wiki: ids.en, host: 'en.example.org' }] });
  const { items } = (await local.get(`/api/deliveries/${id}/targets?outcome=skipped`)).body;
  expect(items).toMatchObject([{ code: 'foreign-target', at: expect.any(String) }, { code: 'foreign-target' }]);
});

test('a wiki that came with the list gets it from who may send there', async () => {
  const list = await listOf({ content: lines(20) });
  const id = await due([list]);
  await put(list, `${lines(20)}\nTalk:X@de.example.org`);
  await readAfresh(id);
  expect(await expanded(id)).toMatchObject({ 'de.example.org Talk:X': 'pending' });
});

test('a page that is gone is a refusal, a wiki that is busy is not; operators read which list it was', async () => {
  seed(['Project:Going', '{{#target:Talk:A}}']);
  const list = await listOf({ format: 'wikitext', page: 'Project:Going' });
  const id = await due([list]);
  sandbox.control('POST', 'faults', { fault: 'http-503', action: '*' });
  await expect(readAfresh(id)).rejects.toMatchObject({ type: 'wiki.unreachable', nonRetryable: false });
  sandbox.control('DELETE', 'faults');
  seed(['Project:Going', 'moved']);
  sandbox.control('POST', 'reset');
  await expect(readAfresh(id)).rejects.toMatchObject({ code: 'targetList.no-page' });
  const { openOperation } = createOperationActivities({ kernel: api.api.kernel });
  const { operation } = await act(openOperation, { noun: 'delivery', id, seq: id * 100, code: 'targetList.no-page', attempts: 1, skippable: true });
  expect(await api.sql('select detail from operation where id = $1', [operation])).toEqual([{ detail: 'Project:Going: The wiki has no page Project:Going that can be read.' }]);
});

test('a delivery that was cancelled meanwhile reads nothing and settles nothing', async () => {
  seed(['Project:Still', '{{#target:Talk:A}}']);
  const list = await listOf({ format: 'wikitext', page: 'Project:Still' });
  const id = await due([list]);
  await sender.post(`/api/deliveries/${id}/cancel`).expect(200);
  expect(await readAfresh(id)).toEqual({ grown: null });
  await act(lists.sendAsSubmitted, { delivery: id });
  expect(await revisions(list)).toHaveLength(1);
  expect(await api.sql('select lists_read_at_ms from delivery where id = $1', [id])).toEqual([{ lists_read_at_ms: null }]);
});
