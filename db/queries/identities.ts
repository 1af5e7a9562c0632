/**
 * Whose accounts at wikis people are, and what the wikis let Reeve do in their names. Tokens come in and go out sealed
 * (gateways/secret-box.ts). Called by api/wiki-sign-in.ts, api/routes/identities.ts and activities/wiki-grant.ts.
 */
import type pg from 'pg';
import type { Kernel } from '../kernel';

export interface Identity {
  id: number;
  userId: number;
  /** As the wiki had it at the last sign-in. */
  name: string;
}
export interface SealedTokens {
  access: string;
  refresh: string | null;
  expiresAtMs: number | null;
}
type Db = Pick<pg.ClientBase, 'query'>;

/** Wikis by which people sign in. */
export async function wikisThatSignIn({ pool }: Kernel): Promise<{ id: number; host: string }[]> {
  return (await pool.query('select id, host from wiki where oauth_client_id is not null order by host')).rows;
}

export async function findIdentity({ pool }: Kernel, wikiId: number, wikiUserId: string): Promise<Identity | null> {
  const { rows } = await pool.query('select id, user_id as "userId", name from identity where wiki_id = $1 and wiki_user_id = $2', [wikiId, wikiUserId]);
  return rows[0] ?? null;
}

/**
 * @param tokens null: until they sign in
 * @throws a unique violation of `identity_account` (it is somebody's) or `identity_once` (this person has another there).
 */
export async function addIdentity(db: Db, { clock }: Pick<Kernel, 'clock'>, userId: number, wikiId: number, account: { id: string; name: string }, tokens: SealedTokens | null): Promise<void> {
  const { rows } = await db.query(
    `insert into identity (user_id, wiki_id, wiki_user_id, name, linked_at_ms, signed_in_at_ms) select $1, $2, $3, $4, n.ms, n.ms from (select ${clock.sql} as ms) n returning id`,
    [userId, wikiId, account.id, account.name]);
  if (tokens) await keepTokens(db, clock, rows[0].id as number, tokens);
}

/** They signed in again: perhaps under another name, surely with new tokens. */
export async function seeIdentity({ pool, clock }: Kernel, id: number, name: string, tokens: SealedTokens): Promise<void> {
  await pool.query(`update identity set name = $2, signed_in_at_ms = ${clock.sql} where id = $1`, [id, name]);
  await keepTokens(pool, clock, id, tokens);
}

async function keepTokens(db: Db, clock: Kernel['clock'], id: number, { access, refresh, expiresAtMs }: SealedTokens): Promise<void> {
  await db.query(
    `insert into wiki_grant (identity_id, access_token, refresh_token, expires_at_ms, granted_at_ms) values ($1, $2, $3, $4, ${clock.sql})
     on conflict (identity_id) do update set access_token = $2, refresh_token = $3, expires_at_ms = $4, granted_at_ms = excluded.granted_at_ms, fence = wiki_grant.fence + 1, refreshing_until_ms = null`,
    [id, access, refresh, expiresAtMs]);
}

export interface ListedIdentity {
  id: number;
  wikiId: number;
  host: string;
  name: string;
  linkedAtMs: number;
  signedInAtMs: number;
  /** The wiki lets Reeve act in their name, as far as is known. */
  granted: boolean;
}
export async function listIdentities({ pool }: Kernel, userId: number): Promise<ListedIdentity[]> {
  const { rows } = await pool.query(
    `select i.id, i.wiki_id as "wikiId", w.host, i.name, i.linked_at_ms as "linkedAtMs", i.signed_in_at_ms as "signedInAtMs", g.identity_id is not null as granted
     from identity i join wiki w on w.id = i.wiki_id left join wiki_grant g on g.identity_id = i.id where i.user_id = $1 order by w.host`, [userId]);
  return rows;
}

/** With what it was granted. Never the only way in: then false. */
export async function removeIdentity(db: Db, userId: number, id: number): Promise<boolean> {
  const { rowCount } = await db.query(
    `delete from identity i where i.id = $2 and i.user_id = $1
       and (exists (select from "user" u where u.id = $1 and u.password_hash is not null) or exists (select from identity o where o.user_id = $1 and o.id <> $2))`, [userId, id]);
  return rowCount === 1;
}

