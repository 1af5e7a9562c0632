/**
 * Runs one part from its recipe. A recipe is plain data made by a module of scripts/parts or by scripts/app.mjs:
 * { name, command, args, env?, cwd?, uid?, gid?, stopSignal?, graceMs?, needsOthers?, url, isReady: async () => boolean }
 * needsOthers: it is ended first, while what it needs is still there.
 * Its output goes straight to a file, so that a part outlives a killed supervisor whole, to be found and ended by the next.
 */
import { spawn } from 'node:child_process';
import { closeSync, copyFileSync, openSync, readFileSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { end, endGroup, forgetPid, mark, notePid } from './processes.mjs';
import { PlainFault } from './progress.mjs';

const LOG_LIMIT_BYTES = 10 * 1024 * 1024;

export const logFile = (home, name) => join(home, 'log', `${name}.log`);

/** Starts it; returns at once. `exited` resolves with a reason in words when it ends, whoever ended it. */
function launch(recipe, home) {
  const { name, command, args = [], env, cwd, uid, gid } = recipe;
  const log = openSync(logFile(home, name), 'a', 0o600);
  const child = spawn(command, args, { cwd, uid, gid, env: { ...process.env, ...env }, detached: true, stdio: ['ignore', log, log] });
  closeSync(log);
  const ended = new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, by) => resolve(by ? `killed by ${by}` : `exit code ${code}`));
  });
  const { pid } = child;
  if (!pid) return { exited: ended, stop: async () => undefined };
  const which = mark(pid);
  notePid(home, name, pid, { stopSignal: recipe.stopSignal, needsOthers: recipe.needsOthers });
  const exited = ended.then((reason) => {
    endGroup(pid);
    forgetPid(home, name, pid);
    return reason;
  });
  return { pid, exited, stop: () => end(which, recipe) };
}

/**
 * Starts it and waits until it answers.
 * @param options { timeoutMs, signal } signal: gives up and stops what it started
 * @throws with the tail of its log when it ends before, or does not answer in time; with `portTaken` when another program stands at its port
 */
export async function start(recipe, home, { timeoutMs = 120_000, signal } = {}) {
  signal?.throwIfAborted();
  if (recipe.url && (await recipe.isReady())) throw portTaken(`${recipe.name}: another program answers at ${recipe.url} already.`);
  const before = sizeOf(logFile(home, recipe.name));
  const part = launch(recipe, home);
  let ended;
  void part.exited.then((reason) => (ended = reason));
  for (const until = Date.now() + timeoutMs; ; ) {
    if (ended !== undefined) {
      const why = `${recipe.name} ended before it was ready (${ended})\n${tail(logFile(home, recipe.name))}`;
      throw saidSince(logFile(home, recipe.name), before).match(IN_USE) ? portTaken(why) : new PlainFault(why);
    }
    if (signal?.aborted) {
      await part.stop();
      signal.throwIfAborted();
    }
    if (await recipe.isReady()) return { ...part, url: recipe.url };
    if (Date.now() > until) {
      await part.stop();
      throw new PlainFault(`${recipe.name} was not ready after ${timeoutMs / 1000} s\n${tail(logFile(home, recipe.name))}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
}

const portTaken = (message) => Object.assign(new PlainFault(message), { portTaken: true });
/** As Node, PostgreSQL, Redis, Temporal and PHP say it. */
const IN_USE = /EADDRINUSE|address already in use/i;

const sizeOf = (file) => statSync(file, { throwIfNoEntry: false })?.size ?? 0;
const saidSince = (file, size) => readFileSync(file).subarray(size).toString();

/** The end of a log, for a person to see why. */
export function tail(file, lines = 15) {
  try {
    const text = readFileSync(file, 'utf8').trimEnd().split('\n').slice(-lines);
    return `--- the end of ${file}\n${text.join('\n')}\n---`;
  } catch {
    return `(there is no log at ${file})`;
  }
}

/** Keeps the last two lots of a log: parts append, so cutting the file in place loses nothing that matters. */
export function trimLog(home, name, limit = LOG_LIMIT_BYTES) {
  const file = logFile(home, name);
  try {
    if (statSync(file).size < limit) return;
    copyFileSync(file, `${file}.1`);
    truncateSync(file);
  } catch {
    // not written yet
  }
}
