#!/usr/bin/env node
/** Starts bin/reeve.ts in this very process (so the pid is the command's own); TypeScript is translated on the way. */
import { createRequire } from 'node:module';
import { register } from 'tsx/cjs/api';

register();
process.exitCode = await createRequire(import.meta.url)('./reeve.ts').main(process.argv.slice(2));
