/** `reeve memberships`: who holds which role, through the API. */
import { Command, Option } from 'commander';
import { roles } from '../../policies/actor';
import { client } from '../client';
import { print, table } from '../output';
import { query, readCount, readInstant, verbCommand } from '../verbs';

interface Membership {
  id: number;
  state: string;
  role: string;
  user: { name: string };
  wiki: string | null;
  until: string | null;
}

const roleOption = () => new Option('--role <role>', 'which role').choices([...roles]);

const list = new Command('list')
  .description('Memberships, newest first.')
  .option('--state <state>', 'applied, active, suspended, declined or ended')
  .option('--user <name>', 'of this person only')
  .option('--limit <n>', 'how many', readCount, 50)
  .option('--json', 'print data only')
  .action(async ({ state, user, limit, json }: { state?: string; user?: string; limit: number; json?: boolean }) => {
    const items: Membership[] = [];
    for await (const one of client().list<Membership>(`/memberships${query({ state, user })}`, limit)) items.push(one);
    print({ items }, json, () => table(['id', 'state', 'user', 'role', 'wiki', 'until'], items.map((one) => [one.id, one.state, one.user.name, one.role, one.wiki ?? 'all', one.until])));
  });

const apply = new Command('apply')
  .description('Apply for a role; with --user and the right to, grant it at once.')
  .addOption(roleOption().makeOptionMandatory())
  .option('--user <name>', 'whom to grant it (default: apply for yourself)')
  .option('--wiki <host>', 'on this wiki only')
  .option('--until <instant>', 'until when', readInstant)
  .option('--note <text>', 'why')
  .option('--vouched-by <name>', 'who vouches for you')
  .option('--official-email <address>', 'at your organisation; a link that confirms it goes there')
  .option('--accepted', 'as organizer or toolUser: you accept that the right is for use through Reeve only')
  .option('--identified', 'with --user: you know who they are, which some roles need')
  .option('--json', 'print data only')
  .action(async ({ json, ...body }: { json?: boolean; [name: string]: unknown }) => {
    const made = await client().post<Membership>('/memberships', body);
    print(made, json, () => `Membership ${made.id} is ${made.state}.`);
  });

export const command = new Command('memberships').description('Who holds which role.').addCommand(list).addCommand(apply);
const verbs: [string, string][] = [
  ['approve', 'Let an applicant in.'],
  ['decline', 'Turn an applicant down.'],
  ['suspend', 'Take a role away for a while.'],
  ['reinstate', 'Give a suspended role back.'],
  ['end', 'Take a role away.'],
  ['identify', 'Record that you know who they are, which some roles need.'],
];
for (const [verb, summary] of verbs) command.addCommand(verbCommand({ nouns: 'memberships', verb, summary }));
command.addCommand(
  verbCommand({ nouns: 'memberships', verb: 'appeal', summary: 'Ask for another decision, by somebody else, where yours was declined.', options: [new Option('--text <text>', 'why').makeOptionMandatory()], input: ({ text }) => ({ text }) }),
);
command.addCommand(
  verbCommand({ nouns: 'memberships', verb: 'changeRole', summary: 'Give another role instead.', options: [roleOption().makeOptionMandatory()], input: ({ role }) => ({ role }) }),
);
