/** Account requests that have an e-mail address or a network in common, and those that a person looks for by one. Neither is ever in what is answered. */
import { randomUUID } from 'node:crypto';
import type { Request } from '../entities/request';
import type { Kernel } from '../kernel';
import { networkOf } from '../network';

export interface Related {
  id: number;
  name: string;
  state: string;
  outcome: string | null;
  createdAtMs: number;
  /** What they have in common. */
  by: ('email' | 'address')[];
}
const MOST_RELATED = 50;

/** Newest first. Those who sit at one event have one address: of the same event that alone relates nobody. */
export async function relatedTo({ pool }: Kernel, { id, email, network, eventId }: Pick<Request, 'id' | 'email' | 'network' | 'eventId'>): Promise<Related[]> {
  const { rows } = await pool.query<Related & { mail: boolean; net: boolean }>(
    `select r.id, r.name, r.state, r.outcome, r.created_at_ms as "createdAtMs", r.email <> '' and lower(r.email) = lower($2) as mail,
            coalesce(r.network = $3 and (r.event_id is null or $4::int is null or r.event_id <> $4), false) as net
     from request r
     where r.id <> $1 and r.confirmed_at_ms is not null and r.purged_at_ms is null
       and ((r.email <> '' and lower(r.email) = lower($2)) or (r.network = $3 and (r.event_id is null or $4::int is null or r.event_id <> $4)))
     order by r.id desc limit ${MOST_RELATED}`,
    [id, email, network, eventId],
  );
  return rows.map(({ mail, net, ...row }) => ({ ...row, by: [...(mail ? (['email'] as const) : []), ...(net ? (['address'] as const) : [])] }));
}

/** How long what was found can be looked at again, milliseconds. */
const SEARCH_MS = 3_600_000;
const MOST_FOUND = 1_000;

/**
 * What was filed with this e-mail address, or from this network. Unconfirmed ones are not found: nobody sees what they say.
 * @returns under which id it is found again by the same person for an hour
 */
export async function searchRequests({ pool, clock }: Kernel, userId: number, by: { email: string } | { address: string }): Promise<{ id: string; found: number }> {
  const [column, value] = 'email' in by ? ['lower(email)', by.email.toLowerCase()] : ['network', networkOf(by.address)];
  const { rows } = await pool.query<{ id: string; found: number }>(
    `with gone as (delete from request_search where expires_at_ms <= ${clock.sql}),
          found as (select id from request where ${column} = $3 and confirmed_at_ms is not null and purged_at_ms is null order by id desc limit ${MOST_FOUND})
     insert into request_search (id, user_id, requests, expires_at_ms) select $1, $2, coalesce(array_agg(id), '{}'), ${clock.sql} + ${SEARCH_MS} from found returning id, cardinality(requests)::int as found`,
    [randomUUID(), userId, value]);
  return rows[0]!;
}
