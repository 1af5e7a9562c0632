/**
 * P3: P1's work through job queues, a job per page, the same POST with the same in flight, on the platform's own Postgres
 * and Redis; beside Reeve, which also checks each page and never posts twice. What graphile-worker calls batching are the
 * settings of its page on performance: many jobs fetched and completed at once. Shown besides, and not counted: jobs of a
 * hundred pages, of which a queue keeps nothing of its own for each page. They are the raw loop of P1.
 *   npm run bench -- p3 [targets] [rounds]
 */
import { Queue, Worker } from 'bullmq';
import { Logger, makeWorkerUtils, run, type TaskList } from 'graphile-worker';
import PgBoss from 'pg-boss';
import { sandboxAccounts } from '../demo/sandbox-wiki';
import { startPlatform, type Platform } from '../test/support/platform';
import { rawMessage, rawWiki, type RawTarget } from './raw-loop';
import { deliverExactly, newWiki } from './sends';
import { median, verdict } from './verdict';

const IN_FLIGHT = 32;
const CHUNK = 5_000;
const BESIDES = 'jobs of 100 pages';
const quiet = new Logger(() => () => {});

type Edit = (target: RawTarget) => Promise<void>;
/** Takes everything that is put into it; `begin` starts its workers. */
interface Peer {
  begin(edit: Edit): Promise<{ put(targets: RawTarget[]): Promise<unknown>; end(): Promise<void> }>;
}

const peers: Record<string, (platform: Platform) => Peer> = {
  BullMQ: (platform) => ({
    async begin(edit) {
      const { hostname: host, port } = new URL(platform.run().redis[0]!);
      const connection = { host, port: Number(port), maxRetriesPerRequest: null };
      const queue = new Queue<RawTarget>('edits', { connection, defaultJobOptions: { attempts: 5, removeOnComplete: true } });
      const worker = new Worker<RawTarget>('edits', (job) => edit(job.data), { connection, concurrency: IN_FLIGHT });
      worker.on('error', (error) => console.error(error.message));
      return {
        put: (targets) => queue.addBulk(targets.map((data) => ({ name: 'edit', data }))),
        end: () => worker.close().then(() => queue.close()),
      };
    },
  }),
  'graphile-worker (batched)': (platform) => graphile(platform, (edit) => (target) => edit(target as RawTarget), { concurrentJobs: IN_FLIGHT, localQueue: { size: 500 } }, (targets) => targets),
  // Its payload is a list, of which it repeats what was refused. A kill repeats them all.
  [BESIDES]: (platform) => graphile(platform, (edit) => {
    const limited = limit(IN_FLIGHT);
    return (targets) => (targets as RawTarget[]).map((target) => limited(() => edit(target)));
  }, { concurrentJobs: 4 }, (targets) => Array.from({ length: Math.ceil(targets.length / 100) }, (_, i) => targets.slice(i * 100, i * 100 + 100))),
  'pg-boss': (platform) => ({
    async begin(edit) {
      const boss = new PgBoss({ connectionString: platform.run().databaseOwner });
      boss.on('error', (error) => console.error(error.message));
      await boss.start();
      await boss.createQueue('edits');
      const limited = limit(IN_FLIGHT);
      // It asks for more twice a second at most: batches that last longer, two at a time, so that none waits.
      for (let worker = 0; worker < 2; worker++)
        await boss.work<RawTarget>('edits', { batchSize: 2_500, pollingIntervalSeconds: 0.5 }, (jobs) => Promise.all(jobs.map(({ data }) => limited(() => edit(data)))));
      return {
        put: (targets) => boss.insert(targets.map((data) => ({ name: 'edits', data, retryLimit: 5 }))),
        async end() {
          await boss.stop({ wait: true });
        },
      };
    },
  }),
};

