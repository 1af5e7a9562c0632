/** What became of each page of a delivery, as JSON or CSV; settling one where the wiki could not tell. */
import type { Response } from 'express';
import { z } from 'zod';
import { ReeveError } from '../../config/errors';
import { readTargets, type TargetRow } from '../../db/queries/deliveries';
import { makeCursor, openCursor, sealOf } from '../../db/queries/page';
import type { Api, Caller } from '../context';
import { cursor, limit, line, reason, shown } from '../fields';
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
    async handle({ api, caller, params, query, res }) {
      const deliveryId = idOf(params.id);
      await readDelivery(api, caller, deliveryId);
      res.status(200).type('text/csv').setHeader('Content-Disposition', `attachment; filename="delivery-${deliveryId}.csv"`);
      res.write('wiki,page,asked,outcome,code,revision,at\r\n');
      for (let after = 0; ; ) {
        const rows = await readTargets(api.kernel, deliveryId, lower(query), after, CSV_PIECE);
        const text = rows.map(csvLine).join('');
        if (text && !res.write(text)) await drained(res);
        if (rows.length < CSV_PIECE || res.closed) break;
        after = rows.at(-1)!.id;
      }
      res.end();
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

/** Until the client has read on, or is gone; leaves no listener behind, however long the list. */
const drained = (res: Response): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      res.off('drain', done).off('close', done);
      resolve();
    };
    res.on('drain', done).on('close', done);
    if (res.closed) done();
  });

const lower = <T extends { wiki?: string }>(filter: T): T => (filter.wiki === undefined ? filter : { ...filter, wiki: filter.wiki.toLowerCase() });

const csvLine = ({ wiki, page, asked, outcome, code, revisionId, atMs }: TargetRow): string =>
  `${[wiki, page, asked, outcome, code, revisionId, shown(atMs)].map(csvField).join(',')}\r\n`;

/** Spreadsheets run what begins like a formula. */
function csvField(value: string | number | null): string {
  const text = String(value ?? '');
  const safe = typeof value === 'string' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n']/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
