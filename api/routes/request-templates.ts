/** The templates that one account request can be answered with, each as its requester would read it. */
import { z } from 'zod';
import { ReeveError } from '../../config/errors';
import type { Template } from '../../db/entities/template';
import { readPage } from '../../db/queries/page';
import { readRequestView } from '../../db/queries/requests';
import { foldDue } from '../../db/step';
import { filledIn, textFor } from '../../db/template-text';
import { may } from '../../policies';
import type { Api, Caller } from '../context';
import { route, type Route } from '../route';
import { idOf, needScope } from '../verbs';

const MOST = 1_000;
/** kind → the outcomes and verbs that it goes with. */
const FITS: Record<Template['kind'], string[]> = { created: ['created'], 'not-created': ['not-created'], defer: ['defer'], none: ['created', 'not-created'] };
const fittingSchema = z.object({
  id: z.int(), title: z.string(), fits: z.array(z.string()).describe('Outcomes of `close` that it goes with; `defer`: that verb.'), text: z.string().describe('Filled in, in the requester\'s language or what stands for it.'), language: z.string(),
  question: z.string().nullable(), preload: z.boolean(), copies: z.int().describe('To how many addresses of the account team a copy goes.'),
});

/** @throws ReeveError not-found also for what the reader may not see, or whose content is not theirs. */
async function templatesFor({ kernel }: Api, caller: Caller, requestId: number): Promise<z.output<typeof fittingSchema>[]> {
  needScope(caller, 'request', 'read');
  const { actor } = caller;
  const found = await readRequestView(kernel, requestId);
  const row = found && foldDue('request', found.view, found.nowMs);
  if (!row || !['name', 'language'].every((field) => may(actor, 'read', 'request', row, field).allowed)) throw new ReeveError('not-found');
  const { rows } = await readPage<Template>(kernel, { noun: 'template', actor, limit: MOST, sort: 'title', sorts: { title: 'lower(t.title)' }, where: [['t.active = ?', true]] });
  return rows.map((template) => {
    const { text, language } = textFor(template, row.language);
    return { id: template.id, title: template.title, fits: FITS[template.kind], text: filledIn(text, { name: row.name, wiki: found.view.host, request: String(row.id) }), language, question: template.question, preload: template.preload, copies: template.copyTo.length };
  });
}

export const requestTemplateRoutes: Route[] = [
  route({
    method: 'get',
    path: '/api/requests/:id/templates',
    summary: 'What it can be answered with: the templates in use, as the requester would read them.',
    answer: { schema: z.object({ items: z.array(fittingSchema) }) },
    async handle({ api, caller, params }) {
      return { body: { items: await templatesFor(api, caller, idOf(params.id)) } };
    },
  }),
];
