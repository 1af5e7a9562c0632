/** The history of a target list: who made which revision and when, what differs between two, and the way back to one. */
import { z } from 'zod';
import { fieldError, ReeveError } from '../../config/errors';
import { edit } from '../../db/create';
import { makeCursor, openCursor, sealOf } from '../../db/queries/page';
import { copyRevision, readDifferences, readRevision, readRevisions, type ListRevision } from '../../db/queries/target-list-revisions';
import { inTurn } from '../../db/queries/target-lists';
import type { Api, Caller } from '../context';
import { cursor, limit, queryNumber, shown } from '../fields';
import { route, type Route } from '../route';
import { idOf, needScope } from '../verbs';
import { editable, editTargetList, listInputs, readTargetList, targetListSchema } from './target-lists';

const revisionNumber = () => queryNumber(1, 9, 'must be the number of a revision');
const revisionSchema = z.object({
  revision: z.int(), at: z.string(), by: z.object({ id: z.int(), name: z.string() }), format: z.string(), source: z.string().nullable(),
  sourceRevision: z.int().nullable().describe('Of the page at its wiki.'), targets: z.int(), problemCount: z.int(),
  revertedTo: z.int().nullable().describe('The older revision whose pages these are.'),
  delivery: z.int().nullable().describe('The scheduled delivery that its page or category was read again for.'),
});

const presentRevision = ({ revision, atMs, userId, userName, format, source, sourceRevisionId, targets, problemCount, revertedTo, deliveryId = null }: ListRevision) => ({
  revision, at: shown(atMs), by: { id: userId, name: userName }, format, source, sourceRevision: sourceRevisionId, targets, problemCount, revertedTo, delivery: deliveryId,
});

/** An older revision's pages once more, as the next revision. */
export async function revertTargetList(api: Api, caller: Caller, listId: number, revision: number) {
  needScope(caller, 'targetList', 'edit');
  const before = await editable(api, caller, listId);
  const older = await readRevision(api.kernel, listId, revision);
  if (!older) throw fieldError('/revision', 'not-found', `This list has no revision ${revision}.`);
  const { format, source, sourceRevisionId } = older;
  await inTurn(caller.actor.userId!, () => edit(api.kernel, {
    noun: 'targetList', id: listId, values: { format, source, revision: before.revision + 1 }, ...caller, ifMatch: caller.ifMatch ?? before.version,
    also: (client, row) => copyRevision(client, { listId, revision: row.revision, format, source, sourceRevisionId, userId: caller.actor.userId! }, older),
  }));
  return readTargetList(api, caller, listId);
}

/** What the list's page or category now holds, as the next revision. */
export async function refreshTargetList(api: Api, caller: Caller, listId: number) {
  needScope(caller, 'targetList', 'edit');
  const { format, source } = await editable(api, caller, listId);
  if (source === null) throw new ReeveError('targetList.not-read');
  return editTargetList(api, caller, listId, format === 'category' ? { category: source } : { page: source });
}

/** Newest first. */
export async function listRevisions(api: Api, caller: Caller, listId: number, { limit: most, cursor: from }: { limit: number; cursor?: string }) {
  const list = await readTargetList(api, caller, listId);
  const seal = sealOf('targetList/revisions', list.id);
  const found = await readRevisions(api.kernel, list.id, from === undefined ? list.revision + 1 : openCursor(from, seal), most + 1);
  const items = found.slice(0, most);
  return { items: items.map(presentRevision), ...(found.length > most && { next: makeCursor(items.at(-1)!.revision, seal) }) };
}

/** What one revision has and another has not: first what went, then what came. */
export async function compareRevisions(api: Api, caller: Caller, listId: number, { from, to, limit: most, cursor: after }: { from: number; to: number; limit: number; cursor?: string }) {
  const list = await readTargetList(api, caller, listId);
  for (const [name, revision] of Object.entries({ from, to }))
    if (!(await readRevision(api.kernel, list.id, revision))) throw fieldError(`?${name}`, 'not-found', `This list has no revision ${revision}.`);
  if (from === to) return { added: 0, removed: 0, items: [] };
  const seal = sealOf('targetList/diff', [list.id, from, to]);
  const found = await readDifferences(api.kernel, list.id, from, to, placeOf(after === undefined ? 0 : openCursor(after, seal)), most + 1);
  const items = found.slice(0, most);
  const last = items.at(-1);
  const next = last && found.length > most ? makeCursor(last.position + (last.change === 'added' ? ADDED : 0), seal) : undefined;
  const { added, removed } = found[0] ?? { added: 0, removed: 0 };
  return { added, removed, items: items.map(({ change, wiki, page }) => ({ change, wiki, page })), ...(next && { next }) };
}

export const targetListRevisionRoutes: Route[] = [
  route({
    method: 'get',
    path: '/api/target-lists/:id/revisions',
    summary: 'Who changed the pages of a list, and when, newest first.',
    open: true,
    query: z.strictObject({ limit: limit(), cursor: cursor() }),
    answer: { schema: z.object({ items: z.array(revisionSchema), next: z.string().optional() }) },
    async handle({ api, caller, params, query }) {
      const page = await listRevisions(api, caller, idOf(params.id), query);
      return { body: page, next: page.next };
    },
  }),
  route({
    method: 'get',
    path: '/api/target-lists/:id/diff',
    summary: 'Which pages one revision of a list has and another has not: first what went, then what came.',
    open: true,
    query: z.strictObject({ from: revisionNumber(), to: revisionNumber(), limit: limit(), cursor: cursor() }),
    answer: {
      schema: z.object({
        added: z.int(), removed: z.int(), items: z.array(z.object({ change: z.enum(['added', 'removed']), wiki: z.string(), page: z.string() })), next: z.string().optional(),
      }),
    },
    async handle({ api, caller, params, query }) {
      const page = await compareRevisions(api, caller, idOf(params.id), query);
      return { body: page, next: 'next' in page ? page.next : undefined };
    },
  }),
  route({
    method: 'post',
    path: '/api/target-lists/:id/revert',
    summary: 'Take an older revision of a list again, as its next one.',
    body: listInputs.revert,
    answer: { schema: targetListSchema },
    async handle({ api, caller, params, body }) {
      const list = await revertTargetList(api, caller, idOf(params.id), body.revision);
      return { body: list, version: list.version };
    },
  }),
  route({
    method: 'post',
    path: '/api/target-lists/:id/refresh',
    summary: 'Read the page or the category of a list again, as its next revision.',
    body: listInputs.refresh,
    answer: { schema: targetListSchema },
    async handle({ api, caller, params }) {
      const list = await refreshTargetList(api, caller, idOf(params.id));
      return { body: list, version: list.version };
    },
  }),
];

/** A cursor is one number: what came lies behind all that went. */
const ADDED = 1_000_000_000;
const placeOf = (place: number): { change: 'added' | 'removed'; position: number } =>
  place >= ADDED ? { change: 'added', position: place - ADDED } : { change: 'removed', position: place };
