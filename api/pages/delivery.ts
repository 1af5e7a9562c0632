/** /deliveries/:id: how far a send is, what became of which page, and what the reader may do with it. Live where scripts run. */
import type { Request, RequestHandler, Response } from 'express';
import { readTargets, type TargetRow } from '../../db/queries/deliveries';
import { readProblems } from '../../db/queries/target-lists';
import type { ReeveError } from '../../config/errors';
import { holds } from '../../policies/actor';
import type { Api, Caller } from '../context';
import { checked } from '../fields';
import { deliveryVerbs, doDeliveryVerb, readDelivery } from '../routes/deliveries';
import { listOperations } from '../routes/operations';
import { idOf } from '../verbs';
import { acts, operationActs } from './acts';
import { count, message, number, table, time } from './blocks';
import { attentionChip, deliveryChip } from './chips';
import { fieldsOf, instantOf, reader, refusal, sender } from './forms';
import { html, type Html } from './html';
import { sendPage } from './layout';
import { drawPreview } from './preview';
import { codeWords, lineWords, outcomeWords } from './words';

type Delivery = Awaited<ReturnType<typeof readDelivery>>;

const SHOWN = 100;
const REFRESH_S = 5;
/** More pages than this are approved in two steps. */
const MANY = 1_000;
const ALIVE = new Set(['approved', 'expanding', 'running']);

export const showDelivery = (api: Api): RequestHandler => async (req, res) => {
  await drawDelivery(api, req, res, idOf(String(req.params.id)));
};

export const takeDeliveryVerb = (api: Api): RequestHandler => async (req, res) => {
  const [id, verb] = [idOf(String(req.params.id)), String(req.params.verb)];
  const { _csrf, _key, ...fields } = fieldsOf(req);
  try {
    const input = inputOf(verb, fields);
    await doDeliveryVerb(api, sender(api, req, verb, input), id, verb, input);
    res.redirect(303, `/deliveries/${id}`);
  } catch (error) {
    const onPreview = verb === 'test' || (error as ReeveError).code === 'delivery.unacknowledged';
    await (onPreview ? drawPreview(api, req, res, id, refusal(error)) : drawDelivery(api, req, res, id, { refused: refusal(error) }));
  }
};

/** A form's fields as the verb wants them: the same schema as the API's. */
function inputOf(verb: string, { reason, sendAt, ...fields }: Record<string, string>): Record<string, unknown> {
  if (!Object.hasOwn(deliveryVerbs, verb)) return {}; // the door says that there is no such verb
  const sendAtMs = sendAt === undefined ? undefined : instantOf(sendAt, '/sendAt');
  const given = {
    ...(reason?.trim() && { reason: reason.trim() }),
    ...(sendAt !== undefined && { sendAt: sendAtMs ? new Date(sendAtMs!).toISOString() : null }),
    ...(verb === 'submit' && { acknowledge: Object.entries(fields).flatMap(([name, code]) => (name.startsWith('acknowledge-') ? [code] : [])) }),
    ...(fields.page !== undefined && { page: fields.page }),
    ...(fields.target !== undefined && { target: Number(fields.target), as: fields.as }),
  };
  return checked(deliveryVerbs[verb]!, given, 'body') as Record<string, unknown>;
}

/** @param options.caller another than who is signed in: the public page, which shows nothing of them. */
export async function drawDelivery(api: Api, req: Request, res: Response, id: number, { refused, caller: as }: { refused?: { status: number; title: string }; caller?: Caller } = {}): Promise<void> {
  const caller = as ?? reader(req);
  const delivery = await readDelivery(api, caller, id);
  const [apiUrls, failed, unknown, skipped, badLines] = await Promise.all([
    apiUrlsOf(api, delivery),
    targetsOf(api, delivery, 'failed'), targetsOf(api, delivery, 'unknown'), targetsOf(api, delivery, 'skipped'), badLinesOf(api, delivery),
  ]);
  const alive = ALIVE.has(delivery.state);
  sendPage(req, res, { title: delivery.subject, status: refused?.status, open: as !== undefined, trail: as ? [['Messages sent', '/public/log']] : [['Home', '/']], live: alive ? REFRESH_S : undefined }, html`
<div class="title"><h1><bdi>${delivery.subject}</bdi></h1><span id="state">${deliveryChip(delivery.state, delivery.counts)}</span>${delivery.attention.length > 0 && attentionChip()}</div>
${refused && message('error', html`<p>${refused.title}</p>`)}
${delivery.attention.length > 0 && (await attention(api, req, caller, delivery))}
<div id="live" data-delivery="${id}" data-state="${delivery.state}" data-version="${delivery.version}">
${progress(delivery)}
</div>
${delivery.actions.some(({ verb }) => verb === 'submit') && html`<div class="acts"><a class="button primary" href="/deliveries/${id}/preview">Preview and submit</a><a class="button" href="/deliveries/${id}/edit">Edit</a></div>`}
${acts(req, `/deliveries/${id}`, delivery.actions, factsOf(delivery), { failed: delivery.counts.failed })}
${delivery.wikis.length > 0 && html`${perWiki(delivery)}<p><a href="/api/deliveries/${id}/targets.csv">Every page and what became of it (CSV)</a></p>`}
${delivery.tests.length > 0 && tests(delivery)}
${outcomes('Unknown: the wiki could not tell', unknown, delivery.counts.unknown, apiUrls, (row) => settle(req, delivery, row))}
${outcomes('Failed', failed, delivery.counts.failed, apiUrls)}
${outcomes('Skipped', skipped, delivery.counts.skipped, apiUrls)}
<div class="sections"><section><h2>Message</h2><pre>${delivery.body}</pre></section>
<section><h2>About</h2>${about(delivery, badLines)}</section></div>`);
}

