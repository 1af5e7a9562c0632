/**
 * The whole platform in a folder of its own, started as people start it, with its processes by name: for tests and
 * measurements that break it, and look from outside at what is left.
 */
import { execFile, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { client, type Client } from '../../bin/client';
import { create } from '../../db/create';
import { openDatabase } from '../../db/data-source';
import { createKernel, type Kernel } from '../../db/kernel';
import { newApiKey } from '../../gateways/api-key';
import { hashPassword } from '../../gateways/passwords';
import { system, type Role } from '../../policies/actor';
import { unique } from './house';
import { services } from './services';

export interface RunFile {
  api: string;
  temporal: string;
  temporalUi: string;
  namespace: string;
  database: string;
  databaseOwner: string;
  redis: string[];
  sandboxWiki: string;
  inbox: string;
  mediawiki?: { apiUrl: string; botUser: string; botPassword: string };
  pids: { supervisor: number; postgres: number; redis: number[]; temporal: number; api: number; worker: number };
}
export type PartName = 'worker' | 'api' | 'temporal' | 'postgres' | 'redis1' | 'redis2' | 'redis3';
export interface Ended {
  status: number;
  stdout: string;
  stderr: string;
}
export interface Person {
  id: number;
  name: string;
  /** As a script with a key of theirs. */
  api: Client;
}
export interface Platform {
  home: string;
  run(): RunFile;
  /** Straight at its database, beside everything else. */
  kernel: Kernel;
  /** The first admin. */
  admin: Client;
  /** Somebody new with these roles everywhere, the password of tests and a key. */
  person(...roles: Role[]): Promise<Person>;
  pid(part: PartName): number;
  /** @returns the process that got the signal. */
  kill(part: PartName, signal?: NodeJS.Signals): number;
  /** Until the supervisor has brought back what was killed. */
  untilBack(part: PartName, killed: number): Promise<void>;
  /** /_control of the sandbox wiki. */
  control<T = any>(method: 'GET' | 'POST' | 'DELETE', path: string, body?: object): Promise<T>;  
  /** The command line, as the first admin. */
  cli(...args: string[]): Promise<Ended>;
  /** Temporal's own command line: `temporal workflow …`. */
  temporal(...args: string[]): Promise<Ended>;
  stop(): Promise<void>;
}

export const PASSWORD = 'a password of tests';

const root = join(__dirname, '../..');

/**
 * @param env for every process of the platform, such as REEVE_WIKI_PATIENCE_MS
 * @param flags of `npm start`, besides `--detach`
 */
export async function startPlatform(env: Record<string, string> = {}, flags = ['--no-demo']): Promise<Platform> {
  sweep();
  const home = mkdtempSync(join(tmpdir(), PREFIX));
  const all = { ...process.env, ...env, REEVE_HOME: home };
  writeFileSync(join(home, '.reeve-home'), '');
  writeFileSync(join(home, OWNER), String(process.pid));
  writeFileSync(join(home, 'ports.json'), JSON.stringify(ports())); // of its own: several platforms may start at once
  endWithThisProcess(home);
  const program = (file: string, ...args: string[]) => run(process.execPath, [join(root, file), ...args], all);
  const started = await program('scripts/start.mjs', '--detach', ...flags);
  if (started.status !== 0) throw new Error(`the platform did not start:\n${started.stderr}\n${started.stdout}`);
  const runFile = (): RunFile => JSON.parse(readFileSync(join(home, 'run.json'), 'utf8'));
  const database = await openDatabase(runFile().database, 8, 'reeve-beside');
  const kernel = createKernel(database);
  let hash: string | undefined;
  const pid = (part: PartName): number => (part.startsWith('redis') ? runFile().pids.redis[Number(part.slice(5)) - 1]! : (runFile().pids[part as 'worker'] as number));
  return {
    home,
    run: runFile,
    kernel,
    admin: client({ url: runFile().api, key: readFileSync(join(home, 'admin-key'), 'utf8').trim() }),
    async person(...roles) {
      const { row: user } = await create(kernel, { noun: 'user', values: { name: unique('Person'), passwordHash: (hash ??= await hashPassword(PASSWORD)) }, actor: system });
      for (const role of roles) await create(kernel, { noun: 'membership', values: { userId: user.id, role, wikiId: null, untilMs: null }, actor: system, then: 'approve' });
      const { secret, hash: keyHash } = newApiKey();
      await create(kernel, { noun: 'key', values: { userId: user.id, label: unique('a key'), hash: keyHash, scopes: ['all'], expiresAtMs: null, lastUsedAtMs: null }, actor: system });
      return { id: user.id, name: user.name, api: client({ url: runFile().api, key: secret }) };
    },
    pid,
    kill(part, signal = 'SIGKILL') {
      const target = pid(part);
      try {
        process.kill(target, signal);
      } catch {
        // it is just coming back
      }
      return target;
    },
    async untilBack(part, killed) {
      for (const giveUpAt = Date.now() + 60_000; pid(part) === killed; await sleep(50))
        if (Date.now() > giveUpAt) throw new Error(`${part} did not come back`);
    },
    async control(method, path, body) {
      const answer = await fetch(`${new URL(runFile().sandboxWiki).origin}/_control/${path}`, { method, ...(body && { body: JSON.stringify(body) }) });
      const json = await answer.json();
      if (!answer.ok) throw new Error(`the sandbox wiki: ${JSON.stringify(json)}`);
      return json as never;
    },
    cli: (...args) => program('bin/reeve.mjs', ...args),
    temporal: (...args) => run(services.temporalProgram(), [...args, '--address', runFile().temporal], all),
    async stop() {
      await database.close();
      const { stdout, stderr, status } = await program('scripts/stop.mjs');
      if (status !== 0) console.error(stdout, stderr);
      rmSync(home, { recursive: true, force: true });
    },
  };
}

function run(command: string, args: string[], env: NodeJS.ProcessEnv): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(command, args, { cwd: root, env, timeout: 300_000, maxBuffer: 2 ** 26 }, (error, stdout, stderr) => {
      resolve({ status: error ? (typeof error.code === 'number' ? error.code : 1) : 0, stdout, stderr });
    });
  });
}

function ports(): Record<string, number> {
  const first = 10_000 + Math.floor(Math.random() * 500) * 20;
  return Object.fromEntries(['api', 'temporal', 'temporalUi', 'sandboxWiki', 'inbox', 'smtp', 'worker', 'mediawiki', 'postgres', 'redis1', 'redis2', 'redis3'].map((name, i) => [name, first + i]));
}

const PREFIX = 'reeve-platform-';
const OWNER = 'owner-pid';

/** What a killed test or measurement left behind. */
function sweep(): void {
  for (const name of readdirSync(tmpdir()).filter((entry) => entry.startsWith(PREFIX))) {
    const [home, owner] = [join(tmpdir(), name), join(tmpdir(), name, OWNER)];
    if (existsSync(owner) && !isAlive(Number(readFileSync(owner, 'utf8')))) endNow(home);
  }
}

/** A measurement that is broken off takes its platform along. (Within jest the next run sweeps.) */
function endWithThisProcess(home: string): void {
  if (process.env.JEST_WORKER_ID !== undefined) return;
  process.once('exit', () => existsSync(home) && endNow(home));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
}

function endNow(home: string): void {
  spawnSync(process.execPath, [join(root, 'scripts/stop.mjs')], { cwd: root, env: { ...process.env, REEVE_HOME: home }, timeout: 60_000 });
  rmSync(home, { recursive: true, force: true });
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
