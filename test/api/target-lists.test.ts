import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { Readable } from 'node:stream';
import { testApi, type Script } from '../support/api';
import { eventually } from '../support/eventually';
import { heapGrowthOf } from '../support/heap';

const api = testApi({ REEVE_HOST_ALIASES: '{"old.example.org":"de.example.org"}' });
let script: Script;
beforeAll(async () => {
  script = await api.script(await api.person('Ada'));
  await api.wiki('en.example.org');
  await api.wiki('de.example.org', { aliases: ['de.m.example.org'] });
});
const make = (content: string, more: object = {}) => script.post('/api/target-lists', { name: 'List', wiki: 'en.example.org', format: 'lines', content, ...more });
const pagesOf = async (id: number) => (await script.get(`/api/target-lists/${id}/pages`)).body.items.map(({ wiki, page }: { wiki: string; page: string }) => `${wiki} ${page}`);

/** Posts a body of any length, piece by piece. */
const stream = async (query: string, pieces: Iterable<string | Buffer>, headers: Record<string, string> = {}) => {
  const server = createServer(api.app).listen(0);
  const { port } = server.address() as AddressInfo;
  try {
    return await new Promise<{ status: number; body: any }>((done, fail) => {  
      const posted = httpRequest({ port, method: 'POST', path: `/api/target-lists?${query}`, headers: { authorization: `Bearer ${script.key}`, 'content-type': 'text/plain', ...headers } }, (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part)).on('end', () => done({ status: response.statusCode!, body: JSON.parse(Buffer.concat(parts).toString()) }));
      });
      posted.on('error', fail);
      Readable.from(pieces).pipe(posted);
    });
  } finally {
    await new Promise((done) => server.close(done));
  }
};

