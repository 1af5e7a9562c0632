import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { startSandboxWiki, type SandboxWiki } from '../../demo/sandbox-wiki';
import { apiKeyHash } from '../../gateways/api-key';
import { passwordFits } from '../../gateways/passwords';
import { roles } from '../../policies/actor';
import { commandLine } from '../support/command';
import { testDatabase } from '../support/database';

const secret = { REEVE_SECRET_KEY: 'only-for-tests-only-for-tests-only' };

async function query<T>(url: string, sql: string, values: unknown[] = []): Promise<T[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql, values)).rows as T[];
  } finally {
    await client.end();
  }
}

describe('users and keys, with the database at hand', () => {
  const database = testDatabase();
  const reeve = commandLine(() => ({ DATABASE_URL: database.url }));

  it('makes an account with its roles and a random password that is printed once', async () => {
    const made = await reeve.json(['users', 'create', '--name', 'Boss', '--role', 'admin', 'auditor']);
    expect(made).toMatchObject({ name: 'Boss', roles: ['admin', 'auditor'] });
    const [row] = await query<{ password_hash: string }>(database.url, 'select password_hash from "user" where id = $1', [made.id]);
    expect(await passwordFits(row!.password_hash, made.password)).toBe(true);
    expect(await query(database.url, 'select role, state from membership where user_id = $1 order by role', [made.id])).toEqual([{ role: 'admin', state: 'active' }, { role: 'auditor', state: 'active' }]);
    expect(await query(database.url, "select verb, actor from audit where noun = 'membership' order by id limit 2")).toEqual([{ verb: 'new', actor: 'system' }, { verb: 'approve', actor: 'system' }]);
  });

  it('turns off the second factor of who has lost it, which stands in the account’s log', async () => {
    const { id } = await reeve.json(['users', 'create', '--name', 'Lost it', '--no-password']);
    expect(await reeve.run(['users', 'reset-totp', 'Lost it'])).toMatchObject({ code: 1, stderr: expect.stringContaining('has no second factor') });
    await query(database.url, `with f as (insert into second_factor (user_id, secret, since_ms) values ($1, 'sealed', 1) returning user_id) select user_id from f`, [id]);
    await query(database.url, `insert into recovery_code (user_id, hash) values ($1, 'hash')`, [id]);
    expect(await reeve.run(['users', 'reset-totp', 'lost it'])).toMatchObject({ code: 0, stdout: 'lost it signs in with the password alone now.\n' });
    expect(await query(database.url, 'select 1 from second_factor union all select 1 from recovery_code')).toEqual([]);
    expect(await query(database.url, `select verb, actor from audit where noun = 'user' and entity = $1 order by version`, [id])).toEqual([{ verb: 'new', actor: 'system' }, { verb: 'resetSecondFactor', actor: 'system' }]);
  });

  it('reads a password from stdin and never prints it', async () => {
    const said = await reeve.spawned(['users', 'create', '--name', 'Careful', '--password-stdin'], { stdin: 'correct horse battery\n' });
    expect(said.code).toBe(0);
    expect(said.stdout + said.stderr).not.toContain('correct horse');
    const [row] = await query<{ password_hash: string }>(database.url, `select password_hash from "user" where name = 'Careful'`);
    expect(await passwordFits(row!.password_hash, 'correct horse battery')).toBe(true);
  });

  it('refuses a name that is taken, whatever its capitals, with 1; --if-missing takes it as it is', async () => {
    expect(await reeve.run(['users', 'create', '--name', 'boss'])).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('taken') });
    expect(await reeve.json(['users', 'create', '--name', 'boss', '--if-missing'])).toMatchObject({ name: 'Boss', roles: ['admin', 'auditor'] });
  });

  it('takes roles separated by commas, too', async () => {
    expect(await reeve.json(['users', 'create', '--name', 'Commas', '--role', 'sender,operator', '--no-password'])).toMatchObject({ roles: ['sender', 'operator'] });
  });

  it.each([
    [['users', 'create', '--name', 'A#B'], '--name: It must be one line without #'],
    [['users', 'create', '--name', 'A\u0007B'], '--name: It must be one line'],
    [['users', 'create', '--name', ' _ '], '--name: It is empty.'],
    [['users', 'create', '--name', 'x'.repeat(86)], '--name: It may have at most 85 characters.'],
    [['users', 'create', '--name', 'Sound', '--email', 'nobody'], '--email: It must be a mail address.'],
    [['keys', 'create', '--user', 'Boss', '--scopes', 'delivery:read,delivery:fly'], '--scopes: There is no scope delivery:fly: take all, or'],
    [['keys', 'create', '--user', 'Boss', '--scopes', 'ticket:read'], '--scopes: There is no scope ticket:read'],
    [['keys', 'create', '--user', 'Boss', '--scopes', ' , '], '--scopes: It is empty.'],
    [['keys', 'create', '--user', 'Boss', '--scopes', 'all', '--label', 'a\u0007b'], '--label: It must be one line without control characters.'],
    [['sandbox-wiki', '--port', '99999'], '99999 is no port'],
    [['sandbox-wiki', '--latency', 'soon'], 'soon is no whole number'],
  ])('holds %j to the rules of the API, says what is wrong, and makes nothing', async (args, words) => {
    const count = () => query(database.url, 'select (select count(*) from "user") as users, (select count(*) from key) as keys');
    const before = await count();
    expect(await reeve.run(args)).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(words) });
    expect(await count()).toEqual(before);
  });

  it('takes no password that the API would not take', async () => {
    const said = await reeve.spawned(['users', 'create', '--name', 'Careless', '--password-stdin'], { stdin: 'nine char\n' });
    expect(said).toMatchObject({ code: 2, stdout: '', stderr: 'The password: It must have at least 10 characters.\n' });
    expect(await query(database.url, `select from "user" where name = 'Careless'`)).toEqual([]);
  });

  it('writes a name as wikis write it', async () => {
    expect(await reeve.json(['users', 'create', '--name', '_Anna__of  Bergen', '--no-password'])).toMatchObject({ name: 'Anna of Bergen' });
  });

  it('makes a key that stands for its user within its scopes and is stored as a hash only', async () => {
    const { key } = await reeve.json(['keys', 'create', '--user', 'Boss', '--scopes', 'delivery:read,delivery:submit', '--expires', '30d']);
    expect(key).toMatch(/^reeve_[\w-]{43}$/);
    const rows = await query<{ scopes: string[]; days: number }>(database.url, `select scopes, round((expires_at_ms - created_at_ms) / 86400000.0)::int as days from key where hash = $1`, [apiKeyHash(key)]);
    expect(rows).toEqual([{ scopes: ['delivery:read', 'delivery:submit'], days: 30 }]);
    expect(JSON.stringify(await query(database.url, 'select * from key'))).not.toContain(key);
  });

  it('lists keys without their secrets, and revokes one', async () => {
    const { id } = await reeve.json(['keys', 'create', '--user', 'Boss', '--scopes', 'all']);
    expect(await reeve.json(['keys', 'revoke', String(id)])).toEqual({ id, state: 'revoked' });
    expect(await reeve.run(['keys', 'revoke', '98765'])).toEqual({ code: 1, stdout: '', stderr: 'There is no key 98765. `reeve keys list` shows which there are.\n' });
    const { items } = await reeve.json(['keys', 'list', '--user', 'Boss']);
    expect(items.at(-1)).toMatchObject({ id, user: 'Boss', state: 'revoked', scopes: ['all'] });
    expect(JSON.stringify(items)).not.toMatch(/hash|reeve_/);
  });

  it('says in words that a user does not exist', async () => {
    expect(await reeve.run(['keys', 'create', '--user', 'Nobody', '--scopes', 'all'])).toEqual({ code: 1, stdout: '', stderr: 'There is no user called Nobody.\n' });
  });

  it('proves the audit log, and fails when somebody with the owner\'s rights has changed it', async () => {
    const before = await reeve.run(['audit', 'verify']);
    expect(before).toMatchObject({ code: 0 });
    await query(database.ownerUrl, 'alter table audit disable trigger audit_append_only');
    await query(database.ownerUrl, `update audit set actor = 'user/99' where noun = 'user' and entity = 1`);
    const after = await reeve.run(['audit', 'verify']);
    expect(after.code).toBe(1);
    expect(after.stderr).toContain('row.changed user/1');
    expect(await query(database.url, 'select findings > 0 as bent from audit_check order by id')).toEqual([{ bent: false }, { bent: true }]); // the page of the log says so
  });

  it('says what cannot be reached, with 1 where Reeve cannot work without it', async () => {
    const { code, stdout } = await reeve.run(['doctor', '--json'], { ...secret, TEMPORAL_ADDRESS: '127.0.0.1:1', REDIS_URLS: 'redis://127.0.0.1:1', SMTP_URL: 'smtp://127.0.0.1:1' });
    expect(code).toBe(1);
    const parts = Object.fromEntries(JSON.parse(stdout).parts.map((part: { part: string; ok: boolean }) => [part.part, part.ok]));
    expect(parts).toEqual({ 'configuration': true, 'Postgres': true, 'Redis 1': false, 'Temporal': false, 'API': false, 'mail': false });
  });
});

