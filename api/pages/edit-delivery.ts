/** /deliveries/:id/edit: a draft's message and instant. What is typed stays when it is refused, or when somebody was faster. */
import type { Request, RequestHandler, Response } from 'express';
import type { FieldProblem } from '../../config/errors';
import type { Api } from '../context';
import { editDelivery, readDelivery } from '../routes/deliveries';
import { idOf } from '../verbs';
import { area, button, errorSummary, input } from './blocks';
import { fieldsOf, instantOf, member, refusal, sender } from './forms';
import { html, type Html } from './html';
import { formMarks, sendPage } from './layout';

/** Subject, message and instant, as every form of a delivery asks for them. */
export const messageFields = (values: Record<string, string>, errorOf: (name: string) => string | undefined): Html => html`
${input({ name: 'subject', label: 'Subject', value: values.subject, error: errorOf('subject'), help: 'The heading of the message, one line.', more: { maxlength: 240 } })}
${area({ name: 'body', label: 'Message', value: values.body, error: errorOf('body'), help: 'Wikitext; end it with ~~~~ to sign.', more: { rows: 10, class: 'mono' } })}
${input({ name: 'sendAt', label: 'Send at (UTC)', value: values.sendAt, error: errorOf('sendAt'), help: 'Leave it empty to send as soon as the delivery is approved.', more: { type: 'datetime-local' } })}`;

export const showEdit = (api: Api): RequestHandler => async (req, res) => {
  const delivery = await readDelivery(api, member(req), idOf(String(req.params.id)));
  const { subject, body, sendAt, version } = delivery;
  form(req, res, delivery.id, { subject, body, sendAt: sendAt?.slice(0, 16) ?? '', version: String(version) });
};

export const takeEdit = (api: Api): RequestHandler => async (req, res) => {
  const id = idOf(String(req.params.id));
  const fields = fieldsOf(req);
  const { subject = '', body = '', sendAt, version } = fields;
  try {
    const said = { subject, body, sendAt: instantOf(sendAt, '/sendAt') };
    await editDelivery(api, { ...sender(api, req, 'edit', said), ifMatch: Number(version) }, id, said);
    res.redirect(303, `/deliveries/${id}`);
  } catch (error) {
    const { status, title, problems } = refusal(error);
    form(req, res, id, fields, { status, title, problems });
  }
};

function form(req: Request, res: Response, id: number, values: Record<string, string>, refused?: { status: number; title: string; problems: FieldProblem[] }): void {
  const errorOf = (name: string) => refused?.problems.find(({ pointer }) => pointer === `/${name}`)?.detail;
  sendPage(req, res, { title: `Edit: ${values.subject}`, status: refused?.status, trail: [['Home', '/'], ['The delivery', `/deliveries/${id}`]] }, html`
<h1>Edit the message</h1>
${refused && errorSummary(refused.title, refused.problems, (pointer) => pointer.slice(1))}
<form class="form" method="post" action="/deliveries/${id}/edit">${formMarks(req)}<input type="hidden" name="version" value="${values.version}">
${messageFields(values, errorOf)}
<div class="acts">${button({ label: 'Save', tone: 'primary' })}</div></form>`);
}
