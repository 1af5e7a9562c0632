/**
 * `reeve worker`: workflows, activities, dispatcher, sealer, mailer and reconciler in one process. Waits for Postgres and Temporal
 * until they are there; ends within 30 seconds of SIGTERM; dies of what nobody caught, for its supervisor to see.
 */
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { NativeConnection, Runtime, Worker, type Logger as SdkLogger } from '@temporalio/worker';
import type { Logger } from 'pino';
import { createAfreshActivities } from '../activities/afresh';
import { createDeliveryActivities } from '../activities/delivery';
import { activityInterceptor } from '../activities/interceptor';
import { startMailer } from '../activities/mail';
import { createOperationActivities } from '../activities/operation';
import { createAccountActivities } from '../activities/account';
import { createNameCheckActivities } from '../activities/name-check';
import { createCommentActivities } from '../activities/comments';
import { createRetentionActivities } from '../activities/retention';
import { createTimerActivities } from '../activities/timer';
import { createWikis } from '../activities/wikis';
import { readConfig, userAgentOf, type Config } from '../config';
import { openDatabase } from '../db/data-source';
import { createKernel, termsOf, type Kernel } from '../db/kernel';
import { startSealer } from '../db/seal';
import { deliverTo } from '../dispatch/deliver';
import { createDispatcher } from '../dispatch/dispatcher';
import { reconcile } from '../dispatch/reconcile';
import { refusal } from '../dispatch/refusal';
import { currentBuild, ensureCurrentBuild, workerOf } from '../gateways/builds';
import { createMail } from '../gateways/mail';
import { address, createTemporal, dataConverter, ensureSearchAttributes, identityOf, type Temporal } from '../gateways/temporal';
import { searchAttributes } from '../workflows/attributes';
import { createLogger, sparingly } from './logger';
import { ownBuild, workflowBundle } from './workflow-bundle';
import { createWorkerMetrics, serveMetrics, type WorkerMetrics } from './worker-metrics';

const RECONCILE_MS = 3_600_000;
const WATCH_MS = 3_000;

