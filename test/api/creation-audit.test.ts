import { MockActivityEnvironment } from '@temporalio/testing';
import { createAccountActivities } from '../../activities/account';
import { compare } from '../../api/creation-audit';
import { apply } from '../../db/apply';
import { sandboxAccounts, type SandboxWiki } from '../../demo/sandbox-wiki';
import { seal } from '../../gateways/secret-box';
import { type Actor, type Role } from '../../policies/actor';
import { testApi, type Script } from '../support/api';
import { auditedWikis, type AuditedWikis } from '../support/audited';
import { makeOpenRequest } from '../support/house';

const [MINUTE, HOUR, DAY] = [60_000, 3_600_000, 86_400_000];
const PATH = '/api/audits/account-creations';

describe('the audit of account creations', () => {
  const api = testApi();
  const scripts = {} as Record<'toolAdmin' | 'auditor' | 'admin' | 'toolUser' | 'checkuser' | 'operator' | 'organizer' | 'nobody', Script>;
  let audited: AuditedWikis;
  let sandbox: SandboxWiki;
  let holder: Actor & { userId: number };
  let activities: ReturnType<typeof createAccountActivities>;
  let wiki: { id: number; host: string };
  let wikis = 0;
  beforeAll(async () => {
    audited = await auditedWikis(api);
    sandbox = audited.sandbox;
    activities = createAccountActivities({ ...audited.wikis, openWiki: audited.openWiki, limits: { perDay: 6, perCreator: Infinity, perEvent: Infinity } });
    for (const role of ['toolAdmin', 'auditor', 'admin', 'toolUser', 'checkuser', 'operator', 'organizer', 'nobody'] as const) {
      const person = await api.person(`A ${role}`, role === 'nobody' ? [] : [role as Role]);
      scripts[role] = await api.script(person);
      if (role === 'toolUser') holder = { kind: 'user', userId: person.id, grants: [{ role, wikiId: null }] };
    }
  });
  afterAll(() => sandbox.close());
  /** Each test has a wiki of its own, whose bot is who makes accounts there. */
  beforeEach(async () => void (wiki = await audited.add(`w${++wikis}`)));

  const bot = (): string => audited.bot;
  const outside = (...accounts: Parameters<AuditedWikis['outside']>[1][]): void => audited.outside(`w${wikis}`, ...accounts);
  /** Made through Reeve, from the request to the wiki. */
  async function through(name: string): Promise<number> {
    const { kernel } = api.api;
    const { id } = await makeOpenRequest(kernel, { wikiId: wiki.id, name });
    await apply(kernel, { noun: 'request', id, verb: 'create', actor: holder, input: { mode: 'bot' } });
    await api.sql('update request set take_back_until_ms = 0 where id = $1', [id]);
    await new MockActivityEnvironment().run(activities.createAccount, { request: id });
    return id;
  }
  /** As if it had all happened earlier. */
  const earlier = (id: number, ms: number): Promise<unknown> => api.sql('update account_attempt set began_at_ms = began_at_ms - $2 where request_id = $1', [id, ms]);
  const ask = (query = '', by: Script = scripts.toolAdmin) => by.get(`${PATH}?wiki=${wiki.host}${query}`);
  const found = async (query = '') => (await ask(query)).body.items;

  it('lists who was made at the wiki and not through Reeve, and says what it compared', async () => {
    await through('Through the front');
    outside({ name: 'Through the back' }, { name: 'Of somebody else', by: 'Another' });
    const { status, body } = await ask();
    expect(status).toBe(200);
    expect(body.items).toEqual([{ kind: 'outside', wiki: wiki.host, at: expect.any(String), account: 'Through the back', by: bot(), logId: 2, logUrl: sandbox.apiUrl.replace('/api.php', `/w${wikis}/index.php?title=Special:Log&logid=2`), request: null, code: null }]);
    expect(body.compared).toEqual([{ wiki: wiki.host, creators: [bot()], from: body.from, to: body.to, logged: 2, recorded: 1 }]);
    expect(body.next).toBeUndefined();
    expect(Date.parse(body.to) - Date.parse(body.from)).toBe(30 * DAY);
  });

  it('lists what Reeve has recorded and the wiki does not show, by its request, once the wiki has had time to show it', async () => {
    const id = await through('Vanished');
    sandbox.control('POST', 'reset');
    expect(await found()).toEqual([]);
    await earlier(id, 3 * MINUTE);
    expect(await found()).toMatchObject([{ kind: 'unseen', request: id, account: null, logId: null, by: bot() }]);
  });

  it('knows an account of Reeve\'s that was renamed or hidden since, and a creation of which no answer came', async () => {
    const ids = [await through('Before the renaming'), await through('Hidden since'), await through('Answer lost')];
    sandbox.control('POST', 'reset');
    outside({ name: 'Renamed', reason: `Reeve: account request ${ids[0]}` }, { name: 'Hidden since', hidden: true }, { name: 'Answer lost' });
    await api.sql(`update account_attempt set outcome = 'lost' where request_id = $1`, [ids[2]]);
    expect(await found()).toEqual([]);
  });

  it('is not misled by a reason that anybody could write, nor by a name that Reeve once asked for', async () => {
    const id = await through('First');
    await earlier(id, HOUR);
    const refused = await makeOpenRequest(api.api.kernel, { wikiId: wiki.id, name: 'Refused once' });
    await api.sql(`insert into account_attempt (request_id, wiki_id, began_at_ms, outcome, creator) values ($1, $2, $3, 'refused', $4)`, [refused.id, wiki.id, Date.now(), bot()]);
    outside({ name: 'Second', reason: `Reeve: account request ${id}` }, { name: 'Refused once' });
    const items = await found();
    expect(items.filter(({ kind }: { kind: string }) => kind === 'outside').map(({ account }: { account: string }) => account)).toEqual(['Refused once', 'Second', 'First']);
    expect(items.filter(({ kind }: { kind: string }) => kind === 'unseen').map(({ request }: { request: number }) => request)).toEqual([id]);
  });

  it('reads also the log of who made accounts for Reeve before the bot was another', async () => {
    await through('By the old bot');
    outside({ name: 'Old bot by hand' });
    await api.sql(`update wiki set bot_user = 'Admin', bot_password = $2 where id = $1`, [wiki.id, seal(api.api.config.REEVE_SECRET_KEY, sandboxAccounts.admin.password)]);
    const { body } = await ask();
    expect(body.compared[0].creators).toEqual(['Admin', bot()]);
    expect(body.items.map(({ account }: { account: string }) => account)).toEqual(['Old bot by hand']);
  });

  it('reads also the log of organizers and tool users by their own accounts there, for as long as they are that', async () => {
    const nowMs = Date.now();
    const member = async (name: string, role: Role, state: string, values: { fromMs?: number; endMs?: number } = {}): Promise<void> => {
      const { id } = await api.person(`${name} of w${wikis}`, [role]);
      await api.sql('update membership set state = $2, created_at_ms = $3, purge_at_ms = $4 where user_id = $1', [id, state, nowMs - (values.fromMs ?? 20 * DAY), values.endMs === undefined ? null : nowMs - values.endMs + 90 * DAY]);
      await api.sql('insert into identity (user_id, wiki_id, wiki_user_id, name, linked_at_ms, signed_in_at_ms) values ($1, $2, $3, $3, 0, 0)', [id, wiki.id, name]);
      sandbox.control('POST', 'seed', { wiki: `w${wikis}`, users: [name] });
      outside(...[25, 10, 2].map((days) => ({ name: `${name} ${days}`, by: name, atMs: nowMs - days * DAY })));
    };
    await member('Ada', 'organizer', 'active');
    await member('Ben', 'toolUser', 'suspended', { fromMs: 40 * DAY });
    await member('Cleo', 'organizer', 'ended', { endMs: 5 * DAY });
    await member('Dora', 'organizer', 'declined');
    await member('Eve', 'sender', 'active');
    const { body } = await ask();
    expect(body.items.map(({ account, by }: { account: string; by: string }) => [account, by])).toEqual([
      ['Ben 2', 'Ben'], ['Ada 2', 'Ada'], ['Cleo 10', 'Cleo'], ['Ben 10', 'Ben'], ['Ada 10', 'Ada'], ['Ben 25', 'Ben']]);
    expect(body.compared[0].creators).toEqual(['Ada', 'Ben', 'Cleo', bot()].sort());
  });

  it('is bounded by its period, which has an end, a beginning and at most 93 days', async () => {
    const nowMs = Date.now();
    const iso = (ms: number): string => new Date(ms).toISOString();
    outside({ name: 'Last week', atMs: nowMs - 7 * DAY }, { name: 'Yesterday', atMs: nowMs - DAY });
    expect((await found(`&from=${iso(nowMs - 2 * DAY)}`)).map(({ account }: { account: string }) => account)).toEqual(['Yesterday']);
    expect((await found(`&to=${iso(nowMs - 2 * DAY)}`)).map(({ account }: { account: string }) => account)).toEqual(['Last week']);
    for (const [query, pointer] of [
      [`from=${iso(nowMs + HOUR)}`, '?from'], [`from=${iso(nowMs - 94 * DAY)}`, '?from'], [`from=${iso(nowMs - DAY)}&to=${iso(nowMs - 2 * DAY)}`, '?from'], [`to=1999-01-01T00:00:00Z`, '?to'], ['from=yesterday', '?from'], ['wiki=nowhere.example.org', '?wiki'], ['cursor=bm9uc2Vuc2U', '?cursor'], ['since=1', '?since'],
    ]) {
      const { status, body } = await scripts.toolAdmin.get(`${PATH}?${query}`);
      expect({ query, status, pointers: body.errors?.map((one: { pointer: string }) => one.pointer) }).toEqual({ query, status: 422, pointers: [pointer] });
    }
  });

  it('goes through all wikis, one after the other', async () => {
    const first = wiki;
    outside({ name: 'On the one' });
    wiki = await audited.add(`w${++wikis}`);
    outside({ name: 'On the other' });
    const items: { wiki: string; account: string }[] = [];
    for (let cursor = ''; ; ) {
      const { body } = await scripts.auditor.get(`${PATH}?limit=1${cursor}`);
      items.push(...body.items);
      if (!body.next) break;
      cursor = `&cursor=${body.next}`;
    }
    expect(items.filter((one) => [first.host, wiki.host].includes(one.wiki)).map(({ account }) => account)).toEqual(['On the one', 'On the other']);
  });

  it('comes in pages, that hold each once and none twice, also where the log is longer than one reading', async () => {
    // An account that has no high limits reads 500 at once.
    sandbox.control('POST', 'seed', { wiki: `w${wikis}`, users: [{ name: 'Maker', password: 'a password' }, 'Once'] });
    await api.sql(`update wiki set bot_user = 'Maker', bot_password = $2 where id = $1`, [wiki.id, seal(api.api.config.REEVE_SECRET_KEY, 'a password')]);
    const nowMs = Date.now();
    const names = Array.from({ length: 2_600 }, (_, n) => `Made ${n}`);
    outside(...names.map((name, n) => ({ name, by: 'Maker', atMs: nowMs - (2_600 - n) * 30_000 })));
    // Who has tried lately is read of in every part, also for what they made long ago.
    outside({ name: 'Long ago', by: 'Once', atMs: nowMs - 20 * DAY });
    const { id } = await makeOpenRequest(api.api.kernel, { wikiId: wiki.id });
    await api.sql(`insert into account_attempt (request_id, wiki_id, began_at_ms, outcome, creator) values ($1, $2, $3, 'refused', 'Once')`, [id, wiki.id, nowMs - HOUR]);
    const all: string[] = [];
    const slices = new Set<string>();
    let cursor: string | undefined;
    for (let pages = 0; pages === 0 || cursor; pages++) {
      const { body } = await ask(`&limit=700${cursor ? `&cursor=${cursor}` : ''}`);
      expect(body.items.length).toBeLessThanOrEqual(700);
      all.push(...body.items.map(({ account }: { account: string }) => account));
      for (const one of body.compared) slices.add(one.from);
      cursor = body.next;
      expect(pages).toBeLessThan(10);
    }
    expect(all).toEqual([...names.toReversed(), 'Long ago']);
    expect(slices.size).toBe(2);
  });

  it('is no empty list where the wiki does not answer', async () => {
    outside({ name: 'Nobody sees' });
    await api.sql(`update wiki set api_url = 'http://127.0.0.1:9/api.php' where id = $1`, [wiki.id]);
    const { status, body } = await ask();
    expect([status, body.code, body.wiki, body.errors[0].code]).toEqual([503, 'unavailable', wiki.host, 'wiki.unreachable']);
    expect(body.detail).toContain('nothing of it was compared');
    expect((await scripts.toolAdmin.get(`${PATH}.csv?wiki=${wiki.host}`)).status).toBe(503);
    const recently = new Date(Date.now() - 10 * MINUTE).toISOString();
    // Of all wikis it is one finding among the others, and they do not wait for it.
    const all = (await scripts.auditor.get(`${PATH}?limit=1000&from=${recently}`)).body;
    expect(all.items).toContainEqual({ kind: 'unread', wiki: wiki.host, at: all.to, account: null, by: null, logId: null, logUrl: null, request: null, code: 'wiki.unreachable' });
    expect(all.compared.map((one: { wiki: string }) => one.wiki)).not.toContain(wiki.host);
    expect((await scripts.toolAdmin.get(`${PATH}.csv?from=${recently}`)).text).toContain(`unread,${wiki.host},`);
    const { wiki: asked } = api.api;
    api.api.wiki = undefined;
    expect((await ask()).status).toBe(503);
    api.api.wiki = asked;
    await api.sql(`delete from wiki where id = $1`, [wiki.id]);
  });

  it('comes as CSV', async () => {
    outside({ name: '=1+1' });
    const { text } = await scripts.auditor.get(`${PATH}.csv?wiki=${wiki.host}`);
    expect(text.split('\r\n').slice(0, 2)).toEqual(['kind,wiki,at,account,by,log id,request,code', expect.stringMatching(new RegExp(`^outside,${wiki.host},[^,]+,"'=1\\+1",${bot()},1,,$`))]);
  });

  it('is for tool admins, auditors and admins, and for nobody else', async () => {
    for (const [role, script] of Object.entries(scripts))
      for (const path of [PATH, `${PATH}.csv`])
        expect({ role, path, status: (await script.get(`${path}?wiki=${wiki.host}`)).status }).toEqual({ role, path, status: ['toolAdmin', 'auditor', 'admin'].includes(role) ? 200 : 403 });
  });

  describe('pairs', () => {
    const entry = (name: string | null, atMs: number, reason = '', by = 'Bot') => ({ logId: atMs, atMs, by, name, reason });
    const record = (requestId: number, name: string, at: number, createdAtMs: number | null = at, creator: string | null = 'Bot') => ({ requestId, name, creator, beganAtMs: [at], createdAtMs });

    it('one creation with one request, whatever their order', () => {
      const { outside, unseen } = compare([entry('A', 1_000), entry('A', 2_000), entry('B', 3_000)], [record(1, 'B', 2_500), record(2, 'a', 900)]);
      expect([outside, unseen]).toEqual([[entry('A', 2_000)], []]);
    });
    it('nothing that another account did, or that lies too far from the try', () => {
      expect(compare([entry('A', 1_000, '', 'Another')], [record(1, 'A', 1_000)])).toMatchObject({ outside: [{}], unseen: [{}] });
      expect(compare([entry('A', 11 * MINUTE)], [record(1, 'A', 0)])).toMatchObject({ outside: [{}], unseen: [{}] });
      expect(compare([entry('A', 0)], [record(1, 'A', 2 * MINUTE)])).toMatchObject({ outside: [{}], unseen: [{}] });
      expect(compare([entry('A', 9 * MINUTE)], [record(1, 'A', 0)])).toEqual({ outside: [], unseen: [] });
    });
    it('a hidden name only with a request that nothing else stands for', () => {
      expect(compare([entry(null, 1_000), entry('A', 1_000)], [record(1, 'A', 1_000)])).toEqual({ outside: [entry(null, 1_000)], unseen: [] });
    });
    it('a try of which nobody knows the end with its creation, and misses nothing where there is none', () => {
      expect(compare([entry('A', 1_000)], [record(1, 'A', 1_000, null)])).toEqual({ outside: [], unseen: [] });
      expect(compare([], [record(1, 'A', 1_000, null)])).toEqual({ outside: [], unseen: [] });
    });
  });
});
