/** `reeve sandbox-wiki`: the small wiki of the demo, a process of its own. Its options are read by demo/sandbox-wiki.ts. */
import { Command } from 'commander';
import { runSandboxWiki } from '../../demo/sandbox-wiki';

export const command = new Command('sandbox-wiki')
  .description('Serve a small wiki that speaks the parts of MediaWiki\'s API which Reeve uses, with faults on demand.')
  .argument('[options...]', 'handed on: see demo/sandbox-wiki.ts')
  .allowUnknownOption()
  .action((_args: string[], _options: unknown, self: Command) => runSandboxWiki(self.args));
