/** The reader's own events as a calendar to subscribe to: its address is shown once, and opens them until it is ended. Served by api/pages/own-event-feed.ts. */
import { z } from 'zod';
import { ReeveError } from '../../config/errors';
import { endFeed, feedSince, makeFeed } from '../../db/queries/event-feeds';
import { mayEver } from '../../policies';
import type { Api, Caller } from '../context';
import { shown } from '../fields';
import { route, type Route } from '../route';
import { needScope } from '../verbs';

const feedSchema = z.object({ since: z.string().nullable().describe('Since when there is one; null: there is none.'), url: z.string().optional().describe('Its address, which opens it and is shown this once.') });
const nothing = z.strictObject({});

/** @throws ReeveError policy.forbidden */
function ownerOf(caller: Caller): number {
  needScope(caller, 'user', 'edit');
  if (!mayEver(caller.actor, 'new', 'event')) throw new ReeveError('policy.forbidden', 'It is for those who organize.');
  return caller.actor.userId!;
}
const standing = async ({ kernel }: Api, userId: number) => ({ since: shown(await feedSince(kernel, userId)) });

export const eventFeedRoutes: Route[] = [
  route({
    method: 'get',
    path: '/api/me/event-feed',
    summary: 'Whether your own events can be subscribed to as a calendar.',
    answer: { schema: feedSchema },
    handle: async ({ api, caller }) => ({ body: await standing(api, ownerOf(caller)) }),
  }),
  route({
    method: 'post',
    path: '/api/me/event-feed',
    name: 'makeEventFeed',
    summary: 'Make an address at which a calendar reads your own events, without any sign-in. The one before opens nothing any more.',
    body: nothing,
    answer: { schema: feedSchema },
    async handle({ api, caller, asking }) {
      const userId = ownerOf(caller);
      const secret = await makeFeed(api.kernel, { actor: caller.actor, requestId: caller.requestId }, userId);
      const url = new URL(`/calendar/${secret}.ics`, api.config.REEVE_PUBLIC_URL);
      if (asking.person) url.searchParams.set('uselang', asking.person.language);
      return { body: { ...(await standing(api, userId)), url: url.href } };
    },
  }),
  route({
    method: 'post',
    path: '/api/me/event-feed/end',
    summary: 'End it: its address opens nothing any more.',
    body: nothing,
    answer: { schema: feedSchema },
    async handle({ api, caller }) {
      const userId = ownerOf(caller);
      await endFeed(api.kernel, { actor: caller.actor, requestId: caller.requestId }, userId);
      return { body: await standing(api, userId) };
    },
  }),
];
