/** Schemathesis, which holds the running API to its OpenAPI document: from PyPI, every package at the version that schemathesis.txt names. */
import { createHash } from 'node:crypto';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PlainFault } from '../house/progress.mjs';
import { cachedFolder, isProgram } from '../supply/cache.mjs';
import { run } from '../supply/run.mjs';
import { pythonWithPip } from '../supply/wheel.mjs';

const LIST = join(dirname(fileURLToPath(import.meta.url)), 'schemathesis.txt');
const PROGRAM = 'schemathesis';

/** @returns the path of the program @throws PlainFault in words without Python or PyPI */
export async function obtainSchemathesis(tell = () => {}) {
  try {
    const python = await pythonWithPip(tell);
    const version = (await run(python, ['-c', 'import sys; print("%d.%d" % sys.version_info[:2])'])).trim();
    const hash = createHash('sha256').update(readFileSync(LIST)).digest('hex').slice(0, 12);
    const folder = await cachedFolder(
      `schemathesis-${version}-${hash}`,
      (there) => isProgram(join(there, PROGRAM)),
      async (draft) => {
        tell('from PyPI');
        await run(python, ['-m', 'pip', 'install', '-q', '--no-deps', '--only-binary=:all:', '--disable-pip-version-check', '--target', join(draft, 'lib'), '-r', LIST], { timeoutMs: 600_000 });
        // No virtual environment: those hold their own path, and the folder takes its name only when whole.
        writeFileSync(join(draft, PROGRAM), `#!/bin/sh\nPYTHONPATH="$(dirname "$0")/lib" PYTHONDONTWRITEBYTECODE=1 exec "${python}" -m schemathesis.cli "$@"\n`);
        chmodSync(join(draft, PROGRAM), 0o755);
      },
    );
    return join(folder, PROGRAM);
  } catch (error) {
    throw new PlainFault(`Schemathesis (for the test of the API's contract) could not be had: it needs python3 (3.10 or newer) with pip, and PyPI.\n- ${error.message}`);
  }
}
