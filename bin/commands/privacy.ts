/** `reeve privacy`: what is held of one person, through the API. */
import { chmodSync, writeFileSync } from 'node:fs';
import { Command, Option } from 'commander';
import { client } from '../client';
import { UsageError } from '../fault';
import { print, say, table } from '../output';

interface Asked {
  email?: string;
  user?: string;
  reason: string;
}
interface Exported {
  users: number[];
  requests: number[];
  manifest: { place: string; found: number; withheld?: string }[];
}
interface Erased {
  erased: Record<string, number>;
  kept: { place: string; count: number; why: string; until: string | null }[];
}

const ofPerson = (command: Command): Command =>
  command
    .addOption(new Option('--email <address>', 'whoever filed a request with this address, or gets notices there').conflicts('user'))
    .option('--user <name>', 'whose account this is, by name or number; and what was filed with an official address that it has confirmed')
    .requiredOption('--reason <text>', 'why, kept in the audit log: without the name or the address');

/** @throws UsageError */
function personOf({ email, user, reason }: Asked): Asked {
  if (email === undefined && user === undefined) throw new UsageError('Say who: --email or --user.');
  return { email, user, reason };
}

const exportCommand = ofPerson(new Command('export'))
  .description('All that is held of one person, as JSON with every place that was looked at.')
  .option('--out <file>', 'into this file, for your eyes only (default: stdout)')
  .addHelpText('after', '\nExample:\n  reeve privacy export --email newcomer@mail.example --reason "Asked for by letter." --out newcomer.json')
  .action(async ({ out, ...asked }: Asked & { out?: string }) => {
    const document = await client().post<Exported>('/privacy/export', personOf(asked));
    if (out === undefined) print(document, true, String);
    else {
      writeFileSync(out, `${JSON.stringify(document, null, 2)}\n`, { mode: 0o600 });
      chmodSync(out, 0o600); // one that was there
    }
    const found = document.manifest.filter((one) => one.found);
    say(found.length ? `Held: ${found.map(({ place, found, withheld }) => `${found} of ${place}${withheld ? ' (withheld)' : ''}`).join(', ')}.` : 'Nothing is held of them.');
  });

const erase = ofPerson(new Command('erase'))
  .description('Erase one person: what they filed and who they are is replaced, roles end, keys and sessions close.')
  .option('--dry-run', 'say how much there is, and change nothing; that you looked is recorded')
  .option('--json', 'print data only')
  .addHelpText('after', '\nIt is refused while an account is being made for them. Done twice it is the same.\n\nExample:\n  reeve privacy erase --user 12 --reason "Asked for by letter." --dry-run')
  .action(async ({ dryRun, json, ...asked }: Asked & { dryRun?: true; json?: boolean }) => {
    const done = await client().post<Erased>(`/privacy/erase${dryRun ? '?dryRun=true' : ''}`, personOf(asked));
    const counts = Object.entries(done.erased);
    print(done, json, () => [
      table(['place', dryRun ? 'there' : 'erased'], counts, dryRun ? 'Nothing is held of them.' : 'There was nothing to erase.'),
      ...(done.kept.length ? ['', table(['stays', 'how many', 'until', 'why'], done.kept.map(({ place, count, until, why }) => [place, count, until, why]))] : []),
    ].join('\n'));
  });

export const command = new Command('privacy').description('What is held of one person.').addCommand(exportCommand).addCommand(erase);