function progress({ counts, state, wikis, lists }: Delivery): Html {
  const listed = lists.reduce((sum, { targets }) => sum + targets, 0);
  if (!counts.total && state !== 'finished') return html`<p>${count(listed, 'page')} on ${lists.length === 1 ? 'its list' : `its ${lists.length} lists`}.</p>`;
  const done = counts.total - counts.pending;
  const rate = wikis.filter(({ pending, attention: code }) => pending > 0 && !code).reduce((sum, { editsPerMinute }) => sum + editsPerMinute, 0);
  const parts: [key: keyof typeof counts, name: string][] = [['sent', 'Sent'], ['skipped', 'Skipped'], ['failed', 'Failed'], ['unknown', 'Unknown'], ['cancelled', 'Cancelled'], ['pending', 'Left']];
  return html`
<progress id="bar" max="${Math.max(counts.total, 1)}" value="${done}" aria-label="Pages done"></progress>
<p><span id="done">${number(done)}</span> of <span id="total">${number(counts.total)}</span> pages<span id="left">${state === 'running' && timeLeft(counts.pending, rate)}</span></p>
<p id="said" class="small subtle" role="status"></p>
<dl class="figures">${parts.filter(([key]) => counts[key] > 0 || !['unknown', 'cancelled'].includes(key)).map(([key, name]) => html`<div><dt>${name}</dt><dd data-count="${key}">${number(counts[key])}</dd></div>`)}</dl>`;
}

/** Never seconds: it is a guess from what the wikis are allowed. */
function timeLeft(pending: number, aMinute: number): string {
  if (!pending || !aMinute) return '';
  const minutes = Math.ceil(pending / aMinute);
  return ` · about ${minutes < 60 ? count(minutes, 'minute') : count(Math.round(minutes / 60), 'hour')} left`;
}

const perWiki = ({ wikis }: Delivery): Html =>
  table(
    'Per wiki',
    [{ name: 'Wiki' }, { name: 'Sent', number: true }, { name: 'Skipped', number: true, wide: true }, { name: 'Failed', number: true }, { name: 'Left', number: true }, { name: 'A minute at most', number: true, wide: true }],
    wikis.map(({ host, sent, skipped, failed, pending, editsPerMinute, attention: code }) => [
      html`<bdi>${host}</bdi>${code && html` ${attentionChip()}`}`,
      ...([['sent', sent], ['skipped', skipped], ['failed', failed], ['pending', pending]] as const).map(([key, n]) => html`<span data-wiki="${host}" data-count="${key}">${number(n)}</span>`),
      number(editsPerMinute),
    ]),
  );

const tests = ({ tests: tried }: Delivery): Html =>
  table('Tests', [{ name: 'Page' }, { name: 'Wiki', wide: true }, { name: 'What became of it' }], tried.map(({ page, wiki, outcome, code }) => [html`<bdi>${page}</bdi>`, wiki, code ? outcomeWords(code) : outcome === 'attempting' ? 'pending' : outcome]));

const outcomes = (title: string, rows: TargetRow[], total: number, apiUrls: Map<string, string>, act?: (row: TargetRow) => Html): Html | '' =>
  rows.length === 0 ? '' : table(
    `${title} (${number(total)}${total > rows.length ? `, the first ${rows.length}` : ''})`,
    [{ name: 'Page' }, { name: 'Why' }, { name: 'Wiki', wide: true }, { name: 'When', wide: true }, ...(act ? [{ name: 'Say what became of it', acts: true }] : [])],
    rows.map((row) => [html`<a href="${pageAddress(apiUrls.get(row.wiki) ?? '', row.page)}"><bdi>${row.page}</bdi></a>${row.asked && html` <span class="subtle">(asked for <bdi>${row.asked}</bdi>)</span>`}`, outcomeWords(row.code), row.wiki, time(row.atMs), ...(act ? [act(row)] : [])]),
  );

