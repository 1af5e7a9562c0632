import request from 'supertest';
import { testApi, type Script } from '../support/api';

const api = testApi();
let script: Script;
let other: Script;
beforeAll(async () => {
  script = await api.script(await api.person('Ada', ['globalSender']));
  other = await api.script(await api.person('Bea'));
  await api.wiki('en.example.org');
  await api.wiki('de.example.org');
});
const make = async (content: string): Promise<number> => (await script.post('/api/target-lists', { name: 'List', wiki: 'en.example.org', content })).body.id;
const put = (id: number, body: object, version = 1) => script.patch(`/api/target-lists/${id}`, body).set('If-Match', `"${version}"`);
const pagesOf = async (id: number, revision = '', by = script) =>
  (await by.get(`/api/target-lists/${id}/pages?${revision && `revision=${revision}`}`)).body.items.map(({ wiki, page }: { wiki: string; page: string }) => `${wiki} ${page}`);
const diff = async (id: number, from: number, to: number, more = '') => (await script.get(`/api/target-lists/${id}/diff?from=${from}&to=${to}${more}`)).body;

describe('new pages in a list', () => {
  test('make its next revision, with their problems; the older one stays as it was', async () => {
    const id = await make('Talk:A\nTalk:B\nbad|one');
    const { status, body, headers } = await put(id, { content: 'Talk:B\nTalk:C\nTalk:D@nowhere.example.org\nbad[two' });
    expect([status, headers.etag]).toEqual([200, '"2"']);
    expect(body).toMatchObject({ revision: 2, version: 2, targets: 2, problems: [{ line: 3, code: 'invalidsite' }, { line: 4, text: 'bad[two', code: 'invalidtitle' }] });
    expect(await pagesOf(id)).toEqual(['en.example.org Talk:B', 'en.example.org Talk:C']);
    expect(await pagesOf(id, '1')).toEqual(['en.example.org Talk:A', 'en.example.org Talk:B']);
    expect((await script.get(`/api/target-lists/${id}/problems?revision=1`)).body.items).toEqual([{ line: 3, text: 'bad|one', code: 'invalidtitle' }]);
  });

  test('are in the history with who, when and how many, newest first, and in the log as an edit', async () => {
    const before = Date.now() - 1_000;
    const id = await make('Talk:A\nbad|one');
    await put(id, { content: 'page\nTalk:B', format: 'csv' });
    const { items } = (await script.get(`/api/target-lists/${id}/revisions`)).body;
    const by = { id: expect.any(Number), name: 'Ada' };
    expect(items).toEqual([
      { revision: 2, at: expect.any(String), by, format: 'csv', source: null, sourceRevision: null, targets: 1, problemCount: 0, revertedTo: null, delivery: null },
      { revision: 1, at: expect.any(String), by, format: 'lines', source: null, sourceRevision: null, targets: 1, problemCount: 1, revertedTo: null, delivery: null },
    ]);
    expect(Date.parse(items[0].at)).toBeGreaterThan(before);
    expect(await api.sql(`select verb, version from audit where noun = 'targetList' and entity = $1 order by version`, [id])).toEqual([{ verb: 'new', version: 1 }, { verb: 'edit', version: 2 }]);
  });

  test('come over the version that was read, or not at all', async () => {
    const id = await make('Talk:A');
    expect((await script.put(`/api/target-lists/${id}`, { content: 'Talk:B' })).status).toBe(428);
    await put(id, { content: 'Talk:B' });
    expect((await put(id, { content: 'Talk:C' })).body).toMatchObject({ status: 412, version: 2 });
    expect(await pagesOf(id)).toEqual(['en.example.org Talk:B']);
    expect((await script.get(`/api/target-lists/${id}/revisions`)).body.items).toHaveLength(2);
  });

  test('of two people at once make one revision', async () => {
    const id = await make('Talk:A');
    const both = await Promise.all([put(id, { content: 'Talk:B' }), put(id, { content: 'Talk:C' })]);
    expect(both.map(({ status }) => status).sort()).toEqual([200, 412]);
    expect((await script.get(`/api/target-lists/${id}`)).body.revision).toBe(2);
    expect(await pagesOf(id)).toHaveLength(1);
  });

  test('come as a stream, too', async () => {
    const id = await make('Talk:A');
    const { body } = await request(api.app).put(`/api/target-lists/${id}?format=lines`).set('Authorization', `Bearer ${script.key}`).set('If-Match', '"1"').set('Content-Type', 'text/plain').send('Talk:B\nTalk:C\n');
    expect(body).toMatchObject({ revision: 2, targets: 2 });
  });

  test('are the owner\'s to give', async () => {
    const id = await make('Talk:A');
    expect((await other.put(`/api/target-lists/${id}`, { content: 'Talk:B' }).set('If-Match', '"1"')).status).toBe(404);
    expect((await other.post(`/api/target-lists/${id}/revert`, { revision: 1 })).status).toBe(404);
    const made = await script.post('/api/deliveries', { wiki: 'en.example.org', listIds: [id], subject: 'S', body: 'B' });
    await script.post(`/api/deliveries/${made.body.id}/submit`);
    expect((await other.put(`/api/target-lists/${id}`, { content: 'Talk:B' }).set('If-Match', '"1"')).status).toBe(403);
    expect((await other.post(`/api/target-lists/${id}/revert`, { revision: 1 })).status).toBe(403);
  });

  test('are needed, but for another name, which makes no revision', async () => {
    const id = await make('Talk:A');
    expect((await put(id, {})).body).toMatchObject({ status: 422, errors: [{ pointer: '/content', code: 'required' }] });
    expect((await put(id, { name: 'Readers' })).body).toMatchObject({ name: 'Readers', revision: 1, version: 2, targets: 1 });
  });
});

