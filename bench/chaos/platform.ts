/**
 * The whole platform in a folder of its own, started as people start it, for measurements that break it: its processes
 * by name, the sandbox wiki's controls, and deliveries made through the same door as everybody's.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { apply } from '../../db/apply';
import { create } from '../../db/create';
import { openDatabase } from '../../db/data-source';
import { createKernel, type Kernel } from '../../db/kernel';
import type { Delivery } from '../../db/entities/delivery';
import type { Wiki } from '../../db/entities/wiki';
import { sandboxAccounts } from '../../demo/sandbox-wiki';
import { seal } from '../../gateways/secret-box';
import type { Actor } from '../../policies/actor';
import { makeDelivery, makeUser, unique } from '../../test/support/house';
import { system } from '../../policies/actor';

export interface RunFile {
  api: string;
  temporal: string;
  temporalUi: string;
  database: string;
  databaseOwner: string;
  redis: string[];
  sandboxWiki: string;
  pids: { supervisor: number; postgres: number; redis: number[]; temporal: number; api: number; worker: number };
}
export type PartName = 'worker' | 'api' | 'temporal' | 'postgres' | 'redis1' | 'redis2' | 'redis3';

export interface Platform {
  home: string;
  run(): RunFile;
  kernel: Kernel;
  kill(part: PartName, signal?: NodeJS.Signals): number;
  control(method: 'GET' | 'POST' | 'DELETE', path: string, body?: object): Promise<any>;
  cli(...args: string[]): { status: number | null; stdout: string; stderr: string };
  stop(): Promise<void>;
}

const root = join(__dirname, '../..');

/** @param env for every process of the platform, such as REEVE_WIKI_PATIENCE_MS. */
export async function startPlatform(env: Record<string, string> = {}): Promise<Platform> {
  const home = mkdtempSync(join(tmpdir(), 'reeve-chaos-'));
  const all = { ...process.env, ...env, REEVE_HOME: home };
  const script = (file: string, ...args: string[]) => spawnSync(process.execPath, [join(root, file), ...args], { cwd: root, env: all, encoding: 'utf8', timeout: 300_000, maxBuffer: 2 ** 26 });
  const started = script('scripts/start.mjs', '--detach', '--no-demo');
  if (started.status !== 0) throw new Error(`the platform did not start:\n${started.stdout}\n${started.stderr}`);
  const run = (): RunFile => JSON.parse(readFileSync(join(home, 'run.json'), 'utf8'));
  const database = await openDatabase(run().database, 8, 'reeve-chaos');
  const kernel = createKernel(database);
  const pidOf = (part: PartName): number => (part.startsWith('redis') ? run().pids.redis[Number(part.slice(5)) - 1]! : (run().pids[part as 'worker'] as number));
  const wiki = new URL(run().sandboxWiki).origin;
  return {
    home,
    run,
    kernel,
    kill(part, signal = 'SIGKILL') {
      const pid = pidOf(part);
      try {
        process.kill(pid, signal);
      } catch {
        // it is just coming back
      }
      return pid;
    },
    async control(method, path, body) {
      const answer = await fetch(`${wiki}/_control/${path}`, { method, ...(body && { body: JSON.stringify(body) }) });
      return answer.json();
    },
    cli: (...args) => script('bin/reeve.mjs', ...args),
    async stop() {
      await database.close();
      const { stdout, stderr, status } = script('scripts/stop.mjs');
      if (status !== 0) console.error(stdout, stderr);
      rmSync(home, { recursive: true, force: true });
    },
  };
}

export async function newWiki({ kernel, home, run }: Platform, values: Partial<Wiki> = {}): Promise<Wiki> {
  const key = readFileSync(join(home, 'secret-key'), 'utf8').trim();
  const { row } = await create(kernel, {
    noun: 'wiki',
    values: {
      host: `${unique('wiki')}.example.org`, apiUrl: run().sandboxWiki, botUser: sandboxAccounts.bot.user,
      botPassword: seal(key, sandboxAccounts.bot.password), editsPerMinute: 1_000_000, inFlight: 4, ...values,
    },
    actor: system,
  });
  return row;
}

/** Users `Reader 1…n` on the sandbox wiki, and a delivery to all their talk pages, submitted. */
export async function send(platform: Platform, wiki: Wiki, targets: number): Promise<{ delivery: Delivery; sender: Actor & { userId: number } }> {
  await platform.control('POST', 'seed', { users: [{ prefix: 'Reader ', count: targets }] });
  const sender = await makeUser(platform.kernel, 'globalSender');
  const delivery = await makeDelivery(platform.kernel, sender, wiki, Array.from({ length: targets }, (_, i) => `User talk:Reader ${i + 1}`));
  await apply(platform.kernel, { noun: 'delivery', id: delivery.id, verb: 'submit', actor: sender });
  return { delivery, sender };
}

export interface Tally {
  state: string;
  total: number;
  sent: number;
  skipped: number;
  failed: number;
  unknown: number;
}

/** Survives Postgres being away. */
export async function tally({ kernel }: Platform, delivery: Delivery): Promise<Tally> {
  for (;;) {
    try {
      const { rows } = await kernel.pool.query(
        `select d.state, coalesce(sum(total), 0)::int as total, coalesce(sum(sent), 0)::int as sent, coalesce(sum(skipped), 0)::int as skipped,
           coalesce(sum(failed), 0)::int as failed, coalesce(sum(unknown), 0)::int as unknown
         from delivery d left join delivery_wiki w on w.delivery_id = d.id where d.id = $1 group by d.state`,
        [delivery.id],
      );
      return rows[0];
    } catch {
      await sleep(200);
    }
  }
}

/** @throws when it has not ended by itself in time, with where it stands. */
export async function untilFinished(platform: Platform, delivery: Delivery, withinMs: number, meanwhile?: (now: Tally) => Promise<void>): Promise<Tally> {
  const giveUpAt = Date.now() + withinMs;
  for (;;) {
    const now = await tally(platform, delivery);
    if (now.state === 'finished') return now;
    if (Date.now() > giveUpAt) throw new Error(`not finished in time: ${JSON.stringify(now)}`);
    if (meanwhile) await meanwhile(now);
    else await sleep(300);
  }
}

/** What the wiki itself says: pages with one copy, with none, with more. */
export const copies = (platform: Platform, delivery: Delivery): Promise<{ exactlyOne: number; none: number; more: number; posted: number }> =>
  platform.control('GET', `marks?marker=${delivery.marker}&prefix=${encodeURIComponent('User talk:')}`);

/** Prints the figure, and ends the process accordingly. */
export function verdict(name: string, figure: string, reached: boolean): void {
  console.log(`${reached ? 'reached' : 'SHORT  '} ${name}: ${figure}`);
  if (!reached) process.exitCode = 1;
}

export const median = (values: number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

/** A seeded generator, so that a run can be had again: REEVE_SEED. */
export function randomness(): { seed: number; next(): number } {
  const seed = Number(process.env.REEVE_SEED ?? Date.now() % 100_000);
  let state = seed >>> 0;
  return {
    seed,
    next() {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state / 2 ** 32;
    },
  };
}
