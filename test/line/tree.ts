/** The tree as the tests of the line walk it: files of a folder, and who imports whom. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

export const root = resolve(__dirname, '../..');
export const folders = ['machines', 'policies', 'api', 'db', 'dispatch', 'workflows', 'activities', 'gateways', 'config', 'bin', 'demo', 'docs'];

/** Every TypeScript file below these folders, as paths from the root. */
export const filesIn = (...names: string[]): string[] =>
  names
    .filter((name) => existsSync(join(root, name)))
    .flatMap((name) => readdirSync(join(root, name), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .sort();

export const read = (file: string): string => readFileSync(join(root, file), 'utf8');

export interface Import {
  source: string;
  typeOnly: boolean;
}

/** What a file imports or passes on. */
export function importsOf(text: string): Import[] {
  const found: Import[] = [];
  const statement = /^(?:import|export)\s+(type\s+)?([^'";]*?\s+from\s+)?'([^']+)'/gm;
  for (const [, type, names, source] of text.matchAll(statement)) {
    const named = names?.match(/^\s*\{([^}]*)\}\s+from\s+$/)?.[1];
    const allTypes = named?.split(',').map((name) => name.trim()).filter(Boolean).every((name) => name.startsWith('type ')) ?? false;
    found.push({ source: source!, typeOnly: Boolean(type) || allTypes });
  }
  for (const [, source] of text.matchAll(/\b(?:import|require)\('([^']+)'\)/g)) found.push({ source: source!, typeOnly: false });
  return found;
}

/** The file that a relative import means, as a path from the root; null for a package. */
export function target(file: string, source: string): string | null {
  if (!source.startsWith('.')) return null;
  const base = join(root, dirname(file), source);
  const found = [`${base}.ts`, join(base, 'index.ts'), base].find((path) => existsSync(path) && statSync(path).isFile());
  return found ? relative(root, found) : null;
}