export interface WikiGrant extends SealedTokens {
  identityId: number;
  fence: number;
  /** Somebody renews it just now. */
  beingRenewed: boolean;
  nowMs: number;
  apiUrl: string;
  clientId: string | null;
  clientSecret: string | null;
}
export async function readGrant({ pool, clock }: Kernel, userId: number, wikiId: number): Promise<WikiGrant | null> {
  const { rows } = await pool.query(
    `select g.identity_id as "identityId", g.access_token as access, g.refresh_token as refresh, g.expires_at_ms as "expiresAtMs", g.fence, coalesce(g.refreshing_until_ms > n.ms, false) as "beingRenewed", n.ms as "nowMs",
            w.api_url as "apiUrl", w.oauth_client_id as "clientId", w.oauth_client_secret as "clientSecret"
     from identity i join wiki_grant g on g.identity_id = i.id join wiki w on w.id = i.wiki_id cross join (select ${clock.sql} as ms) n where i.user_id = $1 and i.wiki_id = $2`, [userId, wikiId]);
  return rows[0] ?? null;
}

type Held = Pick<WikiGrant, 'identityId' | 'fence'>;
/** Takes the renewal of a grant as it was read; null where somebody else has it, or it is another by now. */
export async function claimRenewal({ pool, clock }: Kernel, { identityId, fence }: Held, leaseMs: number): Promise<Held | null> {
  const { rows } = await pool.query(
    `update wiki_grant set fence = fence + 1, refreshing_until_ms = ${clock.sql} + $3 where identity_id = $1 and fence = $2 and coalesce(refreshing_until_ms <= ${clock.sql}, true) returning fence`, [identityId, fence, leaseMs]);
  return rows[0] ? { identityId, fence: rows[0].fence as number } : null;
}

/** @param tokens null: it could not be renewed now, and is as it was. @returns whether it was still the same grant */
export async function endRenewal({ pool }: Kernel, { identityId, fence }: Held, tokens: SealedTokens | null): Promise<boolean> {
  const { rowCount } = await pool.query(
    `update wiki_grant set refreshing_until_ms = null, access_token = coalesce($3, access_token), refresh_token = case when $3::text is null then refresh_token else $4 end,
       expires_at_ms = case when $3::text is null then expires_at_ms else $5::bigint end where identity_id = $1 and fence = $2`, [identityId, fence, tokens?.access, tokens?.refresh, tokens?.expiresAtMs]);
  return rowCount === 1;
}

/** It is over. @returns whether it was still the same grant */
export async function dropGrant({ pool }: Kernel, { identityId, fence }: Held): Promise<boolean> {
  return (await pool.query('delete from wiki_grant where identity_id = $1 and fence = $2', [identityId, fence])).rowCount === 1;
}

export async function anybodySignsInBy(db: Db, wikiId: number): Promise<boolean> {
  return (await db.query('select from identity where wiki_id = $1 limit 1', [wikiId])).rowCount === 1;
}

/** All of a wiki: it is at another address now, to which they were not given. */
export async function dropGrantsAt(db: Db, wikiId: number): Promise<void> {
  await db.query('delete from wiki_grant g using identity i where i.id = g.identity_id and i.wiki_id = $1', [wikiId]);
}

/** Those of people who hold no role and whose events are all over, as are the hours after them, a day after they last signed in. @returns how many */
export async function dropIdleGrants({ pool, clock, terms }: Kernel): Promise<number> {
  const { rowCount } = await pool.query(
    `delete from wiki_grant g using identity i where i.id = g.identity_id and g.granted_at_ms < ${clock.sql} - 86400000
       and not exists (select from membership m where m.user_id = i.user_id and m.state in ('applied', 'active', 'suspended'))
       and not exists (select from event e where e.organizer_ids @> array[i.user_id] and e.state in ('requested', 'approved', 'open', 'disabled', 'ended') and e.ends_at_ms + ${terms.handOverMs} > ${clock.sql})`);
  return rowCount ?? 0;
}
