/** `npm start`: on a fresh clone all the set-up, and then the whole platform. */
import { fork } from 'node:child_process';
import { closeSync, existsSync, openSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { home as homeFolder, makeHome } from './house/files.mjs';
import { dropLock, holder, takeLock } from './house/lock.mjs';
import { logFile, trimLog } from './house/part.mjs';
import { endOrphans } from './house/processes.mjs';
import { fail, PlainFault, say } from './house/progress.mjs';
import { readRun, table } from './house/run-file.mjs';
import { forgetPostgresData } from './parts/postgres.mjs';
import { stopSupervisor } from './stop.mjs';
import { checkNode } from './supply/dependencies.mjs';
import { supervise } from './supervisor.mjs';

const USAGE = `npm start [-- <options>]
  --detach          returns once everything is ready
  --no-demo         starts without the demo community: one admin, whose password is shown once
  --with-mediawiki  also starts a real MediaWiki beside the sandbox wiki
  --watch           starts API and worker again when their source changes
  --reset           forgets everything that this home holds, then starts`;

const OPTIONS = {
  detach: { type: 'boolean' },
  'no-demo': { type: 'boolean' },
  'with-mediawiki': { type: 'boolean' },
  watch: { type: 'boolean' },
  reset: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
};

async function main() {
  const flags = readFlags();
  if (!flags) return;
  checkNode();
  const home = homeFolder();
  if (flags.reset) await reset(home);
  const other = holder(home);
  if (other) return tellRunning(home, other);
  makeHome(home);
  await (flags.detach ? detached(home) : foreground(home, flags));
}

function readFlags() {
  try {
    const { values } = parseArgs({ options: OPTIONS, args: process.argv.slice(2) });
    if (!values.help) return values;
    say(USAGE);
  } catch (error) {
    process.stderr.write(`${error.message}\n${USAGE}\n`);
    process.exitCode = 2;
  }
  return undefined;
}

/** Stays until a signal; the second one does not wait for anybody. */
async function foreground(home, flags) {
  const other = takeLock(home);
  if (other) return tellRunning(home, other);
  const over = new AbortController();
  let asked;
  const ask = new Promise((resolve) => (asked = resolve));
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(name, () => {
      if (over.signal.aborted) void endOrphans(home).then(() => process.exit(130));
      over.abort(new PlainFault('Stopped.'));
      asked();
    });
  }
  try {
    const options = { demo: !flags['no-demo'], withMediaWiki: flags['with-mediawiki'], watch: flags.watch };
    const { stop } = await supervise(options, over.signal);
    if (process.connected) process.send({ ready: true });
    else say('Ctrl-C stops everything.');
    for (const name of ['uncaughtException', 'unhandledRejection']) process.on(name, (error) => (fail(error), asked()));
    await ask;
    say('Stopping.');
    await stop();
  } finally {
    dropLock(home);
  }
  process.exit(); // a handle that something left open must not keep it
}

/** The same start in a process of its own, whose words are passed on until it is ready. */
async function detached(home) {
  trimLog(home, 'start', 1024 * 1024);
  const log = openSync(logFile(home, 'start'), 'a', 0o600);
  const args = process.argv.slice(2).filter((word) => !['--detach', '--reset'].includes(word));
  const child = fork(fileURLToPath(import.meta.url), args, { detached: true, stdio: ['ignore', log, log, 'ipc'] });
  closeSync(log);
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, () => child.kill('SIGTERM'));
  const code = await new Promise((resolve) => {
    child.on('message', ({ say: line, ready }) => {
      if (line !== undefined) process.stdout.write(`${line}\n`);
      if (ready) resolve(undefined);
    });
    child.once('exit', (exit) => resolve(exit ?? 1));
  });
  if (code) throw new PlainFault(`Reeve did not start. What was said last stands above, all of it in ${dirname(logFile(home, 'start'))}.`);
  if (code === undefined) say('It runs on by itself: npm stop stops it.');
  if (child.connected) child.disconnect();
  child.unref();
}

/** Somebody else started it: wait until it is ready, then say where it is. */
async function tellRunning(home, other) {
  for (let told = false; readRun(home)?.pids.supervisor !== other.pid; told = true) {
    if (!told) say('Reeve is being started already; waiting for it.');
    await new Promise((resolve) => setTimeout(resolve, 300));
    if (!holder(home)) throw new PlainFault('The other start gave up.');
  }
  say(`Reeve is running already (pid ${other.pid}).\n${table(readRun(home))}`);
}

async function reset(home) {
  await stopSupervisor(home);
  if (!existsSync(home)) return;
  makeHome(home); // refuses a folder that is not Reeve's
  await endOrphans(home);
  forgetPostgresData(home);
  rmSync(home, { recursive: true, force: true });
  say(`Forgot everything in ${join(home, '/')}`);
}

main().catch(fail);
