/** .reeve/run.json: what other scripts read to reach a running Reeve; and the table that a person reads. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { readJson, writeJson } from './files.mjs';

const fileOf = (home) => join(home, 'run.json');

export const readRun = (home) => readJson(fileOf(home));
export const writeRun = (home, run) => writeJson(fileOf(home), run);
export const removeRun = (home) => rmSync(fileOf(home), { force: true });

/** @param once sign-ins that are shown now and kept nowhere */
export function table(run, once = []) {
  const rows = [
    ['Web', run.web],
    ['API docs', `${run.api}/api/docs`],
    ['Temporal UI', run.temporalUi],
    ['Sandbox wiki', run.sandboxWiki],
    ['Inbox', run.inbox],
    ['MediaWiki', run.mediawiki && `${run.mediawiki.apiUrl}  (${run.mediawiki.botUser}, password in run.json)`],
    ...(run.demo ?? []).map(({ user, password, role }, index) => [index === 0 ? 'Demo sign-ins' : '', `${user} / ${password}  (${role})`]),
    ...once.map(({ user, password, role }) => ['First sign-in', `${user} / ${password}  (${role}; shown only now)`]),
  ].filter(([, value]) => value);
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`).join('\n');
}
