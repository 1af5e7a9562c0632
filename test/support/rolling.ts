/**
 * A roll from one build to the next as docs/operating.md tells it, with everything as processes of their own: running
 * workflows of every type, the API asked all the while and rolled, too. What came of it is read from the histories.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Connection } from '@temporalio/client';
import { create } from '../../db/create';
import { openDatabase } from '../../db/data-source';
import { createKernel } from '../../db/kernel';
import { startSandboxWiki } from '../../demo/sandbox-wiki';
import { newApiKey } from '../../gateways/api-key';
import { createTemporal, type Temporal } from '../../gateways/temporal';
import { system } from '../../policies/actor';
import { eventually } from './eventually';
import { makeUser, makeWiki, SECRET_KEY } from './house';
import { beginOneOfEach, endWhatWaits, type Cast } from './one-of-each';
import { askAllTheWhile, type Asked } from './rotation';
import { makeSecondBuild, workflowTypes } from './second-build';
import { services } from './services';
import { freePort } from './temporal-server';

export interface RollOptions {
  /** An empty database, migrated. */
  databaseUrl: string;
  /** How many of each workflow type begin before, beside and after the second worker's start. */
  each: number;
  /** Whether requests are made, and the API is rolled. */
  withApi: boolean;
  /** `unguarded`: the second build's change is not behind `patched()`; `unversioned`: both builds go by one name. */
  fault?: 'unguarded' | 'unversioned';
}
export interface Rolled {
  determinismErrors: number;
  /** By type: runs, those that both builds worked on, those that have not ended. */
  types: Record<string, { runs: number; crossed: number; open: number }>;
  asked: Asked;
}

const root = join(__dirname, '../..');
const NON_DETERMINISTIC = 24; // WorkflowTaskFailedCause

export async function roll({ databaseUrl, each, withApi, fault }: RollOptions): Promise<Rolled> {
  const home = mkdtempSync(join(tmpdir(), 'reeve-roll-'));
  const second = join(home, 'second');
  makeSecondBuild(second, fault !== 'unguarded');
  const namespace = `roll-${randomBytes(4).toString('hex')}`;
  const database = await openDatabase(databaseUrl, 4, 'reeve-roll');
  const standard = createKernel(database);
  const kernel = { ...standard, terms: { ...standard.terms, takeBackMs: 3_600_000 } };
  const sandbox = await startSandboxWiki({ latencyMs: 400 });
  const config = { TEMPORAL_ADDRESS: services.temporalAddress(), TEMPORAL_NAMESPACE: namespace, TEMPORAL_TASK_QUEUE: 'reeve', TEMPORAL_TLS: false, TEMPORAL_API_KEY: undefined };
  const temporal = createTemporal(config, 'test');
  await eventually(() => (temporal.client.connection as Connection).workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod: { seconds: 86_400 as never } }));
  const children: ChildProcess[] = [];
  const reeve = (tree: string, args: string[], env: Record<string, string> = {}): ChildProcess => {
    const child = spawn(process.execPath, [join(tree, 'bin/reeve.mjs'), ...args], {
      cwd: tree, stdio: ['ignore', 'ignore', 'inherit'],
      env: {
        PATH: process.env.PATH, DATABASE_URL: databaseUrl, TEMPORAL_ADDRESS: config.TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE: namespace, REEVE_SECRET_KEY: SECRET_KEY, REEVE_HOME: tree === root ? home : tree,
        REEVE_ALLOW_PRIVATE_HOSTS: '1', LOG_LEVEL: 'silent', ...(fault === 'unversioned' && { REEVE_BUILD_ID: 'one-name' }), ...env,
      },
    });
    children.push(child);
    return child;
  };
  const begin = async (tree: string, part: 'api' | 'worker'): Promise<Part> => {
    const port = await freePort();
    const child = reeve(tree, [part], part === 'api' ? { PORT: String(port) } : { METRICS_PORT: String(port) });
    const url = `http://127.0.0.1:${port}`;
    await eventually(async () => {
      if ((await fetch(`${url}/readyz`)).status !== 200) throw new Error(`${part} is not ready`);
    });
    return { url, child };
  };
  let asking: ReturnType<typeof askAllTheWhile> | undefined;
  try {
    const sender = await makeUser(kernel, 'globalSender', 'organizer', 'toolUser');
    const cast: Cast = { kernel, sandbox, user: sender };
    const oldWorker = await begin(root, 'worker');
    const oldApi = withApi ? await begin(root, 'api') : undefined;
    if (oldApi) asking = askAllTheWhile(oldApi.url, await keyOf(cast), { path: '/target-lists', body: { name: 'A list', wiki: (await makeWiki(kernel, { apiUrl: sandbox.apiUrl, user: 'Reeve', password: 'none' })).host, content: 'User talk:Reader 1' } });
    await beginOneOfEach(cast, each);
    await eventually(() => expectWork(temporal, each));

    if (oldApi) {
      asking!.add((await begin(second, 'api')).url);
      await end(oldApi);
    }
    let newWorker = await begin(second, 'worker');
    await beginOneOfEach(cast, each);
    await done(reeve(second, ['deploy', 'promote', '--wait', '60', '--json']));
    await beginOneOfEach(cast, each);
    if (!fault) await eventually(() => expectWork(temporal, 3 * each));
    newWorker.child.kill('SIGKILL'); // also a new build may die; the old one is still there, and must not go on with what the new one began
    await wakeAll(temporal);
    if (fault) await eventually(async () => ((await read(temporal)).determinismErrors ? undefined : Promise.reject(new Error('none yet'))), 15_000).catch(() => {});
    newWorker = await begin(second, 'worker');
    await end(oldWorker);

    sandbox.control('POST', '', { latencyMs: 0 });
    await asking?.stop();
    if (!fault && !(await read(temporal)).determinismErrors) await endWhatWaits(cast, temporal); // else there is no end to wait for
    return { ...(await read(temporal)), asked: asking?.asked ?? { requests: 0, failed: [] } };
  } finally {
    await asking?.stop();
    children.forEach((child) => child.kill('SIGKILL'));
    await Promise.all([temporal.close(), sandbox.close(), database.close()]);
    rmSync(home, { recursive: true, force: true });
  }
}

