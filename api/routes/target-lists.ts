/**
 * Target lists: the pages that a delivery goes to; what is wrong with a line comes back with the answer. Whatever changes
 * the pages makes a revision (target-list-revisions.ts); a submitted delivery keeps the one that it was submitted with.
 */
import { z } from 'zod';
import { fieldError, ReeveError } from '../../config/errors';
import { readRow } from '../../db/apply';
import { create, edit } from '../../db/create';
import type { TargetList } from '../../db/entities/target-list';
import { makeCursor, openCursor, readPage, sealOf } from '../../db/queries/page';
import { inTurn, readHosts, readLines, readProblems, writeRevision } from '../../db/queries/target-lists';
import { readRevision } from '../../db/queries/target-list-revisions';
import { entriesOf } from '../../db/target-formats';
import { spool } from '../../gateways/spool';
import { inScope, may } from '../../policies';
import type { Actor } from '../../policies/actor';
import type { Api, Caller } from '../context';
import { checked, cursor, id, limit, line, queryNumber, shown, wikiRef } from '../fields';
import { answered, listFields, listSchema, listed, offered } from '../lists';
import { actionSchema, jsonSchemaOf } from '../present';
import { callerOf, route, type Call, type Route } from '../route';
import { contentOf, givenFields, type Content, type Given } from '../target-sources';
import { idOf, needScope } from '../verbs';
import { wikiOf } from './wikis';

const MOST_STREAMED_BYTES = 512 * 1024 * 1024;
/** How many problems the answer holds; all are stored. */
const FIRST_PROBLEMS = 1_000;

const name = () => line(200);
/** Whatever its format, a list comes one of these ways (target-sources.ts says which to which format). */
const SOURCES = ['content', 'page', 'category'].map((field) => ({ required: [field] }));
const newInput = z.strictObject({ name: name(), wiki: wikiRef().describe('The wiki that lines without a host mean.'), ...givenFields, format: givenFields.format.default('lines') }).meta({ anyOf: SOURCES });
const putInput = z.strictObject({ name: name().optional(), ...givenFields, format: givenFields.format.optional().describe(`${givenFields.format.description} Default: as before.`) }).meta({ anyOf: [...SOURCES, { required: ['name'], not: { required: ['format'] } }] });
/** What its owner may do to a list. */
export const listInputs = { edit: putInput, revert: z.strictObject({ revision: id() }), refresh: z.strictObject({}) };
const streamedFormat = z.enum(['lines', 'csv']);
const streamedInput = z.strictObject({ name: name(), wiki: line(260), format: streamedFormat.default('lines') });
const streamedPut = z.strictObject({ name: name().optional(), format: streamedFormat.default('lines') });
const newQuery = z.strictObject({ name: z.string(), wiki: z.string(), format: z.string() }).partial()
  .describe('Only with a body of text/plain or text/csv: the other fields.');
const putQuery = newQuery.omit({ wiki: true });
const listQuery = z.strictObject({
  ...listFields(), mine: z.enum(['true']).optional().describe('Only your own.'), wiki: line(259).optional().describe('Whose lines without a host mean this one.'),
  q: line(255).optional().describe('Names that hold this.'), format: givenFields.format.optional(),
});
const partQuery = z.strictObject({
  limit: limit(), cursor: cursor(),
  revision: queryNumber(1, 9, 'must be the number of a revision').optional().describe('Default: the newest.') });

const problemSchema = z.object({ line: z.int().describe('For json and category: which of its targets.'), text: z.string(), code: z.string() });
export const targetListSchema = z.object({
  id: z.int(), name: z.string(), wiki: z.string(), owner: z.object({ id: z.int(), name: z.string() }), format: z.string(),
  source: z.string().nullable().describe('The page or category that it was read from.'), state: z.string(), version: z.int(),
  revision: z.int(), targets: z.int(), problems: z.array(problemSchema).optional().describe('The first 1,000.'), problemCount: z.int(),
  used: z.boolean().describe('A submitted delivery names it: it is public.'), createdAt: z.string(), updatedAt: z.string(), actions: z.array(actionSchema), hidden: z.array(z.string()),
});

type Listed = TargetList & { host: string; ownerName: string };

export function presentTargetList(row: Listed, actor: Actor) {
  const { id, name, host, ownerId, ownerName, format, source, state, version, revision, targets, problemCount, used, createdAtMs, updatedAtMs } = row;
  const mine = inScope(actor, 'edit', 'targetList') && may(actor, 'edit', 'targetList', row).allowed;
  const verbs = mine ? (['edit', ...(revision > 1 ? ['revert'] : []), ...(source !== null ? ['refresh'] : [])] as (keyof typeof listInputs)[]) : [];
  return {
    id, name, wiki: host, owner: { id: ownerId, name: ownerName }, format, source, state, version, revision, targets, problemCount, used,
    createdAt: shown(createdAtMs), updatedAt: shown(updatedAtMs), actions: verbs.map((verb) => ({ verb, input: jsonSchemaOf(listInputs[verb]) })), hidden: [],
  };
}

