/**
 * R7: 10,000 outbox rows flow to a real Temporal, the neighbours of one entity adjacent, each row delivered twice by
 * three dispatchers of which one is killed (-9) every while, 50 times. What a sleeper of that entity takes (versions that
 * are newer than its last) must be every version once, in order, without a gap.
 *   npm run chaos -- r7 [rows] [kills]
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { migrate } from '../../db/migrate';
import { deliverTo } from '../../dispatch/deliver';
import { createDispatcher } from '../../dispatch/dispatcher';
import { refusal } from '../../dispatch/refusal';
import { createTemporal, ensureSearchAttributes, type TemporalConfig } from '../../gateways/temporal';
import { openHouse } from '../../test/support/house';
import { services } from '../../test/support/services';
import { searchAttributes } from '../../workflows/attributes';
import { timerWorkflow } from '../../workflows/ids';
import { randomness, verdict } from '../verdict';

const DISPATCHERS = 3;
const VERSIONS = 50;
const FAR_MS = Date.UTC(2100, 0, 1);

const config = (): TemporalConfig => ({ TEMPORAL_ADDRESS: services.temporalAddress(), TEMPORAL_NAMESPACE: 'default', TEMPORAL_TASK_QUEUE: 'nobody-works', TEMPORAL_TLS: false, TEMPORAL_API_KEY: undefined });

/** A dispatcher as the worker has it, but for its handing everything over twice. */
async function dispatch(): Promise<void> {
  const { kernel } = await openHouse(services.databaseAppUrl(), undefined, 6);
  const deliver = deliverTo({ temporal: createTemporal(config(), 'worker'), kernel });
  createDispatcher({ pool: kernel.pool, listenUrl: services.databaseAppUrl(), refusal, deliver: async (row) => (await deliver(row), deliver(row)) });
  process.send?.('up');
}

async function main(): Promise<void> {
  const [rows, kills] = [Number(process.argv[2] ?? 10_000), Number(process.argv[3] ?? 50)];
  const entities = Math.ceil(rows / VERSIONS);
  const { seed, next } = randomness();
  await migrate(services.databaseOwnerUrl(), services.databaseAppUrl());
  const pool = new pg.Pool({ connectionString: services.databaseAppUrl(), max: 2 });
  const temporal = createTemporal(config(), 'bench');
  await ensureSearchAttributes(temporal, searchAttributes);

  const children = new Set<ChildProcess>();
  const begin = async (): Promise<ChildProcess> => {
    const child = fork(__filename, ['--dispatch'], { execArgv: ['--import', 'tsx'] });
    children.add(child);
    await once(child, 'message');
    return child;
  };
  const work = Array.from({ length: DISPATCHERS }, begin);
  await Promise.all(work);
  const begun = Date.now();
  let killed = 0;
  let inserted = 0;
  /** The next versions of all entities, two at a time: neighbours stand side by side. */
  const flow = async (): Promise<void> => {
    await pool.query(
      `insert into outbox (noun, entity, version, effect, params)
       select 'bench', e, v, 'setTimers', jsonb_build_object('timers', jsonb_build_object('xstate.after.far.bench', $4::bigint)) from generate_series(1, $1::int) e, generate_series($2::int, $3::int) v order by e, v`,
      [entities, inserted + 1, inserted + 2, FAR_MS]);
    inserted += 2;
  };
  const left = async (): Promise<number> => (await pool.query('select count(*)::int as n from outbox')).rows[0].n;
  for (let waiting = await left(); inserted < VERSIONS || killed < kills || waiting; waiting = await left()) {
    if (inserted < VERSIONS && waiting < entities) await flow();
    if (killed < kills && (inserted * kills) / VERSIONS >= killed) {
      const at = Math.floor(next() * DISPATCHERS);
      const child = await work[at]!;
      await sleep(next() * 300);
      child.kill('SIGKILL');
      work[at] = begin();
      killed++;
    }
    await sleep(50);
  }
  const seconds = (Date.now() - begun) / 1_000;
  for (const child of children) child.kill('SIGKILL');

  let [received, right] = [0, 0];
  for (let entity = 1; entity <= entities; entity++) {
    const { events } = await temporal.client.workflow.getHandle(timerWorkflow('bench', entity).workflowId).fetchHistory();
    const versions = (events ?? []).flatMap(({ workflowExecutionSignaledEventAttributes: signal }) => (signal ? [(JSON.parse(Buffer.from(signal.input!.payloads![0]!.data!).toString()) as { version: number }).version] : []));
    const taken: number[] = [];
    for (const version of versions) if (version > (taken.at(-1) ?? 0)) taken.push(version);
    received += versions.length;
    if (taken.length === VERSIONS && taken.every((version, i) => version === i + 1)) right++;
  }
  console.log(`seed ${seed} · ${received} signals for ${entities * VERSIONS} rows · ${seconds.toFixed(0)} s`);
  verdict('R7', `${right} of ${entities} entities took every version once, in order, without a gap; ${killed} kills of ${DISPATCHERS} dispatchers`, right === entities && received >= 2 * entities * VERSIONS && killed === kills);
  await pool.end();
  await temporal.close();
}

void (process.argv[2] === '--dispatch' ? dispatch() : main());
