/** Throw-away services for tests and measurements: own folder, own ports, nothing durable; gone with the script that asked for them. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeHome, readJson, writeJson } from './house/files.mjs';
import { start } from './house/part.mjs';
import { anyPort, onFreePorts } from './house/ports.mjs';
import { endOrphans, isAlive, mark } from './house/processes.mjs';
import { step } from './house/progress.mjs';
import { buildFrontEnd } from './supply/front-end.mjs';
import { obtainChromium } from './parts/chromium.mjs';
import { mediaWiki, obtainMediaWiki } from './parts/mediawiki.mjs';
import { forgetPostgresData, obtainPostgres, postgres } from './parts/postgres.mjs';
import { obtainRedis, redis } from './parts/redis.mjs';
import { obtainSchemathesis } from './parts/schemathesis.mjs';
import { obtainTemporal, temporal } from './parts/temporal.mjs';
import { obtainTimeSkippingServer } from './parts/time-skipping-server.mjs';

const PREFIX = 'reeve-services-';

/** name → what it takes to have it; each adds its variables to `env` and what it started to `started`. */
const SERVICES = {
  postgres: async ({ home, begin, durable }) => {
    const program = await step('PostgreSQL', obtainPostgres);
    const part = await begin('PostgreSQL starts', async () => postgres(program, { home, port: await anyPort(), durable }));
    return { REEVE_TEST_DATABASE_URL: part.superUrl, REEVE_TEST_DATABASE_OWNER_URL: part.ownerUrl, REEVE_TEST_DATABASE_APP_URL: part.url };
  },
  redis: async ({ home, begin }) => {
    const program = await step('Redis', obtainRedis);
    const node = (number) => begin(`Redis ${number} starts`, async () => redis(program, { home, name: `redis-${number}`, port: await anyPort() }));
    const nodes = await Promise.all([1, 2, 3].map(node));
    return { REEVE_TEST_REDIS_URLS: nodes.map((part) => part.url).join(',') };
  },
  temporal: async ({ home, begin }) => {
    const program = await step('Temporal', obtainTemporal);
    const part = await begin('Temporal starts', async () => temporal(program, { home, port: await anyPort(), uiPort: await anyPort() }));
    return { REEVE_TEST_TEMPORAL: part.url, REEVE_TEST_TEMPORAL_UI: part.uiUrl, REEVE_TEST_TEMPORAL_BIN: program };
  },
  mediawiki: async ({ home, begin }) => {
    const program = await step('MediaWiki', obtainMediaWiki);
    const part = await begin('MediaWiki starts', async () => mediaWiki(program, { dir: join(home, 'mediawiki'), port: await anyPort() }));
    const { apiUrl, botUser, botPassword, adminUser, adminPassword, settingsFile, pid } = part;
    return { REEVE_TEST_MEDIAWIKI: JSON.stringify({ apiUrl, botUser, botPassword, adminUser, adminPassword, settingsFile, pid }) };
  },
  chromium: async () => {
    const [program] = await Promise.all([step('Chromium', obtainChromium), buildFrontEnd()]);
    return { REEVE_TEST_CHROMIUM: program };
  },
  schemathesis: async () => ({ REEVE_TEST_SCHEMATHESIS: await step('Schemathesis', obtainSchemathesis) }),
  timeSkipping: async () => ({ REEVE_TEST_SERVER_BIN: await step('Temporal, time-skipping', obtainTimeSkippingServer) }),
};

export const serviceNames = Object.keys(SERVICES);

/**
 * @param options { durable } true: Postgres syncs every commit to disk, as it does in earnest (measurements)
 * @returns { env, home, stop }; `stop` may be called at any time, also while they are still starting
 */
export async function throwAwayServices(names = serviceNames, { durable = false } = {}) {
  await sweep();
  const home = mkdtempSync(join(tmpdir(), PREFIX));
  makeHome(home);
  writeJson(join(home, 'owner.json'), mark(process.pid));
  const started = new Set();
  let over = false;
  const begin = (title, recipe) => step(title, () => onFreePorts(async () => {
    if (over) throw new Error('stopped');
    const made = await recipe();
    const part = await start(made, home);
    started.add(part);
    if (over) await part.stop();
    return { ...made, ...part };
  }));
  const stop = async () => {
    over = true;
    await Promise.all([...started].map((part) => part.stop()));
    await endOrphans(home);
    clear(home);
  };
  const results = await Promise.allSettled(names.map((name) => SERVICES[name]({ home, begin, durable })));
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) {
    await stop();
    throw failed.reason;
  }
  return { env: Object.assign({ REEVE_TEST_HOME: home }, ...results.map((result) => result.value)), home, stop };
}

/** What a killed test run left behind. */
async function sweep() {
  for (const name of readdirSync(tmpdir()).filter((entry) => entry.startsWith(PREFIX))) {
    const home = join(tmpdir(), name);
    const owner = readJson(join(home, 'owner.json'));
    if (!owner || isAlive(owner)) continue;
    await endOrphans(home);
    clear(home);
  }
}

const clear = (home) => {
  forgetPostgresData(home);
  rmSync(home, { recursive: true, force: true, maxRetries: 3 });
};
