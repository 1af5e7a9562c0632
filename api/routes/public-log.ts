/** The public log: every send with its sender, text, lists at their revision and counts. Without signing in. */
import { z } from 'zod';
import { readDeliveryView } from '../../db/queries/deliveries';
import type { Delivery } from '../../db/entities/delivery';
import { readPage } from '../../db/queries/page';
import { visitor } from '../../policies/actor';
import type { Api } from '../context';
import { cursor, limit, line } from '../fields';
import { route, type Route } from '../route';
import { deliverySchema, presentDelivery } from './deliveries';

const listQuery = z.strictObject({
  // texts come whole, so a page is short
  limit: limit(20, 100),
  cursor: cursor(), wiki: line(259).optional().describe('Sent from this host.'),
});
const entrySchema = deliverySchema.omit({ actions: true, hidden: true, attention: true, approver: true });

/** What anybody may see, whoever asks: the same page for all. */
export async function readPublicLog({ kernel }: Pick<Api, 'kernel'>, { wiki, ...page }: z.output<typeof listQuery>) {
  const { rows, next } = await readPage<Delivery>(kernel, { noun: 'delivery', actor: visitor, ...page, where: [['w.host = ?', wiki?.toLowerCase()]], from: 'join wiki w on w.id = t.wiki_id' });
  const views = await Promise.all(rows.map(({ id }) => readDeliveryView(kernel, id)));
  const items = views.flatMap((view) => {
    if (!view) return [];
    const { actions: _, hidden: __, attention: ___, approver: ____, ...entry } = presentDelivery(view, visitor);
    return [entry];
  });
  return { items, ...(next && { next }) };
}

export const publicLogRoutes: Route[] = [
  route({
    method: 'get',
    path: '/api/public/log',
    summary: 'Every send: who, what, to which lists, with how many; newest first. What became of each page: /api/deliveries/{id}/targets.',
    open: true,
    query: listQuery,
    answer: { schema: z.object({ items: z.array(entrySchema), next: z.string().optional() }) },
    async handle({ api, query }) {
      const page = await readPublicLog(api, query);
      return { body: page, next: page.next };
    },
  }),
];
