/** What became of each page of a delivery, as JSON or CSV; settling one where the wiki could not tell. */
import { z } from 'zod';
import { ReeveError } from '../../config/errors';
import { readTargets, type TargetRow } from '../../db/queries/deliveries';
import { makeCursor, openCursor, sealOf } from '../../db/queries/page';
import type { Api, Caller } from '../context';
import { csvLine, sendCsv } from '../csv';
import { cursor, limit, line, reason, shown } from '../fields';
import { stillAsking } from '../middleware/authenticate';
import { actionSchema, jsonSchemaOf, type Action } from '../present';
import { route, type Route } from '../route';
import { doVerb, dryRunQuery, dryRunSchema, idOf, wouldDo } from '../verbs';
import { deliverySchema, readDelivery, settleAs } from './deliveries';

const targetQuery = z.strictObject({
  limit: limit(), cursor: cursor(),
  outcome: z.enum(['pending', 'attempting', 'sent', 'skipped', 'failed', 'unknown', 'cancelled']).optional(),
  wiki: line(259).optional().describe('Host.'),
});
const csvQuery = targetQuery.omit({ limit: true, cursor: true }).strict();
const targetSchema = z.object({
  id: z.int(), wiki: z.string(), page: z.string(), asked: z.string().nullable().describe('As the list had it, where the wiki\'s name differs.'), outcome: z.string(),
  code: z.string().nullable(), revisionId: z.int().nullable(), at: z.string().nullable(), actions: z.array(actionSchema).describe('`settle`, where the wiki could not tell and you may say it.'),
});

const settleInput = z.strictObject({ as: settleAs, reason: reason().optional() });
const settleAction: Action = { verb: 'settle', input: jsonSchemaOf(settleInput) };
const presentTarget = ({ id, wiki, page, asked, outcome, code, revisionId, atMs }: TargetRow, maySettle: boolean) => ({ id, wiki, page, asked, outcome, code, revisionId, at: shown(atMs), actions: maySettle && outcome === 'unknown' ? [settleAction] : [] });

/** Who may read the delivery may read what became of it. */
export async function listTargets(api: Api, caller: Caller, deliveryId: number, { limit, cursor, ...filter }: z.output<typeof targetQuery>) {
  const { actions } = await readDelivery(api, caller, deliveryId);
  const maySettle = actions.some(({ verb, unavailable }) => verb === 'settle' && !unavailable);
  const seal = sealOf('target', [deliveryId, filter]);
  const found = await readTargets(api.kernel, deliveryId, lower(filter), cursor === undefined ? 0 : openCursor(cursor, seal), limit + 1);
  const items = found.slice(0, limit).map((row) => presentTarget(row, maySettle));
  return { items, ...(found.length > limit && { next: makeCursor(items.at(-1)!.id, seal) }) };
}

export const deliveryTargetRoutes: Route[] = [
  route({
    method: 'get',
    path: '/api/deliveries/:id/targets',
    summary: 'What became of each page.',
    open: true,
    query: targetQuery,
    answer: { schema: z.object({ items: z.array(targetSchema), next: z.string().optional() }) },
    async handle({ api, caller, params, query }) {
      const list = await listTargets(api, caller, idOf(params.id), query);
      return { body: list, next: list.next };
    },
  }),
  route({
    method: 'get',
    path: '/api/deliveries/:id/targets.csv',
    summary: 'What became of each page, all of them, as CSV.',
    open: true,
    query: csvQuery,
    answer: { type: 'text/csv' },
    async handle({ api, caller, params, query, req, res }) {
      const deliveryId = idOf(params.id);
      await readDelivery(api, caller, deliveryId); // a problem while it can still be one
      await sendCsv(res, `delivery-${deliveryId}`, ['wiki', 'page', 'asked', 'outcome', 'code', 'revision', 'at'], csvPieces(api, deliveryId, query, async () => readDelivery(api, await stillAsking(api, req, caller), deliveryId)));
    },
  }),
  route({
    method: 'post',
    path: '/api/deliveries/:id/targets/:target/settle',
    summary: 'Say what became of a page where the wiki cannot tell.',
    query: dryRunQuery,
    body: settleInput,
    answer: { schema: z.union([deliverySchema, dryRunSchema]) },
    async handle({ api, caller, params, body }) {
      const deliveryId = idOf(params.id);
      const target = Number(/^[1-9]\d{0,14}$/.exec(params.target ?? '')?.[0]);
      if (!target) throw new ReeveError('not-found');
      const done = await doVerb(api, caller, 'delivery', deliveryId, 'settle', { ...body, target });
      if (caller.dryRun) return { body: wouldDo('settle', done) };
      const delivery = await readDelivery(api, caller, deliveryId);
      return { body: delivery, version: delivery.version };
    },
  }),
];

const CSV_PIECE = 5_000;

const lower = <T extends { wiki?: string }>(filter: T): T => (filter.wiki === undefined ? filter : { ...filter, wiki: filter.wiki.toLowerCase() });

/** @param needRight throws where the delivery is no longer the reader's to read */
async function* csvPieces({ kernel }: Api, deliveryId: number, query: z.output<typeof csvQuery>, needRight: () => Promise<unknown>): AsyncGenerator<string> {
  for (let after = 0; ; ) {
    const rows = await readTargets(kernel, deliveryId, lower(query), after, CSV_PIECE);
    yield rows.map(({ wiki, page, asked, outcome, code, revisionId, atMs }) => csvLine([wiki, page, asked, outcome, code, revisionId, shown(atMs)])).join('');
    if (rows.length < CSV_PIECE) return;
    after = rows.at(-1)!.id;
    await needRight();
  }
}
