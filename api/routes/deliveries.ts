/** Deliveries: drafting, changing, reading and every verb. Targets and live progress: delivery-targets.ts, delivery-progress.ts. */
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { ReeveError, fieldError } from '../../config/errors';
import { readRow } from '../../db/apply';
import { create, edit } from '../../db/create';
import { newMarker, type Delivery } from '../../db/entities/delivery';
import { MANY_PAGES, briefSql, readDeliveryView, writeDeliveryLists, type DeliveryView } from '../../db/queries/deliveries';
import { readPage } from '../../db/queries/page';
import { readHosts } from '../../db/queries/target-lists';
import { foldDue } from '../../db/step';
import { readLine } from '../../db/target-lines';
import { deliveryMachine } from '../../machines/delivery';
import { inScope, may } from '../../policies';
import type { Actor } from '../../policies/actor';
import type { Api, Caller } from '../context';
import { checkDelivery, checkPage, needAcknowledged, readMessage, type DeliveryFields, type MessageFields } from '../delivery-checks';
import { id, instant, line, queryNumber, reason, shown, text, wikiRef } from '../fields';
import { answered, listFields, listSchema, listed, offered } from '../lists';
import { messageTextSchema, presentText } from '../message-texts';
import { actionSchema, actionsOf, decisionCounts, editAction, readable, type VerbInputs } from '../present';
import { route, type Route } from '../route';
import { doVerb, idOf, needScope, verbRoutes } from '../verbs';
import { wikiOf } from './wikis';

const why = z.strictObject({ reason: reason().optional() });
export const settleAs = z.enum(['sent', 'failed', 'pending']);

/** verb → what it asks for. */
export const deliveryVerbs: VerbInputs = {
  submit: z.strictObject({ acknowledge: z.array(line(100)).max(100).optional().describe('Codes of the warnings that you have seen.') }),
  approve: why,
  reject: z.strictObject({ reason: reason() }),
  revise: why,
  reschedule: z.strictObject({ sendAt: instant().nullable().describe('null = as soon as approved; not before now.') }).transform(({ sendAt }) => ({ sendAtMs: sendAt })),
  pause: why,
  resume: why,
  cancel: why,
  retryFailed: why,
  settle: z.strictObject({ target: id(), as: settleAs, reason: reason().optional() }),
  test: z.strictObject({ page: line(1_000).describe('Where to try the message: a page as in a list, such as `User talk:Example` or `Talk:Example@host`.') }),
};

// Texts are checked by api/delivery-checks.ts, whose codes are the deliveries' own.
const fields = {
  wiki: wikiRef().describe('The wiki that it is sent from.'),
  listIds: z.array(id()).max(100).nullable().describe('Target lists; null = not chosen yet.'),
  channel: z.enum(['page', 'email']).describe('`page`: onto the pages of the lists. `email`: as wiki mail, in plain text, to the users whose pages they are.'),
  subject: text(100_000).nullable().describe('One line; the heading of the section, where no section of the page holds it; null = not written yet.'),
  body: z.string().nullable().describe('Wikitext under the heading, after that of the page; null = not written yet.'),
  page: line(255).nullable().describe('A page of that wiki as the message, in each reader\'s language where it has translations (subpages such as `Page/de`). Read, and kept as it is, when the delivery is submitted.'),
  subjectSection: line(100).nullable().describe('The labelled section of the page that holds the subject: `<section begin=name/>…<section end=name/>`.'),
  bodySection: line(100).nullable().describe('The labelled section that is the message; none = the page but for its subject.'),
  sendAt: instant().nullable().describe('When; null or none = as soon as approved. `submit` refuses an instant before now.'),
  listsAfresh: z.boolean().describe('Only with `sendAt`: read the lists once more at that instant, and send to what they then hold; more than a tenth beyond what was approved needs attention first.'),
};
// A draft may be made before all of it is known: `submit` wants the rest.
const newInput = z.strictObject(fields).partial().required({ wiki: true });
const editInput = z.strictObject(fields).partial();
const listQuery = z.strictObject({
  ...listFields(),
  state: z.enum(Object.keys(deliveryMachine.states) as [string, ...string[]]).optional(),
  wiki: line(259).optional().describe('Sent from this host.'),
  mine: z.enum(['true']).optional().describe('Only what you send.'),
  sender: line(255).optional().describe('Name of who sends.'),
  q: line(255).optional().describe('Subjects that hold this.'),
  list: queryNumber(1).pipe(id()).meta({ as: { type: 'integer', minimum: 1, maximum: 2_147_483_647 } }).optional().describe('Only what goes to this target list.'),
});

