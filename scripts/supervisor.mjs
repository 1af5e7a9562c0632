/**
 * Owns every process of `npm start`: starts them side by side, waits until all answer, brings back what dies, and in the end stops all.
 * scripts/start.mjs runs it, in the foreground or apart from the terminal.
 */
import { existsSync, readFileSync, rmSync, watch } from 'node:fs';
import { join } from 'node:path';
import { api, appCommand, appEnvironment, inbox, sandboxWiki, schemaStamp, worker } from './app.mjs';
import { home as homeFolder, keptSecret, readJson, root, writeJson, writeWhole } from './house/files.mjs';
import { keep } from './house/keep.mjs';
import { giveBack, onFreePorts, rememberedPorts } from './house/ports.mjs';
import { endOrphans } from './house/processes.mjs';
import { say, sayPrivately, seconds, step } from './house/progress.mjs';
import { removeRun, table, writeRun } from './house/run-file.mjs';
import { mediaWiki, obtainMediaWiki } from './parts/mediawiki.mjs';
import { databaseUrls, obtainPostgres, postgres } from './parts/postgres.mjs';
import { obtainRedis, redis } from './parts/redis.mjs';
import { obtainTemporal, temporal } from './parts/temporal.mjs';
import { prepare } from './supply/dependencies.mjs';
import { buildFrontEnd } from './supply/front-end.mjs';

/** All below the range of outgoing ports, and beside the usual ones, which a machine's own services may have. */
const PORTS = { api: 8080, temporal: 7233, temporalUi: 8233, sandboxWiki: 8090, worker: 8091, mediawiki: 8092, inbox: 8093, smtp: 8094, postgres: 15432, redis1: 16379, redis2: 16380, redis3: 16381 };
const REDIS = ['redis1', 'redis2', 'redis3'];
const SOURCES = ['machines', 'policies', 'api', 'db', 'dispatch', 'workflows', 'activities', 'gateways', 'config', 'bin', 'demo', 'web'];

/**
 * @param options { demo, withMediaWiki, watch }
 * @param signal gives up the start: what was started is stopped, and the signal's reason is thrown
 * @returns { run, stop } once everything is ready; the caller holds the lock of this home
 */
export const supervise = (options, signal) => onFreePorts(() => startOnce(options, signal), (line) => say(`  ${line}`));

async function startOnce(options, signal) {
  const began = Date.now();
  const home = homeFolder();
  await prepare();
  removeRun(home); // left by a killed supervisor
  const orphans = await endOrphans(home);
  if (orphans.length) say(`  ended what an earlier run had left behind: ${orphans.join(', ')}`);
  const { ports, moved } = await rememberedPorts(join(home, 'ports.json'), wantedPorts(options), process.env.PORT ? { api: Number(process.env.PORT) } : {});
  for (const line of moved) say(`  ${line}`);
  if (moved.some((line) => line.includes('(sandboxWiki)')) && existsSync(join(home, 'people.json'))) {
    say('  the demo knows the sandbox wiki by its old port: free that port, or tell it the new one by `npx reeve wikis set`');
  }
  keptSecret(join(home, 'secret-key'));

  const parts = new Map();
  const over = new AbortController();
  signal.addEventListener('abort', () => over.abort(signal.reason), { once: true });
  let run;
  const publish = () => {
    if (run && !over.signal.aborted) writeRun(home, { ...run, pids: pidsOf(parts) });
  };
  const begin = (title, name, recipe) =>
    step(title, async () => {
      const made = await recipe();
      parts.set(name, await keep(made, home, { changed: publish, tell: (line) => say(`  ${line}`), signal: over.signal }));
      return made;
    });

  const stop = async () => {
    over.abort();
    removeRun(home);
    const end = (names) => Promise.all(names.map((name) => parts.get(name)?.stop()));
    await end(['api', 'worker', 'sandboxWiki', 'inbox', 'mediawiki']);
    await end(['temporal', ...REDIS, 'postgres']);
    await endOrphans(home); // what was still starting
  };

  try {
    const ready = await startAll({ home, ports, options, begin, over });
    run = ready.run;
    publish();
    if (options.watch) watchSources(parts, over.signal);
    say(`Reeve is ready after ${seconds(Date.now() - began)}.`);
    sayPrivately(table(run, ready.once));
    return { run, stop };
  } catch (error) {
    await stop();
    giveBack(ports);
    throw error;
  }
}

