/** `reeve sandbox-wiki`: the small wiki of the demo, a process of its own. Its options are read by demo/sandbox-wiki.ts. */
import { Command } from 'commander';
import { readKeys } from '../../config';
import { runSandboxWiki } from '../../demo/sandbox-wiki';
import { homeFile } from '../run-file';
import { readPort, readWhole } from '../verbs';

export const command = new Command('sandbox-wiki')
  .description('Serve a small wiki that speaks the parts of MediaWiki\'s API which Reeve uses, with faults on demand.')
  .option('--port <n>', 'port on loopback (default: a free one)', readPort)
  .option('--data <file>', 'keep its pages there (default: in memory; for `npm start` in REEVE_HOME)')
  .option('--latency <ms>', 'how long every call takes', readWhole)
  .action((options: { port?: number; data?: string; latency?: number }) => {
    const data = options.data ?? (readKeys(['REEVE_EMBEDDED']).REEVE_EMBEDDED ? homeFile('sandbox-wiki.jsonl') : undefined);
    return runSandboxWiki(Object.entries({ ...options, data }).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, String(value)])));
  });
