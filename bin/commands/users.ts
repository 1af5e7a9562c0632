/** `reeve users`: accounts, straight in the database: how the first admin comes to be. */
import { randomBytes } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { Command } from 'commander';
import { newUserInput } from '../../api/account-fields';
import { create } from '../../db/create';
import type { Kernel } from '../../db/kernel';
import { noteOn } from '../../db/note';
import { removeFactor } from '../../db/queries/second-factor';
import { hashPassword } from '../../gateways/passwords';
import { roles, system, type Role } from '../../policies/actor';
import { PlainFault, UsageError } from '../fault';
import { commaList } from '../verbs';
import { userByName, wikiByHost, withKernel } from '../house';
import { checkedOptions } from '../options';
import { facts, print, say, table } from '../output';

interface CreateOptions {
  name: string;
  role?: string[];
  wiki?: string;
  email?: string;
  passwordStdin?: boolean;
  password: boolean;
  ifMissing?: boolean;
  json?: boolean;
}

const createUser = new Command('create')
  .description('Make an account; with --role also its active memberships.')
  .requiredOption('--name <name>', 'its name')
  .option('--role <roles...>', `what it may do: ${roles.join(', ')}`)
  .option('--wiki <host>', 'hold the roles on this wiki only')
  .option('--email <address>', 'where notices go by mail')
  .option('--password-stdin', 'read the password from stdin (default: a random one, printed once)')
  .option('--no-password', 'no local sign-in: an account for API keys')
  .option('--if-missing', 'leave an account of this name as it is')
  .option('--json', 'print data only')
  .addHelpText('after', '\nExamples:\n  reeve users create --name Admin --role admin\n  reeve users create --name Sender --role sender --wiki en.wikipedia.org --password-stdin < password.txt')
  .action(async (options: CreateOptions) => {
    if (options.passwordStdin && !options.password) throw new UsageError('Take --password-stdin or --no-password, not both.');
    options.role = readRoles(options.role ?? []);
    const made = await withKernel(async (kernel) => (options.ifMissing && (await existing(kernel, options.name))) || makeUser(kernel, options));
    print(made, options.json, () =>
      facts([['User', made.name], ['Id', made.id], ['Roles', made.roles.join(', ') || 'user'], ...(made.password ? [['Password', made.password] as [string, string]] : [])]),
    );
    if (made.password) say('This password is shown once.');
  });

const listUsers = new Command('list')
  .description('Who has an account, with active roles.')
  .option('--json', 'print data only')
  .action(async ({ json }: { json?: boolean }) => {
    const { rows } = await withKernel((kernel) => kernel.pool.query(usersSql));
    print({ items: rows }, json, () => table(['id', 'name', 'roles'], rows.map((row) => [row.id, row.name, row.roles.join(', ') || 'user'])));
  });

const resetTotp = new Command('reset-totp')
  .description('Turn the second factor of an account off, for who has lost both app and recovery codes. It stands in the account\'s log.')
  .argument('<name>', 'whose')
  .option('--json', 'print data only')
  .action(async (name: string, { json }: { json?: boolean }) => {
    await withKernel(async (kernel) => {
      const { id } = await userByName(kernel, name);
      const done = await noteOn(kernel, { noun: 'user', id, verb: 'resetSecondFactor', actor: system }, (client) => removeFactor(client, id));
      if (done === 'nothing') throw new PlainFault(`${name} has no second factor.`);
      print({ id, name, secondFactor: false }, json, () => `${name} signs in with the password alone now.`);
    });
  });

export const command = new Command('users').description('Accounts, with the database at hand.').addCommand(createUser).addCommand(listUsers).addCommand(resetTotp);

async function makeUser(kernel: Kernel, options: CreateOptions) {
  const given = options.passwordStdin ? (await text(process.stdin)).replace(/\r?\n$/, '') : undefined;
  const { name, email, language, timeZone } = checkedOptions(newUserInput, { name: options.name, email: options.email, password: given }, { password: 'The password' });
  const password = options.password ? (given ?? randomBytes(12).toString('base64url')) : null;
  const wiki = options.wiki ? await wikiByHost(kernel, options.wiki) : null;
  const { rows } = await kernel.pool.query('select 1 from "user" where lower(name) = lower($1)', [name]);
  if (rows.length) throw new PlainFault(`The name ${name} is taken.`);
  const { row } = await create(kernel, {
    noun: 'user',
    values: { name, passwordHash: password === null ? null : await hashPassword(password), language, timeZone, email },
    actor: system,
  });
  for (const role of options.role ?? [])
    await create(kernel, { noun: 'membership', values: { userId: row.id, role, wikiId: wiki?.id ?? null, untilMs: null, note: null, identifiedAtMs: Date.now() }, actor: system, then: 'approve' });
  return { id: row.id, name, roles: options.role ?? [], ...(given === undefined && password !== null ? { password } : {}) };
}

/** Given one after the other or with commas between. */
function readRoles(given: string[]): Role[] {
  const asked = given.flatMap(commaList);
  const wrong = asked.find((role) => !(roles as readonly string[]).includes(role));
  if (wrong) throw new UsageError(`There is no role ${wrong}. There are: ${roles.join(', ')}.`);
  return asked as Role[];
}

async function existing(kernel: Kernel, name: string) {
  const user = await userByName(kernel, name).catch(() => undefined);
  if (!user) return undefined;
  const { rows } = await kernel.pool.query("select role from membership where user_id = $1 and state = 'active' order by id", [user.id]);
  return { ...user, roles: rows.map(({ role }) => role as string), password: undefined };
}

const usersSql = `
select u.id, u.name, coalesce(array_agg(m.role order by m.id) filter (where m.id is not null), '{}') as roles
from "user" u left join membership m on m.user_id = u.id and m.state = 'active' group by u.id order by u.id`;
