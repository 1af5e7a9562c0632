/** Who a session or an API key stands for, with the rights that they hold at this instant. One round trip each. */
import type { Actor, Grant, Role } from '../../policies/actor';
import { named } from '../clock';
import type { Kernel } from '../kernel';
import { handledByOrganizers, identifiedSql, organizesSql } from './handling';

export interface Standing {
  userId: number;
  name: string;
  language: string;
  timeZone: string;
  grants: Grant[];
  /** They hold a role that does not count, because nobody has recorded that they are identified. */
  unidentified: boolean;
  /** Own events whose requests they may look after now. */
  events: number[];
  /** Forms of own events. */
  forms: number[];
  nowMs: number;
}
export interface KeyStanding extends Standing {
  keyId: number;
  scopes: string[];
}

/** Who has signed in, or would have. */
export const userOf = ({ userId, grants, events, forms }: Standing): Actor => ({ kind: 'user', userId, grants, events, forms });

/** By name or id: for who is named in a verb. */
export async function readStanding(kernel: Kernel, given: string): Promise<Standing | null> {
  const { rows } = await kernel.pool.query<{ id: number }>('select id from "user" where lower(name) = lower($1) or id::text = $1', [given]);
  return rows.length === 1 ? standingOfUser(kernel, rows[0]!.id) : null;
}

export async function standingOfUser(kernel: Kernel, userId: number): Promise<Standing | null> {
  const { rows } = await kernel.pool.query({
    ...named(kernel, 'standing-user'),
    text: `select ${standingSql(kernel)} from "user" u cross join (select ${kernel.clock.sql} as ms) n where u.id = $1`,
    values: [userId],
  });
  return rows.length ? standing(rows[0]) : null;
}

/** How long a session lasts without being used. Organizers work on machines that others use, too (spec: 30 idle minutes). */
export const idleMs = (grants: readonly Grant[]): number => (grants.some(({ role }) => role === 'organizer') ? 30 * MINUTE_MS : WEEK_MS);
const MINUTE_MS = 60_000;
export const WEEK_MS = 7 * 24 * 3_600_000;

/**
 * The session lives while it is used; when that last was is kept to the minute.
 * @param use whether this asking is a person's doing, not a page's that stands open.
 */
export async function standingOfSession(kernel: Kernel, hash: Buffer, use: boolean): Promise<Standing | null> {
  const { rows } = await kernel.pool.query({
    ...named(kernel, 'standing-session'),
    text: `select ${standingSql(kernel)}, s.used_at_ms
           from session s join "user" u on u.id = s.user_id cross join (select ${kernel.clock.sql} as ms) n where s.hash = $1`,
    values: [hash],
  });
  if (!rows.length) return null;
  const [found, idle] = [standing(rows[0]), rows[0].now_ms - rows[0].used_at_ms];
  if (idle > idleMs(found.grants)) return null;
  if (use && idle >= MINUTE_MS) await kernel.pool.query('update session set used_at_ms = $2 where hash = $1 and used_at_ms < $2', [hash, found.nowMs]);
  return found;
}

/**
 * The key opens while it is active and its time is not over, whatever its timer has done so far.
 * When it was last used is kept to the minute.
 */
export async function standingOfKey(kernel: Kernel, hash: Buffer): Promise<KeyStanding | null> {
  const { rows } = await kernel.pool.query({
    ...named(kernel, 'standing-key'),
    text: `select ${standingSql(kernel)}, k.id as key_id, k.scopes,
                  k.last_used_at_ms is null or k.last_used_at_ms < n.ms - ${MINUTE_MS} as stale
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

const standingSql = (kernel: Kernel): string => `u.id, u.name, u.language, u.time_zone, n.ms as now_ms, ${grantsSql(kernel)} as grants, ${eventsSql(kernel)} as events, ${FORMS_SQL} as forms`;

// A membership whose time is over counts no more, also before its timer has come in.
const grantsSql = ({ terms }: Kernel): string => `coalesce((
  select jsonb_agg(jsonb_build_array(m.role, m.wiki_id, ${identifiedSql(terms)})) from membership m
  where m.user_id = u.id and m.state = 'active' and (m.until_ms is null or m.until_ms > n.ms)), '[]')`;

// An organizer's who still is one; approved, enabled, and its end not longer ago than organizers have to answer what was filed.
const eventsSql = ({ terms }: Kernel): string => `case when ${organizesSql(terms, 'array[u.id]', 'n.ms')}
  then coalesce((select array_agg(e.id order by e.id) from event e where e.organizer_ids @> array[u.id] and ${handledByOrganizers(terms, 'n.ms')}), '{}') else '{}' end`;

// Whether they still are an organizer the policy asks.
const FORMS_SQL = `coalesce((select array_agg(distinct e.form_id order by e.form_id) from event e where e.organizer_ids @> array[u.id] and e.form_id is not null and e.disabled_at_ms is null), '{}')`;

const standing = (row: Record<string, any>): Standing => {
  const held = row.grants as [Role, number | null, boolean][];
  const counting = held.filter(([, , counts]) => counts);
  return {
    userId: row.id, name: row.name, language: row.language, timeZone: row.time_zone, nowMs: row.now_ms, events: row.events, forms: row.forms,
    grants: counting.map(([role, wikiId]) => ({ role, wikiId })), unidentified: counting.length < held.length,
  };
};
