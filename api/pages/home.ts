/** /home: what waits for the reader, what they send, what happened. */
import type { Request, RequestHandler, Response } from 'express';
import { holds } from '../../policies/actor';
import type { Api } from '../context';
import type { Action } from '../present';
import { listDeliveries } from '../routes/deliveries';
import { listMemberships } from '../routes/memberships';
import { listNotices } from '../routes/notices';
import { listOperations } from '../routes/operations';
import { doVerb, idOf } from '../verbs';
import { acts } from './acts';
import { message, number, table, time, type Column } from './blocks';
import { deliveryChip } from './chips';
import { member, reader, refusal, sender } from './forms';
import { html, type Html } from './html';
import { sendPage } from './layout';
import { noticeWords } from './words';

type Brief = Awaited<ReturnType<typeof listDeliveries>>['items'][number];
type Told = Awaited<ReturnType<typeof listNotices>>['items'][number];

const SHOWN = 20;

export const showHome = (api: Api): RequestHandler => async (req, res) => {
  member(req);
  await draw(api, req, res);
};

/** Approve and decline of an application, from this page. */
export const takeMembershipVerb = (api: Api): RequestHandler => async (req, res) => {
  const verb = String(req.params.verb);
  try {
    await doVerb(api, sender(api, req, verb, {}), 'membership', idOf(String(req.params.id)), verb);
    res.redirect(303, '/');
  } catch (error) {
    await draw(api, req, res, refusal(error));
  }
};

async function draw(api: Api, req: Request, res: Response, refused?: { status: number; title: string }): Promise<void> {
  const caller = reader(req);
  const { actor } = caller;
  const [mine, requested, applied, notices] = await Promise.all([
    listDeliveries(api, caller, { limit: SHOWN, mine: 'true' }),
    listDeliveries(api, caller, { limit: SHOWN, state: 'requested' }),
    listMemberships(api, caller, { limit: SHOWN, state: 'applied' }),
    listNotices(api, caller, { limit: SHOWN }),
  ]);
  const [toApprove, applications] = [requested.items.filter(mayApprove), applied.items.filter(mayApprove)];
  const operations = holds(actor, 'operator', 'admin') ? (await listOperations(api, caller, { limit: 100, attention: true })).items.length : 0;
  const nothing = !toApprove.length && !applications.length && !operations;
  sendPage(req, res, { title: 'Home', here: '/home', status: refused?.status }, html`
<h1>Home</h1>
${refused && message('error', html`<p>${refused.title}</p>`)}
<h2>Waits for you</h2>
${operations > 0 && message('error', html`<p><a href="/operations">${number(operations)} ${operations === 1 ? 'step needs' : 'steps need'} an operator</a></p>`, 'Needs attention')}
${nothing && html`<p class="subtle">Nothing waits for you.</p>`}
${toApprove.length > 0 && deliveries('Deliveries to approve', toApprove, true)}
${applications.length > 0 && table('Applications', [{ name: 'Person' }, { name: 'Role' }, { name: 'Why', wide: true }, { name: 'Answer', acts: true }], applications.map((one) => [
    html`<bdi>${one.user.name}</bdi>`, `${one.role}${one.wiki ? ` on ${one.wiki}` : ''}`, one.note ?? '–',
    html`<div class="acts">${['approve', 'decline'].map((verb) => acts.one(req, `/memberships/${one.id}/${verb}`, verb === 'approve' ? 'Approve' : 'Decline', {}, `${one.user.name}, ${one.role}`))}</div>`,
  ]))}
<h2>Your deliveries</h2>
${mine.items.length ? deliveries('Newest first', mine.items, false) : html`<p class="subtle">You have not sent anything yet.</p>`}
<p><a class="button primary" href="/deliveries/new">New delivery</a></p>
<h2>Notices</h2>
${notices.items.length ? html`<ul class="list">${notices.items.map((notice) => html`<li>${noticeLine(notice)} <span class="small subtle">${time(Date.parse(notice.at!))}</span></li>`)}</ul>` : html`<p class="subtle">Nothing happened yet.</p>`}`);
}

function deliveries(caption: string, items: Brief[], withSender: boolean): Html {
  const columns: Column[] = [{ name: 'Subject' }, ...(withSender ? [{ name: 'Sender', wide: true }] : []), { name: 'State' }, { name: 'Sent', number: true }, { name: 'Pages', number: true }, { name: 'Changed', wide: true }];
  return table(caption, columns, items.map(({ id, subject, sender: by, state, counts, updatedAt }) => [
    html`<a href="/deliveries/${id}"><bdi>${subject}</bdi></a>`, ...(withSender ? [html`<bdi>${by.name}</bdi>`] : []), deliveryChip(state, counts), counts.total ? number(counts.sent) : '–', counts.total ? number(counts.total) : '–', time(Date.parse(updatedAt!)),
  ]));
}

const mayApprove = ({ actions }: { actions: Action[] }): boolean => actions.some(({ verb, unavailable }) => verb === 'approve' && !unavailable);

const noticeLine = ({ noun, entity, code }: Told): Html =>
  noun === 'delivery' ? html`<a href="/deliveries/${entity}">Delivery ${entity}</a> ${noticeWords(code)}`
    : noun === 'operation' ? html`<a href="/operations">A step</a> ${noticeWords(code)}`
      : html`Your ${noun} ${entity} ${noticeWords(code)}`;
