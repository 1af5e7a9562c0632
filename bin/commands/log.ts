/** `reeve log`: the audit log as the API shows it to who asks. */
import { Command } from 'commander';
import { client } from '../client';
import { UsageError } from '../fault';
import { print, table } from '../output';
import { numeric, query, readCount, readWhole } from '../verbs';

interface Entry {
  position: number;
  at: string;
  noun: string;
  entity: number;
  verb: string;
  actor: string;
  from: string | null;
  to: string;
  code?: string | null;
}

export const command = new Command('log')
  .description('Who did what to which thing, in the order of the sealed log. Who may not read all of it names a noun or a thing.')
  .option('--after <position>', 'only what stands after this position', readWhole)
  .option('--noun <noun>', 'of this noun only, such as delivery')
  .option('--entity <id>', 'of this thing only; with --noun', numeric)
  .option('--limit <n>', 'how many', readCount, 100)
  .option('--json', 'print data only')
  .addHelpText('after', '\nExamples:\n  reeve log --noun delivery --entity 12\n  reeve log --after 0 --limit 1000 --json')
  .action(async ({ limit, json, ...filter }: { limit: number; json?: boolean; after?: number; noun?: string; entity?: number }) => {
    if (filter.entity !== undefined && filter.noun === undefined) throw new UsageError('--entity needs --noun: which kind of thing it is, such as delivery.');
    const items: Entry[] = [];
    for await (const entry of client().list<Entry>(`/log${query(filter)}`, limit)) items.push(entry);
    print({ items }, json, () =>
      table(['position', 'at', 'thing', 'verb', 'by', 'from', 'to', 'code'], items.map((one) => [one.position, one.at, `${one.noun}/${one.entity}`, one.verb, one.actor, one.from, one.to, one.code])),
    );
  });
