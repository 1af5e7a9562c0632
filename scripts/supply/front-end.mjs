/** The built front end: web/dist, made again when something that it is made of has changed. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from '../house/files.mjs';
import { fail, step } from '../house/progress.mjs';
import { prepare } from './dependencies.mjs';
import { run } from './run.mjs';

const SOURCES = ['web', 'machines', 'package-lock.json'];
const STAMP = join(root, 'web/dist/stamp');

export async function buildFrontEnd() {
  const stamp = sourcesHash();
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === stamp) return;
  await step('the front end is built', async () => {
    await run(process.execPath, ['node_modules/vite/bin/vite.js', 'build', '--config', 'web/vite.config.mts', '--logLevel', 'error'], { cwd: root });
    writeFileSync(STAMP, stamp);
  });
}

function sourcesHash() {
  const hash = createHash('sha256');
  const add = (path) => {
    if (path === 'web/dist') return;
    const children = path.includes('.') ? null : readdirSync(join(root, path)).sort();
    if (children) for (const name of children) add(`${path}/${name}`);
    else hash.update(path).update(readFileSync(join(root, path)));
  };
  SOURCES.forEach(add);
  return hash.digest('hex');
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) prepare().then(buildFrontEnd).catch(fail);
