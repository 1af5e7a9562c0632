/**
 * The only reader of process.env. Every key has a doc line; a bad value stops the start with the whole list.
 * A secret may be given as a file: NAME_FILE holds its path. `reeve config` prints this table.
 */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { z } from 'zod';
import { version } from '../package.json';
import { countryCodes } from './countries';

const list = z.string().transform((text) => text.split(',').map((part) => part.trim()).filter(Boolean));
const flag = z.enum(['0', '1', 'true', 'false']).transform((text) => text === '1' || text === 'true');
const countries = z.string().transform((text, ctx) => {
  const refuse = (message: string): never => {
    ctx.addIssue({ code: 'custom', message: `${message}; right is a JSON map of ISO 3166 code to name, such as {"AQ":"Antarctica"}` });
    return z.NEVER;
  };
  const known = new Set(countryCodes());
  try {
    const map: unknown = JSON.parse(text);
    if (Array.isArray(map)) return refuse('is a list');
    if (typeof map !== 'object' || map === null) return refuse('is no map');
    for (const [code, name] of Object.entries(map)) {
      if (known.has(code.toUpperCase()) && !known.has(code)) return refuse(`has the code ${code} in small letters`);
      if (!known.has(code)) return refuse(`has the code ${code}, which is none`);
      if (typeof name !== 'string') return refuse(`gives ${code} no name`);
    }
    return map as Record<string, string>;
  } catch {
    return refuse('is no JSON');
  }
});

const port = (standard: number) => z.coerce.number().int().min(0).max(65535).default(standard);

