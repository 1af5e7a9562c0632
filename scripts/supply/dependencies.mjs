/** What must be there before anything else: a Node that is new enough, and the packages that package-lock.json names. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readJson, root } from '../house/files.mjs';
import { PlainFault, step } from '../house/progress.mjs';

/** @throws PlainFault in words when Node is too old or the packages cannot be had */
export async function prepare() {
  checkNode();
  if (dependenciesAreCurrent()) return;
  await step('npm ci (the packages of package-lock.json)', installDependencies);
}

export function checkNode(version = process.versions.node) {
  const [major, minor] = version.split('.').map(Number);
  const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const [, needMajor, needMinor] = /(\d+)\.(\d+)/.exec(engines.node).map(Number);
  if (major > needMajor || (major === needMajor && minor >= needMinor)) return;
  throw new PlainFault(`Reeve needs Node ${needMajor}.${needMinor} or newer; this is ${version}.`);
}

/** npm notes what it installed; compared by content, since times change with every checkout. Packages for other systems may be missing. */
function dependenciesAreCurrent() {
  const installed = readJson(join(root, 'node_modules/.package-lock.json'))?.packages;
  const wanted = readJson(join(root, 'package-lock.json'))?.packages;
  if (!installed || !wanted) return false;
  return Object.entries(wanted).every(([path, { version, optional, peer, link }]) => {
    if (path === '' || link) return true;
    const there = installed[path];
    return there ? there.version === version : Boolean(optional || peer);
  });
}

function installDependencies() {
  return new Promise((resolve, reject) => {
    let said = '';
    const child = spawn('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (said = `${said}${data}`.slice(-8_000)));
    child.once('error', () => reject(new PlainFault('There is no npm on PATH; it comes with Node.')));
    child.once('close', (code) => (code === 0 ? resolve() : reject(new PlainFault(`npm ci failed (exit code ${code}):\n${said.trim()}`))));
  });
}
