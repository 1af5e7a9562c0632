/** Templates of answers to account requests: written once in several languages, used by everybody who answers. */
import { z } from 'zod';
import { ReeveError, fieldError } from '../../config/errors';
import { readRow } from '../../db/apply';
import { create, edit } from '../../db/create';
import { templateKinds, type Template } from '../../db/entities/template';
import { readPage } from '../../db/queries/page';
import { checkPlaceholders, placeholders } from '../../db/template-text';
import { may } from '../../policies';
import type { Actor } from '../../policies/actor';
import { inLanguages } from '../account-fields';
import type { Api, Caller } from '../context';
import { line, lines, queryFlag, shown } from '../fields';
import { answered, listFields, listSchema, listed, offered } from '../lists';
import { actionSchema, editAction, readable } from '../present';
import { route, type Route } from '../route';
import { idOf, needScope } from '../verbs';

const MOST_COPIES = 10;
const texts = () => inLanguages(lines(5_000, 1))
  .describe(`Language tag to text. ${placeholders.map((name) => `{{${name}}}`).join(', ')} stand for what belongs to the request. Who reads a language that is not there reads English, else the first.`);
const fields = {
  kind: z.enum(templateKinds).describe('With which answer it goes: an outcome of `close`, a `defer`; `none`: with each outcome that is told.'),
  title: line(200).describe('For those who choose; requesters do not see it.'),
  texts: texts(),
  question: lines(500, 1).nullable().describe('What whoever uses it is asked first.'),
  active: z.boolean().describe('It is offered.'),
  preload: z.boolean().describe('Its text is put into the form, to be changed there.'),
  copyTo: z.array(z.email({ error: 'must be a mail address' }).max(254)).max(MOST_COPIES).refine((all) => new Set(all.map((one) => one.toLowerCase())).size === all.length, { error: 'must name each address once' }).meta({ uniqueItems: true })
    .describe('Addresses of the account team, such as a mailing list: each gets a copy of what is answered with it, without the requester\'s address.'),
};
const newInput = z.strictObject({ kind: fields.kind, title: fields.title, texts: fields.texts, question: fields.question.optional(), active: fields.active.default(true), preload: fields.preload.default(false), copyTo: fields.copyTo.default([]) });
const editInput = z.strictObject(fields).partial().strict();
const listQuery = z.strictObject({
  ...listFields('title'),
  kind: z.enum(templateKinds).optional(),
  active: queryFlag().optional(),
  q: line(200).optional().describe('What the title holds.'),
});

export const templateSchema = z.object({
  id: z.int(), version: z.int(), kind: z.enum(templateKinds), title: z.string(), texts: z.record(z.string(), z.string()), question: z.string().nullable(), active: z.boolean(), preload: z.boolean(), copyTo: z.array(z.string()).optional().describe('For who writes templates.'),
  createdAt: z.string(), updatedAt: z.string(), actions: z.array(actionSchema), hidden: z.array(z.string()),
});

export function presentTemplate(row: Template, actor: Actor) {
  const { seen, hidden } = readable(actor, 'template', row, { copyTo: row.copyTo });
  return {
    id: row.id, version: row.version, kind: row.kind, title: row.title, texts: Object.fromEntries(row.languages.map((tag, i) => [tag, row.texts[i]!])), question: row.question, active: row.active, preload: row.preload, ...seen,
    createdAt: shown(row.createdAtMs)!, updatedAt: shown(row.updatedAtMs)!, actions: editAction('template', row, actor, editInput), hidden,
  };
}

/** @throws ReeveError template.bad-placeholder, template.title-taken */
export async function createTemplate({ kernel }: Api, caller: Caller, { texts, question = null, ...values }: z.output<typeof newInput>): Promise<Template> {
  needScope(caller, 'template', 'new');
  const { row } = await create(kernel, { noun: 'template', values: { ...values, question, ...columnsOf(texts) }, ...caller }).catch(titleTaken);
  return row;
}

/** @throws ReeveError template.bad-placeholder, template.title-taken */
export async function editTemplate(api: Api, caller: Caller, id: number, { texts, ...values }: z.output<typeof editInput>): Promise<Template> {
  needScope(caller, 'template', 'edit');
  const { row } = await edit(api.kernel, { noun: 'template', id, values: { ...values, ...(texts && columnsOf(texts)) }, ...caller }).catch(titleTaken);
  return row;
}

/** @throws ReeveError not-found also for what the reader may not see. */
export async function readTemplate({ kernel }: Api, caller: Caller, id: number): Promise<Template> {
  needScope(caller, 'template', 'read');
  const { row } = await readRow(kernel, 'template', id);
  if (!row || !may(caller.actor, 'read', 'template', row).allowed) throw new ReeveError('not-found');
  return row;
}

function columnsOf(given: Record<string, string>): Pick<Template, 'languages' | 'texts'> {
  for (const [tag, text] of Object.entries(given)) checkPlaceholders(text, `/texts/${tag}`);
  return { languages: Object.keys(given), texts: Object.values(given) };
}

function titleTaken(error: unknown): never {
  throw error instanceof ReeveError && error.more.constraint === 'template_title' ? fieldError('/title', 'template.title-taken') : error;
}

export const templateRoutes: Route[] = [
  route({
    method: 'post',
    path: '/api/templates',
    summary: 'Write a template of an answer.',
    body: newInput,
    example: { kind: 'not-created', title: 'A company', texts: { en: 'An account is one person\'s: ask for {{name}} no more.' } },
    answer: { status: 201, schema: templateSchema },
    async handle({ api, caller, body }) {
      const row = await createTemplate(api, caller, body);
      return { body: presentTemplate(row, caller.actor), version: row.version, location: `/api/templates/${row.id}` };
    },
  }),
  route({
    method: 'get',
    path: '/api/templates',
    summary: 'Templates that you may use, or write.',
    query: listQuery,
    answer: { schema: listSchema(templateSchema) },
    async handle({ api, caller, query: { kind, active, q, ...query } }) {
      needScope(caller, 'template', 'read');
      const where: [string, unknown][] = [['t.kind = ?', kind], ['t.active = ?', active], ['strpos(lower(t.title), lower(?)) > 0', q]];
      const found = await readPage<Template>(api.kernel, { noun: 'template', actor: caller.actor, order: 'asc', sorts: { title: 'lower(t.title)' }, ...query, where });
      return answered(listed(found, (row) => presentTemplate(row, caller.actor), offered(caller.actor, 'template', newInput)));
    },
  }),
  route({
    method: 'get',
    path: '/api/templates/:id',
    summary: 'One template.',
    answer: { schema: templateSchema },
    async handle({ api, caller, params }) {
      const row = await readTemplate(api, caller, idOf(params.id));
      return { body: presentTemplate(row, caller.actor), version: row.version };
    },
  }),
  route({
    method: 'patch',
    path: '/api/templates/:id',
    summary: 'Change a template. Mails that have been written keep the text that they were written with.',
    body: editInput,
    example: { texts: { en: 'Welcome, {{name}}.' } },
    answer: { schema: templateSchema },
    async handle({ api, caller, params, body }) {
      const row = await editTemplate(api, caller, idOf(params.id), body);
      return { body: presentTemplate(row, caller.actor), version: row.version };
    },
  }),
];
