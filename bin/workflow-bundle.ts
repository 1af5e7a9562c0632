/**
 * The workflow code as Temporal's sandbox takes it: bundled once, kept on disk under a name that changes with whatever
 * goes in, so that a worker that is killed is back in a second. Used by bin/worker.ts and the tests.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { version } from '@temporalio/worker/package.json';
import { dataConverter } from '../gateways/temporal';
import { version as release } from '../package.json';

const root = resolve(__dirname, '..');
/** Everything that workflows may import (design: the import table), and what decides how it is bundled. */
const sources = ['workflows', 'machines', 'config/errors.ts', 'bin/workflow-bundle.ts', 'package-lock.json'];

/** The build of these sources: changes with whatever the workflows are made of, and is the same wherever the same sources lie. */
export const ownBuild = (): string => `${release}-${hashOfSources().slice(0, 8)}`;

/** @returns the path of the bundle, made first where it is missing. */
export async function workflowBundle(cacheDir: string): Promise<string> {
  const file = join(cacheDir, `workflows-${fingerprint()}.js`);
  if (existsSync(file)) return resolve(file);
  mkdirSync(cacheDir, { recursive: true });
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, await makeBundle());
  renameSync(draft, file);
  for (const name of readdirSync(cacheDir)) if (/^workflows-[0-9a-f]+\.js$/.test(name) && join(cacheDir, name) !== file) rmSync(join(cacheDir, name), { force: true });
  return resolve(file);
}

export async function makeBundle(): Promise<string> {
  const { bundleWorkflowCode } = await import('@temporalio/worker'); // webpack: not loaded by a worker that needs none
  const quiet = { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error() {} };
  const { code } = await bundleWorkflowCode({ workflowsPath: require.resolve('../workflows'), failureConverterPath: dataConverter.failureConverterPath, logger: quiet });
  return withoutSources(code);
}

/** The source map keeps lines and names; the sources themselves would be read at every start for nothing. */
function withoutSources(code: string): string {
  return code.replace(/(sourceMappingURL=data:application\/json[^,]*;base64,)(\S+)\s*$/, (_, head: string, data: string) => {
    const map = JSON.parse(Buffer.from(data, 'base64').toString()) as { sourcesContent?: unknown };
    delete map.sourcesContent;
    return `${head}${Buffer.from(JSON.stringify(map)).toString('base64')}`;
  });
}

function fingerprint(): string {
  return createHash('sha256').update(`${version} ${process.version} ${root} ${hashOfSources()}`).digest('hex').slice(0, 16);
}

function hashOfSources(): string {
  const hash = createHash('sha256');
  for (const source of sources) for (const file of filesOf(join(root, source))) hash.update(relative(root, file)).update(readFileSync(file));
  return hash.digest('hex');
}

function filesOf(path: string): string[] {
  if (!existsSync(path)) return [];
  const entries = path.endsWith('.ts') || path.endsWith('.json') ? [] : readdirSync(path, { recursive: true, encoding: 'utf8' });
  return entries.length ? entries.filter((name) => /\.[jt]s$/.test(name)).sort().map((name) => join(path, name)) : [path];
}
