/** `reeve queues`: where account requests wait, through the API. */
import { Command } from 'commander';
import { client } from '../client';
import { UsageError } from '../fault';
import { facts, print, table } from '../output';
import { numeric, query, readText, readWhole, verbCommand } from '../verbs';

interface Queue {
  id: number;
  version: number;
  state: string;
  key: string;
  names: Record<string, string>;
  priority: number;
  timeZone: string;
  hours: string[];
  holidays: string[];
  waiting: number;
}

const oneMore = (given: string, before: string[] = []): string[] => [...before, given].filter(Boolean);
const withFields = (command: Command): Command =>
  command
    .option('--name <language=name>', 'what it is called, once for each language', readText)
    .option('--priority <n>', 'the greater, the sooner it is looked after', readWhole)
    .option('--time-zone <zone>', 'of the hours')
    .option('--hours <hours>', 'such as "Mo-Fr 09:00-17:00", once for each line; empty: always', oneMore)
    .option('--form <id>', 'the form that fills it', numeric)
    .option('--holiday <day>', 'a day on which no hours begin, once for each; empty: none', oneMore)
    .option('--json', 'print data only');
interface Fields {
  json?: boolean;
  name?: Record<string, string>;
  holiday?: string[];
  [field: string]: unknown;
}
const bodyOf = ({ json: _, name, holiday, ...rest }: Fields) => ({ ...rest, ...(name && { names: name }), ...(holiday && { holidays: holiday }) });

const list = new Command('list')
  .description('Queues that you may see.')
  .option('--state <state>', 'enabled or disabled')
  .option('--json', 'print data only')
  .action(async ({ state, json }: { state?: string; json?: boolean }) => {
    const items: Queue[] = [];
    for await (const one of client().list<Queue>(`/queues${query({ state, sort: '-priority' })}`, 1_000)) items.push(one);
    print({ items }, json, () => table(['id', 'key', 'state', 'waiting', 'priority', 'hours'], items.map((one) => [one.id, one.key, one.state, one.waiting, one.priority, one.hours.join('; ') || 'always'])));
  });

const show = new Command('show')
  .description('One queue.')
  .argument('<id>', 'its number', numeric)
  .option('--json', 'print data only')
  .action(async (id: number, { json }: { json?: boolean }) => {
    const one = await client().get<Queue>(`/queues/${id}`);
    print(one, json, () => facts([
      ['Key', one.key], ['State', one.state], ...Object.entries(one.names).map(([tag, name]): [string, string] => [`Name (${tag})`, name]), ['Waiting', one.waiting], ['Priority', one.priority],
      ['Hours', one.hours.length ? `${one.hours.join('; ')} (${one.timeZone})` : 'always'], ['Holidays', one.holidays.join(', ') || 'none'],
    ]));
  });

const add = withFields(new Command('add').description('Set up a queue.').argument('<key>', 'what it is named by: small letters, digits and hyphens')).action(async (key: string, fields: Fields) => {
  const made = await client().post<Queue>('/queues', { key, ...bodyOf(fields) });
  print(made, fields.json, () => `Queue ${made.id} is ${made.state}.`);
});

const set = withFields(new Command('set').description('Change a queue.').argument('<id>', 'its number', numeric)).action(async (id: number, fields: Fields) => {
  const changes = bodyOf(fields);
  if (!Object.keys(changes).length) throw new UsageError('Nothing was given that could be changed. `reeve queues set --help` lists it.');
  const api = client();
  const { version } = await api.get<Queue>(`/queues/${id}`);
  const made = await api.act<Queue>({ method: 'PATCH', path: `/queues/${id}`, body: changes, ifMatch: version });
  print(made, fields.json, () => `Queue ${made.id} is changed.`);
});

export const command = new Command('queues')
  .description('Where account requests wait.')
  .addCommand(list).addCommand(show).addCommand(add).addCommand(set)
  .addCommand(verbCommand({ nouns: 'queues', verb: 'disable', summary: 'Let no request go there any more.' }))
  .addCommand(verbCommand({ nouns: 'queues', verb: 'enable', summary: 'Use it again.' }));
