/** Account requests: filing one, which anybody may, and everything that is done about it. Their public form: api/pages/request-form.ts. */
import { z } from 'zod';
import { ReeveError, errorKinds, fieldError } from '../../config/errors';
import { readRow } from '../../db/apply';
import { banActions, banTargets, type Ban } from '../../db/entities/ban';
import { creationModes, type CreationMode } from '../../db/entities/wiki';
import { requestWhereabouts, visibilities, type Request } from '../../db/entities/request';
import { noteOn } from '../../db/note';
import { attemptsOf } from '../../db/queries/accounts';
import { bansOf } from '../../db/queries/bans';
import { waysToCreate } from '../../db/queries/pauses';
import { commentsOf, readableComments, type Comment } from '../../db/queries/comments';
import { countUnconfirmed, pageOfRequests, queueOf, readRequestView, type RequestView } from '../../db/queries/requests';
import { relatedTo, type Related } from '../../db/queries/related';
import { foldDue } from '../../db/step';
import { withoutWhereabouts } from '../../db/whereabouts';
import { requestMachine } from '../../machines/request';
import { may, mayEver, mayToAll } from '../../policies';
import { accountTeam, holds, type Actor } from '../../policies/actor';
import type { Api, Caller } from '../context';
import { id, line, lines, queryFlag, queryNumber, reason, shown } from '../fields';
import { answered, listFields, listSchema, listed, offered } from '../lists';
import { actionSchema, actionsOf, jsonSchemaOf, readable, type Action, type VerbInputs } from '../present';
import { askWiki, fileRequest, requestInput } from '../request-checks';
import { route, type Route } from '../route';
import { readText } from './comments';
import { namesOf, queueKey } from './queues';
import { searchId, searchInput } from './request-search';
import { doVerb, idOf, needScope, verbRoutes } from '../verbs';

const commentInput = (readers: readonly [string, ...string[]]) => z.strictObject({
  text: lines(5_000, 1), visibility: z.enum(readers).default('user').describe('Who reads it.'),
  acknowledge: z.boolean().optional().describe('It holds an address, and is meant to.'),
});
/** A writer is offered only those circles that they may write for (db/facts/request.ts). */
const [forAll, forAdmins, forCheckusers] = [2, 3, 4].map((circles) => commentInput(visibilities.slice(0, circles) as [string, ...string[]]));
const commentOf = (actor: Actor) => ({ comment: (holds(actor, 'checkuser') ? forCheckusers : holds(actor, 'toolAdmin', 'admin') ? forAdmins : forAll)! });
const why = z.strictObject({ reason: reason().optional() });
const acknowledge = () => z.array(z.enum(['question', 'mailed-before'])).max(2).optional().describe('What has been looked at: the template\'s question; that the requester has had an answer before.');

function createInput(modes: readonly CreationMode[]) {
  return z.strictObject({
    mode: z.enum(modes).optional().describe('By which account of the wiki it is made: Reeve\'s own, or yours; left out: yours where you have signed in at the wiki, else Reeve\'s own.'), reason: reason().optional(),
  });
}
/** Of one person, who may not have let Reeve act in their name. */
const botInput = createInput(['bot']);

/** verb → what it asks for. */
export const requestVerbs: VerbInputs = {
  reserve: why,
  release: why,
  breakReservation: z.strictObject({ reason: reason() }),
  sendReservation: z.strictObject({ to: z.union([line(255), id()]).describe('Name or id of whoever takes it over.'), reason: reason().optional() }),
  close: z.strictObject({
    outcome: z.enum(['created', 'not-created', 'none']).describe('`created`: the account is there, made by hand; `none`: closed without a mail.'),
    template: id().optional().describe('A template of this outcome, or of none: its text in the requester\'s language, unless `text` says something else.'),
    text: lines(5_000).optional().describe('What the requester is told beside the outcome.'), acknowledge: acknowledge(), reason: reason().optional(),
  }),
  create: createInput(creationModes),
  takeBack: why,
  escalate: why,
  defer: z.strictObject({
    queue: queueKey().describe('The key of a queue that is enabled.'), template: id().optional().describe('A template of the kind `defer`: the requester is told by mail.'), text: lines(5_000, 1).optional().describe('Instead of the template\'s text.'), acknowledge: acknowledge(), reason: reason().optional(),
  }),
  drop: z.strictObject({ reason: reason().optional() }),
  reopen: why,
  resendConfirmation: why,
  comment: commentInput(visibilities),
};
const revealInput = z.strictObject({ fields: z.array(z.enum(requestWhereabouts)).min(1).max(requestWhereabouts.length), reason: reason().optional() });