describe('a list of lines', () => {
  test('stands in order: the list\'s own wiki first, then by host and title; duplicates once', async () => {
    const { body } = await make('Talk:B@de.example.org\nTalk:Z\nUser:ada\nTalk:A@de.m.example.org\nUser talk:Ada\nTalk:Z@EN.example.org\nTalk:A@old.example.org');
    expect(body).toMatchObject({ targets: 4, problemCount: 0, problems: [], wiki: 'en.example.org', revision: 1, used: false });
    expect(await pagesOf(body.id)).toEqual(['en.example.org Talk:Z', 'en.example.org User talk:Ada', 'de.example.org Talk:A', 'de.example.org Talk:B']);
  });

  test('takes what is sound and says of each other line what is wrong', async () => {
    const { body } = await make('Talk:A\n\nbad|title\nTalk:B@nowhere.example.org\nTalk:C');
    expect(body).toMatchObject({ targets: 2, problemCount: 2, problems: [{ line: 3, text: 'bad|title', code: 'invalidtitle' }, { line: 4, text: 'Talk:B@nowhere.example.org', code: 'invalidsite' }] });
    expect((await script.get(`/api/target-lists/${body.id}`)).body.problems).toEqual(body.problems);
  });

  test('answers with the first 1,000 problems and keeps them all', async () => {
    const { body } = await make(Array.from({ length: 1_234 }, (_, i) => `bad|${i}`).join('\n'));
    expect([body.problems.length, body.problemCount]).toEqual([1_000, 1_234]);
    const seen: number[] = [];
    for (let cursor = ''; ; ) {
      const { body: page } = await script.get(`/api/target-lists/${body.id}/problems?limit=500${cursor}`);
      seen.push(...page.items.map(({ line }: { line: number }) => line));
      if (!page.next) break;
      cursor = `&cursor=${page.next}`;
    }
    expect(seen).toEqual(Array.from({ length: 1_234 }, (_, i) => i + 1));
  });

  test('names no schema\'s own words where a wiki is given as something else', async () => {
    const { status, body } = await script.post('/api/target-lists', { name: 'L', wiki: [], content: '' });
    expect([status, body.errors]).toEqual([422, [{ pointer: '/wiki', code: 'type', detail: 'It has the wrong type.' }]]);
  });

  test('is made however many others are made at once', async () => {
    const made = await Promise.all(Array.from({ length: 24 }, (_, i) => make(`Talk:A${i}`))); // more than there are connections
    expect(made.map(({ status }) => status)).toEqual(Array.from({ length: 24 }, () => 201));
  });

  test('leaves connections for everybody else, however many write lists that take long', async () => {
    const people = await Promise.all(['Cleo', 'Dora', 'Emil', 'Finn'].map(async (name) => api.script(await api.person(name))));
    const gate = await api.api.kernel.pool.connect(); // no list of this wiki is written before the gate opens
    await gate.query('begin');
    await gate.query(`select from wiki where host = 'en.example.org' for update`);
    const writing = Promise.all([...people, ...people].map((by) => by.post('/api/target-lists', { name: 'L', wiki: 'en.example.org', format: 'lines', content: 'Talk:A' })));
    void writing.catch(() => {});
    const held = async () => (await gate.query(`select count(*)::int as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`)).rows[0].n;
    try {
      await eventually(async () => expect(await held()).toBe(2));
      expect((await script.get('/api/me')).status).toBe(200);
      expect(await held()).toBe(2);
    } finally {
      await gate.query('commit');
      gate.release();
    }
    expect((await writing).map(({ status }) => status)).toEqual(Array(8).fill(201));
  });

  test('keeps a title as it was typed where only the wiki knows whether its first letter matters', async () => {
    const { body } = await make('Talk:apple\nTalk:Apple');
    expect(body.targets).toBe(2); // on a wiki where they are one, the second is skipped as a duplicate, and listed
  });

  test.each([
    [{ wiki: 'nowhere.example.org' }, '/wiki', 'delivery.unknown-wiki'], [{ name: '' }, '/name', 'empty'], [{ format: 'event' }, '/format', 'choice'], [{ content: undefined }, '/content', 'required'], [{ content: 'x'.repeat(2 * 1024 * 1024 + 1) }, '/content', 'too-long'],
  ])('is refused at its field', async (more, pointer, code) => {
    expect((await make('Talk:A', more)).body).toMatchObject({ status: 422, errors: [{ pointer, code }] });
  });

  test('of 2 MB of JSON is taken', async () => {
    const content = 'Talk:A\n'.repeat(Math.floor((2 * 1024 * 1024) / 7));
    expect((await make(content)).body).toMatchObject({ targets: 1 });
  });

  test('is its owner\'s until a submitted delivery names it; then everybody\'s to read', async () => {
    const other = await api.script(await api.person('Bea'));
    const { body } = await make('Talk:A');
    expect((await other.get(`/api/target-lists/${body.id}`)).status).toBe(404);
    const made = await script.post('/api/deliveries', { wiki: 'en.example.org', listIds: [body.id], subject: 'S', body: 'B' });
    expect((await other.get(`/api/target-lists/${body.id}/pages`)).status).toBe(404);
    await script.post(`/api/deliveries/${made.body.id}/submit`);
    expect((await other.get(`/api/target-lists/${body.id}`)).body.used).toBe(true);
  });
});

describe('a list of CSV', () => {
  test('has the page in the first column and the host in the second; a line of headings means nothing', async () => {
    const lines = ['page,host', 'Talk:A', '"Talk:Paris, Texas", DE.example.org ,note', 'Talk:B,', '"Talk:Say ""hi"""', 'Talk:C\ten.example.org', 'Talk:D,nowhere.example.org', '"open', '', 'Talk:E@de.example.org', 'Talk:F,https://de.example.org', 'Talk:G,de.example.org (German)', 'G@domain.org,de.example.org'];
    const { body } = await make(lines.join('\r\n'), { format: 'csv' });
    const bad = (line: number, code: string) => ({ line, text: lines[line - 1], code });
    expect(body.problems).toEqual([bad(7, 'invalidsite'), bad(8, 'invalidtitle'), bad(11, 'invalidsite'), bad(12, 'invalidsite')]);
    expect(await pagesOf(body.id)).toEqual(['en.example.org Talk:A', 'en.example.org Talk:B', 'en.example.org Talk:C', 'en.example.org Talk:Say "hi"', 'de.example.org G@domain.org', 'de.example.org Talk:E', 'de.example.org Talk:Paris, Texas']);
  });
});

