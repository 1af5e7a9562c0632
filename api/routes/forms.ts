/** Forms for account requests: what stands above the public form, its own words, and questions besides. Written as a draft, looked at beside the real page, then published. */
import { z } from 'zod';
import { ReeveError, fault, fieldError, type FieldProblem } from '../../config/errors';
import { readRow } from '../../db/apply';
import { create, edit } from '../../db/create';
import { fieldKinds, formPlaces, type Form, type FormContent, type Said } from '../../db/entities/form';
import { usesOf, type FormUses } from '../../db/queries/forms';
import { readPage } from '../../db/queries/page';
import { formMachine } from '../../machines/form';
import { may } from '../../policies';
import { holds, type Actor } from '../../policies/actor';
import { mayHandOn } from '../../policies/form';
import { inLanguages, languageTag } from '../account-fields';
import type { Api, Caller } from '../context';
import { line, lines, needNone, queryFlag, reason, shown } from '../fields';
import { answered, listFields, listSchema, listed, offered } from '../lists';
import { sendFormPreview } from '../pages/request-form';
import { actionSchema, actionsOf, editAction, type VerbInputs } from '../present';
import { route, type Route } from '../route';
import { idOf, needScope, verbRoutes } from '../verbs';

const MOST_QUESTIONS = 10;
const why = z.strictObject({ reason: reason().optional() });
export const formVerbs: VerbInputs = { publish: why, retire: why };

const question = z.strictObject({
  key: z.string().regex(/^[a-z][a-z0-9-]{0,29}$/, { error: 'must be a key of small letters, digits and hyphens, such as how-heard' }).describe('What the answer is named by.'),
  kind: z.enum(fieldKinds).describe('`line`: one line; `lines`: several; `choice`: one of `choices`; `check`: a box to tick.'),
  required: z.boolean().default(false),
  label: inLanguages(line(200, 0)),
  help: inLanguages(line(500, 0), 0).default({}),
  choices: z.record(languageTag(), z.array(line(200, 0)).max(20)).default({}).describe('Of a choice: language tag to its choices, as many in each language and in the same order.'),
});
const fields = {
  name: line(200).describe('For those who choose; requesters do not see it.'),
  intro: inLanguages(lines(5_000), 0).describe('Language tag to Markdown, which stands above the form. Who reads a language that is not there reads English, else the first. HTML and pictures are not drawn.'),
  texts: z.record(z.string(), inLanguages(line(500, 0), 0)).describe(`Other words than Reeve's own: of ${formPlaces.join(', ')} to language tag to text.`),
  fields: z.array(question).max(MOST_QUESTIONS).describe('What the form asks besides.'),
};
const newInput = z.strictObject({ name: fields.name, intro: fields.intro.default({}), texts: fields.texts.default({}), fields: fields.fields.default([]) });
const editInput = z.strictObject(fields).partial();
const listQuery = z.strictObject({
  ...listFields('name'), state: z.enum(Object.keys(formMachine.states) as [string, ...string[]]).optional(),
  shared: queryFlag().optional().describe('Written for all, or by one organizer.'), q: line(200).optional().describe('What the name holds.'),
});

export const formSchema = z.object({
  id: z.int(), state: z.string(), version: z.int(), name: z.string(), shared: z.boolean().describe('Written by who runs the desk, for every event and queue; else for its owner\'s own events.'), owner: z.int(), usable: z.boolean().describe('You may choose it for an event that does not use it.'),
  intro: z.record(z.string(), z.string()), texts: z.record(z.string(), z.record(z.string(), z.string())),
  fields: z.array(z.object({ key: z.string(), kind: z.enum(fieldKinds), required: z.boolean(), label: z.record(z.string(), z.string()), help: z.record(z.string(), z.string()), choices: z.record(z.string(), z.array(z.string())) })),
  unpublished: z.boolean().describe('What is written differs from what everybody sees.'), usedBy: z.object({ events: z.int(), queues: z.int() }), createdAt: z.string(), updatedAt: z.string(),
  actions: z.array(actionSchema), hidden: z.array(z.string()),
});

