/** `reeve deliver`: a whole send from a file, or from a page or category of the wiki: list, delivery, submit, and a bar until the last page is done. */
import { isUtf8 } from 'node:buffer';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { Command, Option } from 'commander';
import { ApiProblem, client, type Client } from '../client';
import { PlainFault, UsageError } from '../fault';
import { follow, summary, type DeliveryView } from '../follow';
import { print, say } from '../output';
import { commaList, query, readInstant } from '../verbs';

interface Options {
  wiki?: string;
  subject?: string;
  body?: string;
  bodyFile?: string;
  page?: string;
  subjectSection?: string;
  bodySection?: string;
  channel: 'page' | 'email';
  at?: string;
  afresh?: boolean;
  name?: string;
  fromPage?: string;
  fromJson?: string;
  fromCategory?: string;
  acknowledge?: string;
  draft?: boolean;
  wait: boolean;
  json?: boolean;
}
interface TargetList {
  id: number;
  targets: number;
  problems: { line: number; text: string; code: string }[];
  problemCount: number;
}

const SHOWN_PROBLEMS = 10;

export const command = new Command('deliver')
  .description('Send one message to every page that a file, or a page or category of the wiki, lists, and watch until the last one is done.')
  .argument('[file]', 'a page a line, such as "User talk:Example" or "User talk:Example@de.wikipedia.org"; of a .csv or .tsv the page, and in a second column its host')
  .option('--from-page <title>', 'the page of the wiki that holds {{#target:…}}, instead of a file')
  .option('--from-json <title>', 'the page of the wiki that holds a list in JSON, instead of a file')
  .option('--from-category <title>', 'the category of the wiki whose members it goes to, instead of a file')
  .option('--wiki <host>', 'the wiki that it is sent from, which lines without a host mean (default: the only one)')
  .option('--subject <text>', 'heading of the message')
  .option('--body <wikitext>', 'the message')
  .option('--body-file <file>', 'file that holds the message; - is stdin')
  .option('--page <title>', 'page of the wiki that is the message, in each reader\'s language where it is translated; --body comes after it')
  .option('--subject-section <name>', 'labelled section of that page that holds the subject')
  .option('--body-section <name>', 'labelled section of that page that is the message (default: all but the subject)')
  .addOption(new Option('--channel <channel>', 'page: onto the pages; email: as wiki mail to the users whose pages they are').choices(['page', 'email']).default('page'))
  .option('--at <instant>', 'send then (2027-01-31T09:00:00Z, or 2h), not as soon as may be', readInstant)
  .option('--afresh', 'with --at: read the page or category once more at that instant, and send to what it then lists')
  .option('--name <text>', 'name of the list (default: that of the file, page or category)')
  .option('--acknowledge <codes>', 'warnings that were read and are meant so, comma separated')
  .option('--draft', 'stop before submitting')
  .option('--no-wait', 'submit and come back at once')
  .option('--json', 'print data only')
  .addHelpText('after', `
Whoever may send there sends at once; for others it waits for approval: another person's \`reeve deliveries approve <id>\`.
Breaking off with Ctrl-C stops the watching only: \`reeve deliveries follow <id>\` goes on, \`reeve deliveries cancel <id>\` stops the send.

Example:
  reeve deliver talk-pages.txt --wiki en.wikipedia.org --subject "Scholarships are open" --body-file message.wiki
  reeve deliver --from-category "Readers of the newsletter" --subject "Our newsletter" --body-file message.wiki
  reeve deliver talk-pages.txt --page "Project:Newsletter/May" --subject-section subject`)
  .action(async (file: string | undefined, options: Options) => {
    const source = sourceOf(file, options);
    if (options.afresh && !options.at) throw new UsageError('--afresh is for a scheduled send: say when by --at.');
    if (options.at && Date.parse(options.at) < Date.now() - 60_000) throw new UsageError('--at lies before now: leave it out to send as soon as may be.');
    const message = await readMessage(options);
    const api = client();
    const wiki = options.wiki ?? (await onlyWiki(api));
    await refuseEarly(api, { wiki, ...message });
    const list = await makeList(api, source, { name: options.name, wiki });
    say(`List ${list.id}: ${count(list.targets, 'page')}${list.problemCount ? `, ${count(list.problemCount, 'bad line')}` : ''}.`);
    for (const { line, code, text } of list.problems.slice(0, SHOWN_PROBLEMS)) say(`  line ${line}: ${code}: ${text}`);
    if (list.problemCount > SHOWN_PROBLEMS) say(`  and ${list.problemCount - SHOWN_PROBLEMS} more`);
    const made = await api.post<{ id: number; state: string }>('/deliveries', { wiki, listIds: [list.id], channel: options.channel, ...message, ...(options.at ? { sendAt: options.at, listsAfresh: options.afresh ?? false } : {}) });
    say(`Delivery ${made.id} is a draft: ${api.url}/deliveries/${made.id}`);
    if (!options.draft) await api.post(`/deliveries/${made.id}/submit`, options.acknowledge ? { acknowledge: commaList(options.acknowledge) } : {});
    const delivery = options.wait && !options.draft && !options.at ? await follow(api, made.id) : await api.get<DeliveryView>(`/deliveries/${made.id}`);
    print({ ...delivery, list }, options.json, () => words(delivery));
    if (delivery.state === 'cancelled' || delivery.state === 'rejected') throw new PlainFault(`Delivery ${delivery.id} was ${delivery.state}.`);
  });

