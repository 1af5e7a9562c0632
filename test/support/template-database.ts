/** The name of the migrated database that test files clone: it changes with whatever a migration may read, so services can stay up between runs. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const projectRoot = resolve(__dirname, '../..');

export function templateName(): string {
  const hash = createHash('sha256');
  for (const folder of ['db', 'config']) {
    const files = readdirSync(join(projectRoot, folder), { recursive: true, withFileTypes: true }).filter((file) => file.isFile());
    for (const file of files.map((entry) => join(entry.parentPath, entry.name)).sort()) hash.update(file).update(readFileSync(file));
  }
  return `template_${hash.digest('hex').slice(0, 16)}`;
}
