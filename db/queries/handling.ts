/** Who looks after the account requests of an event: asked at each read, so that nothing is handed over when it ends. */
import type { Terms } from '../kernel';

/** SQL: whether the organizers of `e` do. What has ended is theirs for a while; what an admin has switched off is not. @param now SQL of the present instant */
export const handlesRequests = ({ handOverMs }: Terms, now: string): string =>
  `(e.disabled_at_ms is null and e.approved_starts_at_ms is not null and e.state in ('approved', 'open', 'ended') and e.ends_at_ms + ${handOverMs} > ${now})`;