const countsSchema = z.object({ total: z.int(), pending: z.int(), sent: z.int(), skipped: z.int(), failed: z.int(), unknown: z.int(), cancelled: z.int() });
const briefSchema = z.object({
  id: z.int(), state: z.string(), version: z.int(), wiki: z.string(), sender: z.object({ id: z.int(), name: z.string() }), channel: z.enum(['page', 'email']), subject: z.string(),
  sendAt: z.string().nullable(), startedAt: z.string().nullable(), createdAt: z.string(), updatedAt: z.string(), counts: countsSchema, actions: z.array(actionSchema), hidden: z.array(z.string()),
});
const listRevision = { revision: z.int(), targets: z.int(), problemCount: z.int() };
const source = { page: z.string().nullable(), subjectSection: z.string().nullable(), bodySection: z.string().nullable() };
export const deliverySchema = briefSchema.extend({
  body: z.string(), ...source, marker: z.string().describe('Stands in each edit\'s summary and message.'),
  listsAfresh: z.boolean().describe('The lists are read once more at `sendAt`.'),
  listsReadAt: z.string().nullable().describe('When they were, and it was settled what is sent: `fresh`, or what was submitted.'),
  lists: z.array(z.object({ id: z.int(), name: z.string(), ...listRevision, fresh: z.object(listRevision).nullable().describe('As read afresh; null where that was not, or what was submitted is sent after all.') })),
  wikis: z.array(countsSchema.extend({ host: z.string(), editsPerMinute: z.int(), attention: z.string().nullable().describe('Code of what waits for an operator.') })),
  texts: z.array(messageTextSchema).describe('What of the page was submitted, in each of its languages, and so what is sent; none of a draft (see its preview).'),
  approvedAt: z.string().nullable().describe('When somebody approved it; null where nobody had to, or has yet.'),
  approver: z.object({ id: z.int(), name: z.string() }).nullable().optional().describe('Who did; for its sender, approvers, auditors and admins.'),
  testOf: z.int().nullable().describe('The delivery that this one tries on a single page.'),
  tests: z.array(z.object({ delivery: z.int(), wiki: z.string(), page: z.string(), outcome: z.string(), code: z.string().nullable() })),
  attention: z.array(z.object({ operation: z.int(), code: z.string(), wiki: z.string().nullable(), attempts: z.int(), counts: decisionCounts, since: z.string() })),
});

type Counted = Omit<z.output<typeof countsSchema>, 'pending'>;
const NOTHING: Counted = { total: 0, sent: 0, skipped: 0, failed: 0, unknown: 0, cancelled: 0 };

export function withPending({ total, sent, skipped, failed, unknown, cancelled }: Counted) {
  return { total, pending: total - sent - skipped - failed - unknown - cancelled, sent, skipped, failed, unknown, cancelled };
}
export const sum = (parts: Counted[]): Counted =>
  parts.reduce((all, part) => ({ total: all.total + part.total, sent: all.sent + part.sent, skipped: all.skipped + part.skipped, failed: all.failed + part.failed, unknown: all.unknown + part.unknown, cancelled: all.cancelled + part.cancelled }), NOTHING);

