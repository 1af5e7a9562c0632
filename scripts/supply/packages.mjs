/** The system's package manager, used only where it can be done without asking: apt as root on Debian and its kin, Homebrew on macOS. */
import { existsSync } from 'node:fs';
import { PlainFault } from '../house/progress.mjs';
import { onPath } from './cache.mjs';
import { run } from './run.mjs';

const isRoot = () => process.getuid?.() === 0;
let listsAreFresh = false;
let queue = Promise.resolve();

/** One at a time: package managers lock. @returns false when nothing can be installed here without asking */
export function installPackages({ apt, brew }, tell) {
  const turn = queue.then(() => install({ apt, brew }, tell));
  queue = turn.then(
    () => undefined,
    () => undefined,
  );
  return turn;
}

async function install({ apt = [], brew = [] }, tell) {
  if (process.platform === 'linux' && isRoot() && apt.length && onPath('apt-get')) {
    tell(`apt-get install ${apt.join(' ')}`);
    try {
      await aptInstall(apt);
    } catch {
      if (!listsAreFresh) await apt_get(['update']); // a new machine has no package lists, an old one names versions that are gone
      listsAreFresh = true;
      await aptInstall(apt);
    }
    return true;
  }
  if (process.platform === 'darwin' && !isRoot() && brew.length && onPath('brew')) {
    tell(`brew install ${brew.join(' ')}`);
    await run('brew', ['install', ...brew], { env: { HOMEBREW_NO_AUTO_UPDATE: '1' } });
    return true;
  }
  return false;
}

const aptInstall = (names) => apt_get(['install', '-y', '--no-install-recommends', ...names]);

/** RUNLEVEL=1: Reeve runs its own copies, so the package's own service is not started where that can be told. */
const apt_get = (args) =>
  run('apt-get', ['-o', 'DPkg::Lock::Timeout=300', '-q', ...args], { env: { DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1', LC_ALL: 'C' } });

/** The message for a person who has to do it by hand. */
export function cannotInstall(what, { apt = [], brew = [] }, otherwise) {
  const line = existsSync('/etc/debian_version') ? `sudo apt-get install ${apt.join(' ')}` : process.platform === 'darwin' ? `brew install ${brew.join(' ')}` : undefined;
  return new PlainFault(
    `${what} is needed and cannot be installed here without asking. ${line ? `Run this once, then try again:\n  ${line}` : 'Install it by your package manager, then try again.'}${otherwise ? `\n${otherwise}` : ''}`,
  );
}
