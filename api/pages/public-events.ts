/**
 * `/public/events` and `/public/events/:id`: what is on, what comes and what has been, and one event with its window in
 * its own zone and in UTC. Their calendars: public-event-feed.ts.
 */
import type { Request, RequestHandler } from 'express';
import { ReeveError } from '../../config/errors';
import { countryCodes, isCountry } from '../../config/countries';
import { eventTypes } from '../../db/entities/event';
import { eventFilters, pageOfEvents } from '../../db/queries/events';
import type { PageQuery } from '../../db/queries/page';
import { visitor } from '../../policies/actor';
import type { Api } from '../context';
import { presentEvent, readEvent } from '../routes/events';
import { idOf } from '../verbs';
import { button, select, stateChip, type Option } from './codex';
import { sendPublic } from './frame';
import { html, type Child, type Html } from './html';
import { wordsFor, type Words } from './language';
import { anybody, given, givenOneOf, KEEP_S } from './public-reader';

export type PublicEvent = Awaited<ReturnType<typeof readEvent>>;

const WHEN = ['running', 'upcoming', 'past'] as const;
type When = (typeof WHEN)[number];
const FIRST = 20;
const PAGE = 50;

export interface Asked { type?: string; wiki?: string; country?: string }

/** @throws ReeveError not-found: no page has such an address. */
export function askedOf(req: Request): Asked {
  const country = given(req, 'country');
  if (country !== undefined && !isCountry(country)) throw new ReeveError('not-found');
  return { type: givenOneOf(req, 'type', eventTypes), wiki: given(req, 'wiki')?.slice(0, 259), country };
}

/** Those of the wanted kind that everybody may see, by the clock. */
export async function eventsThat(api: Api, asked: Asked, where: NonNullable<PageQuery['where']>, page: { sort: string; limit: number; cursor?: string }) {
  const { rows, nowMs, next } = await pageOfEvents(api.kernel, { actor: visitor, ...page, sorts: { startsAt: 'coalesce(t.starts_at_ms, 0)' }, where: [...eventFilters(asked), ...where] });
  return { events: rows.map((row) => presentEvent(api, row, visitor, nowMs)), next };
}

function byClock(api: Api, asked: Asked, when: When, limit: number, cursor?: string) {
  const now = api.kernel.clock.sql;
  const window = { running: `t.starts_at_ms <= ${now} and t.ends_at_ms > ${now}`, upcoming: `t.starts_at_ms > ${now}`, past: `t.ends_at_ms <= ${now}` }[when];
  return eventsThat(api, asked, [[window, true]], { sort: when === 'past' ? '-startsAt' : 'startsAt', limit, cursor });
}

export const showPublicEvents = (api: Api): RequestHandler => async (req, res) => {
  const words = wordsFor(req);
  const { say, link } = words;
  const asked = askedOf(req);
  const when = givenOneOf(req, 'when', WHEN);
  const shown = when ? [when] : WHEN;
  const cursor = when && given(req, 'cursor');
  const [hosts, ...found] = await Promise.all([hostsOf(api), ...shown.map((one) => byClock(api, asked, one, when ? PAGE : FIRST, cursor))]);
  const address = (path: string, more: Record<string, string | undefined> = {}): string => {
    const query = new URLSearchParams(Object.entries({ ...asked, ...more }).filter((one): one is [string, string] => one[1] !== undefined));
    return link(query.size ? `${path}?${query.toString()}` : path);
  };
  const sections = shown.map((one, i) => {
    const { events, next } = found[i]!;
    const rest = next && address('/public/events', { when: one, ...(when && { cursor: next }) });
    return (events.length > 0 || when) && html`<h2>${say(`public.events.${one}`)}</h2>
${events.length > 0 ? html`<ol class="entries">${events.map((event) => entry(words, event))}</ol>` : html`<p class="subtle">${say('public.events.none')}</p>`}
${(rest || cursor) && html`<nav class="pages" aria-label="${words.text('public.pager')}">${cursor && html`<a href="${address('/public/events', { when: one })}">${say('public.events.first')}</a>`}${rest && html`<a href="${rest}" rel="next">${say('public.more')}</a>`}</nav>`}`;
  });
  await sendPublic(req, res, { title: words.text('public.events.title'), words, here: '/public/events', keepS: KEEP_S, trail: when && [[say('public.events.title'), '/public/events']] }, html`
<h1>${say('public.events.title')}</h1>
<p>${say('public.events.about')} <a href="${address('/public/events.ics')}">${say('public.events.feed')}</a></p>
${filters(req, words, asked, hosts)}
${sections.some(Boolean) ? sections : html`<p class="subtle">${say(Object.values(asked).some(Boolean) ? 'public.events.none' : 'public.events.empty')}</p>`}`);
};

