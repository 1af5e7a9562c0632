/** Who looks after an account request: asked at each read, so that nothing is handed over when an event ends. */
import type { Kernel, Terms } from '../kernel';

/** SQL: whether the organizers of `e` do. What has ended is theirs for a while; what an admin has switched off is not. @param now SQL of the present instant */
export const handlesRequests = ({ handOverMs }: Terms, now: string): string =>
  `(e.disabled_at_ms is null and e.approved_starts_at_ms is not null and e.state in ('approved', 'open', 'ended') and e.ends_at_ms + ${handOverMs} > ${now})`;

/**
 * SQL: in which queue the request `t` of the event `e` stands. What is escalated is flagged; what its organizers may not
 * answer, and what waits in a queue that is disabled, is everybody's. @param now SQL of the present instant
 */
export const queueSql = ({ terms }: Pick<Kernel, 'terms'>, now: string): string =>
  `case when t.escalated_at_ms is not null then 'flagged' when t.queue = 'event' then case when ${handlesRequests(terms, now)} then 'event' else 'default' end
    when t.queue in (select key from queue where state = 'disabled') then 'default' else t.queue end`;
