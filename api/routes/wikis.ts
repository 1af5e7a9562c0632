/** Wikis: where messages go, with the bot that carries them. Its password comes in, is sealed, and never goes out again. */
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { ClientBase } from 'pg';
import { z } from 'zod';
import { ReeveError, fieldError } from '../../config/errors';
import { readRow } from '../../db/apply';
import { create, edit } from '../../db/create';
import { creationModes, type CreationMode, type Wiki } from '../../db/entities/wiki';
import { setPause } from '../../db/pause';
import { anybodySignsInBy, dropGrantsAt } from '../../db/queries/identities';
import { readPage } from '../../db/queries/page';
import { isAllowedAddress } from '../../gateways/addresses';
import { seal } from '../../gateways/secret-box';
import { may } from '../../policies';
import type { Actor } from '../../policies/actor';
import type { Api, Caller } from '../context';
import { line, lines, reason, shown, text } from '../fields';
import { answered, listFields, listSchema, listed, offered } from '../lists';
import { actionSchema, editAction, jsonSchemaOf, readable, type Action } from '../present';
import { route, type Route } from '../route';
import { testWiki, wikiTestSchema } from '../wiki-test';
import { idOf, needScope } from '../verbs';

const HOST = /^(?:[\p{L}\p{N}](?:[\p{L}\p{N}.-]*[\p{L}\p{N}])?|\[[0-9a-f:.]+\])(?::\d{1,5})?$/u;
const host = () => text(259).trim().toLowerCase().regex(HOST, { error: 'must be a host such as en.wikipedia.org or wiki.example.org:8080' }).meta({ as: { type: 'string', format: 'host', maxLength: 259 } });

const secret = () => text(1_000, 1).regex(/^[^\u0000\u000a\u000d\ud800-\udfff]*$/u, { error: 'must be one line without control characters' });
const fields = {
  host: host().describe('As lists name it; may carry a port.'),
  apiUrl: text(500).trim().refine(isWebAddress, { error: 'must be an address of http or https, such as https://en.wikipedia.org/w/api.php' }).meta({ format: 'web-address' }),
  botUser: line(255).describe('Account, or bot password name such as Bot@reeve.'),
  botPassword: secret().describe('Stored encrypted, never shown.'),
  editsPerMinute: z.int().min(1).max(60_000),
  inFlight: z.int().min(1).max(64).describe('Edits on their way at once, over all deliveries.'),
  allowedNamespaces: z.array(z.int().min(0).max(100_000)).max(100).describe('Numbers of namespaces that take messages besides talk pages.'),
  allowedPages: z.array(line(255)).max(1_000),
  optOutCategory: line(255),
  aliases: z.array(host()).max(100).describe('Other hosts of the same wiki.'),
  changeTag: line(255).nullable(),
  footer: lines(10_000).describe('Wikitext under every message.'),
  welcome: lines(10_000).describe('Wikitext of the talk page of who got an account, such as {{subst:Welcome}} ~~~~; empty: none is made.'),
  oauthClientId: line(255).nullable().describe('As the wiki\'s OAuth 2 knows Reeve; null: nobody signs in by this wiki.'),
  oauthClientSecret: secret().describe('Stored encrypted, never shown.'),
};
const NEEDS_SECRET = 'Another client, or another address, needs its secret given.';
const NEEDS_ID = 'A secret needs the client whose it is.';
const optional = z.strictObject(fields).partial().shape;
const newInput = z.strictObject({ ...optional, host: fields.host, apiUrl: fields.apiUrl, botUser: fields.botUser, botPassword: fields.botPassword });
const editInput = z.strictObject({ ...optional, sameWiki: z.boolean().optional().describe('The new address leads to the same wiki: who signs in by it stays who they are.') });
const testInput = z.strictObject({});
/** @param modes which way the switch can still be turned */
const pauseInput = (modes: readonly CreationMode[]) => z.strictObject({ mode: z.enum(modes as [CreationMode]).describe('By which account of the wiki the accounts are made.'), reason: reason() });
const resumeInput = (modes: readonly CreationMode[]) => z.strictObject({ mode: z.enum(modes as [CreationMode]).describe('By which account of the wiki the accounts are made.'), reason: reason().optional() });
const switches = { pauseCreations: { paused: true, inputs: inputsOf(pauseInput) }, resumeCreations: { paused: false, inputs: inputsOf(resumeInput) } };
const listQuery = z.strictObject({ ...listFields('host'), host: line(259).optional().describe('The wiki of this host or alias.') });

