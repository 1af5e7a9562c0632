/**
 * Figures of the account requests that were filed in a period: of those that the reader may see, and of what these say
 * no more than the reader may read of them. One statement over the newest of the period, at most `MOST_COUNTED`.
 */
import { accountTeam, holds, type Actor } from '../../policies/actor';
import type { Kernel } from '../kernel';
import { scope } from '../scope';
import { queueSql } from './handling';

export const MOST_COUNTED = 50_000;
const MOST_NAMED = 20;

export interface Counted {
  /** null: no person, or one who is not the reader's to know. */
  user: { id: number; name: string } | null;
  count: number;
}
export interface RequestStatistics {
  filed: number;
  states: Record<string, number>;
  /** Of those that wait, where they stand now. */
  queues: Record<string, number>;
  outcomes: Record<string, number>;
  /** From the confirmation of the address to the answer, milliseconds; null where none was closed. */
  closed: { count: number; medianMs: number | null; p90Ms: number | null };
  closers: Counted[];
  creators: Counted[];
  /** In hand for longer than a reservation lasts, longest first. */
  held: { request: number; user: string | null; sinceMs: number }[];
}

/** @param period [from, to), milliseconds */
export async function requestStatistics(kernel: Kernel, actor: Actor, { fromMs, toMs }: { fromMs: number; toMs: number }): Promise<RequestStatistics> {
  const { pool, clock, terms } = kernel;
  const team = holds(actor, ...accountTeam, 'checkuser');
  const seen = scope(actor, 'request', { alias: 't', firstParam: 4 });
  const events = `$${4 + seen.values.length}::int[]`;
  // An organizer knows of what waits for its confirmation how many there are, and of what the account team has that it is there.
  const rows = team ? seen.sql : `(${seen.sql} or t.state = 'unconfirmed' and t.event_id = any (${events}))`;
  const own = team ? 'true' : `(t.queue = 'event' and t.escalated_at_ms is null and coalesce(t.escalate_at_ms > n.ms, true) and t.state <> 'unconfirmed')`;
  const named = (user: string): string => (team ? 'true' : `${user} = any (o.organizer_ids)`);
  const people = (of: string): string =>
    `(select coalesce(jsonb_agg(jsonb_build_object('user', case when u.id is not null then jsonb_build_object('id', u.id, 'name', u.name) end, 'count', p.n) order by p.n desc, u.name), '[]')
      from (select user_id, count(*)::int as n from (${of}) x group by 1 order by n desc, user_id limit ${MOST_NAMED}) p left join "user" u on u.id = p.user_id)`;
  const counts = (of: string): string => `(select coalesce(jsonb_object_agg(name, n), '{}') from (${of}) c)`;
  const deed = (verbs: string): string =>
    `select case when ${named('d.user_id')} then d.user_id end as user_id from o cross join lateral (
       select substring(a.actor from '^user/(\\d+)')::int as user_id from audit a where a.noun = 'request' and a.entity = o.id and a.verb in (${verbs}) order by a.version desc limit 1) d`;
  const { rows: [found] } = await pool.query<RequestStatistics>(
    `with n as (select ${clock.sql} as ms),
     o as (
       select t.id, t.state, t.outcome, t.confirmed_at_ms, t.closed_at_ms, t.holder_id, e.organizer_ids, ${queueSql(kernel, 'n.ms')} as queue, ${own} as own
       from request t cross join n left join event e on e.id = t.event_id where t.created_at_ms >= $1 and t.created_at_ms < $2 and ${rows} order by t.created_at_ms desc limit $3),
     closed as (select closed_at_ms - confirmed_at_ms as ms from o where own and state = 'closed' and confirmed_at_ms is not null)
     select (select count(*)::int from o) as filed,
       ${counts('select state as name, count(*) as n from o group by 1')} as states,
       ${counts(`select queue as name, count(*) as n from o where state in ('open', 'reserved', 'creating') group by 1`)} as queues,
       ${counts(`select outcome as name, count(*) as n from o where own and state = 'closed' and outcome is not null group by 1`)} as outcomes,
       (select jsonb_build_object('count', count(*), 'medianMs', round(percentile_cont(0.5) within group (order by ms)), 'p90Ms', round(percentile_cont(0.9) within group (order by ms))) from closed) as closed,
       ${people(`${deed(`'close', 'drop', 'created', 'xstate.after.untilTooOld.request.open', 'xstate.after.untilTooOld.request.reserved'`)} where o.own and o.state = 'closed'`)} as closers,
       ${people(`${deed(`'create', 'close'`)} where o.own and o.state = 'closed' and o.outcome = 'created'`)} as creators,
       (select coalesce(jsonb_agg(jsonb_build_object('request', h.id, 'user', h.name, 'sinceMs', h.since) order by h.since, h.id), '[]') from (
         select o.id, case when ${named('o.holder_id')} then u.name end as name, s.since from o join "user" u on u.id = o.holder_id cross join n cross join lateral (
           select max(a.at_ms) as since from audit a where a.noun = 'request' and a.entity = o.id and a.from_state = 'open' and a.to_state in ('reserved', 'creating')) s
         where o.own and o.state in ('reserved', 'creating') and s.since < n.ms - ${terms.reservationMs} order by s.since, o.id limit ${MOST_NAMED}) h) as held`,
    [fromMs, toMs, MOST_COUNTED + 1, ...seen.values, ...(team ? [] : [actor.events ?? []])],
  );
  return found!;
}
