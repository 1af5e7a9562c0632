/** Who looks after an account request: asked at each read, so that nothing is handed over when an event ends. */
import { organizing } from '../../policies/actor';
import type { Kernel, Terms } from '../kernel';

/** SQL over `m`, a membership: whoever holds it is identified, or need not be. */
export const identifiedSql = ({ identifiedRoles: roles }: Terms): string => (roles.length ? `(m.identified_at_ms is not null or m.role not in (${roles.map((role) => `'${role}'`).join(', ')}))` : 'true');

/** SQL: whether one of these people may organize. @param people SQL of their ids, an array @param now SQL of the present instant */
export const organizesSql = (terms: Terms, people: string, now: string): string => `exists (
    select from membership m where m.user_id = any (${people}) and m.role = any ('{${organizing.join()}}') and m.state = 'active' and (m.until_ms is null or m.until_ms > ${now}) and ${identifiedSql(terms)})`;

/** SQL: whether the organizers of `e` look after its requests, as long as they may organize. What has ended is theirs for a while; what an admin has switched off is not. @param now SQL of the present instant */
export const handledByOrganizers = ({ handOverMs }: Terms, now: string): string =>
  `(e.disabled_at_ms is null and e.approved_starts_at_ms is not null and e.state in ('approved', 'open', 'ended') and e.ends_at_ms + ${handOverMs} > ${now})`;

/** SQL: the same, where one of them still may. */
export const handlesRequests = (terms: Terms, now: string): string => `(${handledByOrganizers(terms, now)} and ${organizesSql(terms, 'e.organizer_ids', now)})`;

/**
 * SQL: in which queue the request `t` of the event `e` stands. What is escalated is flagged; what its organizers may not
 * answer, and what waits in a queue that is disabled, is everybody's. @param now SQL of the present instant
 */
export const queueSql = ({ terms }: Pick<Kernel, 'terms'>, now: string): string =>
  `case when t.escalated_at_ms is not null then 'flagged' when t.queue = 'event' then case when ${handlesRequests(terms, now)} then 'event' else 'default' end
    when t.queue in (select key from queue where state = 'disabled') then 'default' else t.queue end`;
