/** The worker as the process that it is in production. */
import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { createInterface } from 'node:readline';
import { join, resolve } from 'node:path';
import type { Connection } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils';
import { snake } from '../../db/columns';
import { apply, readRow } from '../../db/apply';
import type { Delivery } from '../../db/entities/delivery';
import type { Kernel } from '../../db/kernel';
import { nounTables } from '../../db/nouns';
import { sandboxAccounts, startSandboxWiki, type SandboxWiki } from '../../demo/sandbox-wiki';
import { currentBuild, ensureCurrentBuild, promoteBuild } from '../../gateways/builds';
import { seal } from '../../gateways/secret-box';
import { createTemporal, type Temporal } from '../../gateways/temporal';
import { testDatabase } from '../support/database';
import { eventually } from '../support/eventually';
import { SECRET_KEY, makeDelivery, makeUser, makeWiki, openHouse, type House } from '../support/house';
import { services } from '../support/services';
import { freePort, startTemporalServerAt } from '../support/temporal-server';

const root = resolve(__dirname, '../..');

describe('the worker process', () => {
  const database = testDatabase();
  const home = mkdtempSync(join(tmpdir(), 'reeve-worker-'));
  const namespace = `worker-${randomBytes(4).toString('hex')}`;
  const workers: ChildProcess[] = [];
  let house: House;
  let kernel: Kernel;
  let sandbox: SandboxWiki;
  let temporal: Temporal;
  beforeAll(async () => {
    house = await openHouse(database.url);
    kernel = house.kernel;
    sandbox = await startSandboxWiki({ latencyMs: 20 }); // slow enough to be met in the middle
    temporal = createTemporal({ TEMPORAL_ADDRESS: services.temporalAddress(), TEMPORAL_NAMESPACE: namespace, TEMPORAL_TASK_QUEUE: 'reeve', TEMPORAL_TLS: false, TEMPORAL_API_KEY: undefined }, 'test');
    await (temporal.client.connection as Connection).workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod: { seconds: 86_400 as never } });
  });
  afterEach(async () => {
    await Promise.all(workers.splice(0).map((worker) => end(worker, 'SIGKILL')));
  });
  afterAll(async () => {
    await temporal?.close();
    await sandbox?.close();
    await house?.close();
    rmSync(home, { recursive: true, force: true });
  });

  interface Running {
    process: ChildProcess;
    port: number;
    log: { [key: string]: unknown; msg: string }[];
    get(path: string): Promise<{ status: number; text: string }>;
  }
  const begin = async (env: NodeJS.ProcessEnv = {}): Promise<Running> => {
    const port = await freePort();
    const process_ = spawn(process.execPath, [join(root, 'bin/reeve.mjs'), 'worker'], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {
        PATH: process.env.PATH, DATABASE_URL: database.url, TEMPORAL_ADDRESS: services.temporalAddress(), TEMPORAL_NAMESPACE: namespace, REEVE_SECRET_KEY: SECRET_KEY,
        REEVE_HOME: home, REEVE_ALLOW_PRIVATE_HOSTS: '1', METRICS_PORT: String(port), ...env,
      },
    });
    workers.push(process_);
    const log: Running['log'] = [];
    createInterface(process_.stdout!).on('line', (line) => log.push(JSON.parse(line)));
    const get: Running['get'] = async (path) => {
      const answer = await fetch(`http://127.0.0.1:${port}${path}`);
      return { status: answer.status, text: await answer.text() };
    };
    return { process: process_, port, log, get };
  };
  const ready = ({ get }: Running) => eventually(async () => expect((await get('/readyz')).status).toBe(200));
  const send = async (targets: number, values: object = {}): Promise<Delivery> => {
    await fetch(new URL('/_control/seed', sandbox.apiUrl), { method: 'POST', body: JSON.stringify({ users: [{ prefix: 'Reader ', count: targets }] }) });
    const sender = await makeUser(kernel, 'globalSender');
    const wiki = await makeWiki(kernel, { apiUrl: sandbox.apiUrl, ...sandboxAccounts.bot }, { inFlight: 4, ...values });
    const delivery = await makeDelivery(kernel, sender, wiki, Array.from({ length: targets }, (_, i) => `User talk:Reader ${i + 1}`), { body: 'A word to everybody: zebra crossing. ~~~~' });
    await apply(kernel, { noun: 'delivery', id: delivery.id, verb: 'submit', actor: sender });
    return delivery;
  };
  const sent = async ({ id }: Delivery): Promise<number> => (await kernel.pool.query('select coalesce(sum(sent), 0)::int as sent from delivery_wiki where delivery_id = $1', [id])).rows[0].sent;
  const finished = ({ id }: Delivery) => eventually(async () => expect((await readRow(kernel, 'delivery', id)).row!.state).toBe('finished'));
  const copies = async ({ marker }: Delivery) => (await fetch(new URL(`/_control/marks?marker=${marker}&prefix=${encodeURIComponent('User talk:')}`, sandbox.apiUrl))).json();

  test('needs environment variables only, delivers, and says in numbers how it does', async () => {
    const worker = await begin();
    await ready(worker);
    const delivery = await send(150);
    await finished(delivery);
    expect(await copies(delivery)).toMatchObject({ exactlyOne: 150, more: 0 });
    const { text } = await worker.get('/metrics');
    expect(text).toMatch(/reeve_dispatched\{kind="delivered"\} [1-9]/);
    expect(text).toMatch(/reeve_activity_seconds_count\{type="lane",result="done"\} [1-9]/);
  });

  test('leaves nothing private in any history, and nothing in its log', async () => {
    const worker = await begin({ REEVE_WIKI_PATIENCE_MS: '1000', LOG_LEVEL: 'debug' });
    await ready(worker);
    const delivery = await send(5, { botPassword: seal(SECRET_KEY, 'wrong') });
    await eventually(async () => expect((await kernel.pool.query(`select code from operation where state = 'waiting' and entity = $1`, [`delivery/${delivery.id}`])).rows).toHaveLength(1));
    const { rows } = await kernel.pool.query(`select id from operation where state = 'waiting' and entity = $1`, [`delivery/${delivery.id}`]);
    await apply(kernel, { noun: 'operation', id: rows[0].id, verb: 'abort', actor: await makeUser(kernel, 'operator'), reason: 'Quokka says that the bot is gone' });
    await finished(delivery);
    let histories = '';
    for await (const { workflowId, runId } of temporal.client.workflow.list())
      histories += JSON.stringify(JSON.parse(historyToJSON(await temporal.client.workflow.getHandle(workflowId, runId).fetchHistory())), (key, value) => (key === 'data' && typeof value === 'string' ? Buffer.from(value, 'base64').toString() : value));
    const secrets = new Set(['Reader 1', 'zebra', 'Quokka']);
    for (const [noun, { table, private: columns }] of Object.entries(nounTables))
      for (const column of columns) {
        const found = await kernel.pool.query(`select distinct ${snake(column)}::text as value from "${table}" where ${snake(column)} is not null`);
        for (const { value } of found.rows) if (value.length > 4 && noun !== 'wiki') secrets.add(value);
      }
    expect(secrets.size).toBeGreaterThan(8);
    const log = JSON.stringify(worker.log);
    for (const secret of secrets) {
      expect(histories).not.toContain(secret);
      expect(log).not.toContain(secret);
    }
    expect(histories).toContain('delivery');
  });

  test('ends by itself at SIGTERM in the middle of its work, and the next one goes on with it', async () => {
    const first = await begin();
    await ready(first);
    const delivery = await send(3_000);
    await eventually(async () => expect(await sent(delivery)).toBeGreaterThan(50));
    expect(await end(first.process, 'SIGTERM')).toBe(0);
    const before = await sent(delivery);
    expect(before).toBeLessThan(3_000);
    const { rows } = await kernel.pool.query(`select (select count(*)::int from target where delivery_id = $1 and outcome = 'attempting') + (select count(*)::int from target_claim where delivery_id = $1) as n`, [delivery.id]);
    expect(rows[0].n).toBe(0); // what was in hand is finished or given back
    await ready(await begin());
    await finished(delivery);
    expect(await copies(delivery)).toMatchObject({ exactlyOne: 3_000, more: 0 });
  });

  test('waits for a Temporal that is not there yet, says so, begins when it comes, and gives it again what it has forgotten', async () => {
    const port = await freePort();
    const worker = await begin({ TEMPORAL_ADDRESS: `127.0.0.1:${port}`, TEMPORAL_NAMESPACE: 'default' });
    await eventually(() => expect(worker.log.map(({ msg }) => msg)).toContain('waiting for Temporal'));
    expect((await worker.get('/readyz')).status).toBe(503);
    const server = await startTemporalServerAt(port);
    try {
      await ready(worker);
    } finally {
      await server.stop();
    }
    // It goes, and comes back without any memory: what it lacks, it gets again.
    await eventually(async () => expect((await worker.get('/metrics')).text).toContain('reeve_temporal_up 0'));
    const empty = await startTemporalServerAt(port);
    const beside = createTemporal({ TEMPORAL_ADDRESS: `127.0.0.1:${port}`, TEMPORAL_NAMESPACE: 'default', TEMPORAL_TASK_QUEUE: 'reeve', TEMPORAL_TLS: false, TEMPORAL_API_KEY: undefined }, 'test');
    try {
      await eventually(() => expect(worker.log.filter(({ msg, why }) => msg === 'reconciled' && why === 'Temporal is back').length).toBeGreaterThan(0));
      expect(await currentBuild(beside)).toEqual(expect.any(String));
      expect(await end(worker.process, 'SIGTERM')).toBe(0);
    } finally {
      await beside.close();
      await empty.stop();
    }
  });

  test('does nothing of a delivery that it starts itself while another build is current, and goes on with it once its own is', async () => {
    const before = await ensureCurrentBuild(temporal, 'the-one-before', false);
    const worker = await begin({ REEVE_BUILD_ID: 'the-next' });
    await ready(worker);
    await eventually(() => expect(worker.log).toContainEqual(expect.objectContaining({ build: 'the-next', current: before, msg: expect.stringContaining('reeve deploy promote') })));
    const delivery = await send(5);
    const run = temporal.client.workflow.getHandle(`delivery/${delivery.id}`);
    const tasks = async () => (await run.fetchHistory()).events!.flatMap(({ workflowTaskCompletedEventAttributes: task }) => task?.deploymentVersion?.buildId ?? []);
    await eventually(tasks);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect(await tasks()).toEqual([]);
    await eventually(() => promoteBuild(temporal, 'the-next'));
    await finished(delivery);
    expect(new Set(await tasks())).toEqual(new Set(['the-next']));
    await promoteBuild(temporal, before, { unseen: true });
  });
});

async function end(process_: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (process_.exitCode !== null || process_.signalCode !== null) return process_.exitCode;
  const exited = once(process_, 'exit');
  process_.kill(signal);
  return (await exited)[0] as number | null;
}