function presentBrief(row: Delivery, { host, senderName, counts, nowMs, pages, pageSubject }: { host: string; senderName: string; pageSubject?: string | null; counts: Counted; nowMs: number; pages: number }, actor: Actor) {
  const { id, state, version, senderId, channel, subject, sendAtMs, startedAtMs, createdAtMs, updatedAtMs } = foldDue('delivery', row, nowMs);
  const { total, pending, sent } = withPending(counts);
  const confirm = { cancel: { total, pending, sent }, ...(pages > MANY_PAGES && { approve: { pages } }) };
  const verbs = actionsOf('delivery', row, actor, nowMs, deliveryVerbs, confirm);
  const edits = state === 'draft' ? editAction('delivery', row, actor, editInput) : [];
  return {
    id, state, version, wiki: host, sender: { id: senderId, name: senderName }, channel, subject: subject || (pageSubject ?? ''), sendAt: shown(sendAtMs), startedAt: shown(startedAtMs), createdAt: shown(createdAtMs),
    updatedAt: shown(updatedAtMs), counts: withPending(counts), actions: [...edits, ...verbs], hidden: [],
  };
}

export function presentDelivery(view: DeliveryView, actor: Actor) {
  const { row, lists, wikis, attention, tests, texts, approval } = view;
  const { body, page, subjectSection, bodySection, marker, testOf, listsAfresh, listsReadAtMs } = row;
  const { seen, hidden } = approval ? readable(actor, 'delivery', row, { approver: { id: approval.id, name: approval.name } }) : { seen: { approver: null }, hidden: [] };
  const brief = presentBrief(row, { ...view, pageSubject: texts[0]?.subject, counts: sum(wikis) }, actor);
  // Assigned: in a literal that begins with a spread, V8 is slow at every name that follows.
  return Object.assign(brief, {
    body, page, subjectSection, bodySection, texts: texts.map(presentText), marker, testOf, listsAfresh, listsReadAt: shown(listsReadAtMs), lists, tests,
    approvedAt: shown(approval?.atMs ?? null), ...seen, hidden,
    wikis: wikis.map(({ host, editsPerMinute, ...counts }) => ({ host, editsPerMinute, ...withPending(counts), attention: attention.find((one) => one.wiki === host)?.code ?? null })),
    attention: attention.map(({ id, sinceMs, code, wiki, attempts, counts }) => ({ operation: id, code, wiki, attempts, counts, since: shown(sinceMs) })),
  });
}

/** @throws ReeveError with every wrong field; nothing is made then. */
export async function createDelivery(api: Api, caller: Caller, input: z.output<typeof newInput>) {
  needScope(caller, 'delivery', 'new');
  const { listIds = [], ...values } = await ready(api, caller, input, input);
  const { row } = await create(api.kernel, {
    noun: 'delivery', ...caller,
    values: { channel: 'page', subject: '', body: '', page: null, subjectSection: null, bodySection: null, ...(values as { wikiId: number }), sendAtMs: values.sendAtMs ?? null, listsAfresh: values.listsAfresh ?? false, senderId: caller.actor.userId!, marker: newMarker(), startedAtMs: null, testOf: null },
    also: (client, deliveryId) => writeDeliveryLists(client, deliveryId, listIds),
  });
  return readDelivery(api, caller, row.id);
}

/** A draft's plain fields. @throws ReeveError verb.refused outside `draft`. */
export async function editDelivery(api: Api, caller: Caller, deliveryId: number, input: z.output<typeof editInput>) {
  needScope(caller, 'delivery', 'edit');
  const before = await readDelivery(api, caller, deliveryId);
  const { listIds: wanted, ...values } = await ready(api, caller, { wiki: before.wiki, ...input }, { ...before, ...input }, input);
  const listIds = wanted && isDeepStrictEqual([...wanted].sort((a, b) => a - b), before.lists.map(({ id }) => id)) ? undefined : wanted;
  await edit(api.kernel, {
    noun: 'delivery', id: deliveryId, ...caller, values,
    check: (row) => {
      if (row.state !== 'draft') throw new ReeveError('verb.refused', `It is ${row.state}: only a draft can be changed; revise makes it one again.`, { state: row.state });
    },
    also: listIds && ((client) => writeDeliveryLists(client, deliveryId, listIds)),
  });
  return readDelivery(api, caller, deliveryId);
}

