/** `npm run lint`: the checks that need no service. `npm test` runs them too and counts each as one. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from './house/files.mjs';
import { fail } from './house/progress.mjs';
import { prepare } from './supply/dependencies.mjs';

const CHECKS = [
  { name: 'types (tsc)', args: ['node_modules/typescript/bin/tsc', '--noEmit', '-p', '.'] },
  { name: 'types of the front end (vue-tsc)', args: ['node_modules/vue-tsc/bin/vue-tsc.js', '--noEmit', '-p', 'web'] },
  { name: 'lint (eslint)', args: ['node_modules/eslint/bin/eslint.js', '.'] },
];

/** @returns how many passed and failed; each prints its own findings */
export async function lint() {
  const counts = { passed: 0, failed: 0 };
  for (const { name, args } of CHECKS) {
    process.stdout.write(`${name}\n`);
    const fine = existsSync(join(root, args[0])) && (await runNode(args));
    counts[fine ? 'passed' : 'failed']++;
    process.stdout.write(`  ${fine ? 'ok' : 'NO'} ${name}\n`);
  }
  return counts;
}

const runNode = (args) =>
  new Promise((resolve) => {
    const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
    child.once('error', () => resolve(false)).once('exit', (code) => resolve(code === 0));
  });

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  prepare()
    .then(lint)
    .then(({ failed }) => (process.exitCode = failed ? 1 : 0), fail);
}
