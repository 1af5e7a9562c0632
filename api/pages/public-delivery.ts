/** /public/deliveries/:id: one send with everything about it: who, what, to which lists, and what became of each page. */
import type { RequestHandler } from 'express';
import type { Api } from '../context';
import { readDelivery } from '../routes/deliveries';
import { listTargets } from '../routes/delivery-targets';
import { idOf } from '../verbs';
import { message, stateChip, table } from './codex';
import { sendPublic } from './frame';
import { html, type Child, type Html } from './html';
import { wordsFor, type Words } from './language';
import { anybody, given, givenOneOf, KEEP_S } from './public-reader';

type Delivery = Awaited<ReturnType<typeof readDelivery>>;
type Target = Awaited<ReturnType<typeof listTargets>>['items'][number];

const OUTCOMES = ['failed', 'unknown', 'skipped', 'sent', 'cancelled', 'pending'] as const;
type Outcome = (typeof OUTCOMES)[number];
/** Shown at once: everybody wants to know why somebody got nothing. */
const FAULTS: Outcome[] = ['failed', 'unknown', 'skipped'];
const FIRST = 50;
const PAGE = 500;
const OPEN = new Set(['approved', 'expanding', 'running', 'paused']);

export const showPublicDelivery = (api: Api): RequestHandler => async (req, res) => {
  const caller = anybody(req);
  const words = wordsFor(req);
  const delivery = await readDelivery(api, caller, idOf(String(req.params.id)));
  const outcome = givenOneOf(req, 'outcome', OUTCOMES);
  const cursor = given(req, 'cursor');
  const shown = outcome ? [outcome] : FAULTS.filter((one) => delivery.counts[one] > 0);
  const [addresses, ...found] = await Promise.all([addressesOf(api, delivery), ...shown.map((one) => listTargets(api, caller, delivery.id, { outcome: one, limit: outcome ? PAGE : FIRST, cursor }))]);
  const { say, link } = words;
  const here = `/public/deliveries/${delivery.id}`;
  const trail: [Child, string][] = [[say('public.log.title'), '/public/log']];
  if (outcome) trail.push([html`<bdi>${delivery.subject}</bdi>`, here]);
  const title = outcome ? `${words.text(`public.delivery.${outcome}`, delivery.counts[outcome])} · ${delivery.subject}` : delivery.subject;
  const parts = shown.map((one, i) => targets(words, delivery, one, found[i]!, addresses, outcome !== undefined));
  await sendPublic(req, res, { title, words, trail, keepS: KEEP_S }, outcome ? html`
<h1><bdi>${delivery.subject}</bdi></h1>
${parts}
${delivery.counts[outcome] === 0 && html`<p class="subtle">${say('public.delivery.none')}</p>`}` : html`
<div class="head"><div class="title"><h1><bdi>${delivery.subject}</bdi></h1>${stateChip(words, 'delivery', delivery)}</div></div>
${delivery.attention.length > 0 && message('error', attention(words, delivery))}
${facts(words, delivery)}
<h2>${say('public.delivery.message')}</h2>
${written(words, delivery, addresses)}
<h2>${say('public.delivery.outcome')}</h2>
${figures(words, delivery, here)}
${delivery.wikis.length > 1 && perWiki(words, delivery)}
${parts}
${delivery.counts.total > 0 && html`<p><a href="/api/deliveries/${delivery.id}/targets.csv" download>${say('public.delivery.csv')}</a></p>`}
${delivery.tests.length > 0 && tests(words, delivery)}
${OPEN.has(delivery.state) && html`<p class="subtle">${say('public.as-of', words.time(Date.now()), html`<a href="${link(here)}">${say('public.again')}</a>`)}</p>`}`);
};

