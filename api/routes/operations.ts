/**
 * Operations: steps of workflows that wait for an operator. Answered by id, by workflow id (percent-encoded, or as plain
 * path where a proxy has decoded it), or many at once by a filter, which can be counted first by `?dryRun=true`.
 */
import { z } from 'zod';
import { ReeveError, fieldError, isErrorCode, type ErrorCode } from '../../config/errors';
import { readRow } from '../../db/apply';
import type { Operation } from '../../db/entities/operation';
import { readPage } from '../../db/queries/page';
import { operationMachine } from '../../machines/operation';
import { may } from '../../policies';
import type { Actor } from '../../policies/actor';
import type { Api, Caller } from '../context';
import { id, line, queryFlag, reason, shown } from '../fields';
import { answered, listFields, listSchema, listed } from '../lists';
import { actionSchema, actionsOf, decisionCounts, type VerbInputs } from '../present';
import { problemOf } from '../problem';
import { route, type Route } from '../route';
import { doVerb, dryRunQuery, dryRunSchema, idOf, needScope, wouldDo } from '../verbs';

/** Nothing broke: somebody has to look at counts, so an answer to everything that waits does not mean these. */
const DECISIONS: ErrorCode[] = ['delivery.lists-grown'];
const verbs = ['retry', 'skip', 'abort'] as const;
type OperatorVerb = (typeof verbs)[number];
const withReason = z.strictObject({ reason: reason() });
export const operationVerbs: VerbInputs = { retry: withReason, skip: withReason, abort: withReason };

const filters = {
  code: line(100).optional().describe('Reason code, such as wiki.readonly.'),
  wiki: line(259).optional().describe('Host of the wiki in trouble.'),
  kind: line(100).optional().describe('Workflow type.'),
  entity: line(100).optional().describe('`<noun>/<id>`'),
};
const listQuery = z.strictObject({
  ...listFields(), ...filters,
  attention: queryFlag().optional().describe('true: only what waits; false: only what was answered.'),
  workflowId: line(300).optional(),
});
const manyInput = z.strictObject({
  workflowId: line(300).optional(),
  ids: z.array(id()).min(1).max(1_000).optional(),
  filter: z.strictObject(filters).optional().describe(`All that wait and match; {} = all that wait. What is a decision (${DECISIONS.join(', ')}) only if its code is named.`),
  reason: reason(),
}).refine(({ workflowId, ids, filter }) => [workflowId, ids, filter].filter((one) => one !== undefined).length === 1, { error: 'must name exactly one of workflowId, ids or filter' })
  .meta({ oneOf: ['workflowId', 'ids', 'filter'].map((name) => ({ required: [name] })) });

export const operationSchema = z.object({
  id: z.int(), state: z.string(), version: z.int(), workflowId: z.string(), runId: z.string(), kind: z.string(), entity: z.string(), wiki: z.string().nullable(), code: z.string(),
  attempts: z.int(), skippable: z.boolean(), detail: z.string().nullable().optional(), counts: decisionCounts, since: z.string(), updatedAt: z.string(), temporalUrl: z.string().nullable(),
  actions: z.array(actionSchema), hidden: z.array(z.string()),
});
const manySchema = z.object({ count: z.int(), items: z.array(z.object({ id: z.int(), workflowId: z.string(), state: z.string().optional(), problem: z.object({ code: z.string(), title: z.string() }).optional() })) });

export function presentOperation({ config }: Pick<Api, 'config'>, row: Operation, actor: Actor, nowMs: number) {
  const { id, state, version, workflowId, runId, kind, entity, wiki, code, attempts, skippable, detail, counts, createdAtMs, updatedAtMs } = row;
  const ui = config.TEMPORAL_UI_URL && `${config.TEMPORAL_UI_URL.replace(/\/$/, '')}/namespaces/${config.TEMPORAL_NAMESPACE}/workflows/${encodeURIComponent(workflowId)}/${encodeURIComponent(runId)}`;
  return {
    id, state, version, workflowId, runId, kind, entity, wiki, code, attempts, skippable, detail, counts, since: shown(createdAtMs), updatedAt: shown(updatedAtMs), temporalUrl: ui ?? null,
    actions: actionsOf('operation', row, actor, nowMs, operationVerbs, { ...(counts && { retry: { entity, code, ...counts } }), skip: { workflowId, entity, code, wiki, attempts, ...counts }, abort: { workflowId, entity, code, wiki, attempts, ...counts } }), hidden: [],
  };
}

