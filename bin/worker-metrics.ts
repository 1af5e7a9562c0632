/** The worker's numbers and its readiness, on loopback: GET /metrics (Prometheus) and GET /readyz. */
import { createServer } from 'node:http';
import type pg from 'pg';
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import { mailStatus } from '../db/queries/mails';
import type { Dispatcher } from '../dispatch/dispatcher';

export interface Watched {
  pool: pg.Pool;
  dispatcher: Dispatcher;
  ready(): boolean;
}
export type WorkerMetrics = ReturnType<typeof createWorkerMetrics>;

export function createWorkerMetrics() {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  let watched: Watched | undefined;
  const registers = [registry];
  const activity = new Histogram({ name: 'reeve_activity_seconds', help: 'How long activities take, by type and result (done, or a code).', labelNames: ['type', 'result'], buckets: [0.005, 0.02, 0.1, 0.5, 2, 10, 60, 600, 3600], registers });
  const lanes = new Counter({ name: 'reeve_lane_total', help: 'What lanes did, by kind.', labelNames: ['kind'], registers });
  new Gauge({
    name: 'reeve_dispatched', help: 'Outbox rows that this process delivered, was refused, or could not deliver for trouble on the way; connections made to listen.', labelNames: ['kind'], registers,
    collect() {
      for (const [kind, value] of Object.entries(watched?.dispatcher.counts ?? {})) this.set({ kind }, value);
    },
  });
  const mails = new Counter({ name: 'reeve_mail_total', help: 'What the mailer was told, by fate.', labelNames: ['fate'], registers });
  new Gauge({
    name: 'reeve_mail_rows', help: 'Mails that wait, that failed, and that may or may not have arrived.', labelNames: ['outcome'], registers,
    async collect() {
      const status = watched && (await mailStatus(watched.pool).catch(() => undefined));
      if (!status) return;
      const { lagMs, ...rows } = status;
      for (const [outcome, value] of Object.entries(rows)) this.set({ outcome }, value);
      mailLag.set(lagMs / 1000);
    },
  });
  const mailLag = new Gauge({ name: 'reeve_mail_lag_seconds', help: 'Age of the oldest mail that waits.', registers });
  const temporalUp = new Gauge({ name: 'reeve_temporal_up', help: 'Whether Temporal answers (1) or not (0).', registers });
  temporalUp.set(1);
  return {
    registry,
    temporalUp,
    observeActivity: (type: string, seconds: number, result: string): void => activity.observe({ type, result }, seconds),
    count: (kind: string, by = 1): void => lanes.inc({ kind }, by),
    countMail: (fate: string): void => mails.inc({ fate }),
    watch: (what: Watched): void => void (watched = what),
    ready: async (): Promise<boolean> => watched !== undefined && watched.ready() && (await watched.pool.query('select 1').then(() => true, () => false)),
  };
}

export async function serveMetrics(metrics: WorkerMetrics, port: number): Promise<{ close(): Promise<void> }> {
  const server = createServer((request, response) => {
    const answer = (status: number, body: string, type = 'text/plain; charset=utf-8') => response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(body);
    const path = request.url?.split('?')[0];
    if (path === '/healthz') answer(200, 'ok\n');
    else if (path === '/readyz') void metrics.ready().then((ready) => answer(ready ? 200 : 503, ready ? 'ready\n' : 'not ready\n'));
    else if (path === '/metrics') metrics.registry.metrics().then((text) => answer(200, text, metrics.registry.contentType), () => answer(500, 'metrics\n'));
    else answer(404, 'GET /metrics, /readyz or /healthz\n');
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
