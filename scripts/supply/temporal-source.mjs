/** The last way to the Temporal CLI: built from source by Go, about four minutes once, kept under the hash of its module files. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cachedFolder, isProgram, onPath } from './cache.mjs';
import { run } from './run.mjs';

const MODULE = join(dirname(fileURLToPath(import.meta.url)), 'temporal-source');

export async function buildTemporal(tell) {
  if (!onPath('go')) throw new Error('there is no Go to build it with');
  const hash = createHash('sha256');
  for (const file of ['go.mod', 'go.sum']) hash.update(readFileSync(join(MODULE, file)));
  const folder = await cachedFolder(
    `temporal-source-${hash.digest('hex').slice(0, 12)}`,
    (there) => isProgram(join(there, 'temporal')),
    async (draft) => {
      tell('building it from source by Go, about four minutes');
      const args = ['build', '-ldflags', '-s -w', '-o', join(draft, 'temporal'), 'github.com/temporalio/cli/cmd/temporal'];
      await run('go', args, { cwd: MODULE, timeoutMs: 1_200_000 });
    },
  );
  return join(folder, 'temporal');
}