const listQuery = z.strictObject({
  ...listFields('priority'),
  state: z.enum(Object.keys(requestMachine.states) as [string, ...string[]]).optional(),
  queue: queueKey().optional().describe('The key of the queue that they stand in; `event`: of their events\' organizers now; `flagged`: escalated.'),
  event: queryNumber(1, 9).optional().describe('Id of the event that it came by.'),
  wiki: line(259).optional(),
  mine: queryFlag().optional().describe('Only what you have reserved.'),
  q: line(200).optional().describe('Names that hold this.'),
  search: searchId().optional().describe('What `POST /api/requests/search` has found.'),
});

const person = z.object({ id: z.int(), name: z.string() });
const commentSchema = z.object({ id: z.int(), user: person, visibility: z.string(), text: z.string().nullable(), at: z.string(), flagged: z.literal(true).optional().describe('What looks like an address was found in it, and is left out until somebody decides.'), isHidden: z.literal(true).optional() });
export const requestSchema = z.object({
  id: z.int(), state: z.string(), version: z.int(), queue: z.string().describe('Key of the queue that it stands in.'), queueNames: z.record(z.string(), z.string()).optional().describe('What that is called, where it was given a name: language tag to name.'), event: z.object({ id: z.int(), title: z.string() }).nullable().describe('The event that it came by.'),
  escalatedAt: z.string().nullable(), createdAt: z.string(), updatedAt: z.string(),
  name: z.string().optional(), comment: z.string().optional().describe('The requester\'s own.'), answers: z.array(z.object({ question: z.string(), answer: z.string() })).optional().describe('To what the form asked besides, in the requester\'s language.'), language: z.string().optional(), wiki: z.string().optional(), nameCheck: z.string().optional().describe('What the wiki says of the name: free, taken, refused; or unasked.'),
  holder: person.nullable().optional(), reservedUntilMs: z.int().nullable().optional(), takeBackUntilMs: z.int().nullable().optional().describe('Until when the making of the account, or the answer, can be taken back.'), outcome: z.string().nullable().optional(), answer: z.string().nullable().optional(),
  confirmedAt: z.string().nullable().optional(), closedAt: z.string().nullable().optional(), expiresAt: z.string().nullable().optional(), purgeAt: z.string().nullable().optional(), purgedAt: z.string().nullable().optional(),
  attempts: z.array(z.object({ at: z.string(), outcome: z.string(), code: z.string().nullable() })).optional().describe('What the wiki was asked for it; `code` is the wiki\'s.'), expectedAt: z.string().nullable().optional().describe('While the account is being made: when the wiki takes the next one, where its daily number is used up.'),
  mode: z.enum(creationModes).nullable().optional().describe('While the account is being made: by which account of the wiki.'), signInAskedAt: z.string().nullable().optional().describe('Since when the account waits for whoever has the request in hand to sign in at the wiki again.'),
  creationsPausedAt: z.string().nullable().optional().describe('Since when the making of accounts is paused on its wiki; what is under way waits for the end of that.'),
  comments: z.array(commentSchema).optional(),
  related: z.array(z.object({ id: z.int(), name: z.string(), state: z.string(), outcome: z.string().nullable(), createdAt: z.string(), by: z.array(z.enum(['email', 'address'])) })).optional().describe('Other requests with the same e-mail address or from the same network, for who may know that; those of one event are not related by their network alone.'),
  bans: z.array(z.object({ id: z.int(), target: z.enum(banTargets), action: z.enum(banActions) })).optional().describe('Which ones it has hit, of those that you may read.'),
  actions: z.array(actionSchema), hidden: z.array(z.string()).describe('Fields that you may not read; those of `reveal` are shown by it.'),
});
const filedSchema = z.object({ id: z.int(), state: z.string(), tagged: z.boolean().describe('It goes to the organizers of the event; else to the account team.') });