export const showPublicEvent = (api: Api): RequestHandler => async (req, res) => {
  const words = wordsFor(req);
  const { say, link } = words;
  const event = await readEvent(api, anybody(req), idOf(String(req.params.id)));
  await sendPublic(req, res, { title: event.title, words, keepS: KEEP_S, trail: [[say('public.events.title'), '/public/events']] }, html`
<div class="head"><div class="title"><h1><bdi>${event.title}</bdi></h1>${stateChip(words, 'event', event)}</div></div>
<dl class="facts">
${windows(words, event).map(([name, when]) => html`<dt>${name}</dt><dd>${when}</dd>`)}
<dt>${say('event.field.where')}</dt><dd>${where(words, event)}${event.address && html`<br><bdi>${event.address}</bdi>`}</dd>
<dt>${say('event.field.types')}</dt><dd>${event.types.map((type) => words.text(`event.type.${type}`)).join(' · ')}</dd>
${event.topics.length > 0 && html`<dt>${say('event.field.topics')}</dt><dd><bdi>${event.topics.join(' · ')}</bdi></dd>`}
<dt>${say('event.field.wikis')}</dt><dd>${event.wikis === 'all' || !event.wikis.length ? say(event.wikis === 'all' ? 'event.wikis.all' : 'event.wikis.none') : html`<ul>${event.wikis.map((host) => html`<li><bdi>${host}</bdi></li>`)}</ul>`}</dd>
<dt>${say('event.field.organizers')}</dt><dd><ul>${event.organizers.map(({ name }) => html`<li><bdi>${name}</bdi></li>`)}</ul></dd>
${event.page !== null && html`<dt>${say('event.field.page')}</dt><dd>${outward(event.page)}</dd>`}
${event.trackingTool !== null && html`<dt>${say('event.field.trackingTool')}</dt><dd>${outward(event.trackingTool)}</dd>`}
</dl>
<p class="acts">${event.state === 'open' && button({ label: say('public.nav.request'), href: link('/request'), action: 'progressive' })}${button({ label: say('public.events.file'), href: `/public/events/${event.id}.ics` })}</p>`);
};

function entry(words: Words, event: PublicEvent): Html {
  const { id, title, types, state } = event;
  return html`<li><h2><a href="${words.link(`/public/events/${id}`)}"><bdi>${title}</bdi></a></h2> ${state === 'cancelled' && stateChip(words, 'event', event)}
<p>${windows(words, event)[0]![1]}</p>
<p>${[where(words, event), ...types.map((type) => words.text(`event.type.${type}`))].join(' · ')}</p></li>`;
}

/** In its own zone first, then in UTC; once, where both are the same. */
function windows({ say, language }: Words, { startsAt, endsAt, startsAtUtc, endsAtUtc, timeZone }: PublicEvent): [name: Child, when: Child][] {
  if (startsAt === null || endsAt === null || startsAtUtc === null || endsAtUtc === null) return [[say('public.events.when'), '–']];
  const range = rangeOf(language);
  const [local, utc] = [[`${startsAt}Z`, `${endsAt}Z`], [startsAtUtc, endsAtUtc]].map(([from, to]) => range.formatRange(new Date(from!), new Date(to!))) as [string, string];
  const when = (text: string, zone: string): Html => html`<time datetime="${startsAtUtc}">${text}</time> (<bdi>${zone}</bdi>)`;
  return [[say('public.events.when'), when(local, timeZone)], ...(utc === local ? [] : [[html`UTC`, when(utc, 'UTC')] as [Child, Child]])];
}

export const where = (words: Words, { participation, country }: Pick<PublicEvent, 'participation' | 'country'>): string =>
  [participation && words.text(`event.participation.${participation}`), country && countryNames(words.language).of(country)].filter(Boolean).join(' · ') || '–';

const outward = (text: string): Html => (/^https?:\/\//.test(text) ? html`<a href="${text}" rel="noopener noreferrer nofollow"><bdi>${text}</bdi></a>` : html`<bdi>${text}</bdi>`);

const ranges = new Map<string, Intl.DateTimeFormat>();
function rangeOf(language: string): Intl.DateTimeFormat {
  let range = ranges.get(language);
  if (!range) ranges.set(language, (range = new Intl.DateTimeFormat(language, { weekday: 'short', year: 'numeric', month: 'short', day: 'numeric', hour: 'numeric', minute: '2-digit', hourCycle: 'h23', timeZone: 'UTC' })));
  return range;
}

const names = new Map<string, Intl.DisplayNames>();
function countryNames(language: string): Intl.DisplayNames {
  let known = names.get(language);
  if (!known) names.set(language, (known = new Intl.DisplayNames(language, { type: 'region' })));
  return known;
}

const sorted = new Map<string, Option[]>();
function countryOptions({ language }: Words): Option[] {
  let options = sorted.get(language);
  if (!options) {
    const { compare } = new Intl.Collator(language);
    options = countryCodes().map((code): [string, string] => [code, countryNames(language).of(code) ?? code]).sort(([, a], [, b]) => compare(a, b));
    sorted.set(language, options);
  }
  return options;
}

function filters(req: Request, words: Words, { type, wiki, country }: Asked, hosts: string[]): Html {
  const { say } = words;
  const every = (options: Option[]): Option[] => [['', say('public.events.every')], ...options];
  const uselang = given(req, 'uselang');
  return html`<form class="filters" method="get" action="/public/events" role="search">
${uselang && html`<input type="hidden" name="uselang" value="${uselang}">`}
${select({ name: 'type', label: say('event.field.types'), value: type }, every(eventTypes.map((one) => [one, say(`event.type.${one}`)])))}
${hosts.length > 1 && select({ name: 'wiki', label: say('delivery.field.target-wiki'), value: wiki }, every(hosts.map((host) => [host, host])))}
${select({ name: 'country', label: say('event.field.country'), value: country }, every(countryOptions(words)))}
${button({ label: say('public.events.show') })}
</form>`;
}

async function hostsOf({ kernel }: Api): Promise<string[]> {
  const { rows } = await kernel.pool.query<{ host: string }>('select host from wiki order by host limit 1000');
  return rows.map(({ host }) => host);
}
