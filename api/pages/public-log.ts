/** `/` for visitors and `/public/log`: what runs here, and every send with who, what, to which lists and what became of it. */
import type { RequestHandler } from 'express';
import { askingOf, type Api } from '../context';
import { readPublicLog } from '../routes/public-log';
import { button, message, stateChip } from './codex';
import { sendPublic } from './frame';
import { html, type Html } from './html';
import { wordsFor, type Words } from './language';
import { given, KEEP_S } from './public-reader';

type Entry = Awaited<ReturnType<typeof readPublicLog>>['items'][number];

const PAGE = 20;
const NEWEST = 5;

/** Who is signed in goes on to what waits for them. */
export const showStart = (api: Api): RequestHandler => async (req, res) => {
  if (askingOf(req).actor.userId !== null) return res.redirect(303, '/home');
  const words = wordsFor(req);
  const { say, link } = words;
  const { items } = await readPublicLog(api, { limit: NEWEST });
  await sendPublic(req, res, { title: words.text('public.start.title'), words }, html`
<h1>Reeve</h1>
<p class="lead">${say('public.start.what')}</p>
<ul>${['once', 'open', 'people'].map((key) => html`<li>${say(`public.start.${key}`)}</li>`)}</ul>
<p class="acts">${button({ label: say('public.nav.sign-in'), href: link('/sign-in'), action: 'progressive', weight: 'primary' })}${button({ label: say('public.nav.help'), href: link('/help') })}</p>
<h2>${say('public.start.newest')}</h2>
${entries(words, items)}
${items.length > 0 && html`<p><a href="${link('/public/log')}">${say('public.start.all')}</a></p>`}`);
};

export const showPublicLog = (api: Api): RequestHandler => async (req, res) => {
  const words = wordsFor(req);
  const { say, link } = words;
  const [wiki, cursor] = [given(req, 'wiki'), given(req, 'cursor')];
  const { items, next } = await readPublicLog(api, { limit: PAGE, cursor, wiki });
  const address = (query: Record<string, string | undefined>): string => link(`/public/log?${new URLSearchParams(Object.entries(query).filter((one): one is [string, string] => one[1] !== undefined)).toString()}`);
  await sendPublic(req, res, { title: words.text('public.log.title'), words, here: '/public/log', keepS: KEEP_S }, html`
<h1>${say('public.log.title')}</h1>
<p>${say('public.log.about')}</p>
${wiki && message('notice', say('public.log.from-wiki', html`<bdi>${wiki}</bdi>`, html`<a href="${link('/public/log')}">${say('public.log.every-wiki')}</a>`))}
${entries(words, items, (host) => address({ wiki: host }))}
${(next || cursor) && html`<nav class="pages" aria-label="${words.text('public.pager')}">${cursor && html`<a href="${address({ wiki })}">${say('public.newest')}</a>`}${next && html`<a href="${address({ wiki, cursor: next })}" rel="next">${say('public.older')}</a>`}</nav>`}`);
};

const entries = (words: Words, items: Entry[], ofWiki?: (host: string) => string): Html =>
  items.length ? html`<ol class="entries">${items.map((one) => entry(words, one, ofWiki))}</ol>` : html`<p class="subtle">${words.say('public.log.empty')}</p>`;

function entry(words: Words, one: Entry, ofWiki?: (host: string) => string): Html {
  const { id, subject, counts, sender, wiki, startedAt, sendAt, createdAt, lists, testOf } = one;
  const { say, link } = words;
  const host = html`<bdi>${wiki}</bdi>`;
  const at = words.time(startedAt ?? sendAt ?? createdAt);
  return html`<li><h2><a href="${link(`/public/deliveries/${id}`)}"><bdi>${subject}</bdi></a></h2> ${stateChip(words, 'delivery', one)}
<p>${say(startedAt ? 'public.log.by' : sendAt ? 'public.log.by-later' : 'public.log.by-waiting', html`<bdi>${sender.name}</bdi>`, ofWiki ? html`<a href="${ofWiki(wiki)}">${host}</a>` : host, at)}${testOf !== null && html` ${say('public.log.test')}`}</p>
<p>${counts.total > 0 ? say('public.log.counts', counts.sent, counts.skipped, counts.failed, counts.total) : say('public.log.listed', lists.reduce((all, { targets }) => all + targets, 0))}</p></li>`;
}
