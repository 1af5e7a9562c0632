/**
 * The audit log: all of it for those who may read it, else that of one thing, or of the things of one noun, that the
 * reader may read. Ids and codes; what a person wrote as a reason is shown to those whom it concerns. As JSON, or as an
 * event stream that goes on.
 */
import { z } from 'zod';
import { ReeveError, fieldError } from '../../config/errors';
import { readRow } from '../../db/apply';
import { nounTables, type KernelNoun } from '../../db/nouns';
import { actorNamed, lastCheck, loggedVerbs, readLog, type LogEntry } from '../../db/queries/log';
import { BACK, makeCursor, openPageCursor, sealOf } from '../../db/queries/page';
import { logField, may } from '../../policies';
import { holds, type Actor } from '../../policies/actor';
import type { Api, Caller } from '../context';
import { streamLog, type LogWatch } from '../log-stream';
import { csvLine, sendCsv } from '../csv';
import { cursor, id, instant, limit, line, queryNumber, shown } from '../fields';
import { stillAsking } from '../middleware/authenticate';
import { route, type Route } from '../route';
import { needScope } from '../verbs';

export const logQuery = z.strictObject({
  limit: limit(), cursor: cursor(),
  after: queryNumber().optional().describe('Only what stands after this position.'),
  noun: z.enum(Object.keys(nounTables) as [KernelNoun, ...KernelNoun[]]).optional(),
  entity: queryNumber(1).pipe(id()).meta({ as: { type: 'integer', minimum: 1, maximum: 2_147_483_647 } }).optional().describe('Id of one thing; with `noun`.'),
  actor: line(100).optional().describe('A person\'s name, or as it stands in the log: `user/7`, `system`. Only for those who may read all of it.'),
  verb: line(50).optional().describe('One of `GET /api/log/verbs`; `byTime` is what the clock did.'),
  from: instant().meta({ as: { type: 'string', format: 'date-time', examples: ['2027-01-01T00:00:00Z'] } }).optional().describe('Only what happened from this instant on.'),
  until: instant().optional().describe('Only what happened before it.'),
  sort: z.enum(['createdAt', '-createdAt']).default('createdAt').describe('`-createdAt` = the newest first.'),
});
const csvQuery = logQuery.omit({ limit: true, cursor: true }).strict();

const entrySchema = z.object({
  position: z.int(), at: z.string(), noun: z.string(), entity: z.int(), version: z.int(), verb: z.string(), actor: z.string().describe('`somebody` where it is hidden.'), actorName: z.string().nullable().describe('null where it was no person, or one who is not yours to know: who reads an account, the whole log with its reasons, or the log of a thing of their own is told.'), from: z.string().nullable(), to: z.string(),
  code: z.string().nullable(), requestId: z.string().nullable().optional(), reason: z.string().nullable().optional(), hidden: z.array(z.string()),
});

const checkSchema = z.object({ at: z.string(), position: z.int().describe('The last place that it looked at.'), findings: z.int().describe('0: the log was whole.') }).nullable();
const readCheck = async ({ kernel }: Pick<Api, 'kernel'>) => {
  const check = await lastCheck(kernel);
  return check && { at: shown(check.atMs), position: check.position, findings: check.findings };
};

function presentEntry({ position, atMs, noun, entity, version, verb, actor, actorName, fromState, toState, code, requestId, reason }: LogEntry, seen: Seen) {
  const hidden = [...(seen.all ? [] : ['requestId']), ...(seen.reasons ? [] : ['reason']), ...(!seen.deciders && (verb === 'approve' || verb === 'reject') ? ['actor'] : [])];
  return {
    position, at: shown(atMs), noun, entity, version, verb, ...(hidden.includes('actor') ? { actor: 'somebody', actorName: null } : { actor, actorName }), from: fromState, to: toState, code, ...(seen.all && { requestId }), ...(seen.reasons && { reason }),
    hidden,
  };
}

/** @throws ReeveError not-found for the log of a thing that the reader may not see. */
export async function readLogPage({ kernel }: Pick<Api, 'kernel'>, caller: Caller, { limit, cursor, after = 0, sort, from: fromMs, until: untilMs, ...given }: z.output<typeof logQuery>) {
  const filter = { ...given, fromMs, untilMs };
  const seen = await sightOf({ kernel }, caller, filter.noun, filter.entity);
  if (!seen.all && filter.actor !== undefined) throw fieldError('?actor', 'policy.forbidden', 'Only those who may read the whole log look for persons.');
  const actor = filter.actor && (await actorNamed(kernel, filter.actor));
  if (filter.actor && !actor) throw fieldError('?actor', 'input.invalid', 'Nobody here is called so: give a person\'s name, or `system` for what Reeve did by itself.');
  const seal = sealOf('log', { ...filter, sort });
  const at = cursor === undefined ? undefined : openPageCursor(cursor, seal);
  const down = (sort === '-createdAt') !== (at?.back ?? false);
  const part = { after: at && !down ? Math.max(at.id, after) : after, ...(at && down && { before: at.id }), down, limit: limit + 1 };
  const found = await readLog(kernel, { ...filter, actor, reader: caller.actor, named: seen.reasons, readableOnly: seen.some }, part);
  const items = found.slice(0, limit).map((entry) => presentEntry(entry, seen));
  if (at?.back) items.reverse();
  const more = found.length > limit;
  // Where a page was come to from, there is something.
  const [next, prev] = at?.back ? [true, more] : [more, at !== undefined];
  return {
    items, ...(next && items.length > 0 && { next: makeCursor(items.at(-1)!.position, seal) }), ...(prev && items.length > 0 && { prev: makeCursor(items[0]!.position, seal, BACK) }),
  };
}

