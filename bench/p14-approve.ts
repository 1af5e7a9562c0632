/**
 * P14: how long from `approve` until the state that the workflow wrote is seen, beside a bare Temporal workflow with one
 * activity that writes a row, on the same server, order alternated; and how long a second `npm start` takes.
 *   npm run bench -- p14 [times] [rounds]
 */
import { execFileSync, spawn } from 'node:child_process';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import pg from 'pg';
import { setTimeout as sleep } from 'node:timers/promises';
import { apply } from '../db/apply';
import { makeDelivery, makeUser } from '../test/support/house';
import { startPlatform, type Platform } from '../test/support/platform';
import { newWiki } from './sends';
import { median, verdict } from './verdict';

const POLL_MS = 1;

async function main(): Promise<void> {
  const [times, rounds] = [Number(process.argv[2] ?? 60), Number(process.argv[3] ?? 5)];
  const platform = await startPlatform();
  const { temporal, databaseOwner } = platform.run();
  const bare = spawn(process.execPath, ['--import', 'tsx', __filename, 'worker', temporal, databaseOwner], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const connection = await Connection.connect({ address: temporal });
  try {
    await new Promise((resolve) => bare.once('message', resolve));
    const client = new Client({ connection });
    const [reeve, alone]: number[][] = [[], []];
    const ratios: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const own: number[] = [];
      const other: number[] = [];
      const both = [async () => own.push(...(await approvals(platform, times))), async () => other.push(...(await bareRuns(platform, client, times, round)))];
      for (const one of round % 2 ? both.reverse() : both) await one();
      console.log(`round ${round + 1}: approve p50 ${median(own).toFixed(1)} ms, bare p50 ${median(other).toFixed(1)} ms`);
      reeve!.push(...own);
      alone!.push(...other);
      ratios.push(median(own) / median(other));
    }
    const p99Of = (all: number[]): number => [...all].sort((a, b) => a - b)[Math.floor(all.length * 0.99)]!;
    const p99 = p99Of(reeve!);
    verdict('P14 approve', `p50 ${median(reeve!).toFixed(1)} ms beside ${median(alone!).toFixed(1)} ms: ${median(ratios).toFixed(2)} × (reach 1.3); p99 ${p99.toFixed(1)} ms beside ${p99Of(alone!).toFixed(1)} (reach 60)`, median(ratios) <= 1.3 && p99 <= 60);
    await connection.close();
    bare.kill('SIGKILL'); // its database stops now
    const second = secondStart(platform.home);
    verdict('P14 second start', `${(second / 1_000).toFixed(1)} s to ready (reach 10)`, second <= 10_000);
  } finally {
    bare.kill('SIGKILL');
    await platform.stop();
  }
}

/** An approver approves; the workflow expands the lists and reports `expanded`; the state is `running` or beyond. */
async function approvals(platform: Platform, times: number): Promise<number[]> {
  const { kernel } = platform;
  const [sender, approver] = [await makeUser(kernel), await makeUser(kernel, 'deliveryApprover')];
  const wiki = await newWiki(platform);
  const took: number[] = [];
  for (let i = 0; i < times; i++) {
    const { id } = await makeDelivery(kernel, sender, wiki, []);
    await apply(kernel, { noun: 'delivery', id, verb: 'submit', actor: sender });
    const begun = performance.now();
    await apply(kernel, { noun: 'delivery', id, verb: 'approve', actor: approver });
    await seen(kernel.pool, `select 1 from delivery where id = $1 and state in ('running', 'finished')`, [id]);
    took.push(performance.now() - begun);
    await seen(kernel.pool, `select 1 from delivery where id = $1 and state = 'finished'`, [id]); // the next one starts on a quiet server
    await sleep(20);
  }
  return took.slice(5);
}

async function bareRuns({ kernel }: Platform, client: Client, times: number, round: number): Promise<number[]> {
  const took: number[] = [];
  for (let i = 0; i < times; i++) {
    const workflowId = `bare/${round}/${i}`;
    const begun = performance.now();
    await client.workflow.start('bare', { taskQueue: 'bare', workflowId, args: [workflowId] });
    await seen(kernel.pool, 'select 1 from bare where id = $1', [workflowId]);
    took.push(performance.now() - begun);
    await sleep(60);
  }
  return took.slice(5);
}

/** @returns how long the whole platform takes to be ready again, milliseconds. */
function secondStart(home: string): number {
  const script = (name: string, ...args: string[]) => execFileSync(process.execPath, [join(__dirname, '../scripts', name), ...args], { env: { ...process.env, REEVE_HOME: home } });
  script('stop.mjs');
  const begun = performance.now();
  script('start.mjs', '--detach', '--no-demo');
  return performance.now() - begun;
}

async function seen(pool: pg.Pool, query: string, values: unknown[]): Promise<void> {
  while (!(await pool.query(query, values)).rowCount) await sleep(POLL_MS);
}

async function worker(address: string, url: string): Promise<void> {
  const pool = new pg.Pool({ connectionString: url });
  await pool.query('create table if not exists bare (id text primary key); grant select on bare to public');
  const run = await Worker.create({
    connection: await NativeConnection.connect({ address }),
    taskQueue: 'bare',
    workflowsPath: require.resolve('./bare-workflow'),
    activities: { write: async (id: string) => void (await pool.query('insert into bare values ($1)', [id])) },
  });
  process.send!('ready');
  await run.run();
}

void (process.argv[2] === 'worker' ? worker(process.argv[3]!, process.argv[4]!) : main());