const presentForm = (row: Form, uses: Record<number, FormUses>, actor: Actor, nowMs: number) => {
  const edits = editAction('form', row, actor, editInput);
  return {
    id: row.id, state: row.state, version: row.version, name: row.name, shared: row.shared, owner: row.ownerId, usable: mayHandOn(actor, row), ...(edits.length || row.content === null ? row.draft : row.content), // who only uses it sees what is published
    unpublished: JSON.stringify(row.draft) !== JSON.stringify(row.content), usedBy: uses[row.id] ?? { events: 0, queues: 0 }, createdAt: shown(row.createdAtMs)!, updatedAt: shown(row.updatedAtMs)!,
    actions: [...edits, ...actionsOf('form', row, actor, nowMs, formVerbs)], hidden: [],
  };
};

/** Without what says nothing. */
const spoken = (said: Said): Said => Object.fromEntries(Object.entries(said).filter(([, text]) => text.trim()));
function plain({ intro, texts, fields }: FormContent): FormContent {
  return {
    intro: spoken(intro), texts: Object.fromEntries(Object.entries(texts).map(([place, said]) => [place, spoken(said)] as const).filter(([, said]) => Object.keys(said).length)),
    fields: fields.map(({ choices, ...one }) => ({ ...one, label: spoken(one.label), help: spoken(one.help), choices: Object.fromEntries(Object.entries(choices).map(([tag, all]) => [tag, all.filter(Boolean)])) })),
  };
}

/** @throws ReeveError with everything that does not go together */
function checkContent({ texts, fields }: FormContent): void {
  const wrong: FieldProblem[] = [];
  for (const place of Object.keys(texts)) if (!(formPlaces as readonly string[]).includes(place)) wrong.push(fault(`/texts/${place}`, 'form.bad-place', `There is no ${place}: there are ${formPlaces.join(', ')}.`));
  fields.forEach(({ key, kind, label, choices }, i) => {
    if (!Object.keys(label).length) wrong.push(fault(`/fields/${i}/label`, 'form.no-words'));
    if (fields.findIndex((one) => one.key === key) < i) wrong.push(fault(`/fields/${i}/key`, 'form.same-key'));
    const counts = Object.values(choices).map(({ length }) => length);
    const sound = kind === 'choice' ? counts.length > 0 && counts[0]! >= 2 && counts.every((n) => n === counts[0]) : counts.length === 0;
    if (!sound) wrong.push(fault(`/fields/${i}/choices`, 'form.bad-choices'));
  });
  needNone(wrong);
}

async function createForm(api: Api, caller: Caller, { name, ...content }: z.output<typeof newInput>) {
  needScope(caller, 'form', 'new');
  const draft = plain(content);
  checkContent(draft);
  const { row } = await create(api.kernel, { noun: 'form', values: { name, ownerId: caller.actor.userId!, shared: holds(caller.actor, 'toolAdmin', 'admin'), draft }, ...caller });
  return readForm(api, caller, row.id);
}

async function editForm(api: Api, caller: Caller, id: number, { name, ...change }: z.output<typeof editInput>) {
  needScope(caller, 'form', 'edit');
  const before = await formRow(api, caller, id);
  const draft = plain({ ...before.draft, ...change });
  checkContent(draft);
  await edit(api.kernel, { noun: 'form', id, values: { ...(name !== undefined && { name }), draft }, ...caller, ifMatch: caller.ifMatch ?? before.version });
  return readForm(api, caller, id);
}

/** @throws ReeveError not-found also for what the reader may not see. */
async function formRow({ kernel }: Api, { actor }: Caller, id: number): Promise<Form> {
  const { row } = await readRow(kernel, 'form', id);
  if (!row || !may(actor, 'read', 'form', row).allowed) throw new ReeveError('not-found');
  return row;
}