function graphile(platform: Platform, task: (edit: Edit) => TaskList[string], worker: GraphileConfig.WorkerOptions, payloadsOf: (targets: RawTarget[]) => unknown[]): Peer {
  return {
    async begin(edit) {
      const connectionString = platform.run().databaseOwner;
      const utils = await makeWorkerUtils({ connectionString, logger: quiet });
      await utils.migrate();
      const runner = await run({
        connectionString, logger: quiet, noHandleSignals: true, taskList: { edit: task(edit) },
        preset: { worker: { maxPoolSize: 10, completeJobBatchDelay: 0, failJobBatchDelay: 0, ...worker } },
      });
      return {
        put: (targets) => utils.addJobs(payloadsOf(targets).map((payload) => ({ identifier: 'edit', payload }))),
        async end() {
          await runner.stop();
          await utils.release();
        },
      };
    },
  };
}

/** At most so many at once, first come first served. */
function limit(most: number): <T>(work: () => Promise<T>) => Promise<T> {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (running >= most) await new Promise<void>((go) => waiting.push(go));
    else running++;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running--;
    }
  };
}

/** From the first job put in to the last page posted, workers standing by: as Reeve's, which begins with its lists. */
async function perSecond(platform: Platform, peer: Peer, titles: string[]): Promise<number> {
  const { user, password } = sandboxAccounts.bot;
  const wiki = await rawWiki({ apiUrl: platform.run().sandboxWiki, user, password, inFlight: IN_FLIGHT, ...rawMessage });
  let left = titles.length;
  let finished!: () => void;
  const allDone = new Promise<void>((resolve) => (finished = resolve));
  const { put, end } = await peer.begin(async (target) => {
    if (!(await wiki.edit(target))) throw new Error('the wiki did not take it');
    if (--left === 0) finished();
  });
  const beganMs = performance.now();
  for (let at = 0; at < titles.length; at += CHUNK) await put(titles.slice(at, at + CHUNK).map((title) => ({ title })));
  await allDone;
  const ms = performance.now() - beganMs;
  await end();
  await wiki.close();
  return (titles.length / ms) * 1_000;
}

async function main(): Promise<void> {
  const [targets, rounds] = [Number(process.argv[2] ?? 100_000), Number(process.argv[3] ?? 3)];
  const platform = await startPlatform();
  try {
    await platform.control('POST', '', { latencyMs: 5 });
    const wiki = await newWiki(platform, { editsPerMinute: 10_000_000, inFlight: IN_FLIGHT });
    let page = 0;
    const fresh = (count: number): string[] => Array.from({ length: count }, () => `User talk:Queued ${++page}`);
    const sides: [name: string, rate: (count: number) => Promise<number>][] = [
      ['Reeve', async (count) => (await deliverExactly(platform, wiki, count)).perSecond],
      ...Object.entries(peers).map(([name, peer]): [string, (count: number) => Promise<number>] => [name, (count) => perSecond(platform, peer(platform), fresh(count))]),
    ];
    for (const [, rate] of sides) await rate(1_000); // warm
    const rates = new Map(sides.map(([name]) => [name, [] as number[]]));
    for (let round = 0; round < rounds; round++) {
      for (const [name, rate] of round % 2 ? [...sides].reverse() : sides) rates.get(name)!.push(await rate(targets));
      console.log(`round ${round + 1}: ${[...rates].map(([name, all]) => `${name} ${all.at(-1)!.toFixed(0)}/s`).join(', ')}`);
    }
    const own = rates.get('Reeve')!;
    const against = Object.keys(peers).map((name) => ({ name, rate: median(rates.get(name)!), ratio: median(own.map((rate, i) => rate / rates.get(name)![i]!)) }));
    const [besides, counted] = [against.find(({ name }) => name === BESIDES)!, against.filter(({ name }) => name !== BESIDES)];
    const fastest = counted.reduce((best, one) => (one.ratio < best.ratio ? one : best));
    const shown = ({ name, rate, ratio }: typeof fastest): string => `${name} ${rate.toFixed(0)}/s (${ratio.toFixed(2)} ×)`;
    verdict('P3', `Reeve ${median(own).toFixed(0)}/s beside ${counted.map(shown).join(', ')}: ${fastest.ratio.toFixed(2)} × the fastest (reach 1.0); besides, ${shown(besides)}`, fastest.ratio >= 1);
  } finally {
    await platform.stop();
  }
}

void main();