const facts = ({ say, link, time }: Words, { sender, wiki, channel, sendAt, startedAt, createdAt, lists, listsAfresh, listsReadAt, testOf, marker }: Delivery): Html => html`<dl class="facts">
<dt>${say('delivery.field.sender')}</dt><dd><bdi>${sender.name}</bdi></dd>
<dt>${say('delivery.field.wiki')}</dt><dd><bdi>${wiki}</bdi></dd>
${channel === 'email' && html`<dt>${say('delivery.field.channel')}</dt><dd>${say('delivery.channel.email')}</dd>`}
<dt>${say('delivery.field.createdAt')}</dt><dd>${time(createdAt)}</dd>
${sendAt && html`<dt>${say('delivery.field.sendAt')}</dt><dd>${time(sendAt)}</dd>`}
${startedAt && html`<dt>${say('delivery.field.startedAt')}</dt><dd>${time(startedAt)}</dd>`}
${testOf !== null && html`<dt>${say('delivery.field.testOf')}</dt><dd>${say('public.delivery.test-of', testOf)}</dd>`}
${lists.length > 0 && html`<dt>${say('delivery.field.lists')}</dt><dd><ul>${lists.map((list) => html`<li>${say('public.delivery.list', html`<a href="${link(`/public/target-lists/${list.id}?revision=${list.revision}`)}"><bdi>${list.name}</bdi></a>`, html`${list.revision}`, list.targets)}${list.problemCount > 0 && html` ${say('public.delivery.bad-lines', list.problemCount)}`}${list.fresh && html`<br><a href="${link(`/public/target-lists/${list.id}?revision=${list.fresh.revision}`)}">${say('delivery.list.fresh', html`${list.fresh.revision}`, list.fresh.targets)}</a>${list.fresh.problemCount > 0 && html` ${say('public.delivery.bad-lines', list.fresh.problemCount)}`}`}</li>`)}</ul>${listsAfresh && html`<p>${say(!listsReadAt ? 'delivery.afresh.will' : lists.some(({ fresh }) => fresh) ? 'delivery.afresh.read' : 'delivery.afresh.kept')}</p>`}</dd>`}
<dt>${say('delivery.field.marker')}</dt><dd><code>${marker}</code></dd>
</dl>`;

/** What was read of a page, in each of its languages; then what was typed, which follows each. */
const written = ({ say, text }: Words, { texts, body, wiki }: Delivery, addresses: Map<string, string>): Html => html`${texts.map(({ title, revision, language, dir, subject, body: read }) => html`<h3><a href="${addressOf(addresses, wiki, { title, oldid: String(revision) })}"><bdi>${title}</bdi></a> <span class="subtle">${say('public.delivery.text', language, html`${revision}`)}</span></h3>
<pre dir="${dir}" tabindex="0" aria-label="${title}">${subject && html`<strong>${subject}</strong>\n\n`}${read}</pre>
`)}${texts.length > 0 && body && html`<h3>${say('public.delivery.text.typed')}</h3>
`}${(body || !texts.length) && html`<pre dir="auto" tabindex="0" aria-label="${text(texts.length ? 'public.delivery.text.typed' : 'public.delivery.message')}">${body}</pre>`}`;

/** Each count leads to its pages. */
function figures({ say, number, link }: Words, { counts, lists }: Delivery, here: string): Html {
  if (!counts.total) return html`<p>${say('public.log.listed', lists.reduce((all, { targets: n }) => all + n, 0))}</p>`;
  const shown = (['sent', 'skipped', 'failed', 'unknown', 'cancelled', 'pending'] as const).filter((one) => counts[one] > 0 || one === 'sent' || one === 'skipped' || one === 'failed');
  return html`<dl class="figures"><div><dt>${say('delivery.field.total')}</dt><dd>${number(counts.total)}</dd></div>${shown.map((one) => html`<div><dt>${say(`target.state.${one}`)}</dt><dd>${counts[one] > 0 ? html`<a href="${link(`${here}?outcome=${one}`)}">${number(counts[one])}</a>` : number(0)}</dd></div>`)}</dl>`;
}