/** @param given an operation's id, or a workflow's: then what it waits with now, else the last. */
export async function readOperation(api: Api, caller: Caller, given: string) {
  const { row, nowMs } = await findOperation(api, caller, given);
  return presentOperation(api, row, caller.actor, nowMs);
}

export async function listOperations(api: Api, caller: Caller, { attention, code, wiki, kind, entity, workflowId, ...page }: z.output<typeof listQuery>) {
  needScope(caller, 'operation', 'read');
  const found = await readPage<Operation>(api.kernel, {
    noun: 'operation', actor: caller.actor, order: 'asc', ...page,
    where: [["(t.state = 'waiting') = ?", attention], ['t.code = ?', code], ['t.wiki = ?', wiki], ['t.kind = ?', kind], ['t.entity = ?', entity], ['t.workflow_id = ?', workflowId]],
  });
  return listed(found, (row, nowMs) => presentOperation(api, row, caller.actor, nowMs));
}

/** Many at once, each by itself: what one refuses does not keep the others. */
export async function answerMany(api: Api, caller: Caller, verb: OperatorVerb, { workflowId, ids, filter, reason }: z.output<typeof manyInput>): Promise<z.output<typeof manySchema>> {
  needScope(caller, 'operation', verb);
  if (!may(caller.actor, verb, 'operation', {}).allowed) throw new ReeveError('policy.forbidden');
  const said = await saidBefore(api, caller);
  const chosen = workflowId !== undefined ? (said.length ? said : [await named(api, caller, workflowId)]) : await choose(api, ids, filter, said);
  if (caller.dryRun) return { count: chosen.length, items: chosen.map(({ id, workflowId, state }) => ({ id, workflowId, state })) };
  const items: z.output<typeof manySchema>['items'] = [];
  for (const { id, workflowId } of chosen) {
    const own = caller.commandId && { commandId: `${caller.commandId}/${id}` };
    try {
      const { row } = await doVerb(api, { ...caller, ...own }, 'operation', id, verb, { reason });
      items.push({ id, workflowId, state: row.state });
    } catch (error) {
      const { problem, report } = problemOf(error);
      if (report || !isErrorCode(problem.code)) throw error;
      items.push({ id, workflowId, problem: { code: problem.code, title: problem.title } });
    }
  }
  return { count: items.length, items };
}

export const operationRoutes: Route[] = [
  route({
    method: 'get',
    path: '/api/operations',
    summary: 'What needs attention, or did, oldest first.',
    query: listQuery,
    answer: { schema: listSchema(operationSchema) },
    async handle({ api, caller, query }) {
      return answered(await listOperations(api, caller, query));
    },
  }),
  ...verbs.map((verb) =>
    route({
      method: 'post',
      path: `/api/operations/${verb}`,
      refuses: [404],
      summary: `\`${verb}\` one workflow, or many by ids or by a filter.`,
      query: dryRunQuery,
      body: manyInput,
      example: { filter: { code: 'wiki.readonly' }, reason: 'The wiki takes edits again.' },
      answer: { schema: manySchema },
      handle: async ({ api, caller, body }) => ({ body: await answerMany(api, caller, verb, body) }),
    }),
  ),
  ...verbs.map((verb) =>
    route({
      method: 'post',
      path: `/api/operations/*workflowId/${verb}`,
      summary: `\`${verb}\` what this workflow (or operation, by its number) waits with.`,
      query: dryRunQuery,
      body: withReason,
      answer: { schema: z.union([operationSchema, dryRunSchema]) },
      async handle({ api, caller, params, body }) {
        const { row } = await findOperation(api, caller, params.workflowId);
        const done = await doVerb(api, caller, 'operation', row.id, verb, body);
        if (caller.dryRun) return { body: wouldDo(verb, done) };
        const answered = await readOperation(api, caller, String(row.id));
        return { body: answered, version: answered.version };
      },
    }),
  ),
  route({
    method: 'get',
    path: '/api/operations/*workflowId',
    summary: 'What this workflow waits with, or waited with last; or one operation by its number.',
    answer: { schema: operationSchema },
    async handle({ api, caller, params }) {
      const operation = await readOperation(api, caller, params.workflowId as string);
      return { body: operation, version: operation.version };
    },
  }),
];