export const wikiSchema = z.object({
  id: z.int(), host: z.string(), state: z.string(), version: z.int(), apiUrl: z.string(), botUser: z.string().optional(),
  editsPerMinute: z.int(), inFlight: z.int(), allowedNamespaces: z.array(z.int()), allowedPages: z.array(z.string()), optOutCategory: z.string(),
  aliases: z.array(z.string()), changeTag: z.string().nullable(), footer: z.string().optional(), welcome: z.string().optional(), oauthClientId: z.string().nullable().optional(),
  signsIn: z.boolean().describe('People sign in by this wiki.'), createdAt: z.string(),
  creationsPaused: z.object({ bot: z.string().nullable(), organizer: z.string().nullable() }).describe('Since when making accounts is paused, by the bot and as the organizer; null: it is not.'),
  actions: z.array(actionSchema), hidden: z.array(z.string()),
});

export function presentWiki(row: Wiki, actor: Actor) {
  const { id, host, state, version, apiUrl, botUser, editsPerMinute, inFlight, allowedNamespaces, allowedPages, optOutCategory, aliases, changeTag, footer, welcome, oauthClientId = null, createdAtMs } = row;
  const keeper = may(actor, 'edit', 'wiki', row).allowed;
  // The secrets are in no answer, whatever a policy says.
  const { seen, hidden } = readable(actor, 'wiki', row, { botUser, botPassword: undefined, footer, welcome, oauthClientId, oauthClientSecret: undefined });
  return {
    id, host, state, version, apiUrl, ...seen, editsPerMinute, inFlight, allowedNamespaces, allowedPages, optOutCategory, aliases, changeTag,
    signsIn: oauthClientId !== null, createdAt: shown(createdAtMs), creationsPaused: { bot: shown(row.botCreationsPausedAtMs), organizer: shown(row.organizerCreationsPausedAtMs) }, actions: [...editAction('wiki', row, actor, editInput), ...(keeper ? [{ verb: 'test', input: jsonSchemaOf(testInput) }] : []), ...switchActions(row, actor)], hidden,
  };
}

/** The switch in either way in which it can be turned now, with the modes that stand the other way. */
const switchActions = (row: Wiki, actor: Actor): Action[] =>
  Object.entries(switches).flatMap(([verb, { paused, inputs }]) => {
    const modes = creationModes.filter((mode) => (row[`${mode}CreationsPausedAtMs`] === null) === paused);
    return modes.length && may(actor, verb, 'wiki', row).allowed ? [{ verb, input: jsonSchemaOf(inputs.get(modes.join())!) }] : [];
  });

/** One for each choice of modes: an answer's schema is made once. */
function inputsOf<T>(input: (modes: readonly CreationMode[]) => T): Map<string, T> {
  return new Map([creationModes, ...creationModes.map((mode) => [mode] as const)].map((modes) => [modes.join(), input(modes)]));
}

/** @throws ReeveError not-found, policy.forbidden */
export async function switchCreations(api: Api, caller: Caller, id: number, verb: keyof typeof switches, { mode, reason }: { mode: CreationMode; reason?: string }): Promise<Wiki> {
  needScope(caller, 'wiki', verb);
  const before = await readWiki(api, caller, id);
  const verdict = may(caller.actor, verb, 'wiki', before);
  if (!verdict.allowed) throw new ReeveError(verdict.code, verdict.reason);
  if (caller.ifMatch !== undefined && caller.ifMatch !== before.version) throw new ReeveError('version.conflict', undefined, { version: before.version });
  const { ifMatch: _, dryRun: __, ...origin } = caller;
  await setPause(api.kernel, { ...origin, id, mode, reason }, switches[verb].paused);
  return readWiki(api, caller, id);
}

/** @throws ReeveError conflict naming the host, wiki.forbidden-host naming the address. */
export async function createWiki(api: Api, caller: Caller, input: z.output<typeof newInput>): Promise<Wiki> {
  const { kernel, config } = api;
  needScope(caller, 'wiki', 'new');
  if (!may(caller.actor, 'new', 'wiki', {}).allowed) throw new ReeveError('policy.forbidden');
  await checkAddress(api, input.apiUrl);
  await checkNames(api, null, input, caller.commandId);
  if (input.oauthClientId != null && input.oauthClientSecret === undefined) throw fieldError('/oauthClientSecret', 'input.invalid', NEEDS_SECRET);
  const { oauthClientId = null, oauthClientSecret } = input;
  if (oauthClientId === null && oauthClientSecret !== undefined) throw fieldError('/oauthClientId', 'input.invalid', NEEDS_ID);
  const sealed = { botPassword: seal(config.REEVE_SECRET_KEY, input.botPassword), oauthClientId, oauthClientSecret: oauthClientSecret === undefined ? null : seal(config.REEVE_SECRET_KEY, oauthClientSecret) };
  const values = { allowedNamespaces: [4], allowedPages: [], optOutCategory: 'Opted-out of message delivery', aliases: [], editsPerMinute: 40, inFlight: 1, changeTag: null, footer: '', welcome: '', ...input, ...sealed, botCreationsPausedAtMs: null, organizerCreationsPausedAtMs: null };
  const { row } = await create(kernel, { noun: 'wiki', values, ...caller }).catch(hostTaken);
  return row;
}

