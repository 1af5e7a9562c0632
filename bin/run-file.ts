/** What a running Reeve left in its home: run.json, and the admin key beside it. Read by commands that find their way by it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cliEnvironment } from '../config';

/** Written by `npm start` (scripts/house/run-file.mjs) when everything is ready, removed on stop. */
export interface RunFile {
  api: string;
  web: string;
  temporal: string;
  temporalUi?: string;
  namespace: string;
  database: string;
  /** As the role that owns the schema. */
  databaseOwner?: string;
  redis: string[];
  sandboxWiki?: string;
  /** The page of the mails that were sent, and where it takes them. */
  inbox?: string;
  smtp?: string;
  pids: Record<string, number | number[]>;
  demo: { user: string; password: string; role: string }[];
}

export const homeFile = (name: string): string => join(cliEnvironment().home, name);

/** undefined when nothing runs from this home. */
export function runFile(): RunFile | undefined {
  const text = readHomeFile('run.json');
  return text === undefined ? undefined : (JSON.parse(text) as RunFile);
}

/** Where the API is and who asks: the environment first, else what runs here. */
export function apiAddress(): { url: string | undefined; key: string | undefined } {
  const { url, apiKey } = cliEnvironment();
  // A key of this home is never sent anywhere else.
  return url ? { url, key: apiKey } : { url: runFile()?.api, key: apiKey ?? readHomeFile('admin-key')?.trim() };
}

function readHomeFile(name: string): string | undefined {
  try {
    return readFileSync(homeFile(name), 'utf8');
  } catch {
    return undefined;
  }
}

/** What a running Reeve says about itself, as the configuration's names: where the environment is silent. */
export function runConfig(): Record<string, string | undefined> {
  const run = runFile();
  return run
    ? {
        DATABASE_URL: run.database,
        DATABASE_OWNER_URL: run.databaseOwner,
        REDIS_URLS: run.redis.join(','),
        TEMPORAL_ADDRESS: run.temporal,
        TEMPORAL_NAMESPACE: run.namespace,
        TEMPORAL_UI_URL: run.temporalUi,
        REEVE_PUBLIC_URL: run.web,
        REEVE_SANDBOX_WIKI: run.sandboxWiki,
        SMTP_URL: run.smtp,
        REEVE_SECRET_KEY: readHomeFile('secret-key')?.trim(),
        REEVE_EMBEDDED: '1',
        REEVE_ALLOW_PRIVATE_HOSTS: '1',
      }
    : {};
}
