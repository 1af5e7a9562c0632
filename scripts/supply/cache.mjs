/** The user's cache folder, where things that took long to get wait for the next clone. */
import { accessSync, constants, mkdirSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, isAbsolute, join } from 'node:path';

export const cacheFolder = () => {
  const given = process.env.XDG_CACHE_HOME;
  return join(given && isAbsolute(given) ? given : join(homedir(), '.cache'), 'reeve');
};

export const isProgram = (file) => {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

/** The first program of this name on PATH. */
export const onPath = (name) =>
  (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find((file) => isAbsolute(file) && isProgram(file));

/** Makes a folder of the cache once: `make` fills a draft that takes its name only when whole, so a broken try leaves nothing behind. */
export async function cachedFolder(name, isThere, make) {
  const folder = join(cacheFolder(), name);
  if (isThere(folder)) return folder;
  const draft = `${folder}.${process.pid}.new`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { recursive: true });
  try {
    await make(draft);
    if (!isThere(folder)) {
      rmSync(folder, { recursive: true, force: true });
      renameSync(draft, folder);
    }
    return folder;
  } catch (error) {
    if (isThere(folder)) return folder; // another process was faster
    throw error;
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}
