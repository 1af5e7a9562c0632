/** `/metrics` for Prometheus: of this process, of its answers, and of what stands in Postgres. Loopback, or an operator's key. */
import { isIP } from 'node:net';
import type { Express, Request, RequestHandler } from 'express';
import { Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import { readFigures } from '../db/queries/figures';
import { holds } from '../policies/actor';
import { ReeveError } from '../config/errors';
import type { Api } from './context';
import { whoAsks } from './middleware/authenticate';

export interface Metrics {
  /** Times every request, by route and never by address. */
  middleware: RequestHandler;
  /** @param openStreams how many server-sent streams are open. */
  mount(app: Express, api: Api, openStreams: () => number): void;
}

export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const seconds = new Histogram({
    name: 'reeve_http_request_duration_seconds', help: 'Time to the end of an answer.', labelNames: ['method', 'route', 'status'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10], registers: [registry],
  });
  return {
    middleware: (req, res, next) => {
      const begun = process.hrtime.bigint();
      res.once('finish', () => seconds.observe({ method: req.method, route: routeOf(req), status: res.statusCode }, Number(process.hrtime.bigint() - begun) / 1e9));
      next();
    },
    mount(app, api, openStreams) {
      const gauge = (name: string, help: string, labelNames: string[] = []) => new Gauge({ name, help, labelNames, registers: [registry] });
      const outbox = gauge('reeve_outbox_rows', 'Effects that have to reach Temporal still.', ['state']);
      const age = gauge('reeve_outbox_oldest_seconds', 'Age of the oldest of them that is not dead.');
      const waiting = gauge('reeve_operations_waiting', 'Steps that wait for an operator.', ['code']);
      const deliveries = gauge('reeve_deliveries', 'Deliveries by state.', ['state']);
      const requests = gauge('reeve_requests', 'Account requests by state.', ['state']);
      const targets = gauge('reeve_targets', 'Pages of all deliveries by outcome.', ['outcome']);
      const unsealed = gauge('reeve_audit_unsealed', 'Audit rows without a position in the sealed log.');
      const pool = gauge('reeve_postgres_connections', 'Connections of this process.', ['state']);
      const streams = gauge('reeve_streams', 'Open streams of server-sent events.');
      app.get('/metrics', async (req, res) => {
        if (!isLoopback(req) && !holds((await whoAsks(api, req)).actor, 'operator', 'admin')) throw new ReeveError('not-found');
        const figures = await readFigures(api.kernel);
        for (const [metric, label, values] of [[outbox, 'state', figures.outbox], [waiting, 'code', figures.waiting], [deliveries, 'state', figures.deliveries], [requests, 'state', figures.requests], [targets, 'outcome', figures.targets]] as const) {
          metric.reset();
          for (const [name, value] of Object.entries(values)) metric.set({ [label]: name }, value);
        }
        age.set(figures.outboxOldestS);
        unsealed.set(figures.unsealed);
        const { totalCount, idleCount, waitingCount } = api.kernel.pool;
        pool.set({ state: 'open' }, totalCount);
        pool.set({ state: 'idle' }, idleCount);
        pool.set({ state: 'awaited' }, waitingCount);
        streams.set(openStreams());
        res.type(registry.contentType).send(await registry.metrics());
      });
    },
  };
}

const routeOf = (req: Request): string => (req.route as { path?: string } | undefined)?.path ?? 'none';

/** The connection's own end: what a proxy says about its client opens nothing. A proxy on this machine is no loopback client. */
function isLoopback(req: Request): boolean {
  const address = req.socket.remoteAddress ?? '';
  const plain = address.replace(/^::ffff:/, '');
  return req.headers['x-forwarded-for'] === undefined && req.headers.forwarded === undefined && isIP(plain) !== 0 && (plain === '::1' || plain.startsWith('127.'));
}
