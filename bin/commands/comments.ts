/** `reeve comments`: what was written beside account requests and holds an address, through the API. */
import { Command } from 'commander';
import { client } from '../client';
import { print, table } from '../output';
import { numeric, query, readCount, verbCommand } from '../verbs';

interface Comment {
  id: number;
  version: number;
  request: number;
  user: { name: string };
  visibility: string;
  text: string | null;
  at: string;
  flaggedAt: string | null;
  hiddenAt: string | null;
}
const standing = ({ flaggedAt, hiddenAt }: Comment): string => (hiddenAt ? 'hidden' : flaggedAt ? 'flagged' : 'shown');

const list = new Command('list')
  .description('Comments beside account requests, newest first; those that are flagged without the addresses in them.')
  .option('--flagged', 'only those in which an address was found and about which nobody has decided')
  .option('--hidden', 'only hidden ones')
  .option('--limit <n>', 'how many', readCount, 50)
  .option('--json', 'print data only')
  .action(async ({ flagged, hidden, limit, json }: { flagged?: true; hidden?: true; limit: number; json?: boolean }) => {
    const items: Comment[] = [];
    for await (const one of client().list<Comment>(`/comments${query({ flagged, hidden })}`, limit)) items.push(one);
    print({ items }, json, () => table(['id', 'request', 'by', 'for', 'is', 'text'], items.map((one) => [one.id, one.request, one.user.name, one.visibility, standing(one), one.text])));
  });

const edit = new Command('edit')
  .description('Put another text in its place: what stood there is gone.')
  .argument('<id>', 'its number', numeric)
  .requiredOption('--text <text>', 'the other text')
  .option('--acknowledge', 'it holds an address, and is meant to')
  .option('--reason <text>', 'why, kept in the audit log')
  .option('--json', 'print data only')
  .action(async (id: number, { json, ...body }: { json?: boolean; [name: string]: unknown }) => {
    const changed = await client().act<Comment>({ method: 'PATCH', path: `/comments/${id}`, body });
    print(changed, json, () => `${id} is ${standing(changed)}.`);
  });

export const command = new Command('comments').description('What was written beside account requests and holds an address.').addCommand(list).addCommand(edit);
const verbs: [string, string][] = [
  ['redact', 'Take the addresses out of it.'],
  ['unflag', 'Let it stay as it is.'],
  ['hide', 'Let nobody read it any more.'],
  ['show', 'Let it be read again.'],
];
for (const [verb, summary] of verbs) command.addCommand(verbCommand({ nouns: 'comments', verb, summary, done: (comment) => standing(comment as Comment), dry: false }));
