/** Small files that several scripts keep: JSON written at once or not at all, secrets that only their owner reads. */
import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PlainFault } from './progress.mjs';

/** The project's own folder. */
export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

/** Where `npm start` keeps everything. */
export const home = () => resolve(root, process.env.REEVE_HOME || '.reeve');

const MARKER = '.reeve-home';

/**
 * Others may pass through (an embedded Postgres runs as another user), but not list.
 * @throws PlainFault when the folder holds things that are not Reeve's: `--reset` empties it
 */
export function makeHome(folder) {
  if (existsSync(folder) && !existsSync(join(folder, MARKER)) && readdirSync(folder).length) {
    throw new PlainFault(`${folder} holds other things. Name an empty folder, or one that is not there yet, in REEVE_HOME.`);
  }
  mkdirSync(join(folder, 'log'), { recursive: true });
  mkdirSync(join(folder, 'pids'), { recursive: true });
  writeFileSync(join(folder, MARKER), '');
  chmodSync(folder, 0o711);
  for (const inner of ['log', 'pids']) chmodSync(join(folder, inner), 0o700);
}

export function readJson(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

export const writeJson = (file, value) => writeWhole(file, `${JSON.stringify(value, null, 2)}\n`);

/** Readers see the old text or the new one, never half. */
export function writeWhole(file, text) {
  const draft = `${file}.${process.pid}.new`;
  writeFileSync(draft, text, { mode: 0o600 });
  renameSync(draft, file);
}

/** A random secret that is made once and then kept. */
export function keptSecret(file) {
  if (!existsSync(file)) writeWhole(file, randomBytes(32).toString('hex'));
  return readFileSync(file, 'utf8').trim();
}
