/** Addresses of the services that `npm test` (or scripts/services.mjs) started for this run. */

export interface MediaWikiService {
  apiUrl: string;
  botUser: string;
  botPassword: string;
  adminUser: string;
  adminPassword: string;
  /** PHP written here holds from the next request on: `<?php $wgReadOnly = 'why';`. Remove it when done. */
  settingsFile: string;
  pid: number;
}

const given = (name: string): string => {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run the tests by "npm test -- <files>" or "node scripts/services.mjs -- npx jest <files>"`);
  return value;
};

/** Each throws in words when its service was not started. */
export const services = {
  /** Postgres as superuser, on the database `postgres`. */
  databaseUrl: () => given('REEVE_TEST_DATABASE_URL'),
  /** Postgres as the role that owns Reeve's schema. */
  databaseOwnerUrl: () => given('REEVE_TEST_DATABASE_OWNER_URL'),
  /** Postgres as the application's role. */
  databaseAppUrl: () => given('REEVE_TEST_DATABASE_APP_URL'),
  /** The migrated database that test/support/database.ts clones. */
  databaseTemplate: () => given('REEVE_TEST_TEMPLATE'),
  /** Three independent nodes. */
  redisUrls: () => given('REEVE_TEST_REDIS_URLS').split(','),
  /** host:port of a real Temporal server. */
  temporalAddress: () => given('REEVE_TEST_TEMPORAL'),
  temporalUiUrl: () => given('REEVE_TEST_TEMPORAL_UI'),
  /** The Temporal CLI. */
  temporalProgram: () => given('REEVE_TEST_TEMPORAL_BIN'),
  /** For `TestWorkflowEnvironment.createTimeSkipping({ server: { executable: { type: 'existing-path', path } } })`. */
  timeSkippingProgram: () => given('REEVE_TEST_SERVER_BIN'),
  mediaWiki: () => JSON.parse(given('REEVE_TEST_MEDIAWIKI')) as MediaWikiService,
  /** The Schemathesis CLI. */
  schemathesisProgram: () => given('REEVE_TEST_SCHEMATHESIS'),
  /** Path of a Chromium for playwright-core; start it with `--no-sandbox` as root. */
  chromium: () => given('REEVE_TEST_CHROMIUM'),
};
