import { createWikis } from '../../activities/wikis';
import { sandboxAccounts, startSandboxWiki, type SandboxWiki } from '../../demo/sandbox-wiki';
import { seal } from '../../gateways/secret-box';
import { testApi, type Script } from '../support/api';
import { heapGrowthOf } from '../support/heap';

const api = testApi();
let sandbox: SandboxWiki;
let script: Script;
beforeAll(async () => {
  sandbox = await startSandboxWiki();
  const { kernel, config } = api.api;
  const openWiki = createWikis({ kernel, secretKey: config.REEVE_SECRET_KEY, userAgent: 'ReeveTest/1 (https://example.org)', timeoutMs: 10_000, allowPrivateHosts: true });
  api.api.wiki = async (wikiId) => (await openWiki(wikiId)).gateway;
  const { user: botUser, password } = sandboxAccounts.bot;
  const bot = { apiUrl: sandbox.apiUrl, botUser, botPassword: seal(config.REEVE_SECRET_KEY, password) };
  await api.wiki('en.example.org', bot);
  await api.wiki('de.example.org', bot);
  await api.wiki('gone.example.org', { ...bot, apiUrl: 'http://127.0.0.1:1/api.php' });
  script = await api.script(await api.person('Ada', ['globalSender']));
});
afterAll(() => sandbox.close());
afterEach(() => sandbox.control('DELETE', 'faults'));

const pages = (...all: [title: string, text: string][]) => sandbox.control('POST', 'seed', { pages: all.map(([title, text]) => ({ title, text })) });
const make = (body: object) => script.post('/api/target-lists', { name: 'List', wiki: 'en.example.org', ...body });
const pagesOf = async (id: number) => (await script.get(`/api/target-lists/${id}/pages`)).body.items.map(({ wiki, page }: { wiki: string; page: string }) => `${wiki} ${page}`);

describe('a list that stands on a page of the wiki', () => {
  test('in wikitext is read with its problems, and says from which page at which revision', async () => {
    pages(['Project:Readers', 'Our readers:\n* {{#target:User:ada}}\n* {{#target:Talk:B|de.example.org}}\n* {{#target:Talk:C|nowhere.example.org}}\n* {{#target:User talk:Ada}}']);
    const { status, body } = await make({ format: 'wikitext', page: 'project:Readers' });
    expect(status).toBe(201);
    expect(body).toMatchObject({ format: 'wikitext', source: 'Project:Readers', targets: 2, problems: [{ line: 4, text: '{{#target:Talk:C|nowhere.example.org}}', code: 'invalidsite' }] });
    expect(await pagesOf(body.id)).toEqual(['en.example.org User talk:Ada', 'de.example.org Talk:B']);
    const [revision] = (await script.get(`/api/target-lists/${body.id}/revisions`)).body.items;
    expect(revision).toMatchObject({ revision: 1, source: 'Project:Readers', sourceRevision: expect.any(Number) });
  });

  test('in JSON is read, whatever the wiki takes the page for', async () => {
    pages(['Project:Readers in JSON', JSON.stringify({ description: '', targets: [{ title: 'Talk:A', site: 'de.example.org' }, { title: 'Talk:B' }, { title: 'a|b' }] })]);
    const { body } = await make({ format: 'json', page: 'Project:Readers in JSON' });
    expect(body).toMatchObject({ targets: 2, problems: [{ line: 3, text: 'a|b', code: 'invalidtitle' }] });
    expect(await pagesOf(body.id)).toEqual(['en.example.org Talk:B', 'de.example.org Talk:A']);
  });

  test('may be pasted in either format', async () => {
    expect((await make({ format: 'wikitext', content: '{{#target:Talk:A}}' })).body).toMatchObject({ targets: 1, source: null });
    expect((await make({ format: 'json', content: '{"targets":[{"title":"Talk:A"}]}' })).body).toMatchObject({ targets: 1, source: null });
  });
});

describe('a list of what stands in a category', () => {
  test('has its members, with or without the namespace said', async () => {
    pages(['User:Eve', '[[Category:Members]]'], ['User talk:Fox', '[[Category:Members]]'], ['Talk:Other', '[[Category:Others]]']);
    for (const category of ['Members', 'category:members']) {
      const { body } = await make({ format: 'category', category });
      expect(body).toMatchObject({ format: 'category', targets: 2, problems: [] });
      expect(await pagesOf(body.id)).toEqual(['en.example.org User talk:Eve', 'en.example.org User talk:Fox']);
    }
  });

  test('of any size is taken in pieces, in memory that does not grow with it, and no piece twice', async () => {
    sandbox.control('POST', 'seed', { pages: [{ prefix: 'User talk:Many ', count: 30_000, text: '[[Category:Many]]' }, { prefix: 'User talk:Few ', count: 5_000, text: '[[Category:Few]]' }] });
    await make({ format: 'category', category: 'Few' }); // warms up
    const { result: { body }, megabytes } = await heapGrowthOf(() => make({ format: 'category', category: 'Many' }));
    expect(body).toMatchObject({ targets: 30_000, problemCount: 0 });
    expect(megabytes).toBeLessThan(12);
  });
});

