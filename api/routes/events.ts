/** Events: drafting, changing, reading and every verb. Their special URL and their public pages: api/pages/. */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { ReeveError, fault, fieldError, type FieldProblem } from '../../config/errors';
import { create, edit } from '../../db/create';
import { communityTypes, contributionTypes, eventTypes, newEventKey, participations, type Event } from '../../db/entities/event';
import { missingOf } from '../../db/facts/event';
import { eventFilters, organizersOf, pageOfEvents, readEventView, type EventView } from '../../db/queries/events';
import { foldDue } from '../../db/step';
import { WALL_CLOCK } from '../../db/wall-clock';
import { eventMachine } from '../../machines/event';
import { may } from '../../policies';
import { visitor, type Actor } from '../../policies/actor';
import type { Api, Caller } from '../context';
import { checkEvent, tracks, type EventFields } from '../event-checks';
import { id, line, lines, reason, shown, text, wikiRef, zone } from '../fields';
import { answered, listFields, listSchema, listed, offered } from '../lists';
import { exampleInstant } from '../period';
import { actionSchema, actionsOf, editAction, readable, type VerbInputs } from '../present';
import { route, type Route } from '../route';
import { doVerb, idOf, needScope, verbRoutes } from '../verbs';
import { usableForm } from './forms';
import { wikiOf } from './wikis';

const MOST_ORGANIZERS = 10;
const DAY_MS = 86_400_000;

const wallClock = () => z.string().regex(WALL_CLOCK, { error: 'must be a time on the wall such as 2027-03-28T10:00, without an offset' });
const webAddress = () => z.url({ protocol: /^https?$/, error: 'must be an address that begins with https:// or http://' }).max(2_000);
const why = z.strictObject({ reason: reason().optional() });

/** verb → what it asks for. */
export const eventVerbs: VerbInputs = {
  submit: why,
  approve: why,
  reject: z.strictObject({ reason: reason() }),
  revise: why,
  disable: z.strictObject({ reason: reason().describe('Why: its organizers are told.') }),
  enable: why,
  reschedule: z.strictObject({ startsAt: wallClock(), endsAt: wallClock(), reason: reason().optional() }),
  cancel: why,
};

const fields = {
  title: line(200).describe('What it is called.'),
  page: line(1_000).nullable().describe('Its page on a wiki: a title or an address.'),
  startsAt: wallClock().nullable().describe('On the clock of its zone; of an hour that comes twice the first.'),
  endsAt: wallClock().nullable(),
  timeZone: zone().describe('IANA name, or a fixed offset.'),
  organizers: z.array(z.union([line(255), id()])).max(MOST_ORGANIZERS).describe('Names (texts) or ids (numbers) of everybody who runs it; who makes it is always among them.'),
  wikis: z.union([z.literal('all'), z.array(wikiRef()).max(100)]).describe('`all`, none (an empty list), or up to 100.'),
  topics: z.array(line(60)).max(5),
  types: z.array(z.enum(eventTypes)).max(2).describe(`Up to two of ${[...contributionTypes, ...communityTypes].join(', ')}; or \`other\` alone.`),
  participation: z.enum(participations).nullable(),
  country: text(2).nullable().describe('Where people meet, ISO 3166; none online.'),
  address: lines(500).nullable().describe('Where people meet.'),
  meetingUrl: webAddress().nullable().describe('Where it is online: for those who take part.'),
  tracks_contributions: z.boolean().describe('Show contribution statistics. Left out: wherever the event qualifies.'),
  trackingTool: webAddress().nullable().describe('Its page at a dashboard.'),
  chatUrl: webAddress().nullable().describe('For those who take part.'),
  key: line(64).describe('What people at the event type beside their request; left out, one is made.'),
  places: z.int().min(1).max(10_000).nullable().describe('How many accounts it may ask for.'),
  form: id().nullable().describe('How its form for account requests reads: one that is published for all, or your own. null: as Reeve has it.'),
  test: z.boolean().describe('To try things out: in no directory and no figure.'),
};
// A draft may be made before all of it is known: `submit` wants the rest.
const newInput = z.strictObject(fields).partial().required({ title: true });
const editInput = z.strictObject(fields).partial();
type Given = z.output<typeof editInput>;
const listQuery = z.strictObject({
  ...listFields('startsAt'),
  state: z.enum(Object.keys(eventMachine.states) as [string, ...string[]]).optional(),
  type: z.enum(eventTypes).optional(),
  wiki: line(259).optional().describe('For this host, or for all.'),
  country: text(2).optional(),
  mine: z.enum(['true']).optional().describe('Only what you organize.'),
  from: exampleInstant('2027-01-01T00:00:00Z').describe('That end after this instant.'), until: exampleInstant('2027-02-01T00:00:00Z').describe('That begin before this one.'),
  q: line(200).optional().describe('Titles that hold this.'),
});