describe('a database that nobody has migrated', () => {
  const database = testDatabase();
  const reeve = commandLine(() => ({ DATABASE_URL: database.ownerUrl, ...secret }));

  it('is named by doctor, and brought to the present schema by migrate', async () => {
    await query(database.ownerUrl, 'drop schema public cascade; create schema public');
    const before = JSON.parse((await reeve.run(['doctor', '--json'])).stdout);
    expect(before.parts.find(({ part }: { part: string }) => part === 'Postgres')).toMatchObject({ ok: false, says: expect.stringContaining('reeve migrate') });
    expect((await reeve.json(['migrate'])).migrations.length).toBeGreaterThan(0);
    expect((await reeve.json(['migrate'])).migrations).toEqual([]);
    const after = JSON.parse((await reeve.run(['doctor', '--json'])).stdout);
    expect(after.parts.find(({ part }: { part: string }) => part === 'Postgres')).toMatchObject({ ok: true });
  });
});

describe('the demo community', () => {
  const database = testDatabase();
  const reeve = commandLine(() => ({ DATABASE_URL: database.url, ...secret }));
  let wiki: SandboxWiki;
  beforeAll(async () => void (wiki = await startSandboxWiki()));
  afterAll(() => wiki.close());
  const seed = (env: Record<string, string> = { REEVE_EMBEDDED: '1' }) => reeve.run(['seed', '--json', '--sandbox-wiki', wiki.apiUrl], env);

  it('is refused outside of npm start, and nothing is made', async () => {
    expect(await seed({})).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('npm start') });
    expect(await query(database.url, 'select 1 from "user"')).toEqual([]);
  });

  it('has one sign-in for every role, whose password is kept for its owner alone', async () => {
    const { demo, admin } = JSON.parse((await seed()).stdout) as { demo: { user: string; password: string; role: string }[]; admin: string };
    expect(demo.map(({ role }) => role)).toEqual(['user', ...roles]);
    expect(admin).toBe('demo-admin');
    const held = await query<{ name: string; role: string }>(database.url, `select u.name, m.role from membership m join "user" u on u.id = m.user_id where m.state = 'active'`);
    expect(new Set(held.map(({ name, role }) => `${name} ${role}`))).toEqual(new Set(demo.slice(1).map(({ user, role }) => `${user} ${role}`)));
    const [row] = await query<{ password_hash: string }>(database.url, 'select password_hash from "user" where name = $1', [demo[3]!.user]);
    expect(await passwordFits(row!.password_hash, demo[3]!.password)).toBe(true);
    expect(statSync(join(reeve.home, 'demo-sign-ins.json')).mode & 0o777).toBe(0o600);
  });

  it('has wikis with accounts and pages, deliveries in several states and applications that wait', async () => {
    const states = await query<{ state: string }>(database.url, 'select distinct state from delivery order by state');
    expect(states.map(({ state }) => state)).toEqual(['approved', 'cancelled', 'draft', 'expanding', 'rejected', 'requested']);
    expect(await query(database.url, `select count(*)::int as n from membership where state = 'applied'`)).toEqual([{ n: 2 }]);
    expect(await query(database.url, 'select api_url from wiki order by id')).toEqual([{ api_url: wiki.apiUrl }, { api_url: `${wiki.url}/second/api.php` }]);
    expect(wiki.control('GET', 'stats').wikis).toMatchObject([{ name: '', users: expect.any(Number) }, { name: 'second' }]);
  });

  it('has account requests in every state and queue, in the hands of its own organizer and tool user', async () => {
    const found = await query<{ state: string; what: string }>(database.url, `
      select r.state, concat_ws(' ', case when r.escalated_at_ms is not null then 'flagged' else r.queue end, case when r.event_id is not null then 'by-event' end, r.outcome, u.name) as what
      from request r left join "user" u on u.id = r.holder_id order by r.id`);
    expect(found.map(({ state, what }) => `${state} ${what}`)).toEqual([
      'unconfirmed default', 'expired default', 'open default', 'open event by-event', 'reserved event by-event demo-organizer', 'reserved default demo-tool-user', 'open flagged by-event', 'open events', 'open second-look', 'open event by-event',
      'closed default created', 'creating event by-event demo-organizer', 'closed default not-created', 'closed flagged not-created', 'open flagged by-event', 'closed default dropped',
    ]);
    expect(await query(database.url, 'select visibility from request_comment order by id')).toEqual(['user', 'user', 'admin', 'checkuser', 'user'].map((visibility) => ({ visibility })));
    expect(await query(database.url, `select c.text from request_comment c where c.flagged_at_ms is not null`)).toEqual([{ text: 'She reads mail at nightjar.nine@example.org, too.' }]);
    expect(await query(database.url, `select from request where email not like '%@example.org'`)).toEqual([]);
  });

  it('has a calendar of its organizer\'s own events', async () => {
    expect(await query(database.url, 'select u.name from event_feed f join "user" u on u.id = f.user_id')).toEqual([{ name: 'demo-organizer' }]);
  });

  it('leaves an audit log that proves to be whole', async () => {
    expect(await reeve.run(['audit', 'verify'])).toMatchObject({ code: 0 });
  });

  it('changes nothing the second time, and says the same sign-ins', async () => {
    const rows = () => query(database.url, 'select count(*)::int as n from audit');
    const before = await rows();
    const again = JSON.parse((await seed()).stdout);
    expect(again.seeded).toBe(false);
    expect(again.demo).toEqual(JSON.parse(readFileSync(join(reeve.home, 'demo-sign-ins.json'), 'utf8')));
    expect(await rows()).toEqual(before);
  });

  it('follows the sandbox to another port', async () => {
    const moved = await startSandboxWiki();
    await reeve.run(['seed', '--sandbox-wiki', moved.apiUrl], { REEVE_EMBEDDED: '1' });
    await moved.close();
    expect(await query(database.url, 'select api_url from wiki order by id')).toEqual([{ api_url: moved.apiUrl }, { api_url: `${moved.url}/second/api.php` }]);
  });
});