async function readForm(api: Api, caller: Caller, id: number) {
  needScope(caller, 'form', 'read');
  const row = await formRow(api, caller, id);
  return presentForm(row, await usesOf(api.kernel, [id]), caller.actor, row.updatedAtMs);
}

/** @param forAll only what is published for all. @throws ReeveError form.unusable */
export async function usableForm({ kernel }: Api, { actor }: Caller, id: number, forAll = false): Promise<number> {
  const { row } = await readRow(kernel, 'form', id);
  if (!row || !may(actor, 'read', 'form', row).allowed || !mayHandOn(actor, row) || (forAll && !(row.shared && row.state === 'published'))) throw fieldError('/form', 'form.unusable');
  return id;
}

export const formRoutes: Route[] = [
  route({
    method: 'post',
    path: '/api/forms',
    summary: 'Draft a form for account requests.',
    body: newInput,
    example: { name: 'At the library', intro: { en: 'Welcome to **our evening**.' }, texts: { 'comment.label': { en: 'What will you write about?' } }, fields: [{ key: 'library-card', kind: 'check', label: { en: 'I have a library card' } }] },
    answer: { status: 201, schema: formSchema },
    async handle({ api, caller, body }) {
      const form = await createForm(api, caller, body);
      return { body: form, version: form.version, location: `/api/forms/${form.id}` };
    },
  }),
  route({
    method: 'get',
    path: '/api/forms',
    summary: 'Forms that you may use, or write, newest first.',
    query: listQuery,
    answer: { schema: listSchema(formSchema) },
    async handle({ api, caller, query: { state, shared, q, ...query } }) {
      needScope(caller, 'form', 'read');
      const found = await readPage<Form>(api.kernel, { noun: 'form', actor: caller.actor, sorts: { name: 'lower(t.name)' }, ...query, where: [['t.state = ?', state], ['t.shared = ?', shared], ['strpos(lower(t.name), lower(?)) > 0', q]] });
      const uses = await usesOf(api.kernel, found.rows.map(({ id }) => id));
      return answered(listed(found, (row, nowMs) => presentForm(row, uses, caller.actor, nowMs), offered(caller.actor, 'form', newInput)));
    },
  }),
  route({
    method: 'get',
    path: '/api/forms/:id',
    summary: 'One form, as it is written; for who may not change it, as it is published.',
    answer: { schema: formSchema },
    async handle({ api, caller, params }) {
      const form = await readForm(api, caller, idOf(params.id));
      return { body: form, version: form.version };
    },
  }),
  route({
    method: 'get',
    path: '/api/forms/:id/preview',
    name: 'previewForm',
    summary: 'The public page with this form as it is written, as a document for a sandboxed frame.',
    query: z.strictObject({ uselang: line(20).optional().describe('In which language; left out: as public pages are.'), version: line(20).optional().describe('So that a frame asks anew.') }),
    answer: { type: 'text/html' },
    async handle({ api, caller, params, req, res }) {
      needScope(caller, 'form', 'read');
      const row = await formRow(api, caller, idOf(params.id));
      res.setHeader('Content-Security-Policy', `sandbox allow-same-origin; default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'self'`).setHeader('X-Frame-Options', 'SAMEORIGIN');
      await sendFormPreview(api, req, res, may(caller.actor, 'edit', 'form', row).allowed || row.content === null ? row.draft : row.content);
    },
  }),
  route({
    method: 'patch',
    path: '/api/forms/:id',
    summary: 'Change what is written of a form. What is published stays as it is until it is published anew.',
    body: editInput,
    example: { intro: { en: 'Welcome.' } },
    answer: { schema: formSchema },
    async handle({ api, caller, params, body }) {
      const form = await editForm(api, caller, idOf(params.id), body);
      return { body: form, version: form.version };
    },
  }),
  ...verbRoutes({
    noun: 'form', path: '/api/forms', inputs: formVerbs, schema: formSchema,
    async read(api, caller, formId) {
      const form = await readForm(api, caller, formId);
      return { body: form, version: form.version };
    },
  }),
];
