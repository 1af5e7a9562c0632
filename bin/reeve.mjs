#!/usr/bin/env node
/** Starts bin/reeve.ts in this very process (so the pid is the command's own); TypeScript is translated on the way. */
import { createRequire } from 'node:module';
import { register } from 'tsx/cjs/api';

const require = createRequire(import.meta.url);

/**
 * Packages of the long-lived processes, read before the translator is in place: it would look into each of their
 * thousand files, which is a third of the time until a worker that was killed is back.
 */
const heavy = {
  worker: ['@temporalio/worker', '@temporalio/client', '@temporalio/activity', 'typeorm', 'pg', 'pino', 'prom-client', 'undici', 'xstate', 'zod', '@casl/ability'],
  api: ['@temporalio/client', 'express', 'typeorm', 'pg', 'pino', 'prom-client', 'undici', 'xstate', 'zod', '@casl/ability'],
};
heavy[process.argv[2]]?.forEach((name) => require(name));

register();
process.exitCode = await require('./reeve.ts').main(process.argv.slice(2));
