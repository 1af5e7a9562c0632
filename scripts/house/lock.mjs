/** One supervisor per home. The lock names a process by pid and start time, so one left by a killed supervisor is known as such. */
import { linkSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readJson } from './files.mjs';
import { isAlive, mark } from './processes.mjs';

const fileOf = (home) => join(home, 'supervisor.json');

/** The living supervisor of this home, if there is one. */
export function holder(home) {
  const found = readJson(fileOf(home));
  return isAlive(found) ? found : undefined;
}

/** @returns undefined when this process now holds the lock, else who holds it */
export function takeLock(home) {
  const draft = `${fileOf(home)}.${process.pid}`;
  writeFileSync(draft, JSON.stringify(mark(process.pid)), { mode: 0o600 });
  try {
    for (;;) {
      const other = holder(home);
      if (other) return other.pid === process.pid ? undefined : other;
      rmSync(fileOf(home), { force: true });
      try {
        linkSync(draft, fileOf(home)); // fails when another was faster; it appears whole
        return undefined;
      } catch (error) {
        if (error.code !== 'EEXIST') throw error;
      }
    }
  } finally {
    rmSync(draft, { force: true });
  }
}

export const dropLock = (home) => {
  if (readJson(fileOf(home))?.pid === process.pid) rmSync(fileOf(home), { force: true });
};
