/** The API's process: builds its parts from the configuration, serves, and goes in order when a signal comes. */
import Redis from 'ioredis';
import type { Api } from '../api/context';
import { startApi } from '../api/server';
import { createTexts } from '../activities/message-texts';
import { createPreviews } from '../activities/preview';
import { createWikis } from '../activities/wikis';
import { readConfig, userAgentOf, type Config } from '../config';
import { openDatabase } from '../db/data-source';
import { createKernel, termsOf, type Kernel } from '../db/kernel';
import { readBuilds } from '../gateways/builds';
import { createTemporal } from '../gateways/temporal';
import { createLogger } from './logger';

/** Runs until SIGTERM or SIGINT; a second signal ends at once. @throws ConfigError, or what keeps Postgres or the port away. */
export async function runApi(config: Config = readConfig()): Promise<void> {
  const logger = createLogger(config.LOG_LEVEL, 'api');
  const database = await openDatabase(config.DATABASE_URL, config.DATABASE_POOL, 'reeve-api', false, 30_000);
  const temporal = createTemporal(config, 'api');
  const redis = config.REDIS_URLS.map(connectRedis);
  const kernel = createKernel(database, undefined, termsOf(config));
  const api: Api = { kernel, config, redis, temporal: () => temporal.reachable(1_500), pollers: (timeoutMs) => temporal.pollers(timeoutMs), builds: (timeoutMs) => readBuilds(temporal, timeoutMs), ...askingWikis(kernel, config), logger };
  const running = await startApi(api);
  logger.info({ url: running.url }, 'serving');

  const signal = await nextSignal();
  logger.info({ signal }, 'stopping');
  void nextSignal().then(() => process.exit(1));
  const late = setTimeout(() => process.exit(1), LONGEST_GOODBYE_MS);
  await running.stop({ lameMs: config.REEVE_EMBEDDED ? 0 : 2_000 });
  redis.forEach((node) => node.disconnect());
  await Promise.allSettled([temporal.close(), database.close()]);
  clearTimeout(late);
  process.exit(0);
}

/** For reading only. */
function askingWikis(kernel: Kernel, config: Config): Pick<Api, 'preview' | 'texts' | 'wiki' | 'freshWiki'> {
  const options = {
    kernel, secretKey: config.REEVE_SECRET_KEY, userAgent: userAgentOf(config), timeoutMs: 6_000, allowPrivateHosts: config.REEVE_ALLOW_PRIVATE_HOSTS,
  };
  const openWiki = createWikis(options);
  return {
    wiki: async (wikiId) => (await openWiki(wikiId)).gateway,
    freshWiki: async (wikiId) => (await createWikis(options)(wikiId)).gateway,
    texts: createTexts(openWiki),
    preview: createPreviews({ kernel, openWiki, publicUrl: config.REEVE_PUBLIC_URL }),
  };
}

/** Orchestrators kill after 30 seconds. */
const LONGEST_GOODBYE_MS = 28_000;

const nextSignal = (): Promise<string> =>
  new Promise((done) => {
    for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => done(name));
  });

/** A limit waits for no Redis: an answer within 300 ms or none, nothing queued while it is away. */
function connectRedis(url: string): Redis {
  const node = new Redis(url, { maxRetriesPerRequest: 0, enableOfflineQueue: false, commandTimeout: 300, connectTimeout: 1_000, retryStrategy: (tries) => Math.min(tries * 100, 2_000) });
  node.on('error', () => {}); // whoever asks sees it
  return node;
}
