/** `reeve forms`: how the public form for accounts reads, through the API. */
import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { client } from '../client';
import { UsageError } from '../fault';
import { facts, print, table } from '../output';
import { numeric, query, readCount, readText, verbCommand } from '../verbs';

interface Form {
  id: number;
  version: number;
  state: string;
  name: string;
  shared: boolean;
  intro: Record<string, string>;
  fields: { key: string; kind: string; label: Record<string, string> }[];
  usedBy: { events: number; queues: number };
}

const withFields = (command: Command): Command =>
  command
    .option('--intro <language=markdown>', 'what stands above it, once for each language', readText)
    .option('--file <path>', 'JSON with intro, texts and fields, as the API takes them', (path) => {
      try {
        return JSON.parse(readFileSync(path, 'utf8')) as object;
      } catch (error) {
        throw new UsageError(`${path}: ${(error as Error).message}`);
      }
    })
    .option('--json', 'print data only');
interface Fields {
  json?: boolean;
  file?: object;
  name?: string;
  intro?: Record<string, string>;
}
const bodyOf = ({ json: _, file, ...rest }: Fields): Record<string, unknown> => ({ ...file, ...rest });

const list = new Command('list')
  .description('Forms that you may use, or write, newest first.')
  .option('--state <state>', 'draft, published or retired')
  .option('--limit <n>', 'how many', readCount, 50)
  .option('--json', 'print data only')
  .action(async ({ state, limit, json }: { state?: string; limit: number; json?: boolean }) => {
    const items: Form[] = [];
    for await (const one of client().list<Form>(`/forms${query({ state })}`, limit)) items.push(one);
    print({ items }, json, () => table(['id', 'state', 'name', 'for', 'events', 'queues'], items.map((one) => [one.id, one.state, one.name, one.shared ? 'all' : 'its owner', one.usedBy.events, one.usedBy.queues])));
  });

const show = new Command('show')
  .description('One form, as it is written.')
  .argument('<id>', 'its number', numeric)
  .option('--json', 'print data only')
  .action(async (id: number, { json }: { json?: boolean }) => {
    const one = await client().get<Form>(`/forms/${id}`);
    print(one, json, () => [facts([['Name', one.name], ['State', one.state], ['For', one.shared ? 'all' : 'its owner'], ['Asks', one.fields.map(({ key, kind }) => `${key} (${kind})`).join(', ') || 'nothing besides']]), ...Object.entries(one.intro).map(([tag, text]) => `\n${tag}:\n${text}`)].join('\n'));
  });

const add = withFields(new Command('add').description('Draft a form.').requiredOption('--name <name>', 'for those who choose')).action(async (fields: Fields) => {
  const made = await client().post<Form>('/forms', bodyOf(fields));
  print(made, fields.json, () => `Form ${made.id} is ${made.state}.`);
});

const set = withFields(new Command('set').description('Change what is written of a form; everybody sees it once it is published.').argument('<id>', 'its number', numeric).option('--name <name>', 'for those who choose')).action(async (id: number, fields: Fields) => {
  const changes = bodyOf(fields);
  if (!Object.keys(changes).length) throw new UsageError('Nothing was given that could be changed. `reeve forms set --help` lists it.');
  const api = client();
  const { version } = await api.get<Form>(`/forms/${id}`);
  const made = await api.act<Form>({ method: 'PATCH', path: `/forms/${id}`, body: changes, ifMatch: version });
  print(made, fields.json, () => `Form ${made.id} is changed.`);
});

export const command = new Command('forms')
  .description('How the public form for accounts reads.')
  .addCommand(list).addCommand(show).addCommand(add).addCommand(set)
  .addCommand(verbCommand({ nouns: 'forms', verb: 'publish', summary: 'Show everybody what is written.' }))
  .addCommand(verbCommand({ nouns: 'forms', verb: 'retire', summary: 'Show it no longer.' }));