export async function runWorker(config: Config = readConfig()): Promise<void> {
  const log = createLogger(config.LOG_LEVEL, 'worker');
  const begun = performance.now();
  for (const event of ['uncaughtException', 'unhandledRejection'] as const)
    process.on(event, (error) => {
      log.fatal({ err: error }, event);
      process.exit(1);
    });
  const stop = stopSignal(log);
  const metrics = createWorkerMetrics();
  const server = config.METRICS_PORT ? await serveMetrics(metrics, config.METRICS_PORT) : undefined;

  const build = config.REEVE_BUILD_ID ?? ownBuild();
  const bundling = workflowBundle(join(config.REEVE_HOME, 'cache'));
  bundling.catch(() => {}); // awaited below
  const database = await patiently(log, 'Postgres', stop.signal, () => openDatabase(config.DATABASE_URL, config.DATABASE_POOL, 'reeve-worker', true));
  const kernel = createKernel(database, undefined, termsOf(config));
  Runtime.install({ logger: forSdk(log), shutdownSignals: [], telemetryOptions: { logging: { forward: {}, filter: { core: 'WARN', other: 'ERROR' } } } });
  const connection = await patiently(log, 'Temporal', stop.signal, () => NativeConnection.connect(address(config)));
  const temporal = createTemporal(config, 'worker', { shared: connection });
  await patiently(log, 'Temporal', stop.signal, () => ensureSearchAttributes(temporal, searchAttributes));
  const worker = await Worker.create({
    connection,
    namespace: config.TEMPORAL_NAMESPACE,
    taskQueue: config.TEMPORAL_TASK_QUEUE,
    identity: identityOf('worker'),
    dataConverter,
    workflowBundle: { codePath: await bundling },
    workerDeploymentOptions: workerOf(temporal, build),
    activities: activities(kernel, config, metrics),
    interceptors: { activity: [activityInterceptor({ log, observe: metrics.observeActivity })] },
    maxConcurrentActivityTaskExecutions: 2_000, // lanes of slow wikis live for hours and mostly wait
    maxHeartbeatThrottleInterval: '1 second', // a killed lane is noticed by silence
    defaultHeartbeatThrottleInterval: '1 second',
    stickyQueueScheduleToStartTimeout: '2 seconds', // how long a workflow waits for a worker that was killed
    shutdownGraceTime: '100 milliseconds', // activities hear of it at once: lanes finish the edits in hand
    shutdownForceTime: '20 seconds',
  });
  const running = worker.run();
  running.catch((error: unknown) => {
    log.fatal({ err: error }, 'the worker broke');
    process.exit(1);
  });
  const sparing = sparingly(log);
  const heal = (why: string): Promise<void> => healing({ kernel, temporal, log, build, always: config.REEVE_EMBEDDED }, why);
  const dispatcher = createDispatcher({
    pool: kernel.pool,
    listenUrl: config.DATABASE_URL,
    deliver: deliverTo({ temporal, kernel }),
    refusal,
    onError: (error, row) => sparing.warn({ err: error, outbox: row?.id, effect: row?.effect, code: refusal(error) }, 'dispatch'),
  });
  metrics.watch({ pool: kernel.pool, dispatcher, ready: () => worker.getState() === 'RUNNING' });
  const sealer = startSealer(kernel, undefined, (error) => sparing.warn({ err: error }, 'seal'));
  const mailer = config.SMTP_URL
    ? startMailer({
        pool: kernel.pool, publicUrl: config.REEVE_PUBLIC_URL, secretKey: config.REEVE_SECRET_KEY, mail: createMail({ url: config.SMTP_URL, from: config.REEVE_MAIL_FROM }), count: metrics.countMail,
        onError: (error, mail) => sparing.warn({ err: error, mail }, 'mail'),
      })
    : undefined;
  const hourly = setInterval(() => void heal('hourly'), RECONCILE_MS);
  const watch = watchTemporal(temporal, build, metrics, () => void heal('Temporal is back'));
  log.info({ build, readyMs: Math.round(performance.now() - begun), upMs: Math.round(process.uptime() * 1000) }, 'ready');
  void heal('start');
  setTimeout(keepHeapSmall, 5_000).unref(); // its pause would be felt while much is starting

  await Promise.race([stop.asked, running]);
  log.info('stopping');
  clearInterval(hourly);
  watch.stop();
  await Promise.all([dispatcher.stop(), mailer?.stop()]);
  if (worker.getState() === 'RUNNING') worker.shutdown();
  await running;
  await sealer.stop();
  await temporal.close();
  await database.close();
  await server?.close();
  stop.done();
}

function activities(kernel: Kernel, config: Config, metrics: WorkerMetrics) {
  const wikis = {
    kernel, secretKey: config.REEVE_SECRET_KEY, userAgent: userAgentOf(config), timeoutMs: config.REEVE_WIKI_TIMEOUT_MS, allowPrivateHosts: config.REEVE_ALLOW_PRIVATE_HOSTS,
  };
  const openWiki = createWikis(wikis);
  return {
    ...createTimerActivities({ kernel }),
    ...createRetentionActivities({ kernel }),
    ...createCommentActivities({ kernel }),
    ...createOperationActivities({ kernel }),
    ...createAfreshActivities({ kernel, openWiki, hostAliases: config.REEVE_HOST_ALIASES }),
    ...createNameCheckActivities({ kernel, openWiki }),
    ...createAccountActivities({
      ...wikis, openWiki, limits: { perDay: config.REEVE_ACCOUNTS_PER_DAY, perCreator: config.REEVE_ACCOUNTS_PER_CREATOR ?? Infinity, perEvent: config.REEVE_ACCOUNTS_PER_EVENT ?? Infinity },
    }),
    ...createDeliveryActivities({ kernel, openWiki, publicUrl: config.REEVE_PUBLIC_URL, patienceMs: config.REEVE_WIKI_PATIENCE_MS, count: metrics.count }),
  };
}