describe('a demo that was broken off', () => {
  const database = testDatabase();
  const reeve = commandLine(() => ({ DATABASE_URL: database.url, REEVE_EMBEDDED: '1', ...secret }));

  it('goes on where it stopped', async () => {
    const wiki = await startSandboxWiki();
    await query(database.ownerUrl, `create function stop_here() returns trigger language plpgsql as $$ begin if new.id > 5 then raise 'broken off'; end if; return new; end $$`);
    await query(database.ownerUrl, 'create trigger stop_here before insert on "user" for each row execute function stop_here()');
    const first = await reeve.run(['seed', '--sandbox-wiki', wiki.apiUrl]);
    await query(database.ownerUrl, 'drop trigger stop_here on "user"');
    const second = await reeve.json(['seed', '--sandbox-wiki', wiki.apiUrl]);
    await wiki.close();
    expect(first.code).toBe(1);
    expect(second).toMatchObject({ seeded: true });
    expect(await query(database.url, 'select count(distinct name)::int as names, count(*)::int as n from "user"')).toEqual([{ names: roles.length + 2, n: roles.length + 2 }]);
  });
});

describe('somebody else\'s database', () => {
  const database = testDatabase();
  const reeve = commandLine(() => ({ DATABASE_URL: database.url, REEVE_EMBEDDED: '1', ...secret }));

  it('is left alone by the seed', async () => {
    await reeve.run(['users', 'create', '--name', 'Somebody', '--role', 'admin']);
    expect(await reeve.json(['seed', '--sandbox-wiki', 'http://127.0.0.1:1/api.php'])).toEqual({ seeded: false, admin: 'Somebody', demo: [] });
    expect(await query(database.url, 'select name from "user"')).toEqual([{ name: 'Somebody' }]);
    expect(existsSync(join(reeve.home, 'demo-sign-ins.json'))).toBe(false);
  });
});

describe('a start without a demo', () => {
  const database = testDatabase();
  const reeve = commandLine(() => ({ DATABASE_URL: database.url }));

  it('makes one admin, whose password is said once and kept nowhere', async () => {
    const { demo } = await reeve.json(['seed', '--no-demo']);
    expect(demo).toEqual([{ user: 'admin', password: expect.any(String), role: 'admin' }]);
    expect(existsSync(join(reeve.home, 'demo-sign-ins.json'))).toBe(false);
    expect(await reeve.json(['seed', '--no-demo'])).toEqual({ seeded: false, admin: 'admin', demo: [] });
  });
});
