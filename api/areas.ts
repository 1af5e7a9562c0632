/**
 * The navigation: which areas and sections a reader has, decided from the policies, with what waits in each. A path is the
 * page's, which is the API's without `/api`. For GET /api/me; a front end draws it and decides nothing.
 */
import { z } from 'zod';
import { may, mayEver, mayToAll } from '../policies';
import type { Actor } from '../policies/actor';
import { flaggedFor } from '../db/queries/comments';
import { scope } from '../db/scope';

export const areaSchema = z.object({
  area: z.string(), path: z.string().describe('The page of its first section.'), count: z.int().optional().describe('What waits there for the reader.'),
  sections: z.array(z.object({ section: z.string(), path: z.string(), count: z.int().optional().describe('What waits there for the reader.') })),
});
export type Area = z.output<typeof areaSchema>;

/** What waits for a reader; null where it is not theirs to do. */
export interface Waiting {
  notices: number;
  requested: number | null;
  eventsRequested: number | null;
  requestsOpen: number | null;
  attention: number | null;
  applied: number | null;
  commentsFlagged: number | null;
}

/** Things in a state in which they wait for a verb, of those to which this reader may do it. */
export const waits = { requested: ['delivery', 'approve', 'requested'], eventsRequested: ['event', 'approve', 'requested'], requestsOpen: ['request', 'reserve', 'open'], attention: ['operation', 'retry', 'waiting'], applied: ['membership', 'approve', 'applied'] } as const;

/** A JSON object of `Waiting`, as SQL over `u`, the reader's row. */
export function waitingSql(actor: Actor, firstParam: number): { sql: string; values: unknown[] } {
  const values: unknown[] = [];
  const parts = Object.entries(waits).map(([name, [noun, verb, state]]) => {
    if (!mayEver(actor, verb, noun)) return `'${name}', null`;
    const theirs = scope(actor, noun, { verb, alias: 't', firstParam: firstParam + values.length });
    values.push(...theirs.values);
    return `'${name}', (select count(*) from ${noun} t where t.state = '${state}' and ${theirs.sql})`;
  });
  if (mayEver(actor, 'reviewComments', 'request')) {
    const flagged = flaggedFor(actor, firstParam + values.length);
    values.push(...flagged.values);
    parts.push(`'commentsFlagged', (select count(*) ${flagged.sql})`);
  }
  return { sql: `jsonb_build_object(${parts.join(', ')}, 'notices', (select count(*) from notice n where n.user_id = u.id and n.read_at_ms is null))`, values };
}

/** For who asks which pages there are, and not what waits there. */
export const NOTHING_WAITS: Waiting = { notices: 0, requested: null, eventsRequested: null, requestsOpen: null, attention: null, applied: null, commentsFlagged: null };

type Section = [name: string, path: string, there: boolean, count?: number | null];

export function areasOf(actor: Actor, { notices, requested, eventsRequested, requestsOpen, attention, applied, commentsFlagged }: Waiting): Area[] {
  const wholeLog = may(actor, 'read', 'audit', {}).allowed;
  const admin = mayToAll(actor, 'edit', 'wiki');
  return [
    area('events', [
      ['mine', '/events?mine=true', mayEver(actor, 'new', 'event')],
      ['all', '/events', mayEver(actor, 'read', 'event')],
      ['new', '/events/new', mayEver(actor, 'new', 'event')],
      ['forms', '/forms', mayEver(actor, 'new', 'form') && !mayToAll(actor, 'edit', 'form')],
      ['approve', '/events?state=requested', mayEver(actor, 'approve', 'event'), eventsRequested],
    ]),
    area('requests', [
      ['open', '/requests?state=open', mayEver(actor, 'read', 'request'), requestsOpen],
      ['mine', '/requests?mine=true', mayEver(actor, 'reserve', 'request')],
      ['flagged', '/requests?queue=flagged', mayEver(actor, 'defer', 'request')],
      ['events', '/requests?queue=event', mayEver(actor, 'defer', 'request')],
      ['all', '/requests', mayEver(actor, 'read', 'request')],
      ['statistics', '/requests/statistics', mayEver(actor, 'read', 'request')],
      ['queues', '/queues', mayEver(actor, 'edit', 'queue')],
      ['forms', '/forms', mayToAll(actor, 'edit', 'form')],
      ['bans', '/bans', mayEver(actor, 'read', 'ban')],
      ['comments', '/comments?flagged=true', mayEver(actor, 'reviewComments', 'request'), commentsFlagged],
      ['templates', '/templates', mayEver(actor, 'edit', 'template')],
    ]),
    area('deliveries', [
      ['mine', '/deliveries?mine=true', mayEver(actor, 'edit', 'delivery')],
      ['all', '/deliveries', mayEver(actor, 'read', 'delivery')],
      ['new', '/deliveries/new', mayEver(actor, 'new', 'delivery')],
      ['targetLists', '/target-lists', mayEver(actor, 'read', 'targetList')],
      ['approve', '/deliveries?state=requested', mayEver(actor, 'approve', 'delivery'), requested],
      ['log', '/log?noun=delivery', mayEver(actor, 'read', 'delivery')],
    ]),
    area('operations', [
      ['attention', '/operations?attention=true', mayEver(actor, 'retry', 'operation'), attention],
      ['all', '/operations', mayEver(actor, 'retry', 'operation')],
      ['system', '/operations/system', mayEver(actor, 'retry', 'operation')],
    ]),
    area('log', [
      ['all', '/log', wholeLog],
      ['creations', '/audits/account-creations', may(actor, 'readCreations', 'audit', {}).allowed],
    ]),
    area('admin', [
      ['users', '/users', mayToAll(actor, 'read', 'user')],
      ['memberships', '/memberships', mayEver(actor, 'approve', 'membership'), applied],
      ['roles', '/roles', admin],
      ['permissions', '/permissions', admin],
      ['wikis', '/wikis', mayEver(actor, 'pauseCreations', 'wiki')],
      ['privacy', '/privacy', mayEver(actor, 'export', 'user')],
      ['settings', '/settings', admin],
      ['keys', '/keys', mayToAll(actor, 'revoke', 'key')],
    ]),
    area('me', [
      ['settings', '/me', mayEver(actor, 'edit', 'user')],
      ['notices', '/notifications', mayEver(actor, 'read', 'notice'), notices],
      ['memberships', '/memberships?mine=true', mayEver(actor, 'read', 'membership')],
      ['keys', '/keys?mine=true', mayEver(actor, 'read', 'key')],
      ['sessions', '/me/sessions', mayEver(actor, 'edit', 'user')],
    ]),
  ].filter(({ sections }) => sections.length);
}

function area(name: string, all: Section[]): Area {
  const sections = all.filter(([, , there]) => there).map(([section, path, , count]) => ({ section, path, ...(count != null && { count }) }));
  const counted = sections.flatMap(({ count }) => count ?? []);
  return { area: name, path: sections[0]?.path ?? '', ...(counted.length && { count: counted.reduce((all, one) => all + one) }), sections };
}
