import { testApi, type Script, type TestPerson } from '../support/api';

const api = testApi();
let ada: TestPerson;
let script: Script;
let listId: number;
beforeAll(async () => {
  ada = await api.person('Ada', ['sender', 'admin']);
  script = await api.script(ada);
  await api.wiki('en.example.org');
  listId = (await script.post('/api/target-lists', { name: 'L', wiki: 'en.example.org', content: 'Talk:A' })).body.id;
});
const draft = (more: object = {}) => ({ wiki: 'en.example.org', listIds: [listId], subject: 'Subject', body: 'Body', ...more });
const count = async (table: string) => (await api.sql(`select count(*)::int as n from ${table}`))[0].n as number;

describe('an Idempotency-Key', () => {
  test('makes one thing of two requests, also when they come at once', async () => {
    const before = await count('delivery');
    const answers = await Promise.all(Array.from({ length: 8 }, () => script.post('/api/deliveries', draft()).set('Idempotency-Key', 'once')));
    expect(new Set(answers.map(({ status, body }) => `${status} ${body.id}`)).size).toBe(1);
    expect(await count('delivery')).toBe(before + 1);
  });

  test.each([
    ['/api/users', () => ({ name: 'Twice', password: 'a password of tests' }), '"user"'],
    ['/api/wikis', () => ({ host: 'twice.example.org', apiUrl: 'http://127.0.0.1/api.php', botUser: 'B', botPassword: 'P', aliases: ['second.example.org'] }), 'wiki'],
    ['/api/memberships', () => ({ role: 'organizer', accepted: true }), 'membership'],
    ['/api/target-lists', () => ({ name: 'L', wiki: 'en.example.org', content: 'Talk:A\nTalk:B' }), 'target_list'],
    ['/api/keys', () => ({ scopes: ['all'] }), 'key'],
  ])('makes one thing of the same POST %s said twice', async (path, body, table) => {
    const before = await count(table);
    const once = await script.post(path, body()).set('Idempotency-Key', `twice ${path}`.replace(' ', '-'));
    const twice = await script.post(path, body()).set('Idempotency-Key', `twice ${path}`.replace(' ', '-'));
    expect([once.status, twice.status, twice.body.id]).toEqual([201, 201, once.body.id]);
    expect(await count(table)).toBe(before + 1);
  });

  test('does not mind the order of fields, but another input is a mistake', async () => {
    const { wiki, listIds, subject, body } = draft();
    const once = await script.post('/api/deliveries', { wiki, listIds, subject, body }).set('Idempotency-Key', 'order');
    const same = await script.post('/api/deliveries', { body, subject, listIds, wiki }).set('Idempotency-Key', 'order');
    const other = await script.post('/api/deliveries', { body: 'Other', subject, listIds, wiki }).set('Idempotency-Key', 'order');
    expect(same.body.id).toBe(once.body.id);
    expect([other.status, other.body.code]).toEqual([422, 'idempotency.reused']);
    expect((await script.post(`/api/deliveries/${once.body.id}/cancel`).set('Idempotency-Key', 'order')).body.code).toBe('idempotency.reused');
  });

  test('of a verb does it once, and answers with the thing as it now is', async () => {
    const { body: made } = await script.post('/api/deliveries', draft());
    const submit = () => script.post(`/api/deliveries/${made.id}/submit`).set('Idempotency-Key', 'submit-1');
    const once = await submit();
    expect(once.body.state).toBe('expanding');
    await script.post(`/api/deliveries/${made.id}/cancel`);
    const twice = await submit();
    expect([twice.status, twice.body.state]).toEqual([200, 'cancelled']);
    expect((await api.sql("select count(*)::int as n from audit where noun = 'delivery' and entity = $1 and verb = 'submit'", [made.id]))[0].n).toBe(1);
    expect((await script.post(`/api/deliveries/${made.id}/submit`)).status).toBe(409); // without the key it is another command
  });

  test('belongs to who sends it: somebody else\'s is another command', async () => {
    const bea = await api.script(await api.person('Bea'));
    const [hers, mine] = await Promise.all([bea, script].map((one) => one.post('/api/target-lists', { name: 'L', wiki: 'en.example.org', content: '' }).set('Idempotency-Key', 'shared')));
    expect(hers!.body.id).not.toBe(mine!.body.id);
  });

  test.each(['with blanks in', 'x'.repeat(256), 'Ünïcode'])('that is none (%s) is refused', async (key) => {
    expect((await script.post('/api/deliveries', draft()).set('Idempotency-Key', encodeURI(key) === key || key.includes(' ') ? key : Buffer.from(key).toString('latin1'))).status).toBe(400);
  });

  test('is forgotten by a dry run', async () => {
    const { body: made } = await script.post('/api/deliveries', draft());
    const dry = await script.post(`/api/deliveries/${made.id}/submit?dryRun=true`).set('Idempotency-Key', 'dry');
    expect(dry.body).toMatchObject({ dryRun: true, from: 'draft', state: 'expanding', effects: expect.arrayContaining(['pinLists', 'startDelivery']) });
    expect((await script.get(`/api/deliveries/${made.id}`)).body.state).toBe('draft');
    expect((await script.post(`/api/deliveries/${made.id}/submit`).set('Idempotency-Key', 'dry')).body.state).toBe('expanding');
  });

  test('and input stand in the audit as hashes that nobody can guess a password from', async () => {
    await script.post('/api/users', { name: 'Hashed', password: 'guessable 1' }).set('Idempotency-Key', 'h-1');
    const [{ command_id: id, input_hash: hash }] = await api.sql("select command_id, input_hash from audit where noun = 'user' and command_id is not null order by id desc limit 1");
    expect(id).toMatch(/^[\w-]{43}$/);
    const { createHash } = await import('node:crypto');
    const plain = JSON.stringify({ body: { language: 'en', name: 'Hashed', password: 'guessable 1', timeZone: 'UTC' }, method: 'POST', path: '/api/users', query: {} });
    expect(hash).not.toBe(createHash('sha256').update(plain).digest('base64url'));
  });
});

