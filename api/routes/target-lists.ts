/** Target lists: the pages that a delivery goes to, one a line; what is wrong with a line comes back with the answer. */
import type { Request } from 'express';
import { z } from 'zod';
import { ReeveError } from '../../config/errors';
import { readRow } from '../../db/apply';
import { create } from '../../db/create';
import type { TargetList } from '../../db/entities/target-list';
import { makeCursor, openCursor, readPage, sealOf } from '../../db/queries/page';
import { readHosts, readLines, readProblems, writeLines } from '../../db/queries/target-lists';
import { may } from '../../policies';
import type { Api, Caller } from '../context';
import { checked, cursor, limit, line, shown, wikiRef } from '../fields';
import { callerOf, route, type Route } from '../route';
import { spool } from '../spool';
import { idOf, needScope } from '../verbs';
import { wikiOf } from './wikis';

const MOST_JSON_CHARACTERS = 2 * 1024 * 1024;
const MOST_STREAMED_BYTES = 512 * 1024 * 1024;
/** How many problems the answer holds; all are stored. */
const FIRST_PROBLEMS = 1_000;

const about = {
  name: line(200),
  wiki: wikiRef().describe('The wiki that lines without a host mean.'),
  format: z.enum(['lines', 'csv']).default('lines').describe('lines: `Title` or `Title@host`, one a line; csv: the page, and in a second column its host.'),
};
const newInput = z.strictObject({ ...about, content: z.string().max(MOST_JSON_CHARACTERS, { error: 'may have at most 2,097,152 characters in JSON; send longer lists as text/plain' }) });
const streamedInput = z.strictObject({ ...about, wiki: line(260) });
const newQuery = z.strictObject({ name: z.string(), wiki: z.string(), format: z.string() }).partial()
  .describe('Only with a body of text/plain or text/csv: the other fields.');
const listQuery = z.strictObject({ limit: limit(), cursor: cursor() });

const problemSchema = z.object({ line: z.int(), text: z.string(), code: z.string() });
export const targetListSchema = z.object({
  id: z.int(), name: z.string(), wiki: z.string(), owner: z.object({ id: z.int(), name: z.string() }), format: z.string(), state: z.string(), version: z.int(),
  revision: z.int(), targets: z.int(), problems: z.array(problemSchema).optional().describe('The first 1,000.'), problemCount: z.int(),
  used: z.boolean().describe('A submitted delivery names it: it is public.'), createdAt: z.string(), actions: z.array(z.never()), hidden: z.array(z.string()),
});

type Listed = TargetList & { host: string; ownerName: string };

export function presentTargetList({ id, name, host, ownerId, ownerName, format, state, version, revision, targets, problemCount, used, createdAtMs }: Listed) {
  return {
    id, name, wiki: host, owner: { id: ownerId, name: ownerName }, format, state, version, revision, targets, problemCount, used,
    createdAt: shown(createdAtMs), actions: [], hidden: [],
  };
}

/** Makes a list of whatever lines are sound; the others come back with their code and stay with the list. */
export async function createTargetList(api: Api, caller: Caller, input: { name: string; wiki: string | number; format: 'lines' | 'csv' }, chunks: AsyncIterable<string> | Iterable<string>) {
  const { kernel, config } = api;
  const { actor } = caller;
  const wiki = await wikiOf(api, input.wiki);
  const hosts = await readHosts(kernel, wiki.id, config.REEVE_HOST_ALIASES);
  const values = { ownerId: actor.userId!, wikiId: wiki.id, name: input.name, format: input.format, revision: 1, targets: 0, problemCount: 0, used: false };
  const { row } = await create(kernel, { noun: 'targetList', values, ...caller, also: async (client, id) => void (await writeLines(client, id, 1, hosts, input.format, chunks)) });
  return readTargetList(api, caller, row.id);
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
  return { ...presentTargetList({ ...row, host, ownerName }), problems };
}

/** Bodies of any length, kept aside until they are whole; the other fields stand in the query. */
async function createStreamed(api: Api, req: Request, query: unknown) {
  const input = checked(streamedInput, query, 'query');
  if (req.headers['content-encoding'] !== undefined && req.headers['content-encoding'] !== 'identity') throw new ReeveError('input.media-type', 'Send the list uncompressed.');
  const body = await spool(req, MOST_STREAMED_BYTES);
  try {
    const caller = callerOf(api, req, req.asking!, body.hash, input);
    return await createTargetList(api, caller, input, body.text());
  } finally {
    await body.close();
  }
}

export const targetListRoutes: Route[] = [
  route({
    method: 'post',
    path: '/api/target-lists',
    summary: 'Make a target list from lines: as JSON up to 2 MB, longer ones as a stream of text.',
    query: newQuery,
    body: newInput,
    streams: ['text/plain', 'text/csv'],
    largest: { bytes: 13 * 1024 * 1024, field: '/content' },
    answer: { status: 201, schema: targetListSchema },
    async handle({ api, req, caller, query, body }) {
      needScope(caller, 'targetList', 'new'); // before a long body is taken in
      const list = body === undefined ? await createStreamed(api, req, query) : await createTargetList(api, caller, body, [body.content]);
      return { body: list, version: list.version, location: `/api/target-lists/${list.id}` };
    },
  }),
  route({
    method: 'get',
    path: '/api/target-lists',
    summary: 'Target lists that you may see, newest first.',
    open: true,
    query: listQuery,
    answer: { schema: z.object({ items: z.array(targetListSchema), next: z.string().optional() }) },
    async handle({ api, caller, query }) {
      needScope(caller, 'targetList', 'read');
      const { rows, next } = await readPage<Listed>(api.kernel, {
        noun: 'targetList', actor: caller.actor, ...query, select: 'w.host, u.name as owner_name', from: 'join wiki w on w.id = t.wiki_id join "user" u on u.id = t.owner_id',
      });
      return { body: { items: rows.map(presentTargetList), ...(next && { next }) }, next };
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
  parts('pages', 'The pages of a list, in the order of sending.', z.object({ position: z.int(), wiki: z.string(), page: z.string() }), readLines, ({ position }) => position),
  parts('problems', 'What is wrong with lines of a list.', problemSchema, readProblems, (problem) => problem.line),
];

function parts<T>(name: string, summary: string, schema: z.ZodType, read: (kernel: Api['kernel'], id: number, revision: number, after: number, limit: number) => Promise<T[]>, keyOf: (part: T) => number): Route {
  return route({
    method: 'get',
    path: `/api/target-lists/:id/${name}`,
    summary,
    open: true,
    query: listQuery,
    answer: { schema: z.object({ items: z.array(schema), next: z.string().optional() }) },
    async handle({ api, caller, params, query }) {
      const { id, revision } = await readTargetList(api, caller, idOf(params.id));
      const seal = sealOf(`targetList/${name}`, [id, revision]);
      const found = await read(api.kernel, id, revision, query.cursor === undefined ? 0 : openCursor(query.cursor, seal), query.limit + 1);
      const items = found.slice(0, query.limit);
      const next = found.length > query.limit ? makeCursor(keyOf(items.at(-1)!), seal) : undefined;
      return { body: { items, ...(next && { next }) }, next };
    },
  });
}