/** @throws ReeveError not-found */
export async function findOperation({ kernel }: Api, caller: Caller, given: string | string[] | undefined): Promise<{ row: Operation; nowMs: number }> {
  needScope(caller, 'operation', 'read');
  const name = Array.isArray(given) ? given.join('/') : (given ?? '');
  const { rows } = /^\d+$/.test(name)
    ? { rows: [{ id: idOf(name) }] }
    : await kernel.pool.query<{ id: number }>( // a command that is said again means what it meant, although the workflow may wait anew
      `select o.id from operation o left join audit c on c.command_id = $3 and c.noun = 'operation' and c.entity = o.id
       where o.workflow_id = $1 order by c.id is not null desc, o.state = $2 desc, o.id desc limit 1`,
      [name.replaceAll('\0', ''), operationMachine.config.initial, caller.commandId ?? null]);
  const { row, nowMs } = rows[0] ? await readRow(kernel, 'operation', rows[0].id) : { row: null, nowMs: 0 };
  if (!row || !may(caller.actor, 'read', 'operation', row).allowed) throw new ReeveError('not-found');
  return { row, nowMs };
}

/** @throws ReeveError not-found at the field */
async function named(api: Api, caller: Caller, workflowId: string): Promise<Operation> {
  const found = await findOperation(api, caller, workflowId).catch((error: ReeveError) => error);
  if (!(found instanceof Error)) return found.row;
  throw found.code === 'not-found' ? fieldError('/workflowId', 'not-found', 'No workflow of this id waits for an operator, or ever did: take one of `GET /api/operations?attention=true`.') : found;
}

interface Chosen {
  id: number;
  workflowId: string;
  state: string;
}

/** What this very command has answered already: said again it means these, whatever waits by now. @throws ReeveError idempotency.reused */
async function saidBefore({ kernel }: Api, { commandId, inputHash }: Caller): Promise<(Chosen & { atMs: number })[]> {
  if (commandId === undefined) return [];
  const { rows } = await kernel.pool.query<Chosen & { atMs: number; inputHash: string | null }>(
    `select o.id, o.workflow_id as "workflowId", o.state, a.at_ms as "atMs", a.input_hash as "inputHash"
     from operation o join audit a on a.command_id = $1 || '/' || o.id order by o.id`, [commandId]);
  if (rows.some((row) => row.inputHash !== inputHash)) throw new ReeveError('idempotency.reused');
  return rows;
}

/** @throws ReeveError not-found at each id that is none: nothing is answered then */
async function choose({ kernel }: Api, ids: number[] | undefined, filter: z.output<typeof manyInput>['filter'], said: { id: number; atMs: number }[]): Promise<Chosen[]> {
  const { code, wiki, kind, entity } = filter ?? {};
  const { rows } = await kernel.pool.query<Chosen>(
    `select id, workflow_id as "workflowId", state from operation
     where case when $1::int[] is not null then id = any($1)
       else id = any($7::int[]) or state = 'waiting' and created_at_ms <= coalesce($8::bigint, created_at_ms) and ($2::text is not null or code <> all($6::text[])) end
       and ($2::text is null or code = $2) and ($3::text is null or wiki = $3) and ($4::text is null or kind = $4) and ($5::text is null or entity = $5) order by id`,
    [ids ?? null, code ?? null, wiki ?? null, kind ?? null, entity ?? null, DECISIONS, said.map(({ id }) => id), said.length ? Math.min(...said.map(({ atMs }) => atMs)) : null],
  );
  const known = new Set(rows.map(({ id }) => id));
  const errors = ids?.flatMap((one, i) => (known.has(one) ? [] : [{ pointer: `/ids/${i}`, code: 'not-found', detail: `There is no operation ${one}.` }])) ?? [];
  if (errors.length) throw new ReeveError('not-found', undefined, { errors });
  return rows;
}
