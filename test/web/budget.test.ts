/** What a reader has to fetch: sizes of the built front end, compressed as a proxy would (spec of the web, part 7). */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

interface Chunk {
  file: string;
  name?: string;
  css?: string[];
  imports?: string[];
  isEntry?: boolean;
  isDynamicEntry?: boolean;
}
const dist = join(__dirname, '../../web/dist');
const manifest = JSON.parse(readFileSync(join(dist, '.vite/manifest.json'), 'utf8')) as Record<string, Chunk>;
const zipped = (file: string): number => gzipSync(readFileSync(join(dist, file))).length / 1000;
const entry = Object.values(manifest).find(({ isEntry, file }) => isEntry && file.endsWith('.js'))!;

/** What comes along with a chunk, itself included. */
function withImports(chunk: Chunk, seen = new Set<Chunk>()): Set<Chunk> {
  if (seen.has(chunk)) return seen;
  seen.add(chunk);
  for (const key of chunk.imports ?? []) withImports(manifest[key]!, seen);
  return seen;
}
const shell = withImports(entry);
const english = Object.values(manifest).find(({ file }) => /assets\/en-/.test(file))!;

describe('the built front end', () => {
  it('starts with at most 125 kB of script, and 15 kB of words', () => {
    const size = [...shell].reduce((all, { file }) => all + zipped(file), 0);
    expect(size).toBeLessThanOrEqual(125);
    expect(zipped(english.file)).toBeLessThanOrEqual(15);
  });

  it('has at most 30 kB of styles in all that is not lazy', () => {
    const files = new Set([...shell].flatMap(({ css }) => css ?? []));
    expect([...files].reduce((all, file) => all + zipped(file), 0)).toBeLessThanOrEqual(30);
  });

  it('adds at most 20 kB for a page, 60 kB for charts', () => {
    const tooLarge: string[] = [];
    for (const chunk of Object.values(manifest).filter(({ isDynamicEntry, file }) => isDynamicEntry && file.endsWith('.js'))) {
      const own = [...withImports(chunk)].filter((one) => !shell.has(one)).reduce((all, { file }) => all + zipped(file), 0);
      if (own > (/chart/.test(chunk.file) ? 60 : 20)) tooLarge.push(`${chunk.file}: ${own.toFixed(1)} kB`);
    }
    expect(tooLarge).toEqual([]);
  });

  it('names the licence of everything in it', () => {
    const licences = readFileSync(join(dist, 'LICENSES.md'), 'utf8');
    for (const name of ['@wikimedia/codex', 'vue', 'banana-i18n']) expect(licences).toContain(name);
  });
});
