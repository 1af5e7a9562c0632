/**
 * `npm test`: all the set-up, the type check and the lint, then every test on services of its own; the last line counts.
 * `npm test -- test/db` hands the rest of the line to jest, and then runs only that (no type check, no lint).
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { readJson, root } from './house/files.mjs';
import { fail, say, step } from './house/progress.mjs';
import { lint } from './lint.mjs';
import { prepare } from './supply/dependencies.mjs';
import { throwAwayServices } from './throw-away.mjs';

const counts = { passed: 0, failed: 0, skipped: 0 };
const add = (more) => Object.keys(counts).forEach((key) => (counts[key] += more[key] ?? 0));
let jest;
let services;
let stopping;

const stop = () => (stopping ??= services?.then((found) => found.stop(), () => undefined));

async function main() {
  const args = process.argv.slice(2);
  await prepare();
  services = throwAwayServices();
  if (args.length) say('Only the tests asked for; without arguments the type check and the lint run, too.');
  const { env } = await services;
  if (!args.length) add(await lint());
  if (stopping) return;
  add(await runJest(args, env));
}

async function runJest(args, env) {
  const report = join(env.REEVE_TEST_HOME, 'jest.json');
  const command = ['node_modules/jest/bin/jest.js', '--json', `--outputFile=${report}`, ...args];
  jest = spawn(process.execPath, command, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, ...env } });
  const code = await new Promise((resolve) => jest.once('error', () => resolve(127)).once('exit', (exit) => resolve(exit ?? 1)));
  const result = readJson(report);
  if (!result) return { failed: 1 };
  const brokenFiles = result.testResults.filter((file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed')).length;
  const failed = result.numFailedTests + brokenFiles;
  // jest may be unhappy although no test failed, e.g. when it finds no test at all
  return { passed: result.numPassedTests, failed: code !== 0 && failed === 0 ? 1 : failed, skipped: result.numPendingTests + result.numTodoTests };
}

for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(name, () => {
    jest?.kill('SIGTERM');
    void Promise.resolve(stop()).then(() => process.exit(130));
  });
}

main()
  .catch((error) => {
    fail(error);
    counts.failed++;
  })
  .then(() => step('services stop', async () => stop()))
  .catch(fail)
  .finally(() => {
    if (counts.failed || counts.skipped || !counts.passed) process.exitCode = 1;
    process.stdout.write(`\n${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped\n`);
  });
