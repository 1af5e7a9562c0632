/** Reeve's own processes and commands, as `npm start` runs them: everything they need comes by environment. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './house/files.mjs';
import { run } from './supply/run.mjs';

const CLI = join(root, 'bin/reeve.mjs');
const GRACE_MS = 20_000;

/** @param at { home, ports, database, redis, temporal, temporalUi, sandboxWiki, smtp } */
export const appEnvironment = (at) => ({
  REEVE_HOME: at.home,
  REEVE_EMBEDDED: '1',
  REEVE_ALLOW_PRIVATE_HOSTS: '1',
  REEVE_PUBLIC_URL: process.env.REEVE_PUBLIC_URL ?? `http://127.0.0.1:${at.ports.api}`,
  REEVE_SECRET_KEY_FILE: join(at.home, 'secret-key'),
  REEVE_SECRET_KEY: undefined, // not one of another project's shell
  PORT: String(at.ports.api),
  METRICS_PORT: '0',
  DATABASE_URL: at.database,
  DATABASE_OWNER_URL: undefined, // only commands that change the schema get it
  REDIS_URLS: at.redis.join(','),
  TEMPORAL_ADDRESS: at.temporal,
  TEMPORAL_NAMESPACE: 'default',
  TEMPORAL_UI_URL: at.temporalUi,
  REEVE_SANDBOX_WIKI: at.sandboxWiki,
  SMTP_URL: at.smtp, // never a real one: the demo's people do not exist
  REEVE_MAIL_FROM: 'reeve@reeve.example',
});

const own = (name, args, extra) => ({ name, command: process.execPath, args: [CLI, ...args], cwd: root, graceMs: GRACE_MS, needsOthers: true, ...extra });

export const api = (env, port) =>
  own('api', ['api'], { env, url: `http://127.0.0.1:${port}`, isReady: () => answers(`http://127.0.0.1:${port}/readyz`) });

export const worker = (env, port) =>
  own('worker', ['worker'], { env: { ...env, METRICS_PORT: String(port) }, isReady: () => answers(`http://127.0.0.1:${port}/readyz`) });

export const sandboxWiki = (env, port) =>
  own('sandbox-wiki', ['sandbox-wiki', '--port', String(port), '--data', join(env.REEVE_HOME, 'sandbox-wiki.jsonl')], {
    env,
    url: `http://127.0.0.1:${port}/api.php`,
    isReady: () => answers(`http://127.0.0.1:${port}/api.php?action=query&meta=siteinfo&format=json`),
  });

export const inbox = (env, port, smtpPort) =>
  own('inbox', ['inbox', '--port', String(port), '--smtp-port', String(smtpPort), '--data', join(env.REEVE_HOME, 'inbox.jsonl')], {
    env,
    url: `http://127.0.0.1:${port}`,
    isReady: () => answers(`http://127.0.0.1:${port}/messages`),
  });

/** Commands that run to their end as the schema's owner; with `--json` only data comes back. */
export function appCommand(env, ownerUrl, signal) {
  const ownerEnv = { ...env, DATABASE_OWNER_URL: ownerUrl };
  const command = (...args) => run(process.execPath, [CLI, ...args], { cwd: root, env: ownerEnv, signal });
  return {
    migrate: () => command('migrate'),
    /** @returns { admin, demo: [{ user, password, role }] } */
    seed: async (wiki, demo) => JSON.parse(await command('seed', '--json', '--sandbox-wiki', wiki, ...(demo ? [] : ['--no-demo']))),
    createKey: async (user) => JSON.parse(await command('keys', 'create', '--user', user, '--scopes', 'all', '--json')).key,
  };
}

/** Changes with the schema: as long as it is the same, nothing has to be migrated. */
export function schemaStamp() {
  const hash = createHash('sha256').update(readFileSync(join(root, 'db/migrate.ts')));
  const folder = join(root, 'db/migrations');
  for (const file of readdirSync(folder).sort()) hash.update(file).update(readFileSync(join(folder, file)));
  return hash.digest('hex');
}

async function answers(url) {
  try {
    const reply = await fetch(url, { signal: AbortSignal.timeout(5_000) });
    await reply.arrayBuffer();
    return reply.status === 200;
  } catch {
    return false;
  }
}
