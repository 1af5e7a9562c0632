/** Processes of this machine, told apart by pid and start time, so that a pid used again is never taken for one of ours. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { readJson, writeJson } from './files.mjs';

/** When the process was started, in the system's own words; undefined when there is none (a zombie is none). */
export function startedAt(pid) {
  if (process.platform === 'linux') {
    try {
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1).split(' ');
      return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
    } catch {
      return undefined;
    }
  }
  try {
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim() || undefined;
  } catch {
    return undefined;
  }
}

export const isAlive = (mark) => Boolean(mark?.pid) && startedAt(mark.pid) === mark.startedAt;

export const mark = (pid) => ({ pid, startedAt: startedAt(pid) });

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const signal = (pid, name) => {
  try {
    process.kill(pid, name);
  } catch {
    // it is gone already
  }
};

/** Asks politely, then insists; in the end nothing of its process group is left. */
export async function end(which, { stopSignal = 'SIGTERM', graceMs = 10_000 } = {}) {
  if (isAlive(which)) signal(which.pid, stopSignal);
  for (const until = Date.now() + graceMs; isAlive(which) && Date.now() < until; ) await wait(20);
  if (isAlive(which)) signal(which.pid, 'SIGKILL');
  endGroup(which.pid);
  for (const until = Date.now() + 5_000; isAlive(which) && Date.now() < until; ) await wait(20);
}

/** Every part leads a process group of its own: what it forked goes with it. */
export const endGroup = (pid) => signal(-pid, 'SIGKILL');

export const notePid = (home, name, pid, extra) => writeJson(join(home, 'pids', `${name}.json`), { ...mark(pid), ...extra });

/** Only if it is still this one's: its successor may have been noted already. */
export const forgetPid = (home, name, pid) => {
  const file = join(home, 'pids', `${name}.json`);
  if (readJson(file)?.pid === pid) rmSync(file, { force: true });
};

/** What was orphaned is not waited for as long as what is stopped in order: all of it bears a kill. */
const ORPHAN_GRACE_MS = 3_000;

/** Ends what a killed supervisor left running in this home, in the order of a stop. @returns the names of what was still alive */
export async function endOrphans(home) {
  const files = existsSync(join(home, 'pids')) ? readdirSync(join(home, 'pids')).filter((file) => file.endsWith('.json')) : [];
  const parts = files.map((file) => ({ name: file.slice(0, -5), ...readJson(join(home, 'pids', file)) }));
  const alive = parts.filter(isAlive);
  const endAll = (some) => Promise.all(some.map((part) => end(part, { ...part, graceMs: ORPHAN_GRACE_MS })));
  await endAll(alive.filter(({ needsOthers }) => needsOthers));
  await endAll(alive.filter(({ needsOthers }) => !needsOthers));
  for (const { name, pid } of parts) forgetPid(home, name, pid);
  return alive.map(({ name }) => name);
}
