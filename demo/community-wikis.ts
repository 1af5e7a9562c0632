/** The demo's two wikis: the sandbox under two names, with a population that shows every outcome a page can have. By the first one people sign in. */
import { create, edit } from '../db/create';
import type { Wiki } from '../db/entities/wiki';
import type { Kernel } from '../db/kernel';
import { seal } from '../gateways/secret-box';
import { system } from '../policies/actor';
import { sandboxAccounts } from './sandbox-wiki-state';

export interface DemoWikis {
  first: Wiki;
  second: Wiki;
}

/** People with accounts here: `Reader 1` … on the first wiki, `Neighbour 1` … on the second. */
export const READERS = 120;
export const NEIGHBOURS = 40;
/** Who signs in by the first wiki as the demo's organizer; and somebody whom Reeve does not know yet. */
export const ORGANIZER = 'Organizer of the demo';
export const NEWCOMER = 'Curious newcomer';

const SECOND = 'second';
const OPT_OUT = 'Opted-out of message delivery';
const WAIT_MS = 20_000;

/** Safe to repeat. @param apiUrl api.php of the sandbox. */
export async function makeWikis(kernel: Kernel, apiUrl: string, secretKey: string): Promise<DemoWikis> {
  const wiki = async (name: string, values: Partial<Wiki>) => {
    const { row } = await create(kernel, {
      noun: 'wiki',
      commandId: `demo/wiki/${name}`,
      values: {
        botUser: sandboxAccounts.bot.user, botPassword: seal(secretKey, sandboxAccounts.bot.password),
        inFlight: 2, allowedNamespaces: [4], allowedPages: [], optOutCategory: OPT_OUT, aliases: [], changeTag: null, footer: '',
        ...addresses(apiUrl)[name as keyof ReturnType<typeof addresses>],
        ...values,
      },
      actor: system,
    });
    return row;
  };
  const { clientId, clientSecret } = sandboxAccounts.oauth;
  return { first: await wiki('first', { editsPerMinute: 600, oauthClientId: clientId, oauthClientSecret: seal(secretKey, clientSecret) }), second: await wiki('second', { editsPerMinute: 120 }) };
}

/** The sandbox may stand on another port than the last time. */
export async function followSandbox(kernel: Kernel, apiUrl: string): Promise<void> {
  for (const [name, values] of Object.entries(addresses(apiUrl))) {
    const { rows } = await kernel.pool.query<{ id: number; api_url: string }>(
      'select w.id, w.api_url from audit a join wiki w on w.id = a.entity where a.command_id = $1', [`demo/wiki/${name}`]);
    if (rows[0] && rows[0].api_url !== values.apiUrl) await edit(kernel, { noun: 'wiki', id: rows[0].id, values, actor: system });
  }
}

export async function populate(apiUrl: string): Promise<void> {
  const optedOut = `Please write to me elsewhere. [[Category:${OPT_OUT}]]`;
  await post(apiUrl, {
    accounts: [{ name: 'Made by hand', by: sandboxAccounts.bot.name, reason: 'asked for at the library' }], // not through Reeve: what the audit is there to show
    users: [{ prefix: 'Reader ', count: READERS }, 'Quiet reader', 'Renamed reader', 'New name', ORGANIZER, NEWCOMER],
    pages: [
      { prefix: 'User talk:Reader ', count: READERS / 2, text: '== Welcome ==\nGood to have you here.\n' },
      { title: 'User talk:Quiet reader', text: optedOut },
      { title: 'User talk:Renamed reader', text: '#REDIRECT [[User talk:New name]]' },
      { title: 'User talk:New name', text: '' },
      { title: 'Project:Notice board', text: 'News for everybody.\n' },
      { title: 'Project:Rules', text: 'The rules.\n', protection: { edit: 'sysop' } },
      { title: 'Garden', text: 'An article, which takes no messages.\n' },
    ],
  });
  await post(apiUrl, {
    wiki: SECOND,
    users: [{ prefix: 'Neighbour ', count: NEIGHBOURS }],
    pages: [{ prefix: 'User talk:Neighbour ', count: NEIGHBOURS, text: 'Hello.\n' }],
  });
}

/** The wiki's own number of an account. */
export async function numberOf(apiUrl: string, name: string): Promise<string> {
  const reply = await fetch(`${apiUrl}?action=query&list=users&ususers=${encodeURIComponent(name)}&format=json&formatversion=2`);
  const { query } = (await reply.json()) as { query: { users: { userid?: number }[] } };
  return String(query.users[0]!.userid);
}

function addresses(apiUrl: string): Record<'first' | 'second', { host: string; apiUrl: string }> {
  const { origin, host, port } = new URL(apiUrl);
  return { first: { host, apiUrl }, second: { host: `${SECOND}.localhost:${port}`, apiUrl: `${origin}/${SECOND}/api.php` } };
}

/** The sandbox starts beside this: it is given a while to answer. */
async function post(apiUrl: string, seed: object): Promise<void> {
  const address = new URL('/_control/seed', apiUrl);
  for (const until = Date.now() + WAIT_MS; ; await new Promise((resolve) => setTimeout(resolve, 100))) {
    const reply = await fetch(address, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(seed) }).catch((error: Error) => error);
    if (reply instanceof Error && Date.now() < until) continue;
    if (reply instanceof Error) throw new Error(`The sandbox wiki at ${address.origin} does not answer.`, { cause: reply });
    if (!reply.ok) throw new Error(`The sandbox wiki refuses its pages: ${await reply.text()}`);
    return;
  }
}