describe('versions', () => {
  test('an ETag is the version, and an edit with it goes through', async () => {
    const made = await script.post('/api/deliveries', draft());
    expect(made.headers.etag).toBe('"1"');
    const edited = await script.patch(`/api/deliveries/${made.body.id}`, { subject: 'New' }).set('If-Match', '"1"');
    expect([edited.status, edited.headers.etag, edited.body.subject, edited.body.version]).toEqual([200, '"2"', 'New', 2]);
  });

  test('an edit on what somebody else has changed meanwhile is refused, and says which version stands', async () => {
    const { body: made } = await script.post('/api/deliveries', draft());
    await script.patch(`/api/deliveries/${made.id}`, { subject: 'First' }).set('If-Match', '"1"');
    const late = await script.patch(`/api/deliveries/${made.id}`, { subject: 'Second' }).set('If-Match', '"1"');
    expect([late.status, late.body.code, late.body.version]).toEqual([412, 'version.conflict', 2]);
    expect((await script.get(`/api/deliveries/${made.id}`)).body.subject).toBe('First');
  });

  test('of two edits at once on one version, one holds', async () => {
    const { body: made } = await script.post('/api/deliveries', draft());
    const answers = await Promise.all(['A', 'B'].map((subject) => script.patch(`/api/deliveries/${made.id}`, { subject }).set('If-Match', '"1"')));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 412]);
  });

  test('a draft is not changed without saying which version was read', async () => {
    const { body: made } = await script.post('/api/deliveries', draft());
    expect((await script.patch(`/api/deliveries/${made.id}`, { subject: 'New' })).body).toMatchObject({ status: 428, code: 'version.required' });
    expect((await script.patch(`/api/deliveries/${made.id}`, { subject: 'New' }).set('If-Match', '*')).status).toBe(200);
    expect((await script.patch(`/api/deliveries/${made.id}`, { subject: 'New' }).set('If-Match', '"of something else"')).status).toBe(412);
  });

  test('a verb may be tied to a version, too', async () => {
    const { body: made } = await script.post('/api/deliveries', draft());
    await script.patch(`/api/deliveries/${made.id}`, { body: 'Changed after the approver looked' }).set('If-Match', '"1"');
    expect((await script.post(`/api/deliveries/${made.id}/submit`).set('If-Match', '"1"')).status).toBe(412);
    expect((await script.post(`/api/deliveries/${made.id}/submit`).set('If-Match', '"2"')).status).toBe(200);
  });

  test('wikis, whose knobs are turned while they run, may be changed without', async () => {
    const wiki = await api.wiki('knob.example.org');
    expect((await script.patch(`/api/wikis/${wiki.id}`, { editsPerMinute: 7 })).body).toMatchObject({ editsPerMinute: 7, version: 2 });
    expect((await script.patch(`/api/wikis/${wiki.id}`, { editsPerMinute: 8 }).set('If-Match', '"1"')).status).toBe(412);
  });

  test('are for If-Match only: a read is never answered from memory', async () => {
    const { body: made } = await script.post('/api/deliveries', draft());
    expect((await script.get(`/api/deliveries/${made.id}`).set('If-None-Match', '"1"')).status).toBe(200);
  });
});