/** @throws ReeveError not-found also for what the reader may not see. */
export const readDelivery = async (api: Api, caller: Caller, deliveryId: number) => presentDelivery(await readDeliveryRow(api, caller, deliveryId), caller.actor);

export async function readDeliveryRow({ kernel }: Api, caller: Caller, deliveryId: number): Promise<DeliveryView> {
  needScope(caller, 'delivery', 'read');
  const view = await readDeliveryView(kernel, deliveryId);
  if (!view || !may(caller.actor, 'read', 'delivery', view.row).allowed) throw new ReeveError('not-found');
  return view;
}

export async function listDeliveries({ kernel }: Api, caller: Caller, { wiki, state, mine, sender, q, list, ...page }: z.output<typeof listQuery>) {
  needScope(caller, 'delivery', 'read');
  const { actor } = caller;
  const found = await readPage<Delivery & { host: string; senderName: string; counts: Counted; pages: number }>(kernel, {
    noun: 'delivery', actor, ...page, ...briefSql,
    where: [
      ['(t.test_of is null) = ?', true], ['t.state = ?', state], ['w.host = ?', wiki?.toLowerCase()], ['t.sender_id = ?', mine && (actor.userId ?? 0)], ['lower(u.name) = lower(?)', sender],
      ['position(lower(?) in lower(t.subject)) > 0', q], ['exists (select from delivery_list d where d.delivery_id = t.id and d.list_id = ?)', list],
    ],
  });
  return listed(found, (row, nowMs) => presentBrief(row, { ...row, nowMs }, actor), offered(actor, 'delivery', newInput));
}

export const deliveryRoutes: Route[] = [
  route({
    method: 'post',
    path: '/api/deliveries',
    summary: 'Draft a delivery.',
    body: newInput,
    largest: { bytes: 13 * 1024 * 1024, field: '/body' },
    answer: { status: 201, schema: deliverySchema },
    async handle({ api, caller, body }) {
      const delivery = await createDelivery(api, caller, body);
      return { body: delivery, version: delivery.version, location: `/api/deliveries/${delivery.id}` };
    },
  }),
  route({
    method: 'get',
    path: '/api/deliveries',
    summary: 'Deliveries that you may see, newest first.',
    open: true,
    query: listQuery,
    answer: { schema: listSchema(briefSchema) },
    async handle({ api, caller, query }) {
      return answered(await listDeliveries(api, caller, query));
    },
  }),
  route({
    method: 'get',
    path: '/api/deliveries/:id',
    summary: 'One delivery with its counts, per wiki too.',
    open: true,
    answer: { schema: deliverySchema },
    async handle({ api, caller, params }) {
      const delivery = await readDelivery(api, caller, idOf(params.id));
      return { body: delivery, version: delivery.version };
    },
  }),
  route({
    method: 'patch',
    path: '/api/deliveries/:id',
    summary: 'Change a draft. What changes nothing is no new version.',
    versioned: true,
    body: editInput,
    largest: { bytes: 13 * 1024 * 1024, field: '/body' },
    answer: { schema: deliverySchema },
    async handle({ api, caller, params, body }) {
      const delivery = await editDelivery(api, caller, idOf(params.id), body);
      return { body: delivery, version: delivery.version };
    },
  }),
  ...verbRoutes({
    noun: 'delivery', path: '/api/deliveries', inputs: deliveryVerbs, schema: deliverySchema, act: doDeliveryVerb,
    async read(api, caller, deliveryId) {
      const delivery = await readDelivery(api, caller, deliveryId);
      return { body: delivery, version: delivery.version };
    },
  }),
];

