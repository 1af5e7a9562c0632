/** Saved views: a name for the filters and the order of a page, for oneself or for everybody who sees that page. */
import { z } from 'zod';
import { ReeveError, fieldError } from '../../config/errors';
import { inTransaction } from '../../db/apply';
import { fromRow } from '../../db/columns';
import type { View } from '../../db/entities/view';
import { readPage } from '../../db/queries/page';
import { may } from '../../policies';
import type { Actor } from '../../policies/actor';
import { areasOf, NOTHING_WAITS } from '../areas';
import type { Api, Caller } from '../context';
import { line, shown, text } from '../fields';
import { answered, listFields, listSchema, listed, offered } from '../lists';
import { actionSchema, jsonSchemaOf, type Action } from '../present';
import { route, type Route } from '../route';
import { idOf, needScope } from '../verbs';

/** One person's: more would be no help in finding anything. */
const MOST = 50;

const path = () => text(300).regex(/^(\/[\w.~%:-]+)+$/, { error: 'must be the path of a page, such as /deliveries' }).meta({ examples: ['/deliveries'] });
const query = () => text(2_000).regex(/^[!-~]*$/, { error: 'must be a query as it stands in an address' }).overwrite((given) => given.replace(/^\?/, '')).meta({ examples: ['state=requested'] });
const fields = {
  name: line(100), path: path().describe('Of the page, as the reader\'s address bar has it.'), query: query().describe('What stands after the `?`.'),
  shared: z.boolean().describe('For everybody who sees that page.'),
};
const newInput = z.strictObject({ ...fields, query: fields.query.default(''), shared: fields.shared.default(false) });
const editInput = z.strictObject(fields).partial();
const deleteInput = z.strictObject({});
const listQuery = z.strictObject({ ...listFields(), path: path().optional().describe('Only of this page.') });

const viewSchema = z.object({
  id: z.int(), name: z.string(), path: z.string(), query: z.string(), shared: z.boolean(), own: z.boolean(), createdAt: z.string(), actions: z.array(actionSchema),
});

function presentView(row: View, actor: Actor) {
  const { id, ownerId, name, path, query, shared, createdAtMs } = row;
  const inputs = { edit: editInput, delete: deleteInput };
  const actions = Object.entries(inputs).flatMap(([verb, input]): Action[] => (may(actor, verb, 'view', row).allowed ? [{ verb, input: jsonSchemaOf(input) }] : []));
  return { id, name, path, query, shared, own: ownerId === actor.userId, createdAt: shown(createdAtMs), actions };
}

/** What others share is offered only where the reader has the page; one's own are there always, so that they can be deleted. */
export async function listViews({ kernel }: Api, caller: Caller, { path, ...page }: z.output<typeof listQuery>) {
  needScope(caller, 'view', 'read');
  const { actor } = caller;
  const found = await readPage<View>(kernel, {
    noun: 'view', actor, order: 'asc', ...page,
    where: [[`t.owner_id = ${Number(actor.userId)} or split_part(t.path, '/', 2) = any(?)`, pagesOf(actor)], ['t.path = ?', path]],
  });
  return listed(found, (row) => presentView(row, actor), offered(actor, 'view', newInput));
}

/** Said twice, it is made once. @throws ReeveError conflict at the name, view.too-many. */
export async function createView({ kernel }: Api, caller: Caller, { name, path, query, shared }: z.output<typeof newInput>) {
  needScope(caller, 'view', 'new');
  const ownerId = caller.actor.userId!;
  if (!may(caller.actor, 'new', 'view', { ownerId }).allowed) throw new ReeveError('policy.forbidden');
  const row = await inTransaction(kernel.pool, async (client) => {
    await client.query('select from "user" where id = $1 for no key update', [ownerId]); // two at once are counted one after the other
    const { rows } = await client.query('select * from view where owner_id = $1', [ownerId]);
    const there = rows.map((one) => fromRow<View>(one)).find((one) => one.path === path && one.name.toLowerCase() === name.toLowerCase());
    if (there && (there.query !== query || there.shared !== shared)) throw nameTaken();
    if (there) return there;
    if (rows.length >= MOST) throw new ReeveError('view.too-many');
    const made = await client.query(`insert into view (owner_id, name, path, query, shared, created_at_ms) values ($1, $2, $3, $4, $5, ${kernel.clock.sql}) returning *`, [ownerId, name, path, query, shared]);
    return fromRow<View>(made.rows[0]);
  });
  return presentView(row, caller.actor);
}

export async function editView(api: Api, caller: Caller, id: number, { name, path, query, shared }: z.output<typeof editInput>) {
  await ownView(api, caller, id, 'edit');
  // What is not named stays as it stands by now, not as it was read.
  const { rows } = await api.kernel.pool.query(
    'update view set name = coalesce($2, name), path = coalesce($3, path), query = coalesce($4, query), shared = coalesce($5, shared) where id = $1 returning *', [id, name, path, query, shared],
  ).catch((error: { code?: string }) => {
    throw error.code === '23505' ? nameTaken() : error;
  });
  if (!rows.length) throw new ReeveError('not-found');
  return presentView(fromRow<View>(rows[0]), caller.actor);
}

export async function deleteView(api: Api, caller: Caller, id: number): Promise<void> {
  await ownView(api, caller, id, 'delete');
  await api.kernel.pool.query('delete from view where id = $1', [id]);
}

export const viewRoutes: Route[] = [
  route({
    method: 'get',
    path: '/api/views',
    summary: 'Your saved views, and those that others share of pages that you have.',
    query: listQuery,
    answer: { schema: listSchema(viewSchema) },
    async handle({ api, caller, query }) {
      return answered(await listViews(api, caller, query));
    },
  }),
  route({
    method: 'post',
    path: '/api/views',
    summary: `Save a view; at most ${MOST} a person.`,
    body: newInput,
    answer: { status: 201, schema: viewSchema },
    async handle({ api, caller, body }) {
      const view = await createView(api, caller, body);
      return { body: view, location: `/api/views/${view.id}` };
    },
  }),
  route({
    method: 'patch',
    path: '/api/views/:id',
    summary: 'Rename a view, share it, or let it show something else.',
    body: editInput,
    answer: { schema: viewSchema },
    handle: async ({ api, caller, params, body }) => ({ body: await editView(api, caller, idOf(params.id), body) }),
  }),
  route({
    method: 'delete',
    path: '/api/views/:id',
    summary: 'Delete a view.',
    answer: { status: 204 },
    async handle({ api, caller, params }) {
      await deleteView(api, caller, idOf(params.id));
      return {};
    },
  }),
];

const nameTaken = (): ReeveError => fieldError('/name', 'conflict', 'You have a view of this name on that page already.');

/** First parts of the paths of the pages that the reader has: `deliveries`, `log`. */
const pagesOf = (actor: Actor): string[] => [...new Set(areasOf(actor, NOTHING_WAITS).flatMap(({ sections }) => sections.map(({ path }) => path.split(/[/?]/)[1]!)))];

/** @throws ReeveError not-found, policy.forbidden */
async function ownView({ kernel }: Api, caller: Caller, id: number, verb: string): Promise<View> {
  needScope(caller, 'view', verb);
  const { rows } = await kernel.pool.query('select * from view where id = $1', [id]);
  const row = rows.length ? fromRow<View>(rows[0]) : undefined;
  if (!row || !may(caller.actor, 'read', 'view', row).allowed) throw new ReeveError('not-found');
  const verdict = may(caller.actor, verb, 'view', row);
  if (!verdict.allowed) throw new ReeveError(verdict.code, verdict.reason);
  return row;
}