describe('two revisions', () => {
  test('differ by what went and what came, whatever the order of their lines', async () => {
    const id = await make('Talk:A\nTalk:B\nTalk:C@de.example.org');
    await put(id, { content: 'Talk:D\nTalk:C@de.example.org\nTalk:B\nTalk:A@de.example.org' });
    expect(await diff(id, 1, 2)).toEqual({
      added: 2, removed: 1,
      items: [{ change: 'removed', wiki: 'en.example.org', page: 'Talk:A' }, { change: 'added', wiki: 'en.example.org', page: 'Talk:D' }, { change: 'added', wiki: 'de.example.org', page: 'Talk:A' }],
    });
    expect(await diff(id, 2, 1)).toMatchObject({ added: 1, removed: 2 });
    expect(await diff(id, 2, 2)).toEqual({ added: 0, removed: 0, items: [] });
  });

  test('show their differences page by page, each once', async () => {
    const id = await make(Array.from({ length: 25 }, (_, i) => `Talk:Old ${i}\nTalk:Both ${i}`).join('\n'));
    await put(id, { content: Array.from({ length: 30 }, (_, i) => `Talk:New ${i}\nTalk:Both ${i % 25}`).join('\n') });
    const seen: string[] = [];
    for (let cursor = ''; ; ) {
      const page = await diff(id, 1, 2, `&limit=10${cursor}`);
      expect([page.added, page.removed]).toEqual([30, 25]);
      seen.push(...page.items.map((one: { change: string; page: string }) => `${one.change} ${one.page}`));
      if (!page.next) break;
      cursor = `&cursor=${page.next}`;
    }
    expect(seen).toHaveLength(55);
    expect(new Set(seen)).toEqual(new Set([...Array.from({ length: 25 }, (_, i) => `removed Talk:Old ${i}`), ...Array.from({ length: 30 }, (_, i) => `added Talk:New ${i}`)]));
  });

  test.each([['diff?from=1&to=9', '?to'], ['diff?from=1', '?to'], ['diff?from=0&to=1', '?from'], ['pages?revision=9', '?revision'], ['problems?revision=x', '?revision']])('%s names %s', async (path, pointer) => {
    const id = await make('Talk:A');
    expect((await script.get(`/api/target-lists/${id}/${path}`)).body.errors).toMatchObject([{ pointer }]);
  });
});

describe('revert', () => {
  test('takes an older revision again as the next one, problems and all', async () => {
    const id = await make('Talk:A\nbad|one');
    await put(id, { content: 'Talk:B' });
    const { body } = await script.post(`/api/target-lists/${id}/revert`, { revision: 1 });
    expect(body).toMatchObject({ revision: 3, version: 3, targets: 1, problems: [{ line: 2, text: 'bad|one', code: 'invalidtitle' }] });
    expect(await pagesOf(id)).toEqual(['en.example.org Talk:A']);
    expect((await script.get(`/api/target-lists/${id}/revisions?limit=1`)).body.items).toMatchObject([{ revision: 3, revertedTo: 1 }]);
    expect(await diff(id, 1, 3)).toMatchObject({ added: 0, removed: 0 });
  });

  test('to a revision that never was is refused at its field, and over a newer version', async () => {
    const id = await make('Talk:A');
    for (const revision of [2, 2_147_483_647]) expect((await script.post(`/api/target-lists/${id}/revert`, { revision })).body).toMatchObject({ status: 404, errors: [{ pointer: '/revision', detail: `This list has no revision ${revision}.` }] });
    await put(id, { content: 'Talk:B' });
    expect((await script.post(`/api/target-lists/${id}/revert`, { revision: 1 }).set('If-Match', '"1"')).status).toBe(412);
  });

  test('said twice under one Idempotency-Key is done once', async () => {
    const id = await make('Talk:A');
    await put(id, { content: 'Talk:B' });
    const twice = [1, 2].map(() => script.post(`/api/target-lists/${id}/revert`, { revision: 1 }).set('Idempotency-Key', `revert-${id}`));
    for (const one of twice) expect((await one).body.revision).toBe(3);
  });
});

