/** The HTTP process: middleware in one visible order, then every route, then every error as a problem. */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type Express, type RequestHandler } from 'express';
import { ReeveError } from '../config/errors';
import { allRoutes } from './all-routes';
import { appShell } from './app-shell';
import type { Api } from './context';
import { mountHealth, type Readiness } from './health';
import { LogWatch } from './log-stream';
import { createMetrics } from './metrics';
import { authenticate } from './middleware/authenticate';
import { ownSiteOnly } from './middleware/csrf';
import { headers, noStore } from './middleware/headers';
import { logs } from './middleware/logs';
import { requestId } from './middleware/request-id';
import { mountDocs } from './openapi';
import { publicPages } from './pages/public-router';
import { pages } from './pages/router';
import { errorHandler } from './problem';
import { ProgressWatches } from './progress';
import { mount } from './route';

export interface ReeveApp {
  app: Express;
  readiness: Readiness;
  /** Ends what the app keeps running by itself: streams, timers. */
  close(): Promise<void>;
}

export function createApp(api: Api): ReeveApp {
  const { config, logger } = api;
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag'); // the version is the tag, and only for If-Match
  app.set('trust proxy', proxies(config.REEVE_TRUST_PROXY));
  const readiness: Readiness = { stopping: false };
  const watches = new ProgressWatches(api.kernel);
  const metrics = createMetrics();
  const logWatch = new LogWatch(api.kernel);
  const routes = allRoutes(watches, logWatch);

  app.use(requestId);
  app.use(logs(logger), metrics.middleware);
  app.use(headers(config.REEVE_PUBLIC_URL.startsWith('https:')));
  mountHealth(app, api, readiness);
  metrics.mount(app, api, () => watches.listeners + logWatch.count);
  mountDocs(app, routes);
  app.use(besideApi(publicPages(api))); // in front of the sessions: they read none
  app.use(ownSiteOnly(api), authenticate(api));
  app.use('/api', noStore);
  mount(app, api, routes);
  app.use('/api', () => {
    throw new ReeveError('not-found');
  });
  app.use(appShell(api), pages(api));
  app.use(errorHandler);
  const close = async (): Promise<void> => {
    watches.close();
    logWatch.close();
  };
  return { app, readiness, close };
}

export interface RunningApi {
  url: string;
  server: Server;
  /** Not ready any more; after `lameMs`, which balancers need to see it, no new connections; what still runs after `graceMs` is cut. */
  stop(options?: { lameMs?: number; graceMs?: number }): Promise<void>;
}

/** Listens on config.PORT (0 = any free one). The parts in `api` stay the caller's to close. */
export async function startApi(api: Api): Promise<RunningApi> {
  const { app, readiness, close } = createApp(api);
  const server = app.listen(api.config.PORT, api.config.REEVE_BIND);
  await new Promise<void>((done, fail) => server.once('listening', done).once('error', fail));
  const { address, port, family } = server.address() as AddressInfo;
  return {
    url: `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`,
    server,
    async stop({ lameMs = 0, graceMs = 20_000 } = {}) {
      readiness.stopping = true;
      await new Promise((done) => setTimeout(done, lameMs));
      const closed = new Promise<void>((done) => server.close(() => done()));
      await close();
      server.closeIdleConnections();
      const cut = setTimeout(() => server.closeAllConnections(), graceMs);
      await closed;
      clearTimeout(cut);
    },
  };
}

/** Pages have no address under /api: what asks there need not try them all. */
const besideApi = (router: RequestHandler): RequestHandler => (req, res, next) => (req.path.startsWith('/api/') ? next() : router(req, res, next));

const proxies = (given: string): string | number | false => (given === '' ? false : /^\d+$/.test(given) ? Number(given) : given);