/** name → schema; the description is the doc line. */
export const keys = {
  PORT: port(8080).describe('Port of the API and the web pages.'),
  REEVE_BIND: z.string().default('127.0.0.1').describe('Address that the API listens on.'),
  REEVE_TRUST_PROXY: z.string().regex(/^[\w.:/, -]*$/, 'must be a number of hops, or addresses, networks and names such as loopback').default('')
    .describe('Proxies whose X-Forwarded-* headers count: a number of hops, or addresses, networks, "loopback", "uniquelocal" (empty: none).'),
  REEVE_HOME: z.string().default('.reeve').describe('Folder of everything that Reeve keeps on disk.'),
  REEVE_PUBLIC_URL: z.url().default('http://127.0.0.1:8080').describe('How people reach Reeve: links in mails and footers.'),
  DATABASE_URL: z.string().describe('Postgres, as the application\'s role (secret).'),
  DATABASE_OWNER_URL: z.string().optional().describe('Postgres, as the role that owns the schema, for `migrate` (secret; default DATABASE_URL).'),
  DATABASE_POOL: z.coerce.number().int().min(2).max(100).default(16).describe('Postgres connections per process.'),
  REDIS_URLS: list.default([]).describe('Independent Redis nodes, comma separated: rate limits, in the first that answers (none: no limits). `/readyz` names them when no majority answers.'),
  TEMPORAL_ADDRESS: z.string().default('127.0.0.1:7233').describe('Temporal\'s gRPC address.'),
  TEMPORAL_NAMESPACE: z.string().default('default').describe('Temporal\'s namespace.'),
  TEMPORAL_TASK_QUEUE: z.string().default('reeve').describe('Task queue of Reeve\'s workers.'),
  TEMPORAL_API_KEY: z.string().optional().describe('API key of a managed Temporal (secret).'),
  TEMPORAL_TLS: flag.default(false).describe('Speak TLS to Temporal.'),
  TEMPORAL_UI_URL: z.url().optional().describe('Temporal UI, for links.'),
  SMTP_URL: z.url({ protocol: /^smtps?$/ }).optional().describe('Mail server, smtp://user:password@host:587 or smtps://… (secret; none: mails wait in the ledger).'),
  REEVE_MAIL_FROM: z.email().default('reeve@example.org').describe('Sender of Reeve\'s mails: an address that SMTP_URL may send from.'),
  REEVE_SECRET_KEY: z.string().min(32, 'must have at least 32 characters').describe('Signs sessions and encrypts credentials at rest (secret).'),
  REEVE_EMBEDDED: flag.default(false).describe('Set by `npm start`: plain-HTTP cookies on loopback.'),
  REEVE_ALLOW_PRIVATE_HOSTS: flag.default(false).describe('Let wikis stand on private or loopback addresses.'),
  REEVE_SANDBOX_WIKI: z.url().optional().describe('api.php of the sandbox wiki that the demo community uses; set by `npm start`.'),
  REEVE_HOST_ALIASES: z.string().default('{}').transform((text, ctx) => {
    try {
      return z.record(z.string(), z.string()).parse(JSON.parse(text));
    } catch {
      ctx.addIssue({ code: 'custom', message: 'must be a JSON map of host to host' });
      return z.NEVER;
    }
  }).describe('Other names of wiki hosts, JSON map, e.g. {"en.m.example.org":"en.example.org"}.'),
  REEVE_USER_AGENT_CONTACT: z.string().default('https://example.org/reeve').describe('Contact in the User-Agent that wikis see.'),
  REEVE_STATISTICS_DISALLOWED_COUNTRIES: countries.default({}).describe('Countries without statistics, JSON map of ISO code to name.'),
  REEVE_STATISTICS_HIGH_RISK_COUNTRIES: countries.default({}).describe('Countries whose statistics need a warning, JSON map of ISO code to name. Not used yet.'),
  REEVE_STATISTICS: flag.default(true).describe('Contribution statistics of events are offered.'),
  REEVE_EVENT_ARCHIVE_DAYS: z.coerce.number().int().min(8).max(3_650).default(90).describe('Days after its end that an event is archived.'),
  REEVE_HAND_OVER_HOURS: z.coerce.number().int().min(0).max(720).default(48).describe('Hours after an event ends that its organizers may answer the requests that came by it.'),
  REEVE_RESERVATION_MINUTES: z.coerce.number().int().min(5).max(10_080).default(60).describe('Minutes that an account request stays reserved for whoever took it.'),
  REEVE_TAKE_BACK_SECONDS: z.coerce.number().int().min(0).max(3_600).default(15).describe('Seconds for which the making of an account, and an answer by mail, can be taken back before the wiki is asked or the mail goes out.'),
  REEVE_REMIND_HOURS: z.coerce.number().int().min(1).max(2_160).default(24).describe('Hours after which an unanswered account request is called to mind.'),
  REEVE_ESCALATE_HOURS: z.coerce.number().int().min(1).max(2_160).default(72).describe('Hours after which an unanswered account request goes to the account team.'),
  REEVE_ACCOUNTS_PER_DAY: z.coerce.number().int().min(0).default(6).describe('Accounts a day, per wiki and outgoing address.'),
  REEVE_ACCOUNTS_PER_CREATOR: z.coerce.number().int().min(1).optional().describe('Accounts a day and wiki that are made in one person\'s name; without it: no bound of their own.'),
  REEVE_ACCOUNTS_PER_EVENT: z.coerce.number().int().min(1).optional().describe('The same, that come by one event.'),
  REEVE_IDENTIFIED_ROLES: list.pipe(z.array(z.enum(['toolUser', 'toolAdmin', 'checkuser'], { error: 'must be some of toolUser, toolAdmin and checkuser' }))).default([]).describe('Roles that count only for people who are recorded as identified, comma list of toolUser, toolAdmin and checkuser.'),
  REEVE_RETENTION_DAYS: z.coerce.number().int().min(1).max(3_650).default(15).describe('Days that private data is kept after its purpose ends.'),
  REEVE_WIKI_PATIENCE_MS: z.coerce.number().int().min(1000).default(600_000).describe('How long a wiki may be busy or silent before its part of a delivery needs attention, milliseconds.'),
  REEVE_WIKI_TIMEOUT_MS: z.coerce.number().int().min(100).default(20_000).describe('Longest wait for one answer of a wiki, milliseconds.'),
  REEVE_BUILD_ID: z.string().regex(/^[\w.-]{1,100}$/, 'must be letters, digits, dots, hyphens and underscores, at most 100').optional().describe('Name of the build of the workflows that this worker runs, for `reeve deploy` (default: the release and a hash of the workflows\' sources).'),
  REEVE_COMMIT: z.string().regex(/^[0-9a-f]{7,64}$/, 'must be the id of a commit').optional().describe('Commit that runs here, for /source (default: that of the checkout).'),
  REEVE_SOURCE_URL: z.url({ protocol: /^https?$/ }).optional().describe('Where everybody gets the source that belongs to what runs here; {commit} becomes its commit (default: /source packs the checkout).'),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info').describe('Least severe log line that is written.'),
  METRICS_PORT: port(0).describe('Port of the worker\'s metrics on loopback (0 = none).'),
} as const;