const perWiki = ({ say, number, code }: Words, { wikis }: Delivery): Html => table(
  say('public.delivery.per-wiki'),
  [{ name: say('delivery.field.target-wiki') }, ...(['sent', 'skipped', 'failed', 'pending'] as const).map((one) => ({ name: say(`target.state.${one}`), number: true }))],
  wikis.map(({ host, sent, skipped, failed, pending, attention: waiting }) => [html`<bdi>${host}</bdi>${waiting && html` <span class="subtle">${code('error', waiting)}</span>`}`, number(sent), number(skipped), number(failed), number(pending)]),
);

function targets(words: Words, { id, counts }: Delivery, outcome: Outcome, { items, next }: { items: Target[]; next?: string }, addresses: Map<string, string>, alone: boolean): Html {
  const { say, link, time, code } = words;
  const why = outcome !== 'sent' && outcome !== 'pending' && outcome !== 'cancelled';
  const columns = [{ name: say('target.field.page') }, ...(why ? [{ name: say('target.field.code') }] : []), { name: say('delivery.field.target-wiki') }, ...(outcome === 'pending' ? [] : [{ name: say('target.field.at'), wide: true }])];
  const rows = items.map(({ page, wiki, asked, code: given, at, revisionId }) => [
    html`<a href="${addressOf(addresses, wiki, { title: page })}"><bdi>${page}</bdi></a>${asked && html` <span class="subtle">${say('public.delivery.asked', html`<bdi>${asked}</bdi>`)}</span>`}`,
    ...(why ? [given ? code('code', given) : say('code.none')] : []),
    html`<bdi>${wiki}</bdi>`,
    ...(outcome === 'pending' ? [] : [revisionId ? html`<a href="${addressOf(addresses, wiki, { title: page, oldid: String(revisionId) })}">${time(at)}</a>` : time(at)]),
  ]);
  const rest = next && link(`/public/deliveries/${id}?outcome=${outcome}${alone ? `&cursor=${encodeURIComponent(next)}` : ''}`);
  return html`${rows.length > 0 && table(say(`public.delivery.${outcome}`, counts[outcome]), columns, rows)}
${rest && html`<nav class="pages" aria-label="${words.text('public.pager')}"><a href="${rest}" rel="next">${say(alone ? 'public.more' : 'public.delivery.all', counts[outcome])}</a></nav>`}`;
}

const tests = ({ say, code }: Words, { tests: tried }: Delivery): Html => table(
  say('public.delivery.tests'),
  [{ name: say('target.field.page') }, { name: say('delivery.field.target-wiki') }, { name: say('target.field.outcome') }],
  tried.map((one) => [html`<bdi>${one.page}</bdi>`, html`<bdi>${one.wiki}</bdi>`, one.code ? code('code', one.code) : say(`target.state.${one.outcome}`)]),
);

const attention = ({ say, time, code }: Words, { attention: waiting }: Delivery): Html => html`<p><strong>${say('public.attention')}</strong></p>
<ul>${waiting.map((one) => html`<li>${one.wiki && html`<bdi>${one.wiki}</bdi>: `}${code('error', one.code)} ${one.counts?.present !== undefined && html`${say('decision.grown', one.counts.approved!, one.counts.present)} `}<span class="subtle">${say('public.attention.tries', one.attempts, time(one.since))}</span></li>`)}</ul>`;

/** Every MediaWiki has its index.php beside its api.php. */
async function addressesOf({ kernel }: Api, { wiki, wikis }: Delivery): Promise<Map<string, string>> {
  const { rows } = await kernel.pool.query<{ host: string; api_url: string }>('select host, api_url from wiki where host = any($1)', [[wiki, ...wikis.map(({ host }) => host)]]);
  return new Map(rows.map(({ host, api_url }) => [host, api_url.replace(/api\.php$/, 'index.php')]));
}
const addressOf = (addresses: Map<string, string>, wiki: string, query: Record<string, string>): string => `${addresses.get(wiki) ?? ''}?${new URLSearchParams(query).toString()}`;
