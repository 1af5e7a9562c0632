/** Who a session or an API key stands for, with the rights that they hold at this instant. One round trip each. */
import type { Actor, Grant, Role } from '../../policies/actor';
import { databaseClock } from '../clock';
import type { Kernel } from '../kernel';
import { handlesRequests } from './handling';

export interface Standing {
  userId: number;
  name: string;
  language: string;
  timeZone: string;
  grants: Grant[];
  /** Own events whose requests they may look after now. */
  events: number[];
  nowMs: number;
}
export interface KeyStanding extends Standing {
  keyId: number;
  scopes: string[];
}

/** Who has signed in, or would have. */
export const userOf = ({ userId, grants, events }: Standing): Actor => ({ kind: 'user', userId, grants, events });

/** By name or id: for who is named in a verb. */
export async function readStanding(kernel: Kernel, given: string): Promise<Standing | null> {
  const { rows } = await kernel.pool.query<{ id: number }>('select id from "user" where lower(name) = lower($1) or id::text = $1', [given]);
  return rows.length === 1 ? standingOfUser(kernel, rows[0]!.id) : null;
}

export async function standingOfUser(kernel: Kernel, userId: number): Promise<Standing | null> {
  const { rows } = await kernel.pool.query({
    ...named(kernel, 'standing-user'),
    text: `select u.id, u.name, u.language, u.time_zone, n.ms as now_ms, ${grantsSql} as grants, ${eventsSql(kernel)} as events
           from "user" u cross join (select ${kernel.clock.sql} as ms) n where u.id = $1`,
    values: [userId],
  });
  return rows.length ? standing(rows[0]) : null;
}

/**
 * The key opens while it is active and its time is not over, whatever its timer has done so far.
 * When it was last used is kept to the minute.
 */
export async function standingOfKey(kernel: Kernel, hash: Buffer): Promise<KeyStanding | null> {
  const { rows } = await kernel.pool.query({
    ...named(kernel, 'standing-key'),
    text: `select u.id, u.name, u.language, u.time_zone, n.ms as now_ms, ${grantsSql} as grants, ${eventsSql(kernel)} as events, k.id as key_id, k.scopes,
                  k.last_used_at_ms is null or k.last_used_at_ms < n.ms - 60000 as stale
           from key k join "user" u on u.id = k.user_id cross join (select ${kernel.clock.sql} as ms) n
           where k.hash = $1 and k.state = 'active' and (k.expires_at_ms is null or k.expires_at_ms > n.ms)`,
    values: [hash],
  });
  if (!rows.length) return null;
  const { key_id: keyId, scopes, stale, now_ms: nowMs } = rows[0];
  if (stale)
    await kernel.pool.query('update key set last_used_at_ms = $2::bigint where id = $1 and (last_used_at_ms is null or last_used_at_ms < $2::bigint - 60000)', [keyId, nowMs]);
  return { ...standing(rows[0]), keyId, scopes };
}

/** Whether nobody has signed this session out meanwhile. */
export async function sessionLives({ pool }: Kernel, sid: string): Promise<boolean> {
  const { rows } = await pool.query('select 1 from session where sid = $1 and expire > now()', [sid]);
  return rows.length > 0;
}

// A membership whose time is over counts no more, also before its timer has come in.
const grantsSql = `coalesce((
  select jsonb_agg(jsonb_build_array(m.role, m.wiki_id)) from membership m
  where m.user_id = u.id and m.state = 'active' and (m.until_ms is null or m.until_ms > n.ms)), '[]')`;

// An organizer's who still is one; approved, enabled, and its end not longer ago than organizers have to answer what was filed.
const eventsSql = ({ terms }: Kernel): string => `case when exists (
    select from membership m where m.user_id = u.id and m.role in ('organizer', 'toolUser', 'toolAdmin', 'admin') and m.state = 'active' and (m.until_ms is null or m.until_ms > n.ms))
  then coalesce((select array_agg(e.id order by e.id) from event e where e.organizer_ids @> array[u.id] and ${handlesRequests(terms, 'n.ms')}), '{}') else '{}' end`;

const named = (kernel: Kernel, name: string): { name?: string } => (kernel.clock === databaseClock ? { name } : {});

const standing = (row: Record<string, any>): Standing => ({
  userId: row.id, name: row.name, language: row.language, timeZone: row.time_zone, nowMs: row.now_ms, events: row.events,
  grants: (row.grants as [Role, number | null][]).map(([role, wikiId]) => ({ role, wikiId })),
});