/** @throws ReeveError as `createWiki` does, and wiki.has-people naming the address */
export async function editWiki(api: Api, caller: Caller, id: number, { botPassword, oauthClientSecret, sameWiki, ...values }: z.output<typeof editInput>): Promise<Wiki> {
  const { kernel, config } = api;
  needScope(caller, 'wiki', 'edit');
  const before = await readWiki(api, caller, id);
  if (!may(caller.actor, 'edit', 'wiki', before).allowed) throw new ReeveError('policy.forbidden');
  if (values.apiUrl !== undefined) await checkAddress(api, values.apiUrl);
  // What is stored goes to nobody but the address that it was given for.
  const moves = values.apiUrl !== undefined && new URL(values.apiUrl).origin !== new URL(before.apiUrl).origin;
  if (moves && botPassword === undefined) throw fieldError('/botPassword', 'input.invalid', 'Another address needs the password given again.');
  const clientId = values.oauthClientId === undefined ? before.oauthClientId : values.oauthClientId;
  if (clientId === null && oauthClientSecret !== undefined) throw fieldError('/oauthClientId', 'input.invalid', NEEDS_ID);
  if (clientId !== null && oauthClientSecret === undefined && (moves || clientId !== before.oauthClientId)) throw fieldError('/oauthClientSecret', 'input.invalid', NEEDS_SECRET);
  await checkNames(api, id, values);
  const sealed = {
    ...(botPassword !== undefined && { botPassword: seal(config.REEVE_SECRET_KEY, botPassword) }),
    ...(oauthClientSecret !== undefined && { oauthClientSecret: seal(config.REEVE_SECRET_KEY, oauthClientSecret) }),
    ...(clientId === null && { oauthClientSecret: null }),
  };
  const elsewhere = values.apiUrl !== undefined && placeOf(values.apiUrl) !== placeOf(before.apiUrl);
  /** What was asked above was asked of these. */
  const check = (row: Wiki): void => {
    if (row.apiUrl !== before.apiUrl || row.oauthClientId !== before.oauthClientId) throw new ReeveError('conflict', 'Its address or its client was changed at the same time: try again.');
  };
  const also = async (client: ClientBase): Promise<void> => {
    if (elsewhere && !sameWiki && (await anybodySignsInBy(client, id))) throw fieldError('/apiUrl', 'wiki.has-people');
    if (moves) await dropGrantsAt(client, id);
  };
  const { row } = await edit(kernel, { noun: 'wiki', id, values: { ...values, ...sealed }, check, ...caller, ...((moves || elsewhere) && { also }) }).catch(hostTaken);
  return row;
}

export async function readWiki({ kernel }: Api, caller: Caller, id: number): Promise<Wiki> {
  needScope(caller, 'wiki', 'read');
  const { row } = await readRow(kernel, 'wiki', id);
  if (!row || !may(caller.actor, 'read', 'wiki', row).allowed) throw new ReeveError('not-found');
  return row;
}

/** The wiki that a person means. @throws ReeveError delivery.unknown-wiki at that field. */
export async function wikiOf({ kernel, config }: Api, given: string | number, pointer = '/wiki'): Promise<Pick<Wiki, 'id' | 'host' | 'aliases'>> {
  const name = typeof given === 'number' ? null : given.toLowerCase();
  const known = name === null ? null : (config.REEVE_HOST_ALIASES[name] ?? name).toLowerCase();
  const { rows } = await kernel.pool.query<Pick<Wiki, 'id' | 'host' | 'aliases'>>(
    'select id, host, aliases from wiki where id = $1 or host = $2 or $2 = any(aliases) order by (host = $2) desc limit 1', [typeof given === 'number' ? given : null, known]);
  if (!rows[0]) throw fieldError(pointer, 'delivery.unknown-wiki');
  return rows[0];
}