async function startAll({ home, ports, options, begin, over }) {
  const all = (...works) => allOrFirstFault(works, over);
  const at = {
    home,
    ports,
    database: databaseUrls(home, ports.postgres).app,
    redis: REDIS.map((name) => `redis://127.0.0.1:${ports[name]}`),
    temporal: `127.0.0.1:${ports.temporal}`,
    temporalUi: `http://127.0.0.1:${ports.temporalUi}`,
    sandboxWiki: `http://127.0.0.1:${ports.sandboxWiki}/api.php`,
    smtp: `smtp://127.0.0.1:${ports.smtp}`,
  };
  const env = appEnvironment(at);
  const startPostgres = async () => {
    const program = await step('PostgreSQL', obtainPostgres);
    return begin('PostgreSQL starts', 'postgres', () => postgres(program, { home, port: ports.postgres }));
  };
  const startRedis = async () => {
    const program = await step('Redis', obtainRedis);
    await all(...REDIS.map((name) => begin(`Redis ${name.slice(5)} starts`, name, () => redis(program, { home, name, port: ports[name] }))));
  };
  const startTemporal = async () => {
    const program = await step('Temporal', obtainTemporal);
    await begin('Temporal starts', 'temporal', () => temporal(program, { home, port: ports.temporal, uiPort: ports.temporalUi }));
  };
  const startMediaWiki = async () => {
    if (!options.withMediaWiki) return undefined;
    const program = await step('MediaWiki', obtainMediaWiki);
    return begin('MediaWiki starts', 'mediawiki', () => mediaWiki(program, { dir: join(home, 'mediawiki'), port: ports.mediawiki }));
  };
  const startWiki = () => begin('Sandbox wiki starts', 'sandboxWiki', () => sandboxWiki(env, ports.sandboxWiki));
  const startInbox = () => begin('Inbox starts', 'inbox', () => inbox(env, ports.inbox, ports.smtp));
  const [{ ownerUrl, isNew }, real] = await all(startPostgres(), startMediaWiki(), startRedis(), startTemporal(), startWiki(), startInbox(), buildFrontEnd());
  const { demo, once } = await prepareDatabase({ home, env, wiki: at.sandboxWiki, ownerUrl, isNew, options, signal: over.signal });
  await all(
    begin('API starts', 'api', () => api(env, ports.api)),
    begin('Worker starts', 'worker', () => worker(env, ports.worker)),
  );
  const run = {
    api: `http://127.0.0.1:${ports.api}`,
    web: env.REEVE_PUBLIC_URL,
    temporal: at.temporal,
    temporalUi: at.temporalUi,
    namespace: env.TEMPORAL_NAMESPACE,
    database: at.database,
    databaseOwner: ownerUrl,
    redis: at.redis,
    sandboxWiki: at.sandboxWiki,
    inbox: `http://127.0.0.1:${ports.inbox}`,
    smtp: at.smtp,
    mediawiki: real && { apiUrl: real.apiUrl, botUser: real.botUser, botPassword: real.botPassword },
    demo,
  };
  return { run, once };
}

/** Schema, first people, admin key: each only when it is not there yet, so that a second start costs nothing. */
async function prepareDatabase({ home, env, wiki, ownerUrl, isNew, options, signal }) {
  const command = appCommand(env, ownerUrl, signal);
  const [stampFile, peopleFile, keyFile] = ['migrated', 'people.json', 'admin-key'].map((name) => join(home, name));
  if (isNew) for (const file of [stampFile, peopleFile, keyFile]) rmSync(file, { force: true });
  const stamp = schemaStamp();
  if (!existsSync(stampFile) || readFileSync(stampFile, 'utf8') !== stamp) {
    await step('Database schema', command.migrate);
    writeWhole(stampFile, stamp);
  }
  let people = readJson(peopleFile);
  let once = [];
  if (!people) {
    const { admin, demo } = await step(options.demo ? 'Demo community' : 'First admin', () => command.seed(wiki, options.demo));
    people = { admin, demo: options.demo ? demo : [] };
    if (!options.demo) once = demo;
    writeJson(peopleFile, people);
  }
  if (people.admin && !existsSync(keyFile)) writeWhole(keyFile, await step('Key of the command line', () => command.createKey(people.admin)));
  return { demo: people.demo, once };
}

/** The first fault ends the other starts, too; when all have ended, it is thrown. */
async function allOrFirstFault(works, over) {
  let fault;
  const noted = works.map((work) =>
    work.catch((error) => {
      fault ??= error;
      over.abort(error);
    }),
  );
  const values = await Promise.all(noted);
  if (fault) throw fault;
  return values;
}

function wantedPorts({ withMediaWiki }) {
  const wanted = { ...PORTS };
  if (!withMediaWiki) delete wanted.mediawiki;
  return wanted;
}

function pidsOf(parts) {
  const pid = (name) => parts.get(name)?.pid;
  return {
    supervisor: process.pid,
    postgres: pid('postgres'),
    redis: REDIS.map(pid),
    temporal: pid('temporal'),
    api: pid('api'),
    worker: pid('worker'),
    sandboxWiki: pid('sandboxWiki'),
    inbox: pid('inbox'),
    mediawiki: pid('mediawiki'),
  };
}

function watchSources(parts, signal) {
  let clock;
  const changed = (file) => {
    if (!/\.(ts|json|css)$/.test(file ?? '')) return;
    clearTimeout(clock);
    clock = setTimeout(() => {
      say(`  ${file} changed: API and worker start again`);
      for (const name of ['api', 'worker']) void parts.get(name).restart();
    }, 300);
  };
  for (const folder of SOURCES.filter((name) => existsSync(join(root, name)))) {
    watch(join(root, folder), { recursive: true, signal }, (_kind, file) => changed(file));
  }
}
