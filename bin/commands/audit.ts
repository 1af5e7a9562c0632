/** `reeve audit verify`: proves that nobody changed, dropped or swapped what the audit log says. */
import { Command } from 'commander';
import { noteCheck, verifyAudit } from '../../db/verify';
import { PlainFault, UsageError } from '../fault';
import { withKernel } from '../house';
import { facts, print, say } from '../output';

const verify = new Command('verify')
  .description('Walk every chain and seal of the audit log; exit 1 when something is wrong. The page of the log shows when that was, and what came of it.')
  .option('--expect <anchor>', '<position>:<root> that an earlier run printed: proves that the log was not cut or made anew since')
  .option('--json', 'print data only')
  .action(async ({ expect, json }: { expect?: string; json?: boolean }) => {
    const anchor = readAnchor(expect);
    const found = await withKernel(async (kernel) => {
      const verification = await verifyAudit(kernel.pool, { expect: anchor });
      await noteCheck(kernel, verification);
      return verification;
    });
    print(found, json, () =>
      facts([
        ['Rows', found.rows],
        ['Things', found.things],
        ['Sealed', found.sealed],
        ['Not sealed yet', found.unsealed],
        ['Anchor', `${found.anchor.position}:${found.anchor.root}`],
      ]),
    );
    for (const { code, noun, id, version, position } of found.findings)
      say(`${code}${noun ? ` ${noun}/${id ?? '?'}` : ''}${version === undefined ? '' : ` version ${version}`}${position === undefined ? '' : ` position ${position}`}`);
    if (found.findings.length) throw new PlainFault(`The audit log is not whole: ${found.findings.length} finding${found.findings.length === 1 ? '' : 's'}.`);
    if (!json) say('The audit log is whole.');
  });

export const command = new Command('audit').description('The audit log, with the database at hand.').addCommand(verify);

function readAnchor(text: string | undefined): { position: number; root: string } | undefined {
  if (text === undefined) return undefined;
  const parts = /^(\d+):([0-9a-f]{64})$/.exec(text);
  if (!parts) throw new UsageError('--expect takes <position>:<root>, as `reeve audit verify` prints it.');
  return { position: Number(parts[1]), root: parts[2]! };
}