const settle = (req: Request, delivery: Delivery, { id, page }: TargetRow): Html =>
  delivery.actions.some(({ verb }) => verb === 'settle')
    ? html`<div class="acts">${(['sent', 'failed', 'pending'] as const).map((as) => acts.one(req, `/deliveries/${delivery.id}/settle`, { sent: 'It was sent', failed: 'It was not', pending: 'Try again' }[as], { target: String(id), as }, `${page}: ${as}`))}</div>`
    : html`–`;

async function attention(api: Api, req: Request, caller: Caller, { id, attention: waiting }: Delivery): Promise<Html> {
  const { items } = holds(caller.actor, 'operator', 'admin') ? await listOperations(api, caller, { limit: SHOWN, attention: true, entity: `delivery/${id}` }) : { items: [] };
  return message('error', html`<ul>${waiting.map(({ operation, code, wiki, attempts, since }) => {
    const answerable = items.find((one) => one.id === operation);
    return html`<li>${wiki && html`<bdi>${wiki}</bdi>: `}${codeWords(code)} <span class="subtle">(<code>${code}</code>, ${count(attempts, 'try', 'tries')}, since ${time(Date.parse(since!))})</span>${answerable && operationActs(req, answerable)}</li>`;
  })}</ul>${!items.length && html`<p>Operators were told.</p>`}`, 'Needs attention');
}

/** What to know before an act that cannot be taken back. */
function factsOf({ counts, lists }: Delivery): Record<string, string> {
  const pages = lists.reduce((sum, { targets }) => sum + targets, 0);
  const cancel = counts.total ? `${count(counts.sent, 'message')} ${counts.sent === 1 ? 'stays' : 'stay'} where ${counts.sent === 1 ? 'it is' : 'they are'}; ${count(counts.pending, 'page')} ${counts.pending === 1 ? 'gets' : 'get'} none.` : 'Nothing was sent yet.';
  return { cancel, reject: 'Its sender reads the reason.', ...(pages > MANY && { approve: `${count(pages, 'page')} get this message.` }) };
}

const about = ({ sender: by, wiki, state, sendAt, startedAt, createdAt, lists, id }: Delivery, badLines: Html): Html => html`<dl class="facts">
<dt>Delivery</dt><dd>${id}</dd><dt>Sender</dt><dd><bdi>${by.name}</bdi></dd><dt>Sent from</dt><dd>${wiki}</dd>
<dt>Made</dt><dd>${time(Date.parse(createdAt!))}</dd>${sendAt && html`<dt>Sends at</dt><dd>${time(Date.parse(sendAt))}</dd>`}${startedAt && html`<dt>Began</dt><dd>${time(Date.parse(startedAt))}</dd>`}
<dt>Lists</dt><dd><ul>${lists.map((list) => html`<li>${state === 'draft' ? html`<bdi>${list.name}</bdi>` : html`<a href="/public/target-lists/${list.id}?revision=${list.revision}"><bdi>${list.name}</bdi></a>`} <span class="subtle">revision ${list.revision}, ${count(list.targets, 'page')}${list.problemCount > 0 && html`, ${count(list.problemCount, 'line')} cannot be used`}</span></li>`)}</ul>${badLines}</dd></dl>`;

async function badLinesOf({ kernel }: Api, { lists }: Delivery): Promise<Html> {
  const found = await Promise.all(lists.filter(({ problemCount }) => problemCount > 0).map(({ id, revision }) => readProblems(kernel, id, revision, 0, SHOWN)));
  if (!found.length) return html``;
  return html`<details><summary>Lines that cannot be used</summary><ul>${found.flat().map(({ line, text, code }) => html`<li>Line ${line}: <bdi>${text}</bdi> – ${lineWords(code)}</li>`)}</ul></details>`;
}

const targetsOf = ({ kernel }: Api, { id, counts }: Delivery, outcome: 'failed' | 'unknown' | 'skipped'): Promise<TargetRow[]> =>
  counts[outcome] > 0 ? readTargets(kernel, id, { outcome }, 0, SHOWN) : Promise.resolve([]);

async function apiUrlsOf({ kernel }: Api, { wikis }: Delivery): Promise<Map<string, string>> {
  const { rows } = await kernel.pool.query<{ host: string; api_url: string }>('select host, api_url from wiki where host = any($1)', [wikis.map(({ host }) => host)]);
  return new Map(rows.map(({ host, api_url }) => [host, api_url]));
}

/** Every MediaWiki has its index.php beside its api.php. */
const pageAddress = (apiUrl: string, page: string): string => `${apiUrl.replace(/api\.php$/, 'index.php')}?${new URLSearchParams({ title: page }).toString()}`;
