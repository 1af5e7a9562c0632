/** `reeve deliveries`: what is sent and what waits, through the API; every verb of a delivery. */
import { Command, Option } from 'commander';
import { client } from '../client';
import { follow, percent, summary, type DeliveryView } from '../follow';
import { facts, print, table } from '../output';
import { commaList, numeric, numericTarget, query, readCount, readInstant, verbCommand } from '../verbs';

interface Delivery extends DeliveryView {
  subject: string;
  wiki: string;
  sender: { name: string };
  wikis: ({ host: string } & DeliveryView['counts'])[];
  actions: { verb: string; unavailable?: object }[];
}
interface Target {
  id: number;
  wiki: string;
  page: string;
  outcome: string;
  code: string | null;
}

const list = new Command('list')
  .description('Deliveries that you may see, newest first.')
  .option('--state <state>', 'in this state only, such as requested or running')
  .option('--mine', 'only what you send')
  .option('--limit <n>', 'how many', readCount, 50)
  .option('--json', 'print data only')
  .action(async ({ state, mine, limit, json }: { state?: string; mine?: boolean; limit: number; json?: boolean }) => {
    const items: Delivery[] = [];
    for await (const one of client().list<Delivery>(`/deliveries${query({ state, mine })}`, limit)) items.push(one);
    print({ items }, json, () => table(['id', 'state', 'done', 'pages', 'wiki', 'subject'], items.map((one) => [one.id, one.state, `${percent(one.counts)} %`, one.counts.total, one.wiki, one.subject])));
  });

const show = new Command('show')
  .description('One delivery with its counts, per wiki too, and what you may do with it.')
  .argument('<id>', 'its number', numeric)
  .option('--json', 'print data only')
  .action(async (id: number, { json }: { json?: boolean }) => {
    const one = await client().get<Delivery>(`/deliveries/${id}`);
    print(one, json, () =>
      [
        facts([
          ['Subject', one.subject],
          ['State', one.state],
          ['Sender', one.sender.name],
          ['Sent from', one.wiki],
          ['Pages', `${one.counts.total}: ${summary(one.counts)}, ${one.counts.pending} left`],
          ['Sends at', one.sendAt],
          ['Attention', one.attention.map(({ code, wiki, attempts }) => `${wiki ?? 'all'}: ${code}, ${attempts} tries`).join('; ') || undefined],
          ['You may', one.actions.filter(({ unavailable }) => !unavailable).map(({ verb }) => verb).join(', ') || '–'],
        ]),
        one.wikis.length ? `\n${table(['wiki', 'pages', 'sent', 'skipped', 'failed', 'unknown', 'left'], one.wikis.map((w) => [w.host, w.total, w.sent, w.skipped, w.failed, w.unknown, w.pending]))}` : '',
      ].join('\n').trimEnd(),
    );
  });

const targets = new Command('targets')
  .description('What became of each page.')
  .argument('<id>', 'its number', numeric)
  .addOption(new Option('--outcome <outcome>', 'these only').choices(['pending', 'attempting', 'sent', 'skipped', 'failed', 'unknown', 'cancelled']))
  .option('--limit <n>', 'how many (default: all)', readCount)
  .option('--json', 'print data only')
  .action(async (id: number, { outcome, limit, json }: { outcome?: string; limit?: number; json?: boolean }) => {
    const items: Target[] = [];
    for await (const one of client().list<Target>(`/deliveries/${id}/targets${query({ outcome })}`, limit ?? Infinity)) items.push(one);
    print({ items }, json, () => table(['id', 'outcome', 'code', 'wiki', 'page'], items.map((one) => [one.id, one.outcome, one.code, one.wiki, one.page])));
  });

const settle = new Command('settle')
  .description('Say what became of a page where the wiki cannot tell.')
  .argument('<id>', 'its number', numeric)
  .argument('<target>', 'from `reeve deliveries targets <id> --outcome unknown`', numericTarget)
  .addOption(new Option('--as <outcome>', 'what became of it; pending tries it again').choices(['sent', 'failed', 'pending']).makeOptionMandatory())
  .option('--json', 'print data only')
  .action(async (id: number, target: number, { as, json }: { as: string; json?: boolean }) => {
    const done = await client().post(`/deliveries/${id}/targets/${target}/settle`, { as });
    print(done, json, () => `Target ${target} is settled as ${as}.`);
  });

const followOne = new Command('follow')
  .description('Watch a delivery until it is over.')
  .argument('<id>', 'its number', numeric)
  .option('--json', 'print data only')
  .action(async (id: number, { json }: { json?: boolean }) => {
    const delivery = await follow(client(), id);
    print(delivery, json, () => `Delivery ${id} is ${delivery.state}: ${summary(delivery.counts)}.`);
  });

const preview = new Command('preview')
  .description('What is odd about the message, and how many pages get it; --json has it as each wiki renders it.')
  .argument('<id>', 'its number', numeric)
  .option('--json', 'print data only')
  .action(async (id: number, { json }: { json?: boolean }) => {
    const found = await client().get<{ wikis: { host: string; pages: number }[]; warnings: { code: string; detail: string }[] }>(`/deliveries/${id}/preview`);
    print(found, json, () => [...found.wikis.map(({ host, pages }) => `${host}: ${pages} pages`), ...found.warnings.map(({ code, detail }) => `${code}: ${detail}`)].join('\n'));
  });

export const command = new Command('deliveries').description('What is sent, what waits, and every verb of a delivery.');
for (const one of [list, show, targets, followOne, preview]) command.addCommand(one);
const verbs: [string, string][] = [
  ['approve', 'Let somebody else\'s delivery go out.'],
  ['reject', 'Refuse somebody else\'s delivery; its sender reads the reason.'],
  ['revise', 'Take it back to a draft.'],
  ['pause', 'Stop before the next page; resume goes on.'],
  ['resume', 'Go on.'],
  ['cancel', 'Stop before the next page, for good.'],
  ['retryFailed', 'Try the failed pages once more.'],
];
command.addCommand(
  verbCommand({
    nouns: 'deliveries', verb: 'submit', summary: 'Have it checked and sent, or approved first.',
    options: [new Option('--acknowledge <codes>', 'warnings that were read and are meant so, comma separated')],
    input: ({ acknowledge }) => (acknowledge ? { acknowledge: commaList(acknowledge) } : {}),
  }),
);
command.addCommand(
  verbCommand({
    nouns: 'deliveries', verb: 'test', summary: 'Send the message to one page now, to see it there.',
    options: [new Option('--page <title>', 'such as "User talk:Example", or "User talk:Example@host"').makeOptionMandatory()],
    input: ({ page }) => ({ page }),
  }),
);
for (const [verb, summaryOf] of verbs) command.addCommand(verbCommand({ nouns: 'deliveries', verb, summary: summaryOf }));
command.addCommand(
  verbCommand({
    nouns: 'deliveries', verb: 'reschedule', summary: 'Send it at another time.',
    options: [new Option('--at <instant>', 'such as 2027-01-31T09:00:00Z, or 2h').argParser(readInstant).makeOptionMandatory()],
    input: ({ at }) => ({ sendAt: at }),
  }),
);
command.addCommand(settle);
