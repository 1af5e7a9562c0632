/** Bans: who is kept out of the account desk. What one would have done is tried before it is set. */
import { z } from 'zod';
import { ReeveError, fieldError } from '../../config/errors';
import { LONGEST_PATTERN, matcherOf } from '../../db/ban-patterns';
import { create } from '../../db/create';
import { banActions, banReaders, banTargets, type Ban } from '../../db/entities/ban';
import { noteOn } from '../../db/note';
import { tryBan } from '../../db/queries/ban-hits';
import { pageOfBans, readBanView, type BanView } from '../../db/queries/bans';
import { isEnabled } from '../../db/queries/queues';
import { foldDue } from '../../db/step';
import { banMachine } from '../../machines/ban';
import { may, mayEver, mayToAll } from '../../policies';
import { holds, type Actor } from '../../policies/actor';
import type { Api, Caller } from '../context';
import { ahead, id, instant, line, lines, reason, shown } from '../fields';
import { answered, listFields, listSchema, listed, offered } from '../lists';
import { actionSchema, actionsOf, type VerbInputs } from '../present';
import { route, type Route } from '../route';
import { idOf, needScope, verbRoutes } from '../verbs';
import { queueKey } from './queues';

export const banVerbs: VerbInputs = {
  lift: z.strictObject({ reason: reason().optional() }),
  reschedule: z.strictObject({ until: instant().nullable().describe('null = until it is lifted.'), reason: reason().optional() }).transform(({ until, ...input }) => ({ ...input, untilMs: until })),
};

const pattern = () => line(LONGEST_PATTERN).describe('A regular expression (RE2), which may fit anywhere and for which capitals are small letters; of `address` a network such as 203.0.113.0/24.');
const newInput = z.strictObject({
  target: z.enum(banTargets).describe('What of a request it is held against.'),
  pattern: pattern(),
  action: z.enum(banActions).describe('`block`: closed, and told by mail that there is no account; `drop`: closed without a mail; `dropQuietly`: nor is the account team told; `defer`: handed to the account team.'),
  queue: queueKey().nullable().default(null).describe('Of `defer`: the key of a queue of the account team that is enabled; null, or once it is disabled: the request is escalated.'),
  reason: lines(2_000, 1).describe('Why, for whoever may read the ban.'),
  until: instant().nullable().optional().describe('When it ends by itself; null = when it is lifted.'),
});
const newForAdmins = newInput.extend({ seenBy: z.enum(banReaders.slice(0, 1) as ['admin']).default('admin').describe('Who reads it: tool admins, admins and checkusers.') }).strict();
const newForAll = newInput.extend({ seenBy: z.enum(banReaders).default('admin').describe('Who reads it: tool admins, admins and checkusers; or checkusers only.') }).strict();
const tryInput = z.strictObject({ target: z.enum(banTargets), pattern: pattern() });

const listQuery = z.strictObject({
  ...listFields(),
  state: z.enum(Object.keys(banMachine.states) as [string, ...string[]]).optional(),
  target: z.enum(banTargets).optional(),
  action: z.enum(banActions).optional(),
  q: line(200).optional().describe('What the pattern holds.'),
});

export const banSchema = z.object({
  id: z.int(), state: z.string(), version: z.int(), target: z.enum(banTargets), pattern: z.string(), action: z.enum(banActions), queue: z.string().nullable(), reason: z.string(), seenBy: z.enum(banReaders), until: z.string().nullable(),
  hits: z.int().describe('How many requests it has hit.'), createdAt: z.string(), actions: z.array(actionSchema), hidden: z.array(z.string()),
});
const triedSchema = z.object({
  of: z.int().describe('At how many of the last confirmed requests it was held.'),
  hits: z.int().nullable().describe('How many of them it fits; null: fewer than five, and you may not see whose.'),
  requests: z.array(id()).optional().describe('Which ones, for whoever may see what it was held against.'),
});

export function presentBan(stored: BanView, actor: Actor, nowMs: number) {
  const { id, state, version, target, pattern, action, queue, reason, seenBy, untilMs, createdAtMs } = foldDue<Ban>('ban', stored, nowMs);
  return {
    id, state, version, target, pattern, action, queue, reason, seenBy, until: shown(untilMs), hits: stored.hits, createdAt: shown(createdAtMs)!,
    actions: actionsOf('ban', stored, actor, nowMs, banVerbs), hidden: [],
  };
}

/** Where events' organizers answer, and where everything stands that is escalated. */
const NO_MOVE = ['event', 'flagged'];