/**
 * V8 lets garbage grow to several times what is in use before it collects it: a long delivery would hold twice the memory
 * of a short one. Here to an eighth, from the first collection on.
 */
function keepHeapSmall(): void {
  setFlagsFromString('--heap-growing-percent=12');
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
}

/** What Temporal lacks, it gets again; a failure is only logged, the next look comes. */
async function healing({ kernel, temporal, log, build, always }: { kernel: Kernel; temporal: Temporal; log: Logger; build: string; always: boolean }, why: string): Promise<void> {
  try {
    await ensureSearchAttributes(temporal, searchAttributes);
    const current = await ensureCurrentBuild(temporal, build, always).catch((error: unknown) => log.warn({ err: error, commands: [`reeve deploy promote ${build}`] }, 'this build could not be made the current one'));
    temporal.eager = current === build;
    if (current && current !== build) log.info({ build, current }, 'this build gets work once it is promoted: reeve deploy promote');
    log.info({ why, ...(await reconcile(kernel, temporal)) }, 'reconciled');
  } catch (error) {
    log.warn({ err: error, why }, 'reconcile');
  }
}

/** It may come back empty, or with an older memory; and another build may have been promoted. */
function watchTemporal(temporal: Temporal, build: string, metrics: WorkerMetrics, onBack: () => void): { stop(): void } {
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  const look = async (before: boolean): Promise<void> => {
    const up = await temporal.reachable(WATCH_MS);
    if (stopped) return;
    metrics.temporalUp.set(up ? 1 : 0);
    temporal.eager = up && (await temporal.within(WATCH_MS, () => currentBuild(temporal)).catch(() => null)) === build;
    if (up && !before) onBack();
    timer = setTimeout(() => void look(up), WATCH_MS);
  };
  void look(true);
  return {
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}

/** Tries until it works or the process is told to stop. What neither works nor fails is told, too. */
async function patiently<T>(log: Logger, part: string, stopped: AbortSignal, open: () => Promise<T>): Promise<T> {
  const silent = setTimeout(() => log.warn(`${part} does not answer`), 10_000);
  try {
    for (let told = false; ; ) {
      try {
        return await open();
      } catch (error) {
        if (stopped.aborted) process.exit(0);
        if (!told) log.warn({ err: error, commands: (error as { commands?: string[] }).commands }, `waiting for ${part}`);
        told = true;
        await new Promise((resolve) => setTimeout(resolve, 300));
      }
    }
  } finally {
    clearTimeout(silent);
  }
}

/** The first signal asks, the second does not wait; neither takes longer than 30 seconds. */
function stopSignal(log: Logger): { asked: Promise<void>; signal: AbortSignal; done(): void } {
  const controller = new AbortController();
  let force: NodeJS.Timeout | undefined;
  const asked = new Promise<void>((resolve) => {
    for (const name of ['SIGTERM', 'SIGINT'] as const)
      process.on(name, () => {
        if (controller.signal.aborted) process.exit(1);
        controller.abort();
        force = setTimeout(() => {
          log.error('did not stop in time');
          process.exit(1);
        }, 28_000).unref();
        resolve();
      });
  });
  return { asked, signal: controller.signal, done: () => clearTimeout(force) };
}

/** The SDK's own words, without the errors that it would print whole. */
const forSdk = (log: Logger): SdkLogger => {
  const write = (level: 'trace' | 'debug' | 'info' | 'warn' | 'error') => (message: string, meta: Record<string, unknown> = {}) => {
    const { error, workflowId, workflowType, activityType, attempt, sdkComponent } = meta;
    if (message === 'Activity failed') return; // logged by the interceptor, with its cause
    log[level]({ err: error, workflowId, workflowType, activity: activityType, attempt, sdkComponent }, message);
  };
  const levels = { trace: write('trace'), debug: write('debug'), info: write('debug'), warn: write('warn'), error: write('error') };
  return { ...levels, log: (level, message, meta) => levels[level.toLowerCase() as keyof typeof levels](message, meta) };
};
