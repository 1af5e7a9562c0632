/** `reeve requests`: who asks for an account, through the API; every verb of a request. */
import { Command, Option } from 'commander';
import { client } from '../client';
import { facts, print, table } from '../output';
import { commaList, numeric, query, readCount, verbCommand } from '../verbs';

interface Request {
  id: number;
  state: string;
  queue: string;
  /** None of these where only a trace of it is left to the reader. */
  name?: string;
  comment?: string;
  wiki?: string;
  nameCheck?: string;
  holder?: { name: string } | null;
  outcome?: string | null;
  event: { id: number; title: string } | null;
  createdAt: string;
  comments?: { user: { name: string }; visibility: string; text: string | null; at: string }[];
  actions: { verb: string; unavailable?: object }[];
}

const list = new Command('list')
  .description('Account requests that you may see, newest first.')
  .option('--state <state>', 'unconfirmed, open, reserved, creating, closed or expired')
  .option('--queue <key>', 'where they stand now; flagged: escalated')
  .option('--event <id>', 'that came by this event', numeric)
  .option('--mine', 'only what you have reserved')
  .option('--name <text>', 'whose name holds this')
  .option('--limit <n>', 'how many', readCount, 50)
  .option('--json', 'print data only')
  .action(async ({ state, queue, event, mine, name, limit, json }: { state?: string; queue?: string; event?: number; mine?: true; name?: string; limit: number; json?: boolean }) => {
    const items: Request[] = [];
    for await (const one of client().list<Request>(`/requests${query({ state, queue, event, mine, q: name })}`, limit)) items.push(one);
    print({ items }, json, () => table(['id', 'state', 'queue', 'name', 'wiki', 'held by', 'filed'], items.map((one) => [one.id, one.state, one.queue, one.name, one.wiki, one.holder?.name ?? '', one.createdAt])));
  });

const show = new Command('show')
  .description('One account request, what was said beside it, and what you may do with it.')
  .argument('<id>', 'its number', numeric)
  .option('--json', 'print data only')
  .action(async (id: number, { json }: { json?: boolean }) => {
    const one = await client().get<Request>(`/requests/${id}`);
    print(one, json, () =>
      [
        facts([
          ['Name', one.name],
          ['State', one.outcome ? `${one.state}: ${one.outcome}` : one.state],
          ['Queue', one.queue],
          ['Wiki', one.wiki],
          ['The wiki says', one.nameCheck],
          ['Event', one.event && `${one.event.id}: ${one.event.title}`],
          ['Held by', one.holder?.name],
          ['They wrote', one.comment],
          ['You may', one.actions.filter(({ unavailable }) => !unavailable).map(({ verb }) => verb).join(', ') || '–'],
        ]),
        one.comments?.length ? `\n${table(['at', 'by', 'for', 'comment'], one.comments.map(({ at, user, visibility, text }) => [at, user.name, visibility, text]))}` : '',
      ].join('\n').trimEnd(),
    );
  });

const reveal = new Command('reveal')
  .description('Show where the requester is to be found. It is written into the audit log first.')
  .argument('<id>', 'its number', numeric)
  .requiredOption('--fields <fields>', 'email, ip, forwarded, userAgent; separated by commas', commaList)
  .option('--reason <text>', 'why, kept in the audit log')
  .option('--json', 'print data only')
  .action(async (id: number, { fields, reason, json }: { fields: string[]; reason?: string; json?: boolean }) => {
    const shown = await client().post<{ fields: Record<string, string | null> }>(`/requests/${id}/reveal`, { fields, ...(reason && { reason }) });
    print(shown, json, () => facts(Object.entries(shown.fields)));
  });

export const command = new Command('requests').description('Who asks for an account.').addCommand(list).addCommand(show).addCommand(reveal);
const verbs: [string, string][] = [
  ['reserve', 'Take it in hand: for an hour nobody else answers it.'],
  ['release', 'Give it back.'],
  ['breakReservation', 'Take it out of somebody\'s hands.'],
  ['create', 'Have Reeve make the account on the wiki.'],
  ['takeBack', 'Stop that, or the mail of an answer, within its first seconds.'],
  ['escalate', 'Give it to the account team.'],
  ['drop', 'Close it without an answer.'],
  ['reopen', 'Open it again.'],
  ['resendConfirmation', 'Send the link once more that confirms the address.'],
];
for (const [verb, summary] of verbs) command.addCommand(verbCommand({ nouns: 'requests', verb, summary }));
const needed = (flags: string, what: string, choices?: string[]): Option => {
  const option = new Option(flags, what).makeOptionMandatory();
  return choices ? option.choices(choices) : option;
};
const byTemplate = (): Option[] => [
  new Option('--template <id>', 'by this template').argParser(numeric),
  new Option('--acknowledge <codes>', 'what you have looked at: question, mailed-before; separated by commas').argParser(commaList),
];
command
  .addCommand(verbCommand({ nouns: 'requests', verb: 'sendReservation', summary: 'Give it to somebody else.', options: [needed('--to <name>', 'who takes it over: name or id')], input: ({ to }) => ({ to }) }))
  .addCommand(verbCommand({ nouns: 'requests', verb: 'defer', summary: 'Move it to another queue.', options: [needed('--queue <key>', 'where to'), ...byTemplate()], input: ({ queue, template, acknowledge }) => ({ queue, template, acknowledge }) }))
  .addCommand(
    verbCommand({
      nouns: 'requests', verb: 'close', summary: 'Answer it.', input: ({ outcome, text, template, acknowledge }) => ({ outcome, text, template, acknowledge }),
      options: [needed('--outcome <outcome>', 'created: the account is there; none: closed without a mail', ['created', 'not-created', 'none']), new Option('--text <text>', 'what the requester is told beside it'), ...byTemplate()],
    }),
  )
  .addCommand(
    verbCommand({
      nouns: 'requests', verb: 'comment', summary: 'Write something beside it.', input: ({ text, for: visibility, acknowledge }) => ({ text, visibility, acknowledge }),
      options: [needed('--text <text>', 'what'), new Option('--for <readers>', 'who reads it').choices(['requester', 'user', 'admin', 'checkuser']).default('user'), new Option('--acknowledge', 'it holds an address, and is meant to')],
    }),
  );