const person = z.object({ id: z.int(), name: z.string() });
export const eventSchema = z.object({
  id: z.int(), state: z.string(), version: z.int(), public: z.boolean().describe('Everybody may read it, at /public/events/:id.'), title: z.string(), page: z.string().nullable(), organizers: z.array(person).describe('The first made it.'),
  startsAt: z.string().nullable().describe('On the clock of `timeZone`.'), endsAt: z.string().nullable(), timeZone: z.string(), startsAtUtc: z.string().nullable(), endsAtUtc: z.string().nullable(),
  wikis: z.union([z.literal('all'), z.array(z.string())]), topics: z.array(z.string()), types: z.array(z.string()), participation: z.string().nullable(), country: z.string().nullable(), address: z.string().nullable(),
  tracks_contributions: z.boolean(), trackingTool: z.string().nullable(), createdAt: z.string(), updatedAt: z.string(),
  key: z.string().optional(), url: z.string().optional().describe('The special URL: the form for an account, while the event is open.'), meetingUrl: z.string().nullable().optional(), chatUrl: z.string().nullable().optional(),
  places: z.int().nullable().optional(), approvedPlaces: z.int().nullable().optional(), form: z.int().nullable().optional(), test: z.boolean().optional(),
  actions: z.array(actionSchema), hidden: z.array(z.string()),
});

export function presentEvent({ config }: Api, stored: EventView, actor: Actor, nowMs: number) {
  const { organizers, wikis } = stored;
  const row = foldDue('event', stored, nowMs);
  const { id, state, version, title, page, creatorId, organizerIds, startsAt, endsAt, startsAtMs, endsAtMs, timeZone, topics, types, participation, country, address, trackingTool } = row;
  const rest = { key: row.key, url: new URL(`/e/${row.uuid}`, config.REEVE_PUBLIC_URL).href, meetingUrl: row.meetingUrl, chatUrl: row.chatUrl, places: row.places, approvedPlaces: row.approvedPlaces, form: row.formId, test: row.isTest };
  const { seen, hidden } = readable(actor, 'event', row, rest);
  const edits = editable(row, actor) ? editAction('event', row, actor, editInput) : [];
  return {
    id, state, version, public: may(visitor, 'read', 'event', row).allowed, title, page, organizers: [creatorId, ...organizerIds.filter((one) => one !== creatorId)].map((one) => ({ id: one, name: organizers[one] ?? '' })),
    startsAt, endsAt, timeZone, startsAtUtc: shown(startsAtMs), endsAtUtc: shown(endsAtMs), wikis: wikis ?? ('all' as const), topics, types, participation, country, address,
    tracks_contributions: tracks(config, row), trackingTool, createdAt: shown(row.createdAtMs), updatedAt: shown(row.updatedAtMs),
    ...seen, actions: [...edits, ...actionsOf('event', stored, actor, nowMs, eventVerbs, { cancel: { title, startsAt, timeZone } })], hidden,
  };
}

