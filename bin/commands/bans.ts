/** `reeve bans`: who is kept out of the account desk, through the API. */
import { Command, Option } from 'commander';
import { banActions, banReaders, banTargets } from '../../db/entities/ban';
import { client } from '../client';
import { facts, print, table } from '../output';
import { numeric, query, readCount, readInstant, verbCommand } from '../verbs';

interface Ban {
  id: number;
  state: string;
  target: string;
  pattern: string;
  action: string;
  queue: string | null;
  reason: string;
  seenBy: string;
  until: string | null;
  hits: number;
}

const against = () => new Option('--target <target>', 'what of a request it is held against').choices([...banTargets]).makeOptionMandatory();

const list = new Command('list')
  .description('Bans that you may see, newest first.')
  .addOption(new Option('--state <state>', 'where they stand').choices(['active', 'expired', 'lifted']))
  .option('--limit <n>', 'how many', readCount, 50)
  .option('--json', 'print data only')
  .action(async ({ state, limit, json }: { state?: string; limit: number; json?: boolean }) => {
    const items: Ban[] = [];
    for await (const one of client().list<Ban>(`/bans${query({ state })}`, limit)) items.push(one);
    print({ items }, json, () => table(['id', 'state', 'against', 'pattern', 'action', 'hit', 'until'], items.map((one) => [one.id, one.state, one.target, one.pattern, one.action, one.hits, one.until])));
  });

const show = new Command('show')
  .description('One ban.')
  .argument('<id>', 'its number', numeric)
  .option('--json', 'print data only')
  .action(async (id: number, { json }: { json?: boolean }) => {
    const one = await client().get<Ban>(`/bans/${id}`);
    print(one, json, () => facts([['Against', one.target], ['Pattern', one.pattern], ['Action', one.action], ['Queue', one.queue], ['State', one.state], ['Until', one.until], ['Reason', one.reason], ['Read by', one.seenBy], ['Hit', one.hits]]));
  });

const add = new Command('add')
  .description('Keep out whoever fits it.')
  .addOption(against())
  .requiredOption('--pattern <pattern>', 'a regular expression; of an address a network')
  .addOption(new Option('--action <action>', 'what happens').choices([...banActions]).makeOptionMandatory())
  .option('--queue <key>', 'of defer: the queue that it moves requests to (default: they are escalated)')
  .requiredOption('--reason <text>', 'why')
  .option('--until <instant>', 'until when (default: until it is lifted)', readInstant)
  .addOption(new Option('--seen-by <readers>', 'who reads it').choices([...banReaders]))
  .option('--json', 'print data only')
  .action(async ({ json, ...body }: { json?: boolean; [name: string]: unknown }) => {
    const made = await client().post<Ban>('/bans', body);
    print(made, json, () => `Ban ${made.id} is ${made.state}.`);
  });

const tryOut = new Command('try')
  .description('How many of the last requests a ban would have hit.')
  .addOption(against())
  .requiredOption('--pattern <pattern>', 'a regular expression; of an address a network')
  .option('--json', 'print data only')
  .action(async ({ json, ...body }: { json?: boolean; target: string; pattern: string }) => {
    const tried = await client().post<{ of: number; hits: number | null; requests?: number[] }>('/bans/try', body);
    print(tried, json, () => `It fits ${tried.hits ?? 'one to four'} of the last ${tried.of}.${tried.requests?.length ? ` Requests: ${tried.requests.join(', ')}` : ''}`);
  });

export const command = new Command('bans')
  .description('Who is kept out of the account desk.')
  .addCommand(list).addCommand(show).addCommand(add).addCommand(tryOut)
  .addCommand(verbCommand({ nouns: 'bans', verb: 'lift', summary: 'Let them ask again.' }))
  .addCommand(verbCommand({ nouns: 'bans', verb: 'reschedule', summary: 'Let it end at another instant.', options: [new Option('--until <instant>', 'until when').argParser(readInstant).makeOptionMandatory()], input: ({ until }) => ({ until }) }));