interface Part {
  url: string;
  child: ChildProcess;
}

/** As an orchestrator ends it. @throws when it does not go in order. */
async function end({ child }: Part): Promise<void> {
  child.kill('SIGTERM');
  await done(child);
}

async function done(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  if (child.exitCode !== 0) throw new Error(`${child.spawnargs.slice(1).join(' ')} ended with ${child.exitCode ?? child.signalCode}`);
}

async function keyOf({ kernel, user }: Cast): Promise<string> {
  const { secret, hash } = newApiKey();
  await create(kernel, { noun: 'key', values: { userId: user.userId, label: 'a key', hash, scopes: ['all'], expiresAtMs: null, lastUsedAtMs: null }, actor: system });
  return secret;
}

/** @throws until every type has so many runs that a worker has begun. */
async function expectWork(temporal: Temporal, each: number): Promise<void> {
  const worked: Record<string, number> = {};
  for await (const { workflowId, runId, type } of temporal.client.workflow.list()) {
    const { events } = await temporal.client.workflow.getHandle(workflowId, runId).fetchHistory();
    if (events!.some((event) => event.workflowTaskCompletedEventAttributes)) worked[type] = (worked[type] ?? 0) + 1;
  }
  const wanted = (type: string): number => ({ retention: 2, commentScan: 1 })[type] ?? each;
  const short = workflowTypes.filter((type) => (worked[type] ?? 0) < wanted(type));
  if (short.length) throw new Error(`not at work yet: ${short.map((type) => `${type} ${worked[type] ?? 0} of ${wanted(type)}`).join(', ')}`);
}

/** An operator's `retry`, which is ignored where nothing waits for one: whoever has the work goes on with every run. */
async function wakeAll({ client: { workflow } }: Temporal): Promise<void> {
  for await (const { workflowId } of workflow.list({ query: "ExecutionStatus = 'Running'" })) await workflow.getHandle(workflowId).signal('retry').catch(() => {}); // it ended meanwhile
}

async function read({ client: { workflow } }: Temporal): Promise<Pick<Rolled, 'determinismErrors' | 'types'>> {
  const found: Pick<Rolled, 'determinismErrors' | 'types'> = { determinismErrors: 0, types: {} };
  for await (const { workflowId, runId, type, status } of workflow.list()) {
    const { events } = await workflow.getHandle(workflowId, runId).fetchHistory();
    const builds = new Set(events!.flatMap(({ workflowTaskCompletedEventAttributes: task }) => task?.deploymentVersion?.buildId ?? []));
    found.determinismErrors += events!.filter((event) => event.workflowTaskFailedEventAttributes?.cause === NON_DETERMINISTIC).length;
    const of = (found.types[type] ??= { runs: 0, crossed: 0, open: 0 });
    of.runs++;
    if (builds.size > 1) of.crossed++;
    if (status.name === 'RUNNING') of.open++;
  }
  return found;
}