export function presentRequest(stored: RequestView, actor: Actor, nowMs: number, { comments, bans, related, making, granted = true }: { granted?: boolean; comments?: Comment[]; bans?: Ban[]; related?: Related[]; making?: Awaited<ReturnType<typeof attemptsOf>> } = {}) {
  const row = { ...stored, ...foldDue<Request>('request', stored, nowMs) };
  const { seen, hidden } = readable(actor, 'request', row, {
    name: row.name, comment: isTeam(actor) ? row.comment : withoutWhereabouts(row.comment), answers: row.questions.map((question, i) => ({ question, answer: isTeam(actor) ? row.answers[i]! : withoutWhereabouts(row.answers[i]!) })), language: row.language, wikiId: row.wikiId, nameCheck: row.nameCheck, holderId: row.holderId, reservedUntilMs: row.reservedUntilMs, mode: row.mode, signInAskedAtMs: row.signInAskedAtMs, takeBackUntilMs: row.closedAtMs !== null && (row.takeBackUntilMs ?? 0) <= nowMs ? null : row.takeBackUntilMs, outcome: row.outcome, answer: row.answer,
    confirmedAtMs: row.confirmedAtMs, closedAtMs: row.closedAtMs, expiresAtMs: row.expiresAtMs, purgeAtMs: row.purgeAtMs, purgedAtMs: row.purgedAtMs, email: row.email, ip: row.ip, forwarded: row.forwarded, userAgent: row.userAgent,
  });
  const { wikiId, holderId, signInAskedAtMs, confirmedAtMs, closedAtMs, expiresAtMs, purgeAtMs, purgedAtMs, email: _e, ip: _i, forwarded: _f, userAgent: _u, ...plain } = seen;
  return {
    id: row.id, state: row.state, version: row.version, queue: queueOf(row), ...(row.standsIn === queueOf(row) && row.queueNames.length > 0 && { queueNames: namesOf({ languages: row.queueLanguages, names: row.queueNames }) }), event: row.eventId === null ? null : { id: row.eventId, title: row.eventTitle ?? '' },
    escalatedAt: shown(row.escalatedAtMs), createdAt: shown(row.createdAtMs)!, updatedAt: shown(row.updatedAtMs)!, ...plain,
    ...(wikiId !== undefined && { wiki: row.host }), ...(holderId !== undefined && { holder: row.holderId === null ? null : { id: row.holderId, name: row.holder ?? '' } }),
    ...(confirmedAtMs !== undefined && { confirmedAt: shown(row.confirmedAtMs), closedAt: shown(row.closedAtMs), expiresAt: row.state === 'unconfirmed' ? shown(row.expiresAtMs) : null, purgeAt: shown(row.purgeAtMs), purgedAt: shown(row.purgedAtMs) }),
    ...(making && { attempts: making.attempts.map(({ atMs, outcome, code }) => ({ at: shown(atMs)!, outcome, code })), expectedAt: row.state === 'creating' ? shown(making.roomAtMs) : null }),
    ...(related && { related: related.map(({ createdAtMs, ...one }) => ({ ...one, createdAt: shown(createdAtMs)! })) }),
    ...(bans?.length && { bans: bans.map(({ id, target, action }) => ({ id, target, action })) }),
    ...(comments && { comments: comments.map((one) => ({ id: one.id, user: { id: one.userId, name: one.user }, visibility: one.visibility, text: readText(one), at: shown(one.atMs)!, ...(one.flaggedAtMs !== null && { flagged: true as const }), ...(one.hiddenAtMs !== null && { isHidden: true as const }) })) }),
    ...(signInAskedAtMs !== undefined && { signInAskedAt: shown(row.signInAskedAtMs) }), ...(wikiId !== undefined && { creationsPausedAt: shown(pausedAtOf(row, granted)) }),
    actions: ofWaiting(row, actor, granted, [...actionsOf('request', stored, actor, nowMs, { ...requestVerbs, ...(!granted && { create: botInput }), ...commentOf(actor) }, { breakReservation: { holder: row.holder ?? '', reservedUntil: shown(row.reservedUntilMs) } }), ...revealAction(row, actor)]), hidden,
  };
}

