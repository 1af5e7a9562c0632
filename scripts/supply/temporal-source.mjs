/** The last way to the Temporal CLI: built from source by Go, about four minutes once, kept under the hash of its module files. */
import { createHash } from 'node:crypto';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
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
      for (const file of ['go.mod', 'go.sum']) copyFileSync(join(MODULE, file), join(draft, file));
      writeFileSync(join(draft, 'tools.go'), '//go:build tools\n\npackage tools\n\nimport _ "github.com/temporalio/cli/temporalcli"\n');
      await run('go', ['build', '-mod=mod', '-ldflags', '-s -w', '-o', join(draft, 'temporal'), 'github.com/temporalio/cli/cmd/temporal'], { cwd: draft, timeoutMs: 1_200_000 });
    },
  );
  return join(folder, 'temporal');
}
