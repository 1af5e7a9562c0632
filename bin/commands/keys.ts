/** `reeve keys`: API keys, straight in the database. A key's secret is shown once, when it is made. */
import { Command } from 'commander';
import { checkScopes, newKeyInput } from '../../api/account-fields';
import { apply } from '../../db/apply';
import { create } from '../../db/create';
import { newApiKey } from '../../gateways/api-key';
import { system } from '../../policies/actor';
import { PlainFault, UsageError } from '../fault';
import { userByName, withKernel } from '../house';
import { asUsage, checkedOptions } from '../options';
import { print, say, table } from '../output';
import { commaList, numeric } from '../verbs';

const createKey = new Command('create')
  .description('Make an API key of a user. It may at most what its user may.')
  .requiredOption('--user <name>', 'whose key')
  .requiredOption('--scopes <list>', 'all, or a comma-separated list of <noun>:read and <noun>:<verb>')
  .option('--expires <when>', 'an instant (2027-01-31T00:00Z) or a number of days (30d); default: when revoked')
  .option('--label <text>', 'what it is for', '')
  .option('--json', 'print data only')
  .addHelpText('after', '\nExamples:\n  reeve keys create --user Admin --scopes all\n  reeve keys create --user Bot --scopes delivery:read,delivery:submit --expires 30d --json')
  .action(async (options: { user: string; scopes: string; expires?: string; label: string; json?: boolean }) => {
    const { label, scopes } = checkedOptions(newKeyInput, { label: options.label, scopes: commaList(options.scopes) });
    asUsage(() => checkScopes(system, scopes));
    const expiresAtMs = readExpiry(options.expires);
    const { secret, hash } = newApiKey();
    const id = await withKernel(async (kernel) => {
      const user = await userByName(kernel, options.user);
      const { row } = await create(kernel, { noun: 'key', values: { userId: user.id, label, hash, scopes: [...new Set(scopes)], expiresAtMs, lastUsedAtMs: null }, actor: system });
      return row.id;
    });
    print({ key: secret, id }, options.json, () => secret);
    say('Keep it: it is shown once. Send it as `Authorization: Bearer …`.');
  });

const listKeys = new Command('list')
  .description('Which keys there are; never their secrets.')
  .option('--user <name>', 'of this user only')
  .option('--json', 'print data only')
  .action(async ({ user, json }: { user?: string; json?: boolean }) => {
    const rows = await withKernel(async (kernel) => {
      const id = user ? (await userByName(kernel, user)).id : null;
      const { rows } = await kernel.pool.query(keysSql, [id]);
      return rows.map(({ expiresAtMs, lastUsedAtMs, ...row }) => ({ ...row, expiresAt: shown(expiresAtMs), lastUsedAt: shown(lastUsedAtMs) }));
    });
    print({ items: rows }, json, () =>
      table(['id', 'user', 'state', 'scopes', 'expires', 'last used', 'label'], rows.map((row) => [row.id, row.user, row.state, row.scopes.join(' '), row.expiresAt, row.lastUsedAt, row.label])),
    );
  });

const revokeKey = new Command('revoke')
  .description('Make a key open nothing any more, at once.')
  .argument('<id>', 'from `reeve keys list`', numeric)
  .option('--json', 'print data only')
  .action(async (id: number, { json }: { json?: boolean }) => {
    const { row } = await withKernel((kernel) => apply(kernel, { noun: 'key', id, verb: 'revoke', actor: system })).catch((error: { code?: string }) => {
      throw error.code === 'not-found' ? new PlainFault(`There is no key ${id}. \`reeve keys list\` shows which there are.`) : error;
    });
    print({ id: row.id, state: row.state }, json, () => `Key ${id} is ${row.state}.`);
  });

export const command = new Command('keys').description('API keys, with the database at hand.').addCommand(createKey).addCommand(listKeys).addCommand(revokeKey);

function readExpiry(text: string | undefined): number | null {
  if (text === undefined) return null;
  const days = /^(\d+)d$/.exec(text);
  const atMs = days ? Date.now() + Number(days[1]) * 86_400_000 : Date.parse(text);
  if (!(atMs > Date.now() && atMs < Date.UTC(10_000, 0))) throw new UsageError('--expires takes an instant to come, such as 2027-01-31T00:00Z, or a number of days, such as 30d.');
  return atMs;
}

const shown = (atMs: number | null): string | null => (atMs === null ? null : new Date(atMs).toISOString());

const keysSql = `
select k.id, u.name as "user", k.state, k.scopes, k.label, k.expires_at_ms as "expiresAtMs", k.last_used_at_ms as "lastUsedAtMs"
from key k join "user" u on u.id = k.user_id where $1::int is null or k.user_id = $1 order by k.id`;