describe('a streamed list', () => {
  const query = 'name=Big&wiki=en.example.org&format=lines';

  test('has its other fields in the query and its lines in the body, cut anywhere', async () => {
    const { status, body } = await stream(query, ['Talk:', 'A\r', '\nTalk:É'.slice(0, 6), 'É\nbad', '|line\n']);
    expect(status).toBe(201);
    expect(body).toMatchObject({ name: 'Big', targets: 2, problems: [{ line: 3, text: 'bad|line' }] });
  });

  test('reads letters that were cut between two pieces', async () => {
    const bytes = Buffer.from('Talk:日本\nTalk:é');
    const { body } = await stream(query, [...bytes].map((byte) => Buffer.of(byte)));
    expect(await pagesOf(body.id)).toEqual(['en.example.org Talk:é', 'en.example.org Talk:日本']);
  });

  test('says of what is no UTF-8 that it is no title', async () => {
    expect((await stream(query, [Buffer.from([0x54, 0xff, 0xfe, 0x0a])])).body.problems).toMatchObject([{ line: 1, code: 'invalidtitle' }]);
  });

  test.each([['wiki=en.example.org', '?name'], ['name=A', '?wiki'], ['name=A&wiki=en.example.org&format=json', '?format'], [`${query}&colour=red`, '?colour'], ['name=A&wiki=nowhere.example.org', '/wiki']])('with %s names %s', async (wrong, pointer) => {
    expect((await stream(wrong, ['Talk:A'])).body.errors).toMatchObject([{ pointer }]);
  });

  test('is refused compressed, and as anything but text or JSON', async () => {
    expect((await stream(query, ['x'], { 'content-encoding': 'gzip' })).status).toBe(415);
    expect((await stream(query, ['x'], { 'content-type': 'application/xml' })).status).toBe(415);
  });

  test('is made once by one Idempotency-Key, and other lines under it are a mistake', async () => {
    const key = { 'idempotency-key': 'stream-1' };
    const once = await stream(query, ['Talk:A'], key);
    expect((await stream(query, ['Talk', ':A'], key)).body.id).toBe(once.body.id);
    expect((await stream(query, ['Talk:B'], key)).body.code).toBe('idempotency.reused');
  });

  test('that breaks off leaves nothing half-made, in the database or on disk', async () => {
    const before = (await api.sql('select count(*)::int as n from target_list'))[0].n;
    const server = createServer(api.app).listen(0);
    const { port } = server.address() as AddressInfo;
    await new Promise<void>((done) => {
      const posted = httpRequest({ port, method: 'POST', path: `/api/target-lists?${query}`, headers: { authorization: `Bearer ${script.key}`, 'content-type': 'text/plain', 'content-length': '100000' } });
      posted.on('error', () => done());
      posted.write('Talk:A\n'.repeat(1_000));
      setTimeout(() => posted.destroy(), 200);
    });
    await new Promise((done) => server.close(done));
    expect((await api.sql('select count(*)::int as n from target_list'))[0].n).toBe(before);
    expect(readdirSync(tmpdir()).filter((name) => name.startsWith('reeve-upload-'))).toEqual([]);
  });

  test('of 300,000 lines is taken, in memory that does not grow with it', async () => {
    const lines = function* (count: number) {
      for (let i = 0; i < count; i += 1_000) yield Array.from({ length: 1_000 }, (_, k) => (k % 500 === 0 ? `bad|${i + k}` : `User talk:Person ${i + k}`)).join('\n') + '\n';
    };
    await stream(query, lines(50_000)); // warms up
    const { result: { status, body }, megabytes } = await heapGrowthOf(() => stream(query, lines(300_000)));
    expect([status, body.code, body.targets, body.problemCount, body.problems?.length]).toEqual([201, undefined, 299_400, 600, 600]);
    expect(megabytes).toBeLessThan(20); // as strings, the lines would hold twice that
    const last = await script.get(`/api/target-lists/${body.id}/pages?limit=2`);
    expect(last.body.items.map(({ page }: { page: string }) => page)).toEqual(['User talk:Person 1', 'User talk:Person 10']);
  }, 300_000);
});
