/** How a delivery's message would look on the wikis, and what is odd about it: told in its preview, asked again by `submit`. */
import { z } from 'zod';
import { previewDelivery } from '../delivery-checks';
import { route, type Route } from '../route';
import { idOf } from '../verbs';
import { readDeliveryRow } from './deliveries';

const warningSchema = z.object({
  code: z.enum(['no-timestamp', 'unclosed-tag', 'language-link', 'missing-template', 'not-rendered']).describe('What `submit` must acknowledge.'),
  detail: z.string(), wiki: z.string().nullable().describe('The host that says so; null = wherever it is sent.'),
});
const previewSchema = z.object({
  wikis: z.array(z.object({
    host: z.string(), pages: z.int().describe('Lines of the lists that name a page there.'),
    shown: z.array(z.object({ kind: z.enum(['userTalk', 'talk', 'other']), page: z.string(), html: z.string().describe('The wiki\'s own HTML: show it in a sandboxed frame only.') })),
  })),
  warnings: z.array(warningSchema),
});

export const deliveryPreviewRoutes: Route[] = [
  route({
    method: 'get',
    path: '/api/deliveries/:id/preview',
    summary: 'The message as the wikis would show it, pages per wiki, and warnings.',
    answer: { schema: previewSchema },
    async handle({ api, caller, params }) {
      const { row } = await readDeliveryRow(api, caller, idOf(params.id));
      return { body: await previewDelivery(api, row) };
    },
  }),
];
