/**
 * A second build, as the next release would be: a copy of the sources in which every workflow type that there is does one
 * step more, beside what it did.
 */
import { cpSync, mkdirSync, readdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as workflows from '../../workflows';

const root = join(__dirname, '../..');
const LEFT_OUT = new Set(['node_modules', 'test', 'docs', 'bench', 'coverage']);

export const workflowTypes = Object.keys(workflows).sort();

/**
 * @param folder where it is to stand
 * @param guarded whether the step is behind `patched()`, as it has to be for runs that began without it
 */
export function makeSecondBuild(folder: string, guarded: boolean): void {
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(root)) if (!LEFT_OUT.has(name) && !name.startsWith('.')) cpSync(join(root, name), join(folder, name), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  const index = join(folder, 'workflows/index.ts');
  renameSync(index, join(folder, 'workflows/first-build.ts'));
  writeFileSync(index, `import { patched, sleep } from '@temporalio/workflow';
import * as first from './first-build';

async function step(): Promise<void> {
  if (${guarded ? "patched('second-build')" : 'patched !== undefined'}) await sleep(1);
}
const changed = <I, O>(run: (input: I) => Promise<O>) => async (input: I): Promise<O> => (await Promise.all([run(input), step()]))[0];
${workflowTypes.map((type) => `export const ${type} = changed(first.${type});`).join('\n')}
`);
}
