/**
 * P10: how soon after its commit an outbox row reaches its handler, at 500 rows a second from another process, and how
 * fast 10,000 waiting rows drain; beside graphile-worker with its default settings, in the same run, order alternated.
 *   npm run bench -- p10 [rounds]
 */
import { spawn } from 'node:child_process';
import { run, makeWorkerUtils, Logger } from 'graphile-worker';
import pg from 'pg';
import { setTimeout as sleep } from 'node:timers/promises';
import { openDatabase } from '../db/data-source';
import { migrate } from '../db/migrate';
import { waker } from '../db/outbox';
import { createDispatcher } from '../dispatch/dispatcher';
import { median, verdict } from './verdict';

const RATE = 500;
const SECONDS = 4;
const WAITING = 10_000;
const quiet = new Logger(() => () => {});
const now = (): number => performance.timeOrigin + performance.now();

/** One handler side: calls `handled` with the number that each row carries. */
interface Side {
  start(url: string, handled: (number: number) => void): Promise<() => Promise<void>>;
  fill(pool: pg.Pool, count: number): Promise<void>;
}

const sides: Record<'reeve' | 'graphile', Side> = {
  reeve: {
    async start(url, handled) {
      const database = await openDatabase(url, 8, 'bench');
      const dispatcher = createDispatcher({ pool: database.pool, listenUrl: url, deliver: async (row) => handled(row.entity) });
      return () => dispatcher.stop().then(() => database.close());
    },
    fill: (pool, count) => pool.query(`insert into outbox (noun, entity, version, effect) select 'bench', n, 1, 'bench' from generate_series(1, $1) n`, [count]).then(() => {}),
  },
  graphile: {
    async start(url, handled) {
      const runner = await run({ connectionString: url, logger: quiet, noHandleSignals: true, taskList: { bench: (payload) => handled((payload as { number: number }).number) } });
      return () => runner.stop();
    },
    fill: (pool, count) => pool.query(`select graphile_worker.add_job('bench', json_build_object('number', n)) from generate_series(1, $1) n`, [count]).then(() => {}),
  },
};

/** The other process: commits rows at a steady rate and reports when each commit was seen. */
async function write(side: 'reeve' | 'graphile', url: string): Promise<void> {
  const pool = new pg.Pool({ connectionString: url, max: 8 });
  await Promise.all(Array.from({ length: 8 }, () => pool.query('select 1')));
  const wake = waker(pool);
  const seen: [number, number][] = [];
  const begun = now();
  const pending: Promise<void>[] = [];
  for (let number = 1; number <= RATE * SECONDS; number++) {
    const due = begun + (number * 1_000) / RATE;
    if (due > now()) await sleep(due - now());
    const sent = side === 'reeve'
      ? pool.query({ name: 'w', text: `insert into outbox (noun, entity, version, effect) values ('bench', $1, 1, 'bench')`, values: [number] }).then(() => void (seen.push([number, now()]), wake()))
      : pool.query({ name: 'w', text: `select graphile_worker.add_job('bench', json_build_object('number', $1::int))`, values: [number] }).then(() => void seen.push([number, now()]));
    pending.push(sent);
  }
  await Promise.all(pending);
  process.send!(seen, () => void pool.end().then(() => process.disconnect()));
}

async function latency(name: 'reeve' | 'graphile', url: string): Promise<{ p50: number; p99: number }> {
  const handledAt = new Map<number, number>();
  const stop = await sides[name].start(url, (number) => void handledAt.set(number, now()));
  await sleep(500);
  const writer = spawn(process.execPath, ['--import', 'tsx', __filename, 'write', name, url], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const seen = await new Promise<[number, number][]>((resolve, reject) => writer.once('message', resolve as () => void).once('error', reject));
  while (handledAt.size < RATE * SECONDS) await sleep(20);
  await stop();
  const late = seen.slice(RATE / 2).map(([number, at]) => Math.max(0, handledAt.get(number)! - at)).sort((a, b) => a - b); // the first half second warms up
  return { p50: late[Math.floor(late.length * 0.5)]!, p99: late[Math.floor(late.length * 0.99)]! };
}

async function drain(name: 'reeve' | 'graphile', url: string, pool: pg.Pool): Promise<number> {
  await sides[name].fill(pool, WAITING);
  await pool.query('analyze');
  let count = 0;
  const begun = now();
  const stop = await sides[name].start(url, () => void count++);
  while (count < WAITING) await sleep(5);
  const perSecond = WAITING / ((now() - begun) / 1_000);
  await stop();
  return perSecond;
}

async function main(): Promise<void> {
  const rounds = Number(process.argv[2] ?? 5);
  const url = process.env.REEVE_TEST_DATABASE_OWNER_URL!;
  await migrate(url);
  const utils = await makeWorkerUtils({ connectionString: url, logger: quiet });
  await utils.migrate();
  await utils.release();
  const pool = new pg.Pool({ connectionString: url, max: 2 });
  const found = { reeve: { p50: [] as number[], p99: [] as number[], drain: [] as number[] }, graphile: { p50: [] as number[], p99: [] as number[], drain: [] as number[] } };
  for (let round = 0; round < rounds; round++) {
    const order = (round % 2 ? ['graphile', 'reeve'] : ['reeve', 'graphile']) as (keyof typeof found)[];
    for (const name of order) {
      const { p50, p99 } = await latency(name, url);
      const perSecond = await drain(name, url, pool);
      found[name].p50.push(p50);
      found[name].p99.push(p99);
      found[name].drain.push(perSecond);
      console.log(`round ${round + 1} ${name}: p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms, drain ${perSecond.toFixed(0)}/s`);
    }
  }
  await pool.end();
  const of = (side: keyof typeof found, what: 'p50' | 'p99' | 'drain'): number => median(found[side][what]);
  verdict('P10 latency', `p50 ${of('reeve', 'p50').toFixed(2)} ms beside ${of('graphile', 'p50').toFixed(2)}, p99 ${of('reeve', 'p99').toFixed(2)} ms beside ${of('graphile', 'p99').toFixed(2)} (aim 1 and 4)`,
    of('reeve', 'p50') <= of('graphile', 'p50') && of('reeve', 'p99') <= of('graphile', 'p99'));
  verdict('P10 drain', `${of('reeve', 'drain').toFixed(0)}/s beside ${of('graphile', 'drain').toFixed(0)}/s`, of('reeve', 'drain') >= of('graphile', 'drain'));
}

void (process.argv[2] === 'write' ? write(process.argv[3] as 'reeve' | 'graphile', process.argv[4]!) : main());