/** Makes a list of whatever lines are sound; the others come back with their code and stay with the list. */
export async function createTargetList(api: Api, caller: Caller, input: { name: string; wiki: string | number } & Given) {
  const { actor } = caller;
  const wiki = await wikiOf(api, input.wiki);
  const content = await contentOf(api, wiki.id, input);
  try {
    const values = { ownerId: actor.userId!, wikiId: wiki.id, name: input.name, format: content.format, source: content.source, revision: 1, targets: 0, problemCount: 0, used: false };
    const { row } = await inTurn(actor.userId!, () => create(api.kernel, { noun: 'targetList', values, ...caller, also: (client, listId) => writeContent(api, caller, client, { id: listId, wikiId: wiki.id, revision: 1 }, content) }));
    return await readTargetList(api, caller, row.id);
  } finally {
    await content.close?.();
  }
}

/** New pages make a new revision; a name alone makes none. @throws ReeveError version.conflict */
export async function editTargetList(api: Api, caller: Caller, listId: number, { name, ...given }: { name?: string } & Partial<Given>) {
  needScope(caller, 'targetList', 'edit');
  const before = await editable(api, caller, listId);
  const renames = name !== undefined && Object.values(given).every((value) => value === undefined);
  const content = renames ? undefined : await contentOf(api, before.wikiId, { ...given, format: given.format ?? (before.format as Given['format']) });
  try {
    const values = { ...(name !== undefined && { name }), ...(content && { format: content.format, source: content.source, revision: before.revision + 1 }) };
    const write = () => edit(api.kernel, {
      noun: 'targetList', id: listId, values, ...caller, ifMatch: caller.ifMatch ?? before.version,
      also: content && ((client, row: TargetList) => writeContent(api, caller, client, row, content)),
    });
    await (content ? inTurn(caller.actor.userId!, write) : write());
  } finally {
    await content?.close?.();
  }
  return readTargetList(api, caller, listId);
}

/** The row, for who may change it. @throws ReeveError not-found, policy.forbidden */
export async function editable({ kernel }: Api, { actor }: Caller, listId: number): Promise<TargetList> {
  const { row } = await readRow(kernel, 'targetList', listId);
  if (!row || !may(actor, 'read', 'targetList', row).allowed) throw new ReeveError('not-found');
  if (!may(actor, 'edit', 'targetList', row).allowed) throw new ReeveError('policy.forbidden');
  return row;
}

/** The list with its first problems. @throws ReeveError not-found also for what the reader may not see. */
export async function readTargetList({ kernel }: Api, caller: Caller, id: number) {
  needScope(caller, 'targetList', 'read');
  const { row } = await readRow(kernel, 'targetList', id);
  if (!row || !may(caller.actor, 'read', 'targetList', row).allowed) throw new ReeveError('not-found');
  const [names, problems] = await Promise.all([
    kernel.pool.query<{ host: string; owner_name: string }>('select w.host, u.name as owner_name from wiki w, "user" u where w.id = $1 and u.id = $2', [row.wikiId, row.ownerId]),
    readProblems(kernel, id, row.revision, 0, FIRST_PROBLEMS),
  ]);
  const { host, owner_name: ownerName } = names.rows[0]!;
  return { ...presentTargetList({ ...row, host, ownerName }, caller.actor), problems: problems.map(withoutPosition) };
}

