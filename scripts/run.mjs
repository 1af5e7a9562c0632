/**
 * `npm run bench` and `npm run chaos`: measurements, each on services of its own.
 *   npm run bench                    what there is
 *   npm run bench -- <name> [args]   one of them, with its arguments
 *   npm run bench -- all             one after the other
 * A measurement is a file of bench/ or bench/chaos/ whose header says its command; it goes by its whole name or its number
 * (p<n>-<what>, r<n>-<what>), finds its services as tests do, prints its figure and exits non-zero when short of it.
 */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { root } from './house/files.mjs';
import { fail, PlainFault, say } from './house/progress.mjs';
import { prepare } from './supply/dependencies.mjs';
import { throwAwayServices } from './throw-away.mjs';

const FOLDERS = { bench: 'bench', chaos: 'bench/chaos' };
const SERVICES = ['postgres', 'redis', 'temporal', 'mediawiki'];
/** What one of them needs besides. */
const BESIDES = { r19: ['schemathesis'], web: ['chromium'], million: ['chromium'] };

let child;
let services;
let stopping;
const stop = () => (stopping ??= services?.then((found) => found.stop(), () => undefined));

async function main() {
  const [kind, name, ...args] = process.argv.slice(2);
  const folder = join(root, FOLDERS[kind] ?? FOLDERS.bench);
  const files = readdirSync(folder).filter((file) => file.endsWith('.ts')).map((file) => file.slice(0, -3));
  const there = files.filter((file) => readFileSync(join(folder, `${file}.ts`), 'utf8').includes(`npm run ${kind} -- ${file.split('-')[0]}`)).sort(); // the others are what these share
  if (!name) return say([`npm run ${kind} -- <name> [arguments], or all; there is:`, ...there.map((each) => `  ${each}`)].join('\n'));
  const names = name === 'all' ? there : there.filter((each) => each === name || each.startsWith(`${name}-`));
  if (!names.length) throw new PlainFault(`There is no measurement "${name}" in ${FOLDERS[kind]}/.`);
  await prepare();
  const short = [];
  for (const each of names) if (!stopping && (await measure(join(folder, `${each}.ts`), args)) !== 0) short.push(each);
  if (short.length) throw new PlainFault(`Short of what they should reach: ${short.join(', ')}`);
}

/** Fresh services for each, so that none finds the rows of another. */
async function measure(file, args) {
  services = throwAwayServices([...SERVICES, ...(BESIDES[basename(file, '.ts').split('-')[0]] ?? [])], { durable: true });
  const { env, stop: end } = await services;
  try {
    child = spawn(process.execPath, ['--import', 'tsx', file, ...args], { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } });
    return await new Promise((resolve) => child.once('error', () => resolve(127)).once('exit', (code) => resolve(code ?? 1)));
  } finally {
    await end();
  }
}

for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(name, () => {
    child?.kill('SIGTERM');
    void Promise.resolve(stop()).then(() => process.exit(130));
  });
}

main().catch(fail);