export const logRoutes = (watch: LogWatch): Route[] => [
  route({
    method: 'get',
    path: '/api/log',
    refuses: [404],
    summary: 'Who did what to which thing, in the order of the sealed log; with Accept: text/event-stream, events `entries` as they come, from `after` (or Last-Event-ID, or now) on, and every 15 s `beat` (null).',
    query: logQuery,
    answer: { schema: z.object({ items: z.array(entrySchema), next: z.string().optional(), prev: z.string().optional(), verified: checkSchema.describe('When `reeve audit verify` last proved the log; null: never.') }), type: 'text/event-stream' },
    async handle({ api, caller, query, req, res }) {
      if (req.accepts(['application/json', 'text/event-stream']) === 'text/event-stream') return streamLog(api, watch, req, res, query, readLogPage);
      const page = await readLogPage(api, caller, query);
      return { body: { ...page, verified: await readCheck(api) }, next: page.next, prev: page.prev };
    },
  }),
  route({
    method: 'get',
    path: '/api/log/verbs',
    summary: 'What can stand in the log, noun by noun: for who looks for it.',
    answer: { schema: z.object({ items: z.array(z.object({ noun: z.string(), verbs: z.array(z.string()) })) }) },
    handle: async () => ({ body: { items: (Object.keys(nounTables) as KernelNoun[]).map((noun) => ({ noun, verbs: loggedVerbs(noun) })) } }),
  }),
  route({
    method: 'get',
    path: '/api/log.csv',
    refuses: [404],
    summary: 'The same, all of it, as CSV.',
    query: csvQuery,
    answer: { type: 'text/csv' },
    async handle({ api, caller, query, req, res }) {
      const first = await readLogPage(api, caller, { ...query, limit: CSV_PIECE }); // a problem while it can still be one
      async function* pieces(): AsyncGenerator<string> {
        for (let page = first; ; page = await readLogPage(api, await stillAsking(api, req, caller), { ...query, limit: CSV_PIECE, cursor: page.next })) {
          yield page.items.map(({ position, at, noun, entity, version, verb, actor, actorName, from, to, code, reason }) => csvLine([position, at, noun, entity, version, verb, actor, actorName, from, to, code, reason ?? null])).join('');
          if (!page.next) return;
        }
      }
      await sendCsv(res, 'log', ['position', 'at', 'noun', 'entity', 'version', 'verb', 'actor', 'name', 'from', 'to', 'code', 'reason'], pieces());
    },
  }),
];

const CSV_PIECE = 1_000;

interface Seen {
  all: boolean;
  /** Those things of the noun that the reader may read. */
  some?: boolean;
  reasons: boolean;
  /** Who approved a delivery, or did not. */
  deciders: boolean;
}

async function sightOf({ kernel }: Pick<Api, 'kernel'>, caller: Caller, noun: KernelNoun | undefined, entity: number | undefined): Promise<Seen> {
  const { actor } = caller;
  if (may(actor, 'read', 'audit', {}).allowed) return { all: true, reasons: holds(actor, 'auditor', 'admin'), deciders: true };
  if (noun === undefined) {
    needScope(caller, 'audit', 'read');
    throw new ReeveError('policy.forbidden', 'Name a noun: the whole log is for auditors and admins.');
  }
  needScope(caller, noun, 'read');
  const deciders = (row: object): boolean => noun !== 'delivery' || may(actor, 'read', noun, row, 'approver').allowed;
  if (entity === undefined) return { all: false, some: true, reasons: false, deciders: deciders(ANY) };
  const { row } = await readRow(kernel, noun, entity);
  if (!row || !may(actor, 'read', noun, row, logField[noun]).allowed) throw new ReeveError('not-found');
  return { all: false, reasons: concerns(actor, noun, row as unknown as Record<string, unknown>), deciders: deciders(row) };
}
/** A delivery of whoever it may be. */
const ANY = { state: 'approved' };

/** Why somebody decided about your thing is yours to know. */
const concerns = (actor: Actor, noun: KernelNoun, row: Record<string, unknown>): boolean =>
  actor.userId !== null && [row.senderId, row.ownerId, row.userId, noun === 'user' ? row.id : undefined].includes(actor.userId);