describe('lists', () => {
  test('are read page by page to the end, each thing once, newest first, while new ones come', async () => {
    const reader = await api.script(await api.person('Reader'));
    for (let i = 0; i < 7; i++) await reader.post('/api/target-lists', { name: `L${i}`, wiki: 'en.example.org', content: '' });
    const names: string[] = [];
    let path: string | undefined = '/api/target-lists?limit=3';
    for (let i = 0; path && i < 10; i++) {
      const { body, headers }: { body: { items: { name: string }[]; next?: string }; headers: Record<string, string> } = await reader.get(path);
      names.push(...body.items.map(({ name }) => name).filter((name) => name !== 'L')); // L was sent to, so everybody sees it
      const link: string | undefined = /<([^>]+)>; rel="next"/.exec(headers.link ?? '')?.[1];
      expect(Boolean(link)).toBe(body.next !== undefined);
      if (link) expect(link).toContain(`cursor=${body.next}`);
      path = link;
      await reader.post('/api/target-lists', { name: 'new', wiki: 'en.example.org', content: '' });
    }
    expect(names).toEqual(['L6', 'L5', 'L4', 'L3', 'L2', 'L1', 'L0']);
  });

  test('hold only what the reader may see', async () => {
    const [one, two] = [await api.script(await api.person('One')), await api.script(await api.person('Two'))];
    const hers = await one.post('/api/target-lists', { name: 'Hers', wiki: 'en.example.org', content: '' });
    expect((await two.get('/api/target-lists')).text).not.toContain('Hers');
    expect((await one.get('/api/target-lists')).body.items.map(({ id }: { id: number }) => id)).toContain(hers.body.id);
    expect((await two.get('/api/users')).body.items.map(({ name }: { name: string }) => name)).toEqual(['Two']);
  });

  test('refuse a cursor of another list or of other filters', async () => {
    for (let i = 0; i < 2; i++) await script.post('/api/deliveries', draft());
    const { body } = await script.get('/api/deliveries?limit=1&state=draft');
    expect((await script.get(`/api/deliveries?limit=1&state=draft&cursor=${body.next}`)).status).toBe(200);
    expect((await script.get(`/api/deliveries?limit=1&cursor=${body.next}`)).body.errors).toMatchObject([{ pointer: '?cursor' }]);
    expect((await script.get(`/api/target-lists?limit=1&cursor=${body.next}`)).status).toBe(422);
  });

  test('give up to 1,000 at once', async () => {
    await api.sql(`insert into target_list (owner_id, wiki_id, name, format, state, audit_hash, created_at_ms, updated_at_ms)
      select $1, 1, 'many', 'lines', 'active', '', 0, 0 from generate_series(1, 1100)`, [ada.id]);
    expect((await script.get('/api/target-lists?limit=1000')).body.items).toHaveLength(1_000);
  });
});
