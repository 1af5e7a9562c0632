/**
 * Events as calendars (RFC 5545): `/public/events/:id.ics` for one, `/public/events.ics` to subscribe to, with the filters
 * of the directory. Instants are told in UTC: a calendar shows them on its own clock, and needs no rules of zones from here.
 */
import type { RequestHandler, Response } from 'express';
import type { Api } from '../context';
import { readEvent } from '../routes/events';
import { idOf } from '../verbs';
import { wordsFor, type Words } from './language';
import { askedOf, eventsThat, where, type PublicEvent } from './public-events';
import { anybody } from './public-reader';

const KEEP_S = 300;
/** What has been stays in a subscriber's calendar for so long. */
const PAST_MS = 90 * 86_400_000;
const MOST = 1_000;
/** Nobody has approved it, or not yet. */
const UNSURE = new Set(['draft', 'requested', 'rejected']);

export const showEventFile = (api: Api): RequestHandler => async (req, res) => {
  const words = wordsFor(req);
  const event = await readEvent(api, anybody(req), idOf(String(req.params.id)));
  await sendCalendar(api, res, words, `event-${event.id}`, [event]);
};

export const showEventFeed = (api: Api): RequestHandler => async (req, res) => {
  const words = wordsFor(req);
  const { events } = await eventsThat(api, askedOf(req), [[`t.ends_at_ms > ${api.kernel.clock.sql} - ${PAST_MS}`, true]], { sort: 'startsAt', limit: MOST });
  await sendCalendar(api, res, words, 'events', events);
};

async function sendCalendar(api: Api, res: Response, words: Words, name: string, events: PublicEvent[]): Promise<void> {
  const page = (path: string): string => new URL(path, api.config.REEVE_PUBLIC_URL).href;
  const title = events.length === 1 && name !== 'events' ? events[0]!.title : words.text('public.events.title');
  const calendar = await calendarOf(api, title, events, (event) => ({ location: [event.address, where(words, event)].filter(Boolean).join(', '), url: page(`/public/events/${event.id}`) }), page('/public/events'));
  res.type('text/calendar; charset=utf-8').setHeader('Content-Disposition', `inline; filename="${name}.ics"`);
  res.vary('Accept-Language').vary('Cookie').setHeader('Cache-Control', `public, max-age=${KEEP_S}`).end(calendar);
}

/** Of those that have a window. @param more what this calendar says of an event besides */
export async function calendarOf<E extends PublicEvent>({ config }: Api, name: string, events: E[], more: (event: E) => { url: string; location?: string; description?: string }, url?: string): Promise<string> {
  const { default: ical, ICalEventStatus } = await import('ical-generator'); // only who asks for a calendar waits for it
  const calendar = ical({ name, prodId: { company: 'Reeve', product: 'Events' }, ttl: 3_600, ...(url && { url }) });
  for (const event of events) {
    const { id, title, startsAtUtc, endsAtUtc, updatedAt, version, state } = event;
    if (startsAtUtc === null || endsAtUtc === null) continue;
    calendar.createEvent({
      id: `event-${id}@${new URL(config.REEVE_PUBLIC_URL).hostname}`, start: new Date(startsAtUtc), end: new Date(endsAtUtc), stamp: new Date(updatedAt!), sequence: version,
      summary: title, status: state === 'cancelled' ? ICalEventStatus.CANCELLED : UNSURE.has(state) ? ICalEventStatus.TENTATIVE : ICalEventStatus.CONFIRMED, ...more(event),
    });
  }
  return calendar.toString();
}
