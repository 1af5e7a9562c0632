/** `reeve events`: what organizers invite to, through the API. */
import { Command, Option } from 'commander';
import { client } from '../client';
import { print, table } from '../output';
import { query, readCount, verbCommand } from '../verbs';

interface Event {
  id: number;
  state: string;
  title: string;
  startsAt: string | null;
  endsAt: string | null;
  timeZone: string;
  organizers: { name: string }[];
}

interface Feed {
  since: string | null;
  url?: string;
}

const list = new Command('list')
  .description('Events, newest first.')
  .option('--state <state>', 'draft, requested, rejected, approved, open, ended, disabled, cancelled or archived')
  .option('--mine', 'only those that you organize')
  .option('--limit <n>', 'how many', readCount, 50)
  .option('--json', 'print data only')
  .action(async ({ state, mine, limit, json }: { state?: string; mine?: true; limit: number; json?: boolean }) => {
    const items: Event[] = [];
    for await (const one of client().list<Event>(`/events${query({ state, mine })}`, limit)) items.push(one);
    print({ items }, json, () => table(['id', 'state', 'title', 'starts', 'ends', 'zone', 'by'], items.map((one) => [one.id, one.state, one.title, one.startsAt, one.endsAt, one.timeZone, one.organizers[0]?.name ?? ''])));
  });

const feed = new Command('feed')
  .description('Your own events as a calendar to subscribe to: whether there is one.')
  .addOption(new Option('--new', 'make its address, which is shown once; the one before opens nothing any more').conflicts('end'))
  .option('--end', 'let its address open nothing any more')
  .option('--json', 'print data only')
  .action(async ({ new: make, end, json }: { new?: true; end?: true; json?: boolean }) => {
    const api = client();
    const feed = await (make ? api.post<Feed>('/me/event-feed') : end ? api.post<Feed>('/me/event-feed/end') : api.get<Feed>('/me/event-feed'));
    print(feed, json, () => feed.url ?? (feed.since ? `There is one since ${feed.since}. Its address is not shown again: --new makes another.` : 'There is none.'));
  });

export const command = new Command('events').description('What organizers invite to.').addCommand(list).addCommand(feed);
const verbs: [string, string][] = [
  ['submit', 'Ask for its approval.'],
  ['approve', 'Let it take place.'],
  ['reject', 'Turn it down.'],
  ['revise', 'Make it a draft again.'],
  ['disable', 'Switch it off at once: its link and its key open no more.'],
  ['enable', 'Switch it on again.'],
  ['cancel', 'Call it off.'],
];
for (const [verb, summary] of verbs) command.addCommand(verbCommand({ nouns: 'events', verb, summary }));
const time = (name: string) => new Option(`--${name} <time>`, 'on the clock of its zone, such as 2027-03-28T10:00').makeOptionMandatory();
command.addCommand(
  verbCommand({ nouns: 'events', verb: 'reschedule', summary: 'Move it.', options: [time('starts-at'), time('ends-at')], input: ({ startsAt, endsAt }) => ({ startsAt, endsAt }) }),
);
