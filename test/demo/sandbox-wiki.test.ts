/** The sandbox wiki as the demo, tests and benches lean on it: what it keeps, what it counts, how it fails on demand. */
import { spawn, type ChildProcess } from 'node:child_process';
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sandboxAccounts, startSandboxWiki, type SandboxWiki, type SandboxWikiOptions } from '../../demo/sandbox-wiki';
import { createMediaWiki, type MediaWiki } from '../../gateways/mediawiki';

const home = mkdtempSync(join(tmpdir(), 'reeve-sandbox-'));
const open: { close: () => Promise<void> }[] = [];

afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

const start = async (options: SandboxWikiOptions = {}): Promise<SandboxWiki> => {
  const wiki = await startSandboxWiki(options);
  open.push(wiki);
  return wiki;
};
const connect = (apiUrl: string, more: object = {}): MediaWiki => {
  const { user, password } = sandboxAccounts.bot;
  const gateway = createMediaWiki({ apiUrl, as: { user, password }, userAgent: 'Test', allowPrivateHosts: true, timeoutMs: 20_000, ...more });
  open.push(gateway);
  return gateway;
};
const post = (gateway: MediaWiki, title: string, marker = 'm:1'): Promise<{ revisionId: number }> =>
  gateway.append({ title, text: `== News ==\nhello <!-- ${marker} -->`, createOnly: true, summary: `News (${marker})` });
const outcome = (work: Promise<unknown>): Promise<string> => work.then(() => 'done', ({ kind, code }: { kind: string; code: string }) => `${kind} ${code}`);
const marks = (wiki: SandboxWiki, marker = 'm:1', more = ''): any => wiki.control('GET', `marks?marker=${marker}${more}`);