export const secretKeys: ReadonlySet<string> = new Set(['DATABASE_URL', 'DATABASE_OWNER_URL', 'REEVE_SECRET_KEY', 'TEMPORAL_API_KEY', 'REDIS_URLS', 'SMTP_URL']);

type Keys = typeof keys;
export type Config = { [K in keyof Keys]: z.output<Keys[K]> };

/** All faults of the environment at once. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  constructor(readonly faults: string[]) {
    super(`The configuration has ${faults.length} fault${faults.length === 1 ? '' : 's'}:\n${faults.map((f) => `  ${f}`).join('\n')}`);
  }
}

/** @throws ConfigError with every fault, each naming its key and what would be right. */
export const readConfig = (env: NodeJS.ProcessEnv = process.env): Config => readKeys(Object.keys(keys) as (keyof Keys)[], {}, env);

/**
 * Some keys only, for a command that needs no more than those.
 * @param fallback what a running Reeve wrote down about itself: stands where the environment is silent.
 */
export function readKeys<K extends keyof Keys>(names: readonly K[], fallback: NodeJS.ProcessEnv = {}, env: NodeJS.ProcessEnv = process.env): Pick<Config, K> {
  const faults: string[] = [];
  const found: Record<string, unknown> = {};
  for (const name of names) {
    const schema = keys[name];
    let text = env[name];
    const file = env[`${name}_FILE`];
    if (text === undefined && file) {
      try {
        text = readFileSync(file, 'utf8').trim();
      } catch {
        faults.push(`${name}_FILE: cannot be read`);
        continue;
      }
    }
    text = text || fallback[name];
    const parsed = schema.safeParse(text === '' ? undefined : text);
    if (parsed.success) found[name] = parsed.data;
    else faults.push(...parsed.error.issues.map((issue) => `${name}: ${text === undefined ? 'is missing' : issue.message}. ${schema.description ?? ''}`));
  }
  if (faults.length) throw new ConfigError(faults);
  return found as Pick<Config, K>;
}

/** How Reeve names itself to wikis. */
export const userAgentOf = ({ REEVE_USER_AGENT_CONTACT }: Pick<Config, 'REEVE_USER_AGENT_CONTACT'>): string => `Reeve/${version} (${REEVE_USER_AGENT_CONTACT})`;

export interface KeyReport {
  key: string;
  meaning: string;
  /** As it is used, defaults included; secrets are masked. */
  value: string | null;
  from: 'environment' | 'file' | 'running Reeve' | 'default';
  fault?: string;
}

/** Every key with its meaning and value, for `reeve config`. */
export const describeKeys = (fallback: NodeJS.ProcessEnv = {}, env: NodeJS.ProcessEnv = process.env): KeyReport[] =>
  (Object.keys(keys) as (keyof Keys)[]).map((name) => {
    const from = env[name] ? 'environment' : env[`${name}_FILE`] ? 'file' : fallback[name] ? 'running Reeve' : 'default';
    const report: KeyReport = { key: name, meaning: keys[name].description ?? '', value: null, from };
    try {
      const value: unknown = readKeys([name], fallback, env)[name];
      if (value === undefined || (Array.isArray(value) && !value.length)) return report;
      return { ...report, value: secretKeys.has(name) ? '(set, secret)' : typeof value === 'object' ? JSON.stringify(value) : String(value) };
    } catch (error) {
      return { ...report, fault: error instanceof ConfigError ? error.faults.join('; ') : String(error) };
    }
  });

/** What surrounds the command line only, before any configuration: where to look for a running Reeve. */
export const cliEnvironment = () => ({
  url: process.env.REEVE_URL,
  apiKey: process.env.REEVE_API_KEY,
  home: resolve(process.env.REEVE_HOME ?? '.reeve'),
  noColor: process.env.NO_COLOR !== undefined,
});