/** @throws ReeveError with every wrong field; nothing is made then. */
export async function createEvent(api: Api, caller: Caller, input: z.output<typeof newInput>) {
  needScope(caller, 'event', 'new');
  const creatorId = caller.actor.userId!;
  if (!may(caller.actor, 'new', 'event', { organizerIds: [creatorId], disabledAtMs: null }).allowed) throw new ReeveError('policy.forbidden', 'Events are made by organizers: apply for that role first.');
  const values: Omit<Event, keyof import('../../db/entities/kernel').KernelColumns> = {
    uuid: randomUUID(), key: newEventKey(), title: '', page: null, creatorId, organizerIds: [creatorId], types: [], participation: null, country: null, address: null, meetingUrl: null, wikiIds: null, topics: [],
    timeZone: 'UTC', startsAt: null, endsAt: null, startsAtMs: null, endsAtMs: null, approvedStartsAtMs: null, approvedEndsAtMs: null, places: null, approvedPlaces: null, chatUrl: null, trackingTool: null,
    tracksContributions: null, formId: null, isTest: false, disabledAtMs: null, archiveAfterMs: api.config.REEVE_EVENT_ARCHIVE_DAYS * DAY_MS, ...(await columnsOf(api, caller, creatorId, input)),
  };
  const { row } = await create(api.kernel, { noun: 'event', values: { ...values, ...checkEvent(api.config, values) }, ...caller });
  return readEvent(api, caller, row.id);
}

/** A draft's fields; of an approved event those that its organizers may still choose. */
export async function editEvent(api: Api, caller: Caller, eventId: number, input: Given) {
  needScope(caller, 'event', 'edit');
  const found = await readEventView(api.kernel, eventId);
  if (!found || !may(caller.actor, 'read', 'event', found.view).allowed) throw new ReeveError('not-found');
  const before = foldDue('event', found.view, found.nowMs);
  const verdict = may(caller.actor, 'edit', 'event', before);
  if (!verdict.allowed) throw new ReeveError(verdict.code, verdict.reason); // before anything is said of what they ask for
  const change = await columnsOf(api, caller, before.creatorId, input, before.formId);
  const after = { ...before, ...change };
  const pinned = before.approvedStartsAtMs !== null;
  const values = { ...change, ...checkEvent(api.config, after), ...(pinned && 'places' in change && may(caller.actor, 'widen', 'event', before).allowed && { approvedPlaces: change.places }) };
  await edit(api.kernel, {
    noun: 'event', id: eventId, ...caller, values, ifMatch: caller.ifMatch ?? before.version,
    check: (row) => {
      if (!isOpenToEdits(row)) throw new ReeveError('verb.refused', `It is ${row.state}: only a draft and an event under way can be changed.`, { state: row.state });
      if (!pinned) return;
      const wrong = [...beyond(row, after, caller.actor), ...missingOf({ ...after, ...values })];
      if (wrong.length) throw new ReeveError(wrong[0]!.code as 'event.incomplete', wrong[0]!.detail, { errors: wrong });
    },
  });
  return readEvent(api, caller, eventId);
}

const isOpenToEdits = ({ state }: Pick<Event, 'state'>): boolean => ['draft', 'approved', 'open'].includes(state);
const editable = (row: Event, actor: Actor): boolean => isOpenToEdits(row) && may(actor, 'edit', 'event', row).allowed;

/** What was approved is not an organizer's to enlarge. */
function beyond(row: Event, after: Event, actor: Actor): FieldProblem[] {
  const wrong: FieldProblem[] = [];
  for (const field of ['startsAt', 'endsAt', 'timeZone'] as const) if (after[field] !== row[field]) wrong.push(fault(`/${field}`, 'event.beyond-approved', 'An event that was approved is moved by reschedule.'));
  if (may(actor, 'widen', 'event', row).allowed) return wrong;
  if (after.country !== row.country) wrong.push(fault('/country', 'event.beyond-approved'));
  if (row.approvedPlaces !== null && (after.places ?? 0) > row.approvedPlaces) wrong.push(fault('/places', 'event.beyond-approved', `${row.approvedPlaces} were approved; a tool admin may give more.`));
  if (after.organizerIds.some((one) => !row.organizerIds.includes(one))) wrong.push(fault('/organizers', 'event.beyond-approved', 'A further organizer is added by a tool admin.'));
  return wrong;
}

/** The input as columns. @throws ReeveError naming who is no organizer, which wiki there is not, a form that is not theirs to use */
async function columnsOf(api: Api, caller: Caller, creatorId: number, { organizers, wikis, tracks_contributions: tracksContributions, test: isTest, form, ...plain }: Given, present: number | null = null): Promise<Partial<Event>> {
  return {
    ...plain, ...(tracksContributions !== undefined && { tracksContributions }), ...(isTest !== undefined && { isTest }),
    ...(form !== undefined && { formId: form === null || form === present ? form : await usableForm(api, caller, form) }),
    ...(organizers && { organizerIds: await organizerIds(api, creatorId, organizers) }),
    ...(wikis && { wikiIds: wikis === 'all' ? null : [...new Set(await Promise.all(wikis.map(async (wiki, i) => (await wikiOf(api, wiki, `/wikis/${i}`)).id)))] }),
  };
}

