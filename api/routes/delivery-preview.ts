/** How a delivery's message would look on the wikis, and what is odd about it: told in its preview, asked again by `submit`. */
import { z } from 'zod';
import { ReeveError, type FieldProblem } from '../../config/errors';
import type { Delivery } from '../../db/entities/delivery';
import { checkReach, late, missing } from '../../db/facts/delivery';
import type { DeliveryView } from '../../db/queries/deliveries';
import type { Preview } from '../../db/queries/preview';
import type { Api, Caller } from '../context';
import { previewDelivery, readMessage } from '../delivery-checks';
import { messageTextSchema, presentText } from '../message-texts';
import { documentOf, policyOf, Previews } from '../preview-document';
import { route, type Route } from '../route';
import { idOf } from '../verbs';
import { readDeliveryRow } from './deliveries';

const warningSchema = z.object({
  code: z.enum(['no-timestamp', 'unclosed-tag', 'language-link', 'missing-template', 'lint-error', 'translation-incomplete', 'mail-markup', 'not-rendered']).describe('What `submit` must acknowledge.'),
  detail: z.string(), wiki: z.string().nullable().describe('The host that says so; null = wherever it is sent.'),
});
const previewSchema = z.object({
  texts: z.array(messageTextSchema).describe('What of the page is sent, in each of its languages; none where the message is typed.'),
  wikis: z.array(z.object({
    host: z.string(), pages: z.int().describe('How many the lists name there.'),
    terms: z.object({ text: z.string(), url: z.string() }).nullable().describe('The licence under which stands what is written there, as the wiki names it; null where it says nothing, or was not asked.'),
    shown: z.array(z.object({ kind: z.enum(['userTalk', 'talk', 'other', 'email']), page: z.string(), language: z.string().nullable().describe('Of the text, as MediaWiki writes it; null where nobody knows.'), html: z.string().describe('The wiki\'s own HTML: show it in a sandboxed frame only.') }))
      .describe('One page of each kind and each language of the message.'),
  })),
  warnings: z.array(warningSchema),
  submits: z.enum(['approved', 'requested']).nullable().describe('Where `submit` would lead you; null where it would be refused, or is done.'),
  problems: z.array(z.object({ pointer: z.string(), code: z.string(), detail: z.string() })).describe('Why it would be refused.'),
});

/** A frame's document comes of the preview that the page was drawn from. */
const previews = new Previews();

/** Where `submit` would lead, as far as its lists say (db/facts/delivery.ts). */
async function outlook({ kernel }: Api, { actor }: Caller, row: Delivery): Promise<Pick<z.output<typeof previewSchema>, 'submits' | 'problems'>> {
  if (row.state !== 'draft') return { submits: null, problems: [] };
  try {
    const { maySend } = await checkReach(kernel.pool, row, actor);
    return { submits: maySend ? 'approved' : 'requested', problems: [] };
  } catch (error) {
    if (!(error instanceof ReeveError)) throw error;
    return { submits: null, problems: error.more?.errors ?? [] };
  }
}

/** A draft's page that cannot be read leaves nothing to show, but the reason. What a draft lacks, the door would say too. */
async function shownNow(api: Api, { row, nowMs }: DeliveryView): Promise<{ preview: Preview; problems: FieldProblem[] }> {
  try {
    const read = await readMessage(api, row);
    return { preview: await previewDelivery(api, row, read), problems: row.state === 'draft' ? [...missing(row, read?.texts[0]), ...late(row.sendAtMs, nowMs)] : [] };
  } catch (error) {
    if (!(error instanceof ReeveError)) throw error;
    return { preview: { texts: [], wikis: [], warnings: [] }, problems: error.more.errors ?? [{ pointer: '/page', code: error.code, detail: error.message }] };
  }
}

export const deliveryPreviewRoutes: Route[] = [
  route({
    method: 'get',
    path: '/api/deliveries/:id/preview',
    summary: 'The message as the wikis would show it, pages per wiki, and warnings.',
    answer: { schema: previewSchema },
    async handle({ api, caller, params }) {
      const view = await readDeliveryRow(api, caller, idOf(params.id));
      const [{ preview, problems }, ahead] = await Promise.all([shownNow(api, view), outlook(api, caller, view.row)]);
      previews.remember(view.row, preview);
      const all = [...problems, ...ahead.problems];
      return { body: { ...preview, texts: preview.texts.map(presentText), submits: all.length ? null : ahead.submits, problems: all } };
    },
  }),
  route({
    method: 'get',
    path: '/api/deliveries/:id/preview/:n',
    name: 'readPreviewedPage',
    summary: 'The n-th rendering of the preview, counted from 0 over all wikis, as a document for a sandboxed frame.',
    answer: { type: 'text/html' },
    async handle({ api, caller, params, res }) {
      const view = await readDeliveryRow(api, caller, idOf(params.id));
      const { wikis } = previews.recall(view.row) ?? (await shownNow(api, view)).preview;
      const found = wikis.flatMap(({ host, shown }) => shown.map((one) => ({ host, ...one })))[/^\d{1,4}$/.test(params.n ?? '') ? Number(params.n) : -1];
      if (!found) throw new ReeveError('not-found');
      const { rows } = await api.kernel.pool.query<{ api_url: string }>('select api_url from wiki where host = $1', [found.host]);
      const origin = new URL(rows[0]!.api_url).origin;
      res.setHeader('Content-Security-Policy', policyOf(origin)).setHeader('X-Frame-Options', 'SAMEORIGIN');
      res.type('html').send(documentOf(found.html, origin));
    },
  }),
];
