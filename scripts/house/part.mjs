/**
 * Runs one part from its recipe. A recipe is plain data made by a module of scripts/parts or by scripts/app.mjs:
 * { name, command, args, env?, cwd?, uid?, gid?, stopSignal?, graceMs?, url, isReady: async () => boolean }
 * Its output goes straight to a file, so that a part outlives a killed supervisor whole, to be found and ended by the next.
 */
import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, statSync, copyFileSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { end, endGroup, forgetPid, mark, notePid } from './processes.mjs';

const LOG_LIMIT_BYTES = 10 * 1024 * 1024;

export const logFile = (home, name) => join(home, 'log', `${name}.log`);

/** Starts it; resolves at once. `exited` resolves with a reason in words when it ends, whoever ended it. */
export function launch(recipe, home) {
  const { name, command, args = [], env, cwd, uid, gid } = recipe;
  const log = openSync(logFile(home, name), 'a', 0o600);
  const child = spawn(command, args, { cwd, uid, gid, env: { ...process.env, ...env }, detached: true, stdio: ['ignore', log, log] });
  closeSync(log);
  const exited = new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, by) => resolve(by ? `killed by ${by}` : `exit code ${code}`));
  });
  const { pid } = child;
  if (pid) notePid(home, name, pid, { stopSignal: recipe.stopSignal, graceMs: recipe.graceMs });
  const which = pid && mark(pid);
  exited.then(() => {
    if (pid) endGroup(pid);
    forgetPid(home, name);
  });
  return { pid, exited, stop: async () => which && (await end(which, recipe)) };
}

/** Starts it and waits until it answers. @throws with the tail of its log when it ends before, or does not answer in time */
export async function start(recipe, home, timeoutMs = 60_000) {
  const part = launch(recipe, home);
  let ended;
  part.exited.then((reason) => (ended = reason));
  const until = Date.now() + timeoutMs;
  for (;;) {
    if (ended !== undefined) throw new PartFault(recipe.name, `ended before it was ready (${ended})`, home);
    if (await recipe.isReady()) return { ...part, url: recipe.url };
    if (Date.now() > until) {
      await part.stop();
      throw new PartFault(recipe.name, `was not ready after ${timeoutMs / 1000} s`, home);
    }
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
}

/** A part that did not come up, with what it said last. */
export class PartFault extends Error {
  constructor(name, what, home) {
    super(`${name} ${what}\n${tail(logFile(home, name))}`);
  }
}

export function tail(file, lines = 15) {
  try {
    const text = readFileSync(file, 'utf8').trimEnd().split('\n').slice(-lines);
    return `--- end of ${file}\n${text.join('\n')}\n---`;
  } catch {
    return `(no log at ${file})`;
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