export const wikiRoutes: Route[] = [
  route({
    method: 'post',
    path: '/api/wikis',
    summary: 'Configure a wiki.',
    body: newInput,
    answer: { status: 201, schema: wikiSchema },
    async handle({ api, caller, body }) {
      const row = await createWiki(api, caller, body);
      return { body: presentWiki(row, caller.actor), version: row.version, location: `/api/wikis/${row.id}` };
    },
  }),
  route({
    method: 'get',
    path: '/api/wikis',
    summary: 'The configured wikis.',
    query: listQuery,
    answer: { schema: listSchema(wikiSchema) },
    async handle({ api, caller, query: { host, ...query } }) {
      needScope(caller, 'wiki', 'read');
      const where: [string, unknown][] = [['? in (select t.host union all select unnest(t.aliases))', host?.toLowerCase()]];
      const found = await readPage<Wiki>(api.kernel, { noun: 'wiki', actor: caller.actor, order: 'asc', sorts: { host: 't.host' }, ...query, where });
      return answered(listed(found, (row) => presentWiki(row, caller.actor), offered(caller.actor, 'wiki', newInput)));
    },
  }),
  route({
    method: 'get',
    path: '/api/wikis/:id',
    summary: 'One wiki.',
    answer: { schema: wikiSchema },
    async handle({ api, caller, params }) {
      const row = await readWiki(api, caller, idOf(params.id));
      return { body: presentWiki(row, caller.actor), version: row.version };
    },
  }),
  route({
    method: 'patch',
    path: '/api/wikis/:id',
    summary: 'Change a wiki; a new rate holds within 10 seconds, also for what is running.',
    body: editInput,
    answer: { schema: wikiSchema },
    async handle({ api, caller, params, body }) {
      const row = await editWiki(api, caller, idOf(params.id), body);
      return { body: presentWiki(row, caller.actor), version: row.version };
    },
  }),
  route({
    method: 'post',
    path: '/api/wikis/:id/test',
    summary: 'Sign the bot in, for reading only, and say within three seconds what stands in the way of sending.',
    body: testInput,
    answer: { schema: wikiTestSchema },
    async handle({ api, caller, params }) {
      needScope(caller, 'wiki', 'edit');
      const row = await readWiki(api, caller, idOf(params.id));
      const verdict = may(caller.actor, 'edit', 'wiki', row);
      if (!verdict.allowed) throw new ReeveError(verdict.code, verdict.reason);
      return { body: await testWiki(api, row) };
    },
  }),
  ...(['pauseCreations', 'resumeCreations'] as const).map((verb) =>
    route({
      method: 'post',
      path: `/api/wikis/:id/${verb}`,
      summary: verb === 'pauseCreations' ? 'Hold up the making of accounts on a wiki: none is begun, and those under way wait.' : 'Let accounts be made again: those that wait go on at once.',
      body: verb === 'pauseCreations' ? pauseInput(creationModes) : resumeInput(creationModes),
      answer: { schema: wikiSchema },
      async handle({ api, caller, params, body }) {
        const row = await switchCreations(api, caller, idOf(params.id), verb, body);
        return { body: presentWiki(row, caller.actor), version: row.version };
      },
    })),
];

/** A name of which one address is forbidden is refused now; what it resolves to later is checked at each connection. */
async function checkAddress({ config }: Api, apiUrl: string): Promise<void> {
  const allowPrivate = config.REEVE_ALLOW_PRIVATE_HOSTS;
  const name = new URL(apiUrl).hostname.replace(/^\[|\]$/g, '');
  const found = isIP(name) ? [name] : await Promise.race([
    lookup(name, { all: true }).then((all) => all.map(({ address }) => address), () => []),
    new Promise<string[]>((done) => setTimeout(done, 3_000, []).unref()),
  ]);
  if (!found.every((address) => isAllowedAddress(address, allowPrivate)))
    throw fieldError('/apiUrl', 'wiki.forbidden-host', `This address is not one that Reeve may call${allowPrivate ? '' : ' (private ones need REEVE_ALLOW_PRIVATE_HOSTS)'}.`);
}

/** One host means one wiki, whether by name or by alias. */
async function checkNames({ kernel }: Api, id: number | null, { host, aliases = [] }: { host?: string; aliases?: string[] }, commandId?: string): Promise<void> {
  const names = [...(host ? [host] : []), ...aliases];
  const { rows } = await kernel.pool.query<{ name: string }>(
    `select n.name from unnest($1::text[]) n(name)
     where exists (select 1 from wiki w where w.id is distinct from $2 and (w.host = n.name or n.name = any(w.aliases)))
       and not exists (select 1 from audit where command_id = $3) -- said again, it finds what it made itself
     limit 1`, [names, id, commandId ?? null]);
  if (rows[0]) throw fieldError(rows[0].name === host ? '/host' : `/aliases/${aliases.indexOf(rows[0].name)}`, 'conflict', `Another wiki is called ${rows[0].name} already.`);
}

const hostTaken = (error: { constraint?: string; more?: { constraint?: string } }): never => {
  throw (error.constraint ?? error.more?.constraint) === 'wiki_host_key' ? fieldError('/host', 'conflict', 'This host is configured already.') : error;
};

/** What stays as it is when a wiki goes from http to https. */
function placeOf(apiUrl: string): string {
  const { host, pathname, search } = new URL(apiUrl);
  return host + pathname + search;
}

function isWebAddress(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password, hash } = new URL(text);
  return (protocol === 'http:' || protocol === 'https:') && !username && !password && !hash;
}