describe('what was submitted is what is sent', () => {
  const draft = async (id: number) => (await script.post('/api/deliveries', { wiki: 'en.example.org', listIds: [id], subject: 'S', body: 'B', sendAt: '2099-01-01T00:00:00Z' })).body;
  const listOf = async (delivery: number) => (await script.get(`/api/deliveries/${delivery}`)).body.lists[0];

  test('a submitted delivery keeps its revision and its counts; a draft moves on', async () => {
    const id = await make('Talk:A\nTalk:B\nbad|one');
    const [submitted, drafted] = [await draft(id), await draft(id)];
    await script.post(`/api/deliveries/${submitted.id}/submit`);
    await put(id, { content: 'Talk:C' }, (await script.get(`/api/target-lists/${id}`)).body.version);
    expect(await listOf(submitted.id)).toMatchObject({ revision: 1, targets: 2, problemCount: 1 });
    expect(await listOf(drafted.id)).toMatchObject({ revision: 2, targets: 1, problemCount: 0 });
    expect(await pagesOf(id, '1', other)).toHaveLength(2); // everybody may read what it goes to
    expect(await api.sql('select revision from delivery_list where delivery_id = $1', [submitted.id])).toEqual([{ revision: 1 }]);
  });

  test('one that goes back to a draft takes the newest with its next submit', async () => {
    const asked = await api.script(await api.person('Cid'));
    const id = (await asked.post('/api/target-lists', { name: 'List', wiki: 'en.example.org', content: 'Talk:A' })).body.id;
    const { id: delivery } = (await asked.post('/api/deliveries', { wiki: 'en.example.org', listIds: [id], subject: 'S', body: 'B' })).body;
    await asked.post(`/api/deliveries/${delivery}/submit`);
    await asked.put(`/api/target-lists/${id}`, { content: 'Talk:B\nTalk:C' }).set('If-Match', '*');
    const shownAs = async () => (await asked.get(`/api/deliveries/${delivery}`)).body.lists[0];
    expect(await shownAs()).toMatchObject({ revision: 1, targets: 1 });
    await asked.post(`/api/deliveries/${delivery}/revise`);
    expect(await shownAs()).toMatchObject({ revision: 2, targets: 2 });
    await asked.post(`/api/deliveries/${delivery}/submit`);
    expect(await api.sql('select revision from delivery_list where delivery_id = $1', [delivery])).toEqual([{ revision: 2 }]);
  });

  test('a list that got pages of another wiki while its delivery was submitted is not sent there unreviewed', async () => {
    const wiki = (await api.sql(`select id from wiki where host = 'en.example.org'`))[0].id as number;
    const local = await api.script(await api.person('Dot', ['sender'], wiki));
    const id = (await local.post('/api/target-lists', { name: 'List', wiki: 'en.example.org', content: 'Talk:A' })).body.id;
    const { id: delivery } = (await local.post('/api/deliveries', { wiki: 'en.example.org', listIds: [id], subject: 'S', body: 'B' })).body;
    const client = await api.api.kernel.pool.connect(); // holds the delivery's row: submit has looked, and cannot write yet
    await client.query('begin');
    await client.query('select from delivery where id = $1 for update', [delivery]);
    const submitted = local.post(`/api/deliveries/${delivery}/submit`).then((answer) => answer);
    await new Promise((done) => setTimeout(done, 500));
    await local.put(`/api/target-lists/${id}`, { content: 'Talk:B@de.example.org' }).set('If-Match', '"1"');
    await client.query('commit');
    client.release();
    expect((await submitted).body).toMatchObject({ status: 422, code: 'delivery.foreign-target' });
    expect((await local.get(`/api/deliveries/${delivery}`)).body.state).toBe('draft');
  });
});