const isTeam = (actor: Actor): boolean => holds(actor, ...accountTeam, 'checkuser');

/** Of the mode that it is being made in; else where no mode is left. */
const pausedAtOf = (row: RequestView, granted: boolean): number | null => {
  const since = (row.mode ? [row.mode] : granted ? creationModes : (['bot'] as const)).map((mode) => row[`${mode}CreationsPausedAtMs`]);
  return since.includes(null) ? null : Math.max(...(since as number[]));
};

/** What holds up the making of accounts does to the verbs: the wiki's switch lets none be begun, and what waits at it, or for somebody to sign in, can be taken back for as long as it does. */
function ofWaiting(row: RequestView, actor: Actor, granted: boolean, actions: Action[]): Action[] {
  const paused = pausedAtOf(row, granted) !== null;
  if (!paused && row.signInAskedAtMs === null) return actions;
  const kept = !paused ? actions : actions.map((one) => (one.verb === 'create' && !one.unavailable ? { ...one, unavailable: { code: 'request.creations-paused', reason: errorKinds['request.creations-paused'].title } } : one));
  const backToo = row.state === 'creating' && !kept.some(({ verb }) => verb === 'takeBack') && may(actor, 'takeBack', 'request', row).allowed;
  return backToo ? [...kept, { verb: 'takeBack', input: jsonSchemaOf(requestVerbs.takeBack!) }] : kept;
}

const revealAction = (row: Request, actor: Actor): Action[] =>
  row.purgedAtMs === null && may(actor, 'reveal', 'request', row).allowed ? [{ verb: 'reveal', input: jsonSchemaOf(revealInput) }] : [];

/** @throws ReeveError not-found also for what the reader may not see. */
export async function readRequest(api: Api, caller: Caller, requestId: number) {
  needScope(caller, 'request', 'read');
  const { actor } = caller;
  const found = await readRequestView(api.kernel, requestId);
  const now = found && foldDue<Request>('request', found.view, found.nowMs);
  if (!now || !may(actor, 'read', 'request', now).allowed) throw new ReeveError('not-found');
  const content = may(actor, 'read', 'request', now, 'comment').allowed;
  if (!content) return presentRequest(found.view, actor, found.nowMs);
  const [comments, related, bans, making, { organizer: { granted } }] = await Promise.all([commentsFor(api, actor, found.view), may(actor, 'read', 'request', now, 'related').allowed ? relatedTo(api.kernel, now) : undefined, mayEver(actor, 'read', 'ban') ? bansOf(api.kernel, requestId) : [], attemptsOf(api.kernel, found.view, api.config.REEVE_ACCOUNTS_PER_DAY), waysToCreate(api.kernel, found.view, actor.userId!)]);
  return presentRequest(found.view, actor, found.nowMs, { comments, related, bans: bans.filter((ban) => may(actor, 'read', 'ban', ban).allowed), making, granted });
}

/** Organizers read what organizers of the event wrote; the account team everything that is meant for it. */
async function commentsFor({ kernel }: Api, actor: Actor, { id: requestId, eventId }: RequestView): Promise<Comment[]> {
  if (!isTeam(actor)) {
    const event = eventId === null ? null : (await readRow(kernel, 'event', eventId)).row;
    return commentsOf(kernel, requestId, ['requester', 'user'], event?.organizerIds ?? []);
  }
  return commentsOf(kernel, requestId, readableComments(actor));
}

export async function listRequests(api: Api, caller: Caller, { mine, q, wiki, ...query }: z.output<typeof listQuery>) {
  needScope(caller, 'request', 'read');
  const { actor } = caller;
  const team = isTeam(actor);
  // What is with the account team must not be found by what it says.
  const found = await pageOfRequests(api.kernel, { actor, ...query, q, wiki, holder: mine ? actor.userId! : undefined, onlyOwn: !team && (q !== undefined || wiki !== undefined) });
  const unconfirmed = team ? await countUnconfirmed(api.kernel) : actor.events?.length ? await countUnconfirmed(api.kernel, query.event === undefined ? actor.events : actor.events.filter((one) => one === query.event)) : 0;
  return { ...listed(found, (row, nowMs) => presentRequest(row, actor, nowMs), [...offered(actor, 'request', requestInput), ...(mayToAll(actor, 'reveal', 'request') ? [{ verb: 'search', input: jsonSchemaOf(searchInput) }] : [])]), unconfirmed };
}

