/** The page that a signed-in reader begins with: what waits for them, and for nobody else. */
import { z } from 'zod';
import { readWaiting, type WaitingThing } from '../../db/queries/home';
import { shown } from '../fields';
import { route, type Route } from '../route';

const itemSchema = z.object({
  kind: z.enum(['event', 'eventDraft', 'eventRejected', 'requestHeld', 'requestFlagged', 'commentFlagged', 'approve', 'draft', 'rejected', 'paused', 'failed', 'attention', 'applied', 'unread']).describe('Why it waits.'),
  entity: z.string().describe('`<noun>/<id>`'), path: z.string().describe('Its page.'),
  title: z.string().nullable().describe('null where it has none, or not for you.'), state: z.string().optional(), since: z.string(),
  until: z.string().optional().describe('Until when you have reserved it.'),
  code: z.string().optional().describe('An operation\'s reason, the role that is applied for, what a notice tells.'),
});
const homeSchema = z.object({
  areas: z.array(z.object({ area: z.string(), items: z.array(itemSchema).describe('Oldest first.'), more: z.boolean() })).describe('Only areas in which something waits.'),
});

const MOST_OF_AN_AREA = 20;

const areaOf: Record<WaitingThing['kind'], string> = {
  event: 'events', eventDraft: 'events', eventRejected: 'events', requestHeld: 'requests', requestFlagged: 'requests', commentFlagged: 'requests', approve: 'deliveries', draft: 'deliveries', rejected: 'deliveries', paused: 'deliveries', failed: 'deliveries', attention: 'operations', applied: 'admin', unread: 'me',
};
const pages: Record<string, string> = { event: '/events', request: '/requests', comment: '/comments', queue: '/queues', form: '/forms', ban: '/bans', template: '/templates', delivery: '/deliveries', operation: '/operations', membership: '/memberships', targetList: '/target-lists', key: '/keys', user: '/users', wiki: '/wikis' };

export const homeRoutes: Route[] = [
  route({
    method: 'get',
    path: '/api/home',
    summary: 'What waits for you: to decide, to finish, to answer, to read.',
    answer: { schema: homeSchema },
    async handle({ api, caller }) {
      const waiting = (await readWaiting(api.kernel, caller.actor, MOST_OF_AN_AREA + 1)).sort((a, b) => a.sinceMs - b.sinceMs || a.id - b.id);
      const areas = [...new Set(Object.values(areaOf))].map((area) => {
        const here = waiting.filter(({ kind }) => areaOf[kind] === area);
        return { area, items: here.slice(0, MOST_OF_AN_AREA).map(present), more: here.length > MOST_OF_AN_AREA };
      });
      return { body: { areas: areas.filter(({ items }) => items.length) } };
    },
  }),
];

const present = ({ kind, noun, id, title, state, sinceMs, untilMs, code }: WaitingThing) => ({
  kind, entity: `${noun}/${id}`, path: `${pages[noun]}/${id}`, title, ...(state !== null && { state }), since: shown(sinceMs), ...(untilMs !== null && { until: shown(untilMs)! }), ...(code !== null && { code }),
});
