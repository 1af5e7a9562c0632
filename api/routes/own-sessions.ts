/** Where the reader is signed in: seen by ids that open nothing, and ended one by one or all but this one. */
import { z } from 'zod';
import { ReeveError } from '../../config/errors';
import { shown } from '../fields';
import { endOwnOthers, endOwnSession, listSessions } from '../middleware/session';
import { route, type Route } from '../route';
import { needScope } from '../verbs';

const ownSessionSchema = z.object({
  id: z.string().describe('A hash: it opens nothing.'), since: z.string().describe('When it signed in.'), usedAt: z.string().describe('When it was last used, to the minute.'),
  endsAt: z.string().describe('When it ends unless it is used.'), current: z.boolean().describe('The one that asks.'),
});
const endedSchema = z.object({ ended: z.int() });
const nothing = z.strictObject({});

export const ownSessionRoutes: Route[] = [
  route({
    method: 'get',
    path: '/api/me/sessions',
    summary: 'Where you are signed in, newest first.',
    answer: { schema: z.object({ items: z.array(ownSessionSchema) }) },
    async handle({ api, caller, req }) {
      needScope(caller, 'user', 'read');
      const sessions = await listSessions(api, caller, req.session);
      return { body: { items: sessions.map(({ id, sinceMs, usedAtMs, endsAtMs, current }) => ({ id, since: shown(sinceMs), usedAt: shown(usedAtMs), endsAt: shown(endsAtMs), current })) } };
    },
  }),
  route({
    method: 'post',
    path: '/api/me/sessions/:session/end',
    summary: 'Sign out there. It may be this one.',
    body: nothing,
    answer: { schema: endedSchema },
    async handle({ api, caller, params }) {
      needScope(caller, 'user', 'edit');
      if (!(await endOwnSession(api, caller, params.session!.replaceAll('\0', '')))) throw new ReeveError('not-found');
      return { body: { ended: 1 } };
    },
  }),
  route({
    method: 'post',
    path: '/api/me/sessions/end-others',
    summary: 'Sign out everywhere else; with a key, everywhere.',
    body: nothing,
    answer: { schema: endedSchema },
    async handle({ api, caller, req }) {
      needScope(caller, 'user', 'edit');
      return { body: { ended: await endOwnOthers(api, caller, req.session) } };
    },
  }),
];