describe('refresh', () => {
  test('is offered to the owner of what was read, revert where there is something to go back to, and nothing to others', async () => {
    pages(['User talk:I', '[[Category:Offered]]']);
    const { id } = (await make({ format: 'category', category: 'Offered' })).body;
    const offered = async (by: Script) => (await by.get(`/api/target-lists/${id}`)).body.actions?.map(({ verb }: { verb: string }) => verb);
    expect(await offered(script)).toEqual(['edit', 'refresh']);
    await script.post(`/api/target-lists/${id}/refresh`);
    expect(await offered(script)).toEqual(['edit', 'revert', 'refresh']);
    const approver = await api.script(await api.person('Approver', ['deliveryApprover']));
    expect(await offered(approver)).toEqual([]);
  });

  test('reads the page again as the next revision; what was submitted keeps its own', async () => {
    pages(['Project:Growing', '{{#target:Talk:A}}']);
    const { id } = (await make({ format: 'wikitext', page: 'Project:Growing' })).body;
    const { id: delivery } = (await script.post('/api/deliveries', { wiki: 'en.example.org', listIds: [id], subject: 'S', body: 'B ~~~~', sendAt: '2099-01-01T00:00:00Z' })).body;
    await script.post(`/api/deliveries/${delivery}/submit`);
    pages(['Project:Growing', '{{#target:Talk:A}}\n{{#target:Talk:B}}\n{{#target:bad[}}']);
    expect((await script.post(`/api/target-lists/${id}/refresh`)).body).toMatchObject({ revision: 2, targets: 2, problems: [{ line: 3 }] });
    expect((await script.get(`/api/target-lists/${id}/diff?from=1&to=2`)).body).toMatchObject({ added: 1, removed: 0, items: [{ page: 'Talk:B' }] });
    expect((await script.get(`/api/deliveries/${delivery}`)).body.lists).toMatchObject([{ revision: 1, targets: 1 }]);
  });

  test('reads a category again', async () => {
    pages(['User talk:G', '[[Category:Some]]']);
    const { id } = (await make({ format: 'category', category: 'Some' })).body;
    pages(['User talk:H', '[[Category:Some]]']);
    expect((await script.post(`/api/target-lists/${id}/refresh`)).body).toMatchObject({ revision: 2, targets: 2, source: 'Category:Some' });
  });

  test('from a wiki that is down leaves the list as it was', async () => {
    pages(['Project:Gone soon', '{{#target:Talk:A}}']);
    const { id } = (await make({ format: 'wikitext', page: 'Project:Gone soon' })).body;
    sandbox.control('POST', 'faults', { fault: 'http-500', action: '*' });
    expect((await script.post(`/api/target-lists/${id}/refresh`)).body).toMatchObject({ status: 503, code: 'unavailable', errors: [{ pointer: '/page' }] });
    expect((await script.get(`/api/target-lists/${id}`)).body).toMatchObject({ revision: 1, version: 1, targets: 1 });
  });

  test('of lines that were given is refused', async () => {
    const { id } = (await make({ content: 'Talk:A' })).body;
    expect((await script.post(`/api/target-lists/${id}/refresh`)).body).toMatchObject({ status: 409, code: 'targetList.not-read' });
  });
});

describe('what is no list', () => {
  test.each([
    [{ format: 'wikitext', page: 'Project:Nowhere' }, '/page', 'targetList.no-page'],
    [{ format: 'wikitext', page: 'A|b' }, '/page', 'targetList.no-page'],
    [{ format: 'wikitext', page: 'User:Admin/list.json' }, '/page', 'targetList.bad-page'],
    [{ format: 'json', page: 'Project:Text' }, '/page', 'targetList.bad-page'],
    [{ format: 'json', content: '{"targets":7}' }, '/content', 'targetList.bad-page'],
    [{ format: 'category', category: 'Nothing in it' }, '/category', 'targetList.no-page'],
    [{ format: 'category', category: 'Category:A<b>' }, '/category', 'targetList.no-page'],
    [{ format: 'category' }, '/category', 'required'],
    [{ format: 'wikitext' }, '/content', 'required'],
    [{ format: 'lines', page: 'Project:Text' }, '/page', 'input.invalid'],
    [{ format: 'json', page: 'Project:Text', content: '{}' }, '/page', 'input.invalid'],
    [{ format: 'category', category: 'A', content: 'B' }, '/content', 'input.invalid'],
  ])('%j is refused at its field, and nothing is made', async (body, pointer, code) => {
    pages(['Project:Text', 'only text'], ['User:Admin/list.json', '{"targets":[]}']);
    const before = await api.sql('select count(*)::int as n from target_list');
    expect((await make(body)).body).toMatchObject({ status: 422, errors: [{ pointer, code }] });
    expect(await api.sql('select count(*)::int as n from target_list')).toEqual(before);
  });

  test('a wiki that does not answer is no fault of the asker\'s', async () => {
    expect((await make({ wiki: 'gone.example.org', format: 'category', category: 'A' })).body).toMatchObject({ status: 503, errors: [{ pointer: '/category', code: 'wiki.unreachable' }] });
  });
});