async function organizerIds({ kernel }: Api, creatorId: number, given: (string | number)[]): Promise<number[]> {
  const found = await organizersOf(kernel, given);
  const wrong = given.flatMap((_, i) => (found[i] === undefined ? [fault(`/organizers/${i}`, 'event.no-organizer')] : []));
  if (wrong.length) throw new ReeveError('event.no-organizer', undefined, { errors: wrong });
  const ids = [...new Set([creatorId, ...(found as number[])])];
  if (ids.length > MOST_ORGANIZERS) throw fieldError('/organizers', 'input.invalid', `It may have at most ${MOST_ORGANIZERS} organizers, who made it among them.`);
  return ids;
}

/** @throws ReeveError not-found also for what the reader may not see. */
export async function readEvent(api: Api, caller: Caller, eventId: number) {
  needScope(caller, 'event', 'read');
  const found = await readEventView(api.kernel, eventId);
  if (!found || !may(caller.actor, 'read', 'event', foldDue('event', found.view, found.nowMs)).allowed) throw new ReeveError('not-found');
  return presentEvent(api, found.view, caller.actor, found.nowMs);
}

export async function listEvents(api: Api, caller: Caller, { state, type, wiki, country, mine, q, from, until, ...page }: z.output<typeof listQuery>) {
  needScope(caller, 'event', 'read');
  const found = await pageOfEvents(api.kernel, {
    actor: caller.actor, ...page, sorts: { startsAt: 'coalesce(t.starts_at_ms, 0)' },
    where: [
      ['t.state = ?', state], ['? = any (t.organizer_ids)', mine && caller.actor.userId], ['strpos(lower(t.title), lower(?)) > 0', q], ['t.ends_at_ms > ?', from], ['t.starts_at_ms < ?', until], ...eventFilters({ type, wiki, country }),
    ],
  });
  return listed(found, (row, nowMs) => presentEvent(api, row, caller.actor, nowMs), offered(caller.actor, 'event', newInput));
}

export const eventRoutes: Route[] = [
  route({
    method: 'post',
    path: '/api/events',
    summary: 'Draft an event.',
    body: newInput,
    answer: { status: 201, schema: eventSchema },
    async handle({ api, caller, body }) {
      const event = await createEvent(api, caller, body);
      return { body: event, version: event.version, location: `/api/events/${event.id}` };
    },
  }),
  route({
    method: 'get',
    path: '/api/events',
    open: true,
    summary: 'Events that you may see, newest first.',
    query: listQuery,
    answer: { schema: listSchema(eventSchema) },
    async handle({ api, caller, query }) {
      return answered(await listEvents(api, caller, query));
    },
  }),
  route({
    method: 'get',
    path: '/api/events/:id',
    open: true,
    summary: 'One event.',
    answer: { schema: eventSchema },
    async handle({ api, caller, params }) {
      const event = await readEvent(api, caller, idOf(params.id));
      return { body: event, version: event.version };
    },
  }),
  route({
    method: 'patch',
    path: '/api/events/:id',
    summary: 'Change a draft; of an event under way what its organizers may still choose.',
    body: editInput,
    versioned: true,
    answer: { schema: eventSchema },
    async handle({ api, caller, params, body }) {
      const event = await editEvent(api, caller, idOf(params.id), body);
      return { body: event, version: event.version };
    },
  }),
  ...verbRoutes({
    noun: 'event', path: '/api/events', inputs: eventVerbs, schema: eventSchema,
    async act(api, caller, eventId, verb, input) {
      const found = verb === 'submit' ? await readEventView(api.kernel, eventId) : null;
      if (found && may(caller.actor, 'submit', 'event', found.view).allowed) checkEvent(api.config, found.view as EventFields); // a country may have come onto a list meanwhile
      return doVerb(api, caller, 'event', eventId, verb, input);
    },
    async read(api, caller, eventId) {
      const event = await readEvent(api, caller, eventId);
      return { body: event, version: event.version };
    },
  }),
];
