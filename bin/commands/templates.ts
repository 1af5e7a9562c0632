/** `reeve templates`: what requesters are answered with, through the API. */
import { Command, Option } from 'commander';
import { templateKinds } from '../../db/entities/template';
import { client } from '../client';
import { print, table } from '../output';
import { commaList, numeric, query, readCount, readText } from '../verbs';

interface Template {
  id: number;
  version: number;
  kind: string;
  title: string;
  texts: Record<string, string>;
  question: string | null;
  active: boolean;
  copyTo?: string[];
}

const kind = (): Option => new Option('--kind <kind>', 'with which answer it goes').choices([...templateKinds]);

const list = new Command('list')
  .description('Templates, oldest first.')
  .addOption(kind())
  .option('--limit <n>', 'how many', readCount, 50)
  .option('--json', 'print data only')
  .action(async ({ kind, limit, json }: { kind?: string; limit: number; json?: boolean }) => {
    const items: Template[] = [];
    for await (const one of client().list<Template>(`/templates${query({ kind })}`, limit)) items.push(one);
    print({ items }, json, () => table(['id', 'kind', 'title', 'languages', 'in use'], items.map((one) => [one.id, one.kind, one.title, Object.keys(one.texts).join(' '), one.active ? 'yes' : 'no'])));
  });

const show = new Command('show')
  .description('One template, in every language.')
  .argument('<id>', 'its number', numeric)
  .option('--json', 'print data only')
  .action(async (id: number, { json }: { json?: boolean }) => {
    const one = await client().get<Template>(`/templates/${id}`);
    print(one, json, () => [`${one.title} (${one.kind}${one.active ? '' : ', not in use'})`, ...(one.question ? [`Asks: ${one.question}`] : []), ...(one.copyTo?.length ? [`Copies to: ${one.copyTo.join(', ')}`] : []), ...Object.entries(one.texts).map(([tag, text]) => `\n${tag}:\n${text}`)].join('\n'));
  });

const add = new Command('add')
  .description('Write a template. {{name}}, {{wiki}} and {{request}} stand for what belongs to the request.')
  .addOption(kind().makeOptionMandatory())
  .requiredOption('--title <title>', 'for those who choose')
  .requiredOption('--text <language=text>', 'once for each language', readText)
  .option('--question <text>', 'what whoever uses it is asked first')
  .option('--copy-to <addresses>', 'of the account team, with commas between: each gets a copy of what is answered with it', commaList)
  .option('--preload', 'its text is put into the form, to be changed there')
  .option('--json', 'print data only')
  .action(async ({ json, text: texts, ...body }: { json?: boolean; text: Record<string, string>; [name: string]: unknown }) => {
    const made = await client().post<Template>('/templates', { ...body, texts });
    print(made, json, () => `Template ${made.id} is in use.`);
  });

export const command = new Command('templates').description('What requesters are answered with.').addCommand(list).addCommand(show).addCommand(add);
