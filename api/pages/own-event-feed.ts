/**
 * `/calendar/<secret>.ics`: the own events of whoever made the address, with where each stands, as long as they may organize.
 * Who has it needs no session, so nothing is in it that opens anything: no key, no link to a form, no meeting, no place.
 */
import type { RequestHandler } from 'express';
import { ReeveError } from '../../config/errors';
import { standingOfUser, userOf } from '../../db/queries/actors';
import { ownerOfFeed } from '../../db/queries/event-feeds';
import { mayEver } from '../../policies';
import type { Api } from '../context';
import { listEvents } from '../routes/events';
import { calendarOf } from './public-event-feed';
import { wordsFor } from './language';

const MOST = 1_000;

/** @throws ReeveError not-found whatever the reason */
export const showOwnEventFeed = (api: Api): RequestHandler => async (req, res) => {
  const userId = await ownerOfFeed(api.kernel, String(req.params.secret));
  const standing = userId === null ? null : await standingOfUser(api.kernel, userId);
  const actor = standing && userOf(standing);
  if (!actor || !mayEver(actor, 'new', 'event')) throw new ReeveError('not-found');
  const words = wordsFor(req);
  const { items } = await listEvents(api, { actor }, { mine: 'true', sort: '-startsAt', limit: MOST });
  const calendar = await calendarOf(api, words.text('public.events.own'), items, (event) => ({
    description: `${words.text(`event.state.${event.state}`)}\n${event.startsAt!.replace('T', ' ')} – ${event.endsAt!.replace('T', ' ')} (${event.timeZone})`, url: new URL(`/events/${event.id}`, api.config.REEVE_PUBLIC_URL).href,
  }));
  res.type('text/calendar; charset=utf-8').setHeader('Content-Disposition', 'inline; filename="events.ics"').setHeader('Cache-Control', 'private, no-store').setHeader('X-Robots-Tag', 'noindex').end(calendar);
};
