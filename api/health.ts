/** What operators and orchestrators ask: alive, ready, figures, version. Outside /api, because they are no part of it. */
import express, { type Express } from 'express';
import { version } from '../package.json';
import type { Api } from './context';
import { within } from './within';

export interface Readiness {
  /** Set when a signal asks the process to go: then nobody should send more. */
  stopping: boolean;
}

const PATIENCE_MS = 2_000;

export function mountHealth(app: Express, api: Api, readiness: Readiness): void {
  const router = express.Router();
  router.get('/healthz', (_req, res) => void res.json({ status: 'ok' }));
  router.get('/livez', (_req, res) => void res.json({ status: 'ok' }));
  router.get('/version', (_req, res) => void res.json({ name: 'reeve', version }));
  router.get('/readyz', async (_req, res) => {
    const [postgres, redis, temporal] = await Promise.all([
      answers(() => api.kernel.pool.query('select 1')),
      redisAnswers(api),
      answers(async () => {
        if (!(await api.temporal())) throw new Error('silent');
      }),
    ]);
    const ready = postgres && !readiness.stopping;
    const degraded = [...(redis ? [] : ['redis']), ...(temporal ? [] : ['temporal'])];
    res.status(ready ? 200 : 503).json({
      status: readiness.stopping ? 'stopping' : !postgres ? 'unavailable' : degraded.length ? 'degraded' : 'ready',
      parts: { postgres: word(postgres), redis: word(redis), temporal: word(temporal) }, degraded,
    });
  });
  app.use(router);
}

const word = (answered: boolean): string => (answered ? 'ok' : 'down');

/** One node is enough for what is kept there now; operators are told while there is still one. */
async function redisAnswers({ redis }: Api): Promise<boolean> {
  const up = await Promise.all(redis.map((node) => answers(() => node.ping())));
  return !redis.length || up.filter(Boolean).length * 2 > redis.length;
}

const answers = (ask: () => Promise<unknown>): Promise<boolean> => within(PATIENCE_MS, ask).then(() => true, () => false);