/** Every verb of a delivery; a message that looks odd is submitted only by who says that it is meant so. */
export async function doDeliveryVerb(api: Api, caller: Caller, deliveryId: number, verb: string, input: Record<string, unknown> = {}) {
  let texts = {};
  if (['submit', 'test'].includes(verb) && inScope(caller.actor, verb, 'delivery')) {
    const { row, lists = [] } = (await readDeliveryView(api.kernel, deliveryId)) ?? {};
    // What is refused or done already is the door's to say.
    if (row?.state === 'draft' && may(caller.actor, verb, 'delivery', row).allowed) {
      await checkDelivery(api, caller, { subject: row.subject, body: row.body, ...(verb === 'submit' && { listIds: lists.map(({ id }) => id) }) }, row.wikiId, row);
      const read = await readMessage(api, row);
      if (verb === 'submit') await needAcknowledged(api, row, (input.acknowledge as string[] | undefined) ?? [], read);
      if (read) texts = { texts: read.texts, textsOf: row.version };
    }
  }
  return doVerb(api, caller, 'delivery', deliveryId, verb, { ...(verb === 'test' ? await targetOf(api, deliveryId, input.page as string) : input), ...texts });
}

/** A page as a line of a list names it. @throws ReeveError naming the field. */
async function targetOf(api: Api, deliveryId: number, page: string): Promise<{ wikiId: number; page: string }> {
  const { row } = await readRow(api.kernel, 'delivery', deliveryId);
  const read = row && readLine(page, 1, await readHosts(api.kernel, row.wikiId, api.config.REEVE_HOST_ALIASES));
  if (read && 'page' in read) return { wikiId: read.wikiId, page: read.page };
  throw fieldError('/page', 'input.invalid', read?.code === 'invalidsite' ? 'No wiki of this name is configured here.' : 'No page can be called that.');
}

/** The given fields, checked all together, and with `whole` what of the message stands already. */
async function ready(api: Api, caller: Caller, { wiki, sendAt, ...texts }: Partial<z.output<typeof newInput>>, whole: { [name in keyof MessageFields]?: string | null } & { sendAt?: number | string | null; listsAfresh?: boolean }, given = { wiki, sendAt } as Partial<z.output<typeof newInput>>) {
  const { id: wikiId } = wiki === undefined ? { id: undefined } : await wikiOf(api, wiki);
  const said = Object.fromEntries(Object.entries(texts).filter(([, value]) => value !== null)) as DeliveryFields;
  const fields: DeliveryFields = { ...said, ...(given.sendAt !== undefined && { sendAtMs: given.sendAt }) };
  const { subject, body, page = null, subjectSection = null, bodySection = null, sendAt: at = null, listsAfresh = false } = whole;
  const message: MessageFields = { subject: subject ?? '', body: body ?? '', page, subjectSection, bodySection };
  const sound = await checkDelivery(api, caller, fields, wikiId, { ...message, unscheduledAfresh: listsAfresh && at === null });
  if (wikiId !== undefined && SOURCE.some((name) => texts[name] !== undefined)) await checkPage(api, { ...message, wikiId });
  const unsaid = { ...(texts.subject === null && { subject: '' }), ...(texts.body === null && { body: '' }), ...(texts.listIds === null && { listIds: [] }) };
  const noSource = Object.fromEntries(SOURCE.filter((name) => texts[name] === null).map((name) => [name, null]));
  return { ...sound, ...unsaid, ...noSource, ...(given.wiki !== undefined && { wikiId }) } as Partial<Pick<Delivery, 'wikiId' | 'channel' | 'subject' | 'body' | 'page' | 'subjectSection' | 'bodySection' | 'sendAtMs' | 'listsAfresh'>> & { listIds?: number[] };
}

/** Where the message stands, when it is not typed. */
const SOURCE = ['page', 'subjectSection', 'bodySection'] as const;