describe('what it keeps', () => {
  test('a killed process has lost nothing that it answered for', async () => {
    const file = join(home, 'killed.jsonl');
    const script = `require('./demo/sandbox-wiki').runSandboxWiki(['--data', ${JSON.stringify(file)}])`;
    const child: ChildProcess = spawn(process.execPath, ['--import', 'tsx', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    const apiUrl = await new Promise<string>((done) => child.stdout!.on('data', (text: Buffer) => done(/API (\S+)\)/.exec(text.toString())![1]!)));
    const gateway = connect(apiUrl);
    const answered: number[] = [];
    const posting = Promise.all(Array.from({ length: 8 }, async (_, lane) => {
      for (let n = 0; n < 1_000; n += 1) {
        await post(gateway, `User talk:Reader ${lane}-${n}`);
        if (answered.push(n) === 200) child.kill('SIGKILL');
      }
    }));
    await expect(posting).rejects.toMatchObject({ kind: expect.stringMatching(/lost|busy/) });
    const again = await start({ dataFile: file });
    const { exactlyOne, more } = marks(again);
    expect(exactlyOne).toBeGreaterThanOrEqual(answered.length);
    expect(exactlyOne).toBeLessThanOrEqual(answered.length + 8); // what it did, and could not say any more
    expect(more).toBe(0);
  });

  test('everything comes back: texts, revisions, protection, accounts, blocks, contributions, seeds', async () => {
    const file = join(home, 'back.jsonl');
    const look = async (wiki: SandboxWiki): Promise<unknown> => {
      const gateway = connect(wiki.apiUrl);
      const contributions = [];
      for await (const one of gateway.contributions({ sinceMs: 0 })) contributions.push(one);
      const pages = await gateway.pages(['User talk:Ann', 'Guarded', 'User talk:U77', 'User talk:Gone', 'User:Bob']);
      return { contributions, pages, text: await (await fetch(`${wiki.url}/wiki/User_talk:Ann`)).text(), marks: marks(wiki), other: wiki.control('GET', 'marks?wiki=beta&marker=m:1') };
    };
    const first = await start({ dataFile: file });
    first.control('POST', 'seed', { users: ['Bob', { prefix: 'U', count: 100 }], pages: [{ title: 'Guarded', text: 'x', protection: { edit: 'sysop' } }, { prefix: 'User talk:U', count: 100, text: 'Welcome' }] });
    const gateway = connect(first.apiUrl);
    const { revisionId } = await post(gateway, 'User talk:Ann');
    await gateway.append({ title: 'User talk:Ann', text: '\n\n== More ==', baseRevisionId: revisionId, summary: 'More' });
    await post(gateway, 'User talk:Ben');
    await post(gateway, 'User talk:Cem');
    await post(connect(`${first.url}/beta/api.php`), 'User talk:Ann');
    const before = await look(first);
    await first.close();
    open.splice(open.indexOf(first), 1);
    expect(readFileSync(file, 'utf8').split('hello')).toHaveLength(3); // the shared text once, and once more after another
    appendFileSync(file, '{"op":"edit","wiki":"","title":"User talk:Cut off","atMs":1,"us'); // a crash in mid-line
    const second = await start({ dataFile: file });
    expect(await look(second)).toEqual(JSON.parse(JSON.stringify(before).replaceAll(first.url, second.url)));
    await post(connect(second.apiUrl), 'User talk:After');
    await second.close();
    open.splice(open.indexOf(second), 1);
    expect(marks(await start({ dataFile: file }))).toMatchObject({ exactlyOne: 4 });
  });

  test('wikis of one process do not know each other', async () => {
    const wiki = await start();
    await post(connect(wiki.apiUrl), 'User talk:Ann');
    const [page] = await connect(`${wiki.url}/beta/api.php`).pages(['User talk:Ann']);
    expect(page!.exists).toBe(false);
    expect((await fetch(`${wiki.url}/beta/wiki/User_talk:Ann`)).status).toBe(404);
    expect((await connect(`${wiki.url}/beta/api.php`).siteInfo()).articleUrl).toBe(`${wiki.url}/beta/wiki/$1`);
  });
});

describe('what it shows', () => {
  test('a page with its history, and nothing of it as HTML', async () => {
    const wiki = await start();
    const gateway = connect(wiki.apiUrl);
    await gateway.append({ title: 'User talk:Ann "x"', text: '<script>alert(1)</script> & <b>', createOnly: true, summary: '<img src=x>' });
    const page = await (await fetch(`${wiki.url}/wiki/${encodeURIComponent('User talk:Ann "x"')}`)).text();
    expect(page).toContain('&#60;script&#62;alert(1)&#60;/script&#62; &#38; &#60;b&#62;');
    expect(page).toContain('&#60;img src=x&#62;');
    expect(page).toContain('1 revision<');
    expect(page).not.toMatch(/<script|<img|<b>/);
    expect(await (await fetch(`${wiki.url}/wiki/`)).text()).toContain('User talk:Ann &#34;x&#34;');
    expect((await fetch(`${wiki.url}/wiki/${encodeURIComponent('<script>')}`)).status).toBe(404);
  });
});

describe('what it counts', () => {
  test('how often each page was given a marker, archived copies included', async () => {
    const wiki = await start();
    wiki.control('POST', 'seed', { pages: [{ prefix: 'User talk:U', count: 4, text: 'Welcome' }, { title: 'Elsewhere', text: 'x' }] });
    const gateway = connect(wiki.apiUrl);
    for (const [n, times] of [[1, 1], [2, 2], [3, 1]] as const) {
      for (let time = 0; time < times; time += 1) {
        const [page] = await gateway.pages([`User talk:U${n}`]);
        await gateway.append({ title: `User talk:U${n}`, text: '\n\n== News ==\nm:1', baseRevisionId: page!.revisionId!, summary: 'News m:1' });
      }
    }
    expect(wiki.control('POST', 'archive', { title: 'User talk:U3', marker: 'm:1' })).toEqual({ archived: true });
    expect(marks(wiki, 'm:1', '&prefix=User%20talk:&list=1')).toEqual({
      pages: 4, exactlyOne: 2, none: 1, more: 1, posted: 4, shown: 3, titles: { 'User talk:U1': 1, 'User talk:U2': 2, 'User talk:U3': 1, 'User talk:U4': 0 },
    });
    expect(wiki.control('GET', 'stats')).toMatchObject({ edits: 4, actions: { edit: 4 }, wikis: [{ name: '', pages: 5 }] });
    wiki.control('POST', 'reset');
    expect(wiki.control('GET', 'stats')).toMatchObject({ edits: 0, wikis: [] });
  });

  test('over HTTP as well', async () => {
    const wiki = await start();
    const ask = async (path: string, body?: object): Promise<any> => (await fetch(`${wiki.url}/_control${path}`, body ? { method: 'POST', body: JSON.stringify(body) } : {})).json();
    expect(await ask('', { latencyMs: 3, lagSeconds: 'many', unknown: 1 })).toEqual({ latencyMs: 3, lagSeconds: 0, readOnly: '', linter: false, accountsPerDay: 0 });
    expect(await ask('/seed', { users: [{ prefix: 'U', count: 100_000 }] })).toEqual({ users: 100_002, pages: 0 });
    expect((await ask('/stats')).wikis).toEqual([{ name: '', pages: 0, users: 100_002, revisions: 0 }]);
    expect(await ask('/faults', { fault: 'no-such' })).toMatchObject({ error: expect.stringContaining('cut-after') });
    expect(await ask('/nothing')).toEqual({ error: 'no such control' });
  });

  test('latency holds for every call, many at once', async () => {
    const wiki = await start({ latencyMs: 500 });
    const gateway = connect(wiki.apiUrl);
    await gateway.whoAmI();
    const begun = performance.now();
    await Promise.all(Array.from({ length: 10 }, (_, n) => post(gateway, `T${n}`)));
    expect(performance.now() - begun).toBeGreaterThanOrEqual(499);
    expect(wiki.control('GET', 'stats').peakInFlight).toBe(10);
  });
});

describe('faults', () => {
  test.each([
    ['cut-before', 'lost reset', 0], ['cut-after', 'lost reset', 1], ['maxlag', 'busy maxlag', 0], ['ratelimited', 'busy ratelimited', 0], ['readonly', 'busy readonly', 0],
    ['badtoken', 'done', 1], ['assertfailed', 'done', 1], ['blocked', 'blocked blocked', 0], ['protected', 'refused protectedpage', 0], ['abusefilter', 'refused abusefilter-disallowed', 0],
    ['titleblacklist', 'refused titleblacklist-forbidden', 0], ['http-500', 'lost http-500', 0], ['http-502', 'lost http-502', 0], ['http-502-after', 'lost http-502', 1],
    ['http-503', 'lost http-503', 0], ['http-429', 'busy http-429', 0], ['hang', 'lost timeout', 0], ['hang-after', 'lost timeout', 1], ['html', 'lost bad-reply', 0], ['html-after', 'lost bad-reply', 1],
    ['invalid-json', 'lost bad-reply', 1], ['empty-json', 'lost bad-reply', 1], ['internal-error', 'lost internal_api_error_dbqueryerror', 0], ['logout', 'done', 1],
  ])('%s, once: the gateway says "%s", and the page has the message %i times', async (fault, said, times) => {
    const wiki = await start();
    const gateway = connect(wiki.apiUrl, { timeoutMs: 1_000 });
    await gateway.whoAmI();
    wiki.control('POST', 'faults', { fault, times: 1 });
    expect(await outcome(post(gateway, 'User talk:Ann'))).toBe(said);
    expect(marks(wiki).posted).toBe(times);
    expect(await outcome(post(gateway, 'User talk:Ben'))).toBe('done');
    expect(wiki.control('GET', 'stats').faults).toEqual({ [fault]: 1 });
  });

  test('strike a share of the edits, the same ones for the same seed', async () => {
    const struck = async (): Promise<number[]> => {
      const wiki = await start();
      wiki.control('POST', '', { seed: 7 });
      wiki.control('POST', 'faults', { fault: 'protected', probability: 0.1 });
      const gateway = connect(wiki.apiUrl);
      const found: number[] = [];
      for (let n = 0; n < 300; n += 1) if ((await outcome(post(gateway, `T${n}`))) !== 'done') found.push(n);
      return found;
    };
    const first = await struck();
    expect(first.length).toBeGreaterThan(15);
    expect(first.length).toBeLessThan(50);
    expect(await struck()).toEqual(first);
  });

  test('keep to their titles, wiki and action', async () => {
    const wiki = await start();
    wiki.control('POST', 'faults', { fault: 'protected', titles: ['user talk:ann'] });
    wiki.control('POST', 'faults', { fault: 'readonly', wiki: 'beta' });
    wiki.control('POST', 'faults', { fault: 'html', action: 'query', wiki: 'gamma' });
    expect(await outcome(post(connect(wiki.apiUrl), 'User talk:Ann'))).toBe('refused protectedpage');
    expect(await outcome(post(connect(wiki.apiUrl), 'User talk:Ben'))).toBe('done');
    expect(await outcome(post(connect(`${wiki.url}/beta/api.php`), 'User talk:Ben'))).toBe('busy readonly');
    expect(await outcome(connect(`${wiki.url}/gamma/api.php`).whoAmI())).toBe('busy bad-reply');
    wiki.control('DELETE', 'faults');
    expect(await outcome(post(connect(wiki.apiUrl), 'User talk:Ann'))).toBe('done');
  });

  test('a lost reply whose message a user archives at once: posted once, shown never', async () => {
    const wiki = await start();
    wiki.control('POST', 'faults', { fault: 'cut-after', times: 1, archive: 1 });
    expect(await outcome(post(connect(wiki.apiUrl), 'User talk:Ann'))).toBe('lost reset');
    expect(marks(wiki)).toMatchObject({ posted: 1, shown: 0, exactlyOne: 1 });
  });

  test('a lost reply whose summary an admin hides at once: posted once, and nobody can tell', async () => {
    const wiki = await start();
    const gateway = connect(wiki.apiUrl);
    wiki.control('POST', 'faults', { fault: 'cut-after', hide: 1, times: 1 });
    expect(await outcome(post(gateway, 'User talk:Reader 1'))).toMatch(/^lost/);
    await post(gateway, 'User talk:Reader 2');
    const said: (string | undefined)[] = [];
    for await (const { summary } of gateway.contributions({ sinceMs: 0 })) said.push(summary);
    expect(said).toEqual(['News (m:1)', undefined]);
    expect(marks(wiki)).toMatchObject({ exactlyOne: 2, more: 0 });
  });
});
