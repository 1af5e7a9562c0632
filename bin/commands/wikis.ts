/** `reeve wikis`: the wikis that messages go to, through the API. */
import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { Command, Option } from 'commander';
import { client, type Client } from '../client';
import { PlainFault, UsageError } from '../fault';
import { print, table } from '../output';
import { commaList, query, readWhole } from '../verbs';

interface Wiki {
  id: number;
  host: string;
  apiUrl: string;
  editsPerMinute: number;
  inFlight: number;
  version: number;
}

const list = new Command('list')
  .description('Which wikis there are, with their rates.')
  .option('--json', 'print data only')
  .action(async ({ json }: { json?: boolean }) => {
    const items: Wiki[] = [];
    for await (const wiki of client().list<Wiki>('/wikis')) items.push(wiki);
    print({ items }, json, () => table(['id', 'host', 'a minute', 'in flight', 'API'], items.map((wiki) => [wiki.id, wiki.host, wiki.editsPerMinute, wiki.inFlight, wiki.apiUrl])));
  });

const add = fields(new Command('add'))
  .description('Configure a wiki. Its bot\'s password is kept encrypted and never shown again.')
  .requiredOption('--host <host>', 'how lists name it, such as en.wikipedia.org; may carry a port')
  .addHelpText('after', '\nExample:\n  reeve wikis add --host en.wikipedia.org --api-url https://en.wikipedia.org/w/api.php --bot-user "MyBot@reeve" --bot-password-stdin < password.txt')
  .action(async (options: Fields & { host: string }) => {
    if (!options.apiUrl || !options.botUser) throw new UsageError('A new wiki needs --api-url, --bot-user and --bot-password-stdin.');
    const wiki = await client().post('/wikis', { host: options.host, ...(await body(options)) });
    print(wiki, options.json, () => `${wiki.host} is configured (id ${wiki.id}).`);
  });

const set = fields(new Command('set'))
  .description('Change what is given; a new rate holds within 10 seconds, also for what is being sent.')
  .argument('<wiki>', 'host or id')
  .option('--same-wiki', 'the new --api-url leads to the same wiki: who signs in by it stays who they are')
  .addHelpText('after', '\nExample:\n  reeve wikis set en.wikipedia.org --edits-per-minute 20')
  .action(async (which: string, options: Fields) => {
    const changes = await body(options);
    if (!Object.keys(changes).length) throw new UsageError('Nothing was given that could be changed. `reeve wikis set --help` lists it.');
    const api = client();
    const wiki = await find(api, which);
    const changed = await api.act({ method: 'PATCH', path: `/wikis/${wiki.id}`, body: changes, ifMatch: wiki.version });
    print(changed, options.json, () => `${changed.host} is changed.`);
  });

export const command = new Command('wikis').description('The wikis that messages go to.').addCommand(list).addCommand(add).addCommand(set);
for (const [verb, name, summary] of [
  ['pauseCreations', 'pause-creations', 'Hold up the making of accounts: none is begun, and those under way wait.'],
  ['resumeCreations', 'resume-creations', 'Let accounts be made again: those that wait go on at once.'],
] as const) {
  command.command(name).description(summary).argument('<wiki>', 'host or id')
    .addOption(new Option('--mode <mode>', 'whose making of accounts').choices(['bot', 'organizer']).default('bot'))
    .option('--reason <text>', verb === 'pauseCreations' ? 'why, kept in the audit log; needed' : 'why, kept in the audit log')
    .option('--json', 'print data only')
    .action(async (which: string, { json, ...input }: { mode: 'bot' | 'organizer'; reason?: string; json?: boolean }) => {
      const api = client();
      const { id } = await find(api, which);
      const changed = await api.post(`/wikis/${id}/${verb}`, input);
      print(changed, json, () => (changed.creationsPaused[input.mode] ? `On ${changed.host} no account is made since ${changed.creationsPaused[input.mode]}.` : `On ${changed.host} accounts are made.`));
    });
}

interface Fields {
  apiUrl?: string;
  sameWiki?: boolean;
  botUser?: string;
  botPassword?: string;
  botPasswordStdin?: boolean;
  editsPerMinute?: number;
  inFlight?: number;
  allowedNamespaces?: string;
  optOutCategory?: string;
  aliases?: string;
  changeTag?: string;
  footer?: string;
  welcome?: string;
  oauthClientId?: string;
  oauthClientSecret?: string;
  oauthClientSecretFile?: string;
  oauth?: boolean;
  json?: boolean;
}

function fields(command: Command): Command {
  return command
    .option('--api-url <url>', 'its api.php')
    .option('--bot-user <name>', 'a bot password\'s user, such as MyBot@reeve')
    .option('--bot-password-stdin', 'read the bot password from stdin')
    .option('--bot-password <password>', 'the bot password; others on this machine can see it here')
    .option('--edits-per-minute <n>', 'edits a minute at most, shared by all deliveries (default 40)', readWhole)
    .option('--in-flight <n>', 'edits at the same time at most (default 1)', readWhole)
    .option('--allowed-namespaces <list>', 'numbers of namespaces that take messages, besides talk pages')
    .option('--opt-out-category <title>', 'pages in it get no messages')
    .option('--aliases <list>', 'other names of its host')
    .option('--change-tag <tag>', 'change tag of every edit')
    .option('--footer <wikitext>', 'stands under every message')
    .option('--welcome <wikitext>', 'stands on the talk page of who got an account; empty: none is made')
    .option('--oauth-client-id <id>', 'people sign in by this wiki, whose OAuth 2 knows Reeve so; its secret belongs with it')
    .option('--oauth-client-secret-file <path>', 'read the client\'s secret from this file')
    .option('--oauth-client-secret <secret>', 'the client\'s secret; others on this machine can see it here')
    .option('--no-oauth', 'nobody signs in by this wiki any more')
    .option('--json', 'print data only');
}

async function body({ json: _, botPasswordStdin, oauth, oauthClientSecretFile, allowedNamespaces, aliases, ...rest }: Fields & { host?: string }): Promise<Record<string, unknown>> {
  const { host: _host, ...plain } = rest;
  if (oauth === false && plain.oauthClientId !== undefined) throw new UsageError('Take --oauth-client-id or --no-oauth, not both.');
  return {
    ...plain,
    ...(botPasswordStdin ? { botPassword: (await text(process.stdin)).replace(/\r?\n$/, '') } : {}),
    ...(oauth === false ? { oauthClientId: null } : {}),
    ...(oauthClientSecretFile !== undefined ? { oauthClientSecret: readSecret(oauthClientSecretFile) } : {}),
    ...(allowedNamespaces !== undefined ? { allowedNamespaces: commaList(allowedNamespaces).map(readWhole) } : {}),
    ...(aliases !== undefined ? { aliases: commaList(aliases) } : {}),
  };
}

function readSecret(path: string): string {
  try {
    return readFileSync(path, 'utf8').replace(/\r?\n$/, '');
  } catch {
    throw new UsageError(`${path} cannot be read.`);
  }
}

async function find(api: Client, which: string): Promise<Wiki> {
  if (/^\d+$/.test(which)) return api.get<Wiki>(`/wikis/${which}`);
  const { items } = await api.get<{ items: Wiki[] }>(`/wikis${query({ host: which })}`);
  if (items[0]) return items[0];
  throw new PlainFault(`There is no wiki called ${which}. \`reeve wikis list\` shows which there are.`);
}