function words({ id, state, counts, sendAt, listsAfresh }: DeliveryView): string {
  if (state === 'requested') return `Delivery ${id} waits for approval. When it is approved: reeve deliveries follow ${id}`;
  if (state === 'approved') return `Delivery ${id} is approved${sendAt ? ` and will be sent at ${sendAt}${listsAfresh ? ', to what its list then holds' : ''}` : ''}.`;
  return state === 'finished' ? `Delivery ${id} is finished: ${summary(counts)}.` : `Delivery ${id} is ${state}.`;
}

type Message = { subject: string; body: string; page?: string; subjectSection?: string; bodySection?: string };

async function readMessage({ subject = '', body, bodyFile, page, subjectSection, bodySection }: Options): Promise<Message> {
  if (body !== undefined && bodyFile !== undefined) throw new UsageError('Give the message by --body or by --body-file, not both.');
  if ((body ?? bodyFile ?? page) === undefined) throw new UsageError('Give the message by --body, by --body-file or by --page.');
  if (!subject && subjectSection === undefined) throw new UsageError('Give a --subject, or with --page the --subject-section that holds it.');
  return { subject, body: body ?? (bodyFile === undefined ? '' : await readText(bodyFile)), ...(page && { page }), ...(subjectSection && { subjectSection }), ...(bodySection && { bodySection }) };
}

/** Without its byte order mark: a list that begins the message would be none behind it. */
async function readText(path: string): Promise<string> {
  const bytes = await readFile(path === '-' ? '/dev/stdin' : path).catch(() => unreadable(path));
  if (!isUtf8(bytes)) throw new UsageError(`${path} is not in UTF-8: save it so, or its letters would arrive as other signs.`);
  return bytes.toString().replace(/^\ufeff/, '');
}

/** What is wrong with the texts is said before a list is made that nobody needs. */
async function refuseEarly(api: Client, texts: { wiki: string } & Message): Promise<void> {
  try {
    await api.post('/deliveries', { ...texts, listIds: [] });
  } catch (error) {
    if (!(error instanceof ApiProblem) || !error.body.errors) throw error;
    const errors = error.body.errors.filter(({ code }) => code !== 'delivery.no-list');
    if (errors.length) throw new ApiProblem(error.status, { ...error.body, errors }, error.requestId);
  }
}

type Source = { file: string } | { format: 'wikitext' | 'json'; page: string } | { format: 'category'; category: string };

function sourceOf(file: string | undefined, { fromPage, fromJson, fromCategory }: Options): Source {
  const given: Source[] = [
    ...(file === undefined ? [] : [{ file }]),
    ...(fromPage === undefined ? [] : [{ format: 'wikitext' as const, page: fromPage }]),
    ...(fromJson === undefined ? [] : [{ format: 'json' as const, page: fromJson }]),
    ...(fromCategory === undefined ? [] : [{ format: 'category' as const, category: fromCategory }]),
  ];
  if (given.length !== 1) throw new UsageError('Name what it goes to: a file, --from-page, --from-json or --from-category.');
  return given[0]!;
}

/** A file goes out as it is read: a million lines are never in memory. */
async function makeList(api: Client, source: Source, { wiki, name }: { wiki: string; name?: string }): Promise<TargetList> {
  if (!('file' in source)) return api.post<TargetList>('/target-lists', { name: name ?? ('page' in source ? source.page : source.category), wiki, ...source });
  const { file } = source;
  const format = /\.[ct]sv$/i.test(file) ? 'csv' : 'lines';
  const found = await stat(file).catch(() => null);
  if (!found?.isFile()) return unreadable(file);
  return api.act<TargetList>({
    method: 'POST',
    path: `/target-lists${query({ name: name ?? basename(file), wiki, format })}`,
    stream: { type: 'text/plain', open: () => createReadStream(file) },
  });
}

function unreadable(file: string): never {
  throw new UsageError(`${file} is no file that can be read.`);
}

async function onlyWiki(api: Client): Promise<string> {
  const { items } = await api.get<{ items: { host: string }[] }>('/wikis?limit=2');
  if (items.length === 1) return items[0]!.host;
  throw new UsageError(items.length ? 'There is more than one wiki: name one by --wiki.' : 'No wiki is configured: `reeve wikis add`.');
}

const count = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`;