/** Shows where a person is to be found: written into the log before it is shown. @throws ReeveError not-found, policy.forbidden, request.purged */
export async function revealRequest({ kernel }: Api, caller: Caller, requestId: number, { fields, reason }: z.output<typeof revealInput>) {
  needScope(caller, 'request', 'reveal');
  const { row: stored, nowMs } = await readRow(kernel, 'request', requestId);
  const row = stored && foldDue('request', stored, nowMs);
  if (!row || !may(caller.actor, 'read', 'request', row).allowed) throw new ReeveError('not-found');
  const verdict = may(caller.actor, 'reveal', 'request', row);
  if (!verdict.allowed) throw new ReeveError(verdict.code, verdict.reason ?? 'Reserve it first: whoever has it in hand may look.');
  if (row.purgedAtMs !== null) throw new ReeveError('request.purged');
  await noteOn(kernel, { ...caller, noun: 'request', id: requestId, verb: 'reveal', code: fields.join(','), reason }, async () => true);
  return { fields: Object.fromEntries(fields.map((field) => [field, row[field]])) };
}

async function act(api: Api, caller: Caller, requestId: number, verb: string, input: Record<string, unknown>) {
  if (verb === 'close' && input.outcome === 'created') await needAccount(api, caller, requestId);
  return doVerb(api, caller, 'request', requestId, verb, input);
}

/** What is said to be created must be there; a wiki that does not answer is believed. */
async function needAccount(api: Api, caller: Caller, requestId: number): Promise<void> {
  const { row } = await readRow(api.kernel, 'request', requestId);
  if (!row || !may(caller.actor, 'close', 'request', row).allowed) return; // the door says it
  const fate = await askWiki(api, row.wikiId, row.name);
  if (fate !== 'taken' && fate !== 'unasked') throw fieldError('/outcome', 'request.no-account');
}

export const requestRoutes: Route[] = [
  route({
    method: 'post',
    path: '/api/requests',
    name: 'fileRequest',
    open: true,
    refuses: [429],
    summary: 'Ask for an account. A link goes to the address; the request is looked at once it has been opened.',
    body: requestInput,
    example: { name: 'Newcomer', email: 'newcomer@mail.example', comment: 'I heard of it at the library.' },
    answer: { status: 201, schema: filedSchema },
    async handle({ api, req, body }) {
      const { id, tagged } = await fileRequest(api, req, body, { language: 'en' });
      return { body: { id, state: 'unconfirmed', tagged } };
    },
  }),
  route({
    method: 'get',
    path: '/api/requests',
    summary: 'Account requests that you may see, newest first.',
    query: listQuery,
    answer: { schema: listSchema(requestSchema).extend({ unconfirmed: z.int().describe('How many wait for the confirmation of their address, counted to 1,000.') }) },
    async handle({ api, caller, query }) {
      return answered(await listRequests(api, caller, query));
    },
  }),
  route({
    method: 'get',
    path: '/api/requests/:id',
    summary: 'One account request.',
    answer: { schema: requestSchema },
    async handle({ api, caller, params }) {
      const request = await readRequest(api, caller, idOf(params.id));
      return { body: request, version: request.version };
    },
  }),
  route({
    method: 'post',
    path: '/api/requests/:id/reveal',
    summary: 'Show where the requester is to be found. Recorded before it is answered.',
    refuses: [410],
    body: revealInput,
    answer: { schema: z.object({ fields: z.record(z.string(), z.string().nullable()) }) },
    async handle({ api, caller, params, body }) {
      return { body: await revealRequest(api, caller, idOf(params.id), body) };
    },
  }),
  ...verbRoutes({
    noun: 'request', path: '/api/requests', inputs: requestVerbs, schema: requestSchema, act,
    read: async (api, caller, requestId) => {
      const body = await readRequest(api, caller, requestId);
      return { body, version: body.version };
    },
  }),
];
