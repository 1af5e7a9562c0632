/**
 * /deliveries/:id/preview: a draft's message as the wikis show it, what is odd about it, and its submission. The wikis'
 * HTML is foreign: it stands in frames that run nothing and load nothing.
 */
import type { Request, RequestHandler, Response } from 'express';
import type { PageKind, PreviewedWiki, Warning } from '../../db/queries/preview';
import type { Api } from '../context';
import { previewDelivery } from '../delivery-checks';
import { presentDelivery, readDeliveryRow } from '../routes/deliveries';
import { idOf } from '../verbs';
import { button, checkbox, count, input, message, number, table } from './blocks';
import { deliveryChip } from './chips';
import { reader } from './forms';
import { html, type Html } from './html';
import { formMarks, framed, sendPage } from './layout';

const kinds: Record<PageKind, string> = { userTalk: 'on a user talk page', talk: 'on a talk page', other: 'on another page' };
export const showPreview = (api: Api): RequestHandler => async (req, res) => drawPreview(api, req, res, idOf(String(req.params.id)));

/** @param refused a submission that named too little. */
export async function drawPreview(api: Api, req: Request, res: Response, id: number, refused?: { status: number; title: string }): Promise<void> {
  const caller = reader(req);
  const view = await readDeliveryRow(api, caller, id);
  const delivery = presentDelivery(view, caller.actor);
  const { wikis, warnings } = await previewDelivery(api, view.row);
  const pages = wikis.reduce((sum, one) => sum + one.pages, 0);
  const asked = wikis.filter(({ shown }) => shown.length > 0);
  const mayAct = delivery.actions.some(({ verb, unavailable }) => verb === 'submit' && !unavailable);
  sendPage(req, res, { title: `Preview: ${delivery.subject}`, status: refused?.status, trail: [['Home', '/'], [delivery.subject, `/deliveries/${id}`]] }, html`
<div class="title"><h1>Preview: <bdi>${delivery.subject}</bdi></h1>${deliveryChip(delivery.state, delivery.counts)}</div>
${refused && message('error', html`<p>${refused.title}</p>`)}
<p>${count(pages, 'page')} on ${count(wikis.length, 'wiki')}.</p>
${asked.map(renderings)}
${wikis.length > 1 && table('Pages per wiki', [{ name: 'Wiki' }, { name: 'Pages', number: true }], wikis.map(({ host, pages: n }) => [html`<bdi>${host}</bdi>`, number(n)]))}
${delivery.actions.some(({ verb, unavailable }) => verb === 'test' && !unavailable) && trial(req, id)}
${mayAct ? submission(req, id, warnings) : warnings.length > 0 && oddities(warnings)}`);
}

const renderings = ({ host, shown }: PreviewedWiki): Html => html`${shown.map(({ kind, page, html: rendered }) => html`
<section><h2><bdi>${host}</bdi>: ${kinds[kind]}</h2><p class="subtle"><bdi>${page}</bdi></p>
<iframe class="preview" sandbox title="The message on ${page}" srcdoc="${framed(rendered)}"></iframe></section>`)}`;

const oddities = (warnings: Warning[]): Html => message('warning', html`<ul>${warnings.map(({ detail }) => html`<li>${detail}</li>`)}</ul>`, 'Worth a second look');

const trial = (req: Request, id: number): Html => html`<form class="form" method="post" action="/deliveries/${id}/test">${formMarks(req)}
${input({ name: 'page', label: 'Try it on one page', help: 'Such as “User talk:Example”. The message goes there now, as it is.', more: { required: true, maxlength: 1000 } })}<div class="acts">${button({ label: 'Send a test' })}</div></form>`;

/** What several wikis say under one code is acknowledged once. */
function submission(req: Request, id: number, warnings: Warning[]): Html {
  const codes = [...new Set(warnings.map(({ code }) => code))];
  return html`<form class="form" method="post" action="/deliveries/${id}/submit">${formMarks(req)}
${codes.length > 0 && html`<fieldset><legend>Worth a second look: tick what is meant so</legend>${codes.map((code) => checkbox({ name: `acknowledge-${code}`, label: warnings.filter((one) => one.code === code).map(({ detail }) => detail).join(' '), value: code }, false))}</fieldset>`}
<div class="acts">${button({ label: 'Submit', tone: 'primary' })}<a class="button" href="/deliveries/${id}/edit">Edit</a></div></form>`;
}