/** @throws ReeveError request.unknown-queue, what matcherOf refuses */
export async function createBan(api: Api, caller: Caller, { until, ...values }: z.output<typeof newForAll>) {
  needScope(caller, 'ban', 'new');
  if (mayEver(caller.actor, 'new', 'ban')) {
    if (values.seenBy === 'checkuser' && !holds(caller.actor, 'checkuser')) throw fieldError('/seenBy', 'policy.forbidden', 'Only checkusers set what only checkusers read.');
    matcherOf(values.target, values.pattern);
    if (values.queue !== null && values.action !== 'defer') throw fieldError('/queue', 'input.invalid', 'Only a ban that defers names a queue.');
    if (values.queue !== null && (NO_MOVE.includes(values.queue) || !(await isEnabled(api.kernel.pool, values.queue)))) throw fieldError('/queue', 'request.unknown-queue');
  }
  const { row } = await create(api.kernel, { noun: 'ban', values: { ...values, untilMs: until ?? null }, check: ahead('/until', until), ...caller });
  return readBan(api, caller, row.id);
}

/** @throws ReeveError not-found also for what the reader may not see. */
export async function readBan({ kernel }: Api, caller: Caller, id: number) {
  needScope(caller, 'ban', 'read');
  const found = await readBanView(kernel, id);
  if (!found || !may(caller.actor, 'read', 'ban', found.view).allowed) throw new ReeveError('not-found');
  return presentBan(found.view, caller.actor, found.nowMs);
}

export async function listBans({ kernel }: Api, caller: Caller, query: z.output<typeof listQuery>) {
  needScope(caller, 'ban', 'read');
  const found = await pageOfBans(kernel, { actor: caller.actor, ...query });
  return listed(found, (row, nowMs) => presentBan(row, caller.actor, nowMs), offered(caller.actor, 'ban', holds(caller.actor, 'checkuser') ? newForAll : newForAdmins));
}

/** What everybody at the desk reads of a request: its name. */
const OPEN_TARGET = 'name';
/** A number below it would tell of single persons, to whom one may put question after question. */
const FEWEST = 5;

/** What it would have hit. Who may see that of everybody is told which ones. Numbers tell of persons, too: that it was tried is written into the log of whoever does it. */
export async function tryOut({ kernel }: Api, caller: Caller, { target, pattern }: z.output<typeof tryInput>): Promise<z.output<typeof triedSchema>> {
  needScope(caller, 'ban', 'new');
  const { actor } = caller;
  if (!mayEver(actor, 'new', 'ban')) throw new ReeveError('policy.forbidden');
  const { of, hits } = await tryBan(kernel, target, pattern);
  if (target === OPEN_TARGET) return { of, hits: hits.length, requests: hits };
  await noteOn(kernel, { actor, requestId: caller.requestId, noun: 'user', id: actor.userId!, verb: 'search', code: `ban.${target}` }, async () => true);
  if (!mayToAll(actor, 'reveal', 'request')) return { of, hits: hits.length === 0 || hits.length >= FEWEST ? hits.length : null };
  return { of, hits: hits.length, requests: hits };
}

export const banRoutes: Route[] = [
  route({
    method: 'post',
    path: '/api/bans',
    summary: 'Keep out whoever fits it. It is held against requests that are confirmed from now on.',
    body: newForAll,
    example: { target: 'address', pattern: '203.0.113.0/24', action: 'defer', reason: 'Many names in one night.' },
    answer: { status: 201, schema: banSchema },
    async handle({ api, caller, body }) {
      const ban = await createBan(api, caller, body);
      return { body: ban, version: ban.version, location: `/api/bans/${ban.id}` };
    },
  }),
  route({
    method: 'post',
    path: '/api/bans/try',
    name: 'tryBan',
    summary: 'How many of the last 1,000 confirmed requests a ban would have hit. Nothing is kept of it but that you asked.',
    body: tryInput,
    example: { target: 'name', pattern: '^Sock [0-9]+$' },
    answer: { schema: triedSchema },
    async handle({ api, caller, body }) {
      return { body: await tryOut(api, caller, body) };
    },
  }),
  route({
    method: 'get',
    path: '/api/bans',
    summary: 'Bans that you may see, newest first.',
    query: listQuery,
    answer: { schema: listSchema(banSchema) },
    async handle({ api, caller, query }) {
      return answered(await listBans(api, caller, query));
    },
  }),
  route({
    method: 'get',
    path: '/api/bans/:id',
    summary: 'One ban.',
    answer: { schema: banSchema },
    async handle({ api, caller, params }) {
      const ban = await readBan(api, caller, idOf(params.id));
      return { body: ban, version: ban.version };
    },
  }),
  ...verbRoutes({
    noun: 'ban', path: '/api/bans', inputs: banVerbs, schema: banSchema,
    async read(api, caller, banId) {
      const ban = await readBan(api, caller, banId);
      return { body: ban, version: ban.version };
    },
  }),
];
