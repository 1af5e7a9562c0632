/** `reeve doctor`: asks every part whether it answers, all at once, none longer than a few seconds. */
import type { Connection } from '@temporalio/client';
import { Command } from 'commander';
import { Redis } from 'ioredis';
import { describeKeys, readKeys } from '../../config';
import { openDatabase } from '../../db/data-source';
import { currentBuild } from '../../gateways/builds';
import { createHttp } from '../../gateways/http';
import { reachMail } from '../../gateways/mail';
import { createTemporal } from '../../gateways/temporal';
import { searchAttributes } from '../../workflows/attributes';
import { PlainFault } from '../fault';
import { print, red, table } from '../output';
import { apiAddress, runConfig } from '../run-file';

interface Finding {
  part: string;
  ok: boolean;
  /** Whether Reeve can work without it. */
  essential: boolean;
  ms: number;
  says: string;
}
type Check = () => Promise<string>;

const LIMIT_MS = 5_000;

export const command = new Command('doctor')
  .description('Say which parts can be reached, and how fast; exit 1 when one that Reeve cannot do without cannot.')
  .option('--json', 'print data only')
  .action(async ({ json }: { json?: boolean }) => {
    const wikis: { host: string; apiUrl: string }[] = [];
    const found = [await examine('configuration', true, configuration), await examine('Postgres', true, () => postgres(wikis))];
    found.push(...(await Promise.all([...redisNodes(), examine('Temporal', true, temporal), examine('API', true, api), ...mailServer(), ...wikis.map((wiki) => examine(`wiki ${wiki.host}`, false, () => siteOf(wiki.apiUrl)))])));
    const ill = found.filter(({ ok, essential }) => essential && !ok);
    print({ ok: !ill.length, parts: found }, json, () => table(['part', '', 'ms', 'says'], found.map((one) => [one.part, one.ok ? 'ok' : red(one.essential ? 'NO' : 'no'), one.ms, one.says])));
    if (ill.length) throw new PlainFault(`Reeve cannot work without: ${ill.map(({ part }) => part).join(', ')}.`);
  });

async function examine(part: string, essential: boolean, check: Check): Promise<Finding> {
  const since = performance.now();
  const late = new Promise<never>((_, fail) => setTimeout(() => fail(new Error(`no answer within ${LIMIT_MS / 1000} s`)), LIMIT_MS).unref());
  const [ok, says] = await Promise.race([check(), late]).then(
    (words) => [true, words] as const,
    (error: NodeJS.ErrnoException) => [false, [error.code, error.message].filter(Boolean).join(': ').split('\n')[0]!] as const,
  );
  return { part, ok, essential, ms: Math.round(performance.now() - since), says };
}

const configuration: Check = async () => {
  const faults = describeKeys(runConfig()).flatMap(({ fault }) => fault ?? []);
  if (faults.length) throw new Error(`${faults.length} wrong: see \`reeve config check\``);
  return 'every key is right';
};

async function postgres(wikis: { host: string; apiUrl: string }[]): Promise<string> {
  const { DATABASE_URL } = readKeys(['DATABASE_URL'], runConfig());
  const database = await openDatabase(DATABASE_URL, 2, 'reeve-doctor');
  try {
    const { rows } = await database.pool.query<{ server_version: string }>('show server_version');
    if (await database.source.showMigrations()) throw new Error('the schema is old: run `reeve migrate`');
    wikis.push(...(await database.pool.query('select host, api_url as "apiUrl" from wiki order by id limit 50')).rows);
    return `PostgreSQL ${rows[0]!.server_version.split(' ')[0]}, schema current`;
  } finally {
    await database.close();
  }
}

function redisNodes(): Promise<Finding>[] {
  const { REDIS_URLS } = readKeys(['REDIS_URLS'], runConfig());
  return REDIS_URLS.map((url, index) =>
    examine(`Redis ${index + 1}`, false, async () => {
      const node = new Redis(url, { lazyConnect: true, maxRetriesPerRequest: 0, retryStrategy: () => null, connectTimeout: LIMIT_MS });
      node.on('error', () => {}); // the command's own error tells it
      try {
        await node.connect();
        return `version ${/redis_version:(\S+)/.exec(await node.info('server'))?.[1] ?? 'unknown'}`;
      } finally {
        node.disconnect();
      }
    }),
  );
}

const temporal: Check = async () => {
  const config = readKeys(['TEMPORAL_ADDRESS', 'TEMPORAL_NAMESPACE', 'TEMPORAL_TASK_QUEUE', 'TEMPORAL_TLS', 'TEMPORAL_API_KEY'], runConfig());
  const connected = createTemporal(config, 'doctor');
  const { client, namespace, within, close } = connected;
  try {
    return await within(LIMIT_MS, async () => {
      const { serverVersion } = await client.connection.workflowService.getSystemInfo({});
      const { customAttributes } = await (client.connection as Connection).operatorService.listSearchAttributes({ namespace });
      const missing = Object.keys(searchAttributes).filter((name) => !Object.hasOwn(customAttributes ?? {}, name));
      if (missing.length) throw new Error(`search attributes are missing: ${missing.join(', ')}; the worker registers them when it starts`);
      return `server ${serverVersion}, namespace ${namespace}, search attributes there, work goes to build ${(await currentBuild(connected)) ?? '(none yet)'}`;
    });
  } finally {
    await close();
  }
};

function mailServer(): Promise<Finding>[] {
  const { SMTP_URL } = readKeys(['SMTP_URL'], runConfig());
  if (!SMTP_URL) return [];
  return [examine('mail', false, () => reachMail(SMTP_URL, LIMIT_MS).then(() => `${new URL(SMTP_URL).host} takes mail`))];
}

const api: Check = async () => {
  const { url } = apiAddress();
  if (!url) throw new Error('no address: nothing runs from this home, and REEVE_URL is not set');
  const reply = await fetch(new URL('/readyz', url));
  const text = await reply.text();
  if (!reply.ok) throw new Error(`${url} answers ${reply.status}: ${text.slice(0, 200)}`);
  return `${url} is ready`;
};

/** What anybody may ask of a wiki: no credentials are used here, and it is asked through the guard that Reeve itself is behind. */
async function siteOf(apiUrl: string): Promise<string> {
  const { REEVE_ALLOW_PRIVATE_HOSTS } = readKeys(['REEVE_ALLOW_PRIVATE_HOSTS'], runConfig());
  const url = new URL(apiUrl);
  const http = createHttp({ allowHost: (host) => host === url.host, allowPrivateHosts: REEVE_ALLOW_PRIVATE_HOSTS, timeoutMs: LIMIT_MS, connections: 1 });
  const headers = { 'content-type': 'application/x-www-form-urlencoded', 'user-agent': 'Reeve (doctor)' };
  const { status, body } = await http.post(url, 'action=query&meta=siteinfo&format=json', headers).finally(() => void http.close());
  if (status !== 200) throw new Error(`answers ${status}`);
  const { query } = JSON.parse(body) as { query?: { general?: { generator?: string; readonly?: boolean | string } } };
  const { generator, readonly } = query?.general ?? {};
  return `${generator ?? 'not a MediaWiki'}${readonly === true || readonly === '' ? ', read-only' : ''}`;
}
