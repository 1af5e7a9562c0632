/** `npm stop`: ends a running Reeve, or what a killed one left behind. */
import { pathToFileURL } from 'node:url';
import { home as homeFolder } from './house/files.mjs';
import { holder } from './house/lock.mjs';
import { end, endOrphans } from './house/processes.mjs';
import { fail, say } from './house/progress.mjs';
import { removeRun } from './house/run-file.mjs';

/** Longer than its slowest part may take. */
const GRACE_MS = 60_000;

/** @returns what was ended, in words; undefined when nothing ran */
export async function stopSupervisor(home) {
  const supervisor = holder(home);
  if (supervisor) await end(supervisor, { graceMs: GRACE_MS });
  const orphans = await endOrphans(home);
  removeRun(home);
  if (supervisor) return 'Reeve is stopped.';
  return orphans.length ? `Nothing supervised was running; ended what was left: ${orphans.join(', ')}.` : undefined;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  stopSupervisor(homeFolder())
    .then((what) => say(what ?? 'Reeve is not running.'))
    .catch(fail);
}
