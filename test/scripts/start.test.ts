/** `npm start` and `npm stop` as a person or a script uses them, on a home and ports of their own. The tests follow each other. */
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';

interface Run {
  api: string;
  web: string;
  database: string;
  databaseOwner: string;
  sandboxWiki: string;
  inbox: string;
  pids: Record<string, number | number[]>;
  demo: { user: string; password: string; role: string }[];
}

const root = resolve(__dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'reeve-start-'));
const home = join(folder, 'home'); // below a folder that nobody else may enter: root's Postgres has to keep its data elsewhere
const script = async (name: string, ...args: string[]) => {
  const options = { cwd: root, env: { ...process.env, REEVE_HOME: home }, timeout: 170_000 };
  const failed = (error: { stdout: string; stderr: string }) => Promise.reject(new Error(`${name} failed:\n${error.stdout}${error.stderr}`));
  return (await promisify(execFile)(process.execPath, [join(root, 'scripts', name), ...args], options).catch(failed)).stdout;
};
const inNode = (code: string) => promisify(execFile)(process.execPath, ['--input-type=module', '-e', code], { cwd: root, env: { ...process.env, REEVE_HOME: home } });
const run = () => JSON.parse(readFileSync(join(home, 'run.json'), 'utf8')) as Run;
const pids = ({ supervisor: _, ...parts }: Run['pids']) => Object.values(parts).flat();
const isAlive = (pid: number) => {
  try {
    return process.kill(pid, 0) && !(existsSync(`/proc/${pid}/stat`) && readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z '));
  } catch {
    return false;
  }
};
const query = async (url: string, sql: string) => {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
};
const until = async (isSo: () => boolean, limitMs = 120_000) => {
  for (const end = Date.now() + limitMs; Date.now() < end; await new Promise((done) => setTimeout(done, 50))) if (isSo()) return;
  throw new Error(`not within ${limitMs / 1000} s`);
};

afterAll(async () => {
  await script('stop.mjs');
  await inNode(`(await import('./scripts/parts/postgres.mjs')).forgetPostgresData(process.env.REEVE_HOME)`);
  rmSync(folder, { recursive: true, force: true });
});

test('a start comes back when everything is ready, and says where and as whom', async () => {
  const said = await script('start.mjs', '--detach');
  const { api, pids: all, demo, web } = run();
  expect(said).toContain(web);
  expect(statSync(join(home, 'run.json')).mode & 0o777).toBe(0o600);
  expect(statSync(join(home, 'admin-key')).mode & 0o777).toBe(0o600);
  expect(pids(all).every(isAlive)).toBe(true);
  expect((await fetch(`${api}/readyz`)).status).toBe(200);
  expect(demo.map(({ role }) => role)).toContain('admin');
  for (const { user, password } of demo) expect(said).toContain(`${user} / ${password}`);
});

test('what the demo tells its people by mail can be read in the inbox', async () => {
  const { inbox } = run();
  const messages = async () => ((await (await fetch(`${inbox}/messages?to=demo-delivery-approver@reeve.example`)).json()) as { items: { subject: string; text: string }[] }).items;
  const waiting = async () => (await messages()).find(({ subject }) => /^Delivery \d+ waits for approval$/.test(subject));
  for (const end = Date.now() + 120_000; Date.now() < end && !(await waiting()); ) await new Promise((done) => setTimeout(done, 100));
  const mail = await waiting();
  expect(mail!.text).toContain(`${run().web}/deliveries/`);
  expect(await (await fetch(inbox)).text()).toContain(mail!.subject);
});

test('a second start changes nothing and says the same', async () => {
  const before = run();
  expect(await script('start.mjs', '--detach')).toContain(before.web);
  expect(run()).toEqual(before);
});

test('every part that is killed is brought back at its old address, and nothing stored is lost', async () => {
  const before = run();
  const users = 'select count(*)::int as n from "user"';
  const [stored] = await query(before.databaseOwner, users);
  for (const pid of pids(before.pids)) process.kill(pid, 'SIGKILL');
  await until(() => existsSync(join(home, 'run.json')) && pids(run().pids).every((pid) => !pids(before.pids).includes(pid) && isAlive(pid)));
  expect({ ...run(), pids: {} }).toEqual({ ...before, pids: {} });
  expect((await fetch(`${before.api}/readyz`)).status).toBe(200);
  expect(await query(before.databaseOwner, users)).toEqual([stored]);
});

test('after the supervisor was killed the next start ends what it left, and sets nothing up again', async () => {
  const before = run();
  process.kill(before.pids.supervisor as number, 'SIGKILL');
  await until(() => !isAlive(before.pids.supervisor as number));
  expect(pids(before.pids).every(isAlive)).toBe(true);
  const said = await script('start.mjs', '--detach');
  expect(said).toContain('ended what an earlier run had left behind: api');
  expect(pids(before.pids).filter(isAlive)).toEqual([]);
  expect({ ...run(), pids: {} }).toEqual({ ...before, pids: {} });
  expect(said).not.toMatch(/Database schema|Demo community|Key of the command line/);
});

test('a stop leaves no process and no run.json behind', async () => {
  const { pids: all } = run();
  expect(await script('stop.mjs')).toBe('Reeve is stopped.\n');
  expect([...pids(all), all.supervisor as number].filter(isAlive)).toEqual([]);
  expect(existsSync(join(home, 'run.json'))).toBe(false);
  expect(await script('stop.mjs')).toBe('Reeve is not running.\n');
});