export const targetListRoutes: Route[] = [
  route({
    method: 'post',
    path: '/api/target-lists',
    summary: 'Make a target list: from lines as JSON up to 2 MB, longer ones as a stream of text; from a page or a category of its wiki.',
    query: newQuery,
    body: newInput,
    example: { name: 'Newsletter readers', wiki: 'en.example.org', format: 'lines', content: 'User talk:Example\nTalk:Example@de.example.org' },
    streams: ['text/plain', 'text/csv'],
    largest: { bytes: 13 * 1024 * 1024, field: '/content' },
    answer: { status: 201, schema: targetListSchema },
    async handle(call) {
      const { api, caller, query, body } = call;
      needScope(caller, 'targetList', 'new'); // before a long body is taken in
      const list = body === undefined
        ? await streamed(call, checked(streamedInput, query, 'query'), (by, input) => createTargetList(api, by, input))
        : await createTargetList(api, caller, body);
      return { body: list, version: list.version, location: `/api/target-lists/${list.id}` };
    },
  }),
  route({
    method: 'get',
    path: '/api/target-lists',
    summary: 'Target lists that you may see, newest first.',
    open: true,
    query: listQuery,
    answer: { schema: listSchema(targetListSchema) },
    async handle({ api, caller: { actor, ...by }, query: { mine, wiki, q, format, ...page } }) {
      needScope({ actor, ...by }, 'targetList', 'read');
      const found = await readPage<Listed>(api.kernel, {
        noun: 'targetList', actor, ...page, select: 'w.host, u.name as owner_name', from: 'join wiki w on w.id = t.wiki_id join "user" u on u.id = t.owner_id',
        where: [['t.owner_id = ?', mine && (actor.userId ?? 0)], ['w.host = ?', wiki?.toLowerCase()], ['position(lower(?) in lower(t.name)) > 0', q], ['t.format = ?', format]],
      });
      return answered(listed(found, (row) => presentTargetList(row, actor), offered(actor, 'targetList', newInput)));
    },
  }),
  route({
    method: 'get',
    path: '/api/target-lists/:id',
    summary: 'One target list with its first problems.',
    open: true,
    answer: { schema: targetListSchema },
    async handle({ api, caller, params }) {
      const list = await readTargetList(api, caller, idOf(params.id));
      return { body: list, version: list.version };
    },
  }),
  // As every thing is edited; and as a list's body, which replaces what it holds.
  ...(['patch', 'put'] as const).map((method) => route({
    method,
    name: method === 'put' ? 'replaceTargetList' : 'editTargetList',
    path: '/api/target-lists/:id',
    summary: 'Put other pages into a list, as its next revision, or give it another name. What was submitted keeps the revision that it was submitted with.',
    versioned: true,
    query: putQuery,
    body: putInput,
    example: { format: 'lines', content: 'User talk:Example' },
    streams: ['text/plain', 'text/csv'],
    largest: { bytes: 13 * 1024 * 1024, field: '/content' },
    answer: { schema: targetListSchema },
    async handle(call) {
      const { api, caller, query, params, body } = call;
      const listId = idOf(params.id);
      needScope(caller, 'targetList', 'edit');
      await editable(api, caller, listId); // before a long body is taken in
      const list = body === undefined
        ? await streamed(call, checked(streamedPut, query, 'query'), (by, input) => editTargetList(api, by, listId, input))
        : await editTargetList(api, caller, listId, body);
      return { body: list, version: list.version };
    },
  })),
  parts('pages', 'The pages of a list, in the order of sending.', z.object({ position: z.int(), wiki: z.string(), page: z.string() }), readLines, (page) => page),
  parts('problems', 'What is wrong with lines of a list.', problemSchema, readProblems, withoutPosition),
];

/** Bodies of any length, kept aside until they are whole; the other fields stand in the query. */
async function streamed<I extends Record<string, unknown>, T>({ api, req }: Call, input: I, then: (caller: Caller, input: I & { content: AsyncIterable<string> }) => Promise<T>): Promise<T> {
  if (req.headers['content-encoding'] !== undefined && req.headers['content-encoding'] !== 'identity') throw new ReeveError('input.media-type', 'Send the list uncompressed.');
  const body = await spool(req, MOST_STREAMED_BYTES);
  try {
    return await then(callerOf(api, req, req.asking!, body.hash, input), { ...input, content: body.text() });
  } finally {
    await body.close();
  }
}

async function writeContent({ config }: Api, { actor }: Caller, client: import('pg').ClientBase, { id: listId, wikiId, revision }: Pick<TargetList, 'id' | 'wikiId' | 'revision'>, content: Content): Promise<void> {
  const hosts = await readHosts({ pool: client }, wikiId, config.REEVE_HOST_ALIASES);
  const { format, source, sourceRevisionId } = content;
  await writeRevision(client, { listId, revision, format, source, sourceRevisionId, userId: actor.userId! }, hosts, entriesOf(format, content.chunks, hosts));
}

function withoutPosition({ position: _, ...problem }: { position: number; line: number; text: string; code: string }) {
  return problem;
}

function parts<T extends { position: number }, P>(name: string, summary: string, schema: z.ZodType, read: (kernel: Api['kernel'], id: number, revision: number, after: number, limit: number) => Promise<T[]>, present: (part: T) => P): Route {
  return route({
    method: 'get',
    path: `/api/target-lists/:id/${name}`,
    summary,
    open: true,
    query: partQuery,
    answer: { schema: z.object({ items: z.array(schema), next: z.string().optional() }) },
    async handle({ api, caller, params, query }) {
      const list = await readTargetList(api, caller, idOf(params.id));
      const revision = query.revision ?? list.revision;
      if (query.revision !== undefined && !(await readRevision(api.kernel, list.id, revision))) throw fieldError('?revision', 'not-found', `This list has no revision ${revision}.`);
      const seal = sealOf(`targetList/${name}`, [list.id, revision]);
      const found = await read(api.kernel, list.id, revision, query.cursor === undefined ? 0 : openCursor(query.cursor, seal), query.limit + 1);
      const items = found.slice(0, query.limit);
      const next = found.length > query.limit ? makeCursor(items.at(-1)!.position, seal) : undefined;
      return { body: { items: items.map(present), ...(next && { next }) }, next };
    },
  });
}
