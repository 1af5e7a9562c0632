/**
 * The ledger of mails from the sender's side (activities/mail.ts): claim under a lease and a fence, mark the instant from
 * which the server may have it, write down what became of it. A mail is in one pair of hands, and leaves them once.
 */
import type pg from 'pg';
import { ReeveError } from '../../config/errors';
import { fromRow } from '../columns';

/** What a mail is made of; it is read anew for every try, so that the ledger holds nothing private. */
export interface ClaimedMail {
  id: number;
  fence: number;
  attempts: number;
  /** Of a notice to a user; of a mail to a requester `request.<kind>`, to an applicant for a role `membership.<kind>`. */
  code: string;
  noun: string;
  entity: number;
  atMs: number;
  createdAtMs: number;
  /** null: they take no more mail. */
  email: string | null;
  name: string;
  language: string;
  timeZone: string;
  appOnly: string[];
  /** Of a mail to a requester. */
  request: { state: string; outcome: string | null; answer: string | null; host: string; createdAtMs: number } | null;
  /** Of a mail to the official address of an applicant. */
  membership: { createdAtMs: number; confirmed: boolean } | null;
}
export type RequestMailKind = 'confirm' | 'answer' | 'note' | 'copy';
/** What a person says in a mail to a requester, and by which template. */
export interface Said {
  text: string | null;
  templateId: number | null;
  templateVersion: number | null;
  /** Who of the account team gets a copy. */
  copyTo?: string[];
}

/** How long a copy waits longer than an answer that can be taken back: what was taken back, nobody was told. */
const COPY_LATER_MS = 60_000;

/** One mail more to a requester, in the commit of what it tells, and its copies. @param said with `holdMs`: it goes out no sooner; `unseen`: words that those copied must not see */
export async function requestMail(client: pg.ClientBase, requestId: number, kind: RequestMailKind, { text = null, templateId = null, templateVersion = null, copyTo = [], holdMs = 0, unseen = [] }: Partial<Said> & { holdMs?: number; unseen?: (string | null)[] } = {}): Promise<void> {
  await client.query(`insert into mail (request_id, kind, text, template_id, template_version, due_at) values ($1, $2, $3, $4, $5, clock_timestamp() + $6 * interval '1 millisecond')`, [requestId, kind, text, templateId, templateVersion, holdMs]);
  if (!copyTo.length) return;
  const copied = unseen.reduce<string | null>((left, word) => (word ? (left?.replace(new RegExp(word.replace(/[^\w\s]/g, '\\$&'), 'gi'), '[…]') ?? null) : left), text);
  await client.query(
    `insert into mail (request_id, kind, text, template_id, template_version, copy_to, due_at) select $1, 'copy', $2, $3, $4, x, clock_timestamp() + $5 * interval '1 millisecond' from unnest($6::text[]) x`,
    [requestId, copied, templateId, templateVersion, holdMs && holdMs + COPY_LATER_MS, copyTo]);
}
/** Nobody has as many official addresses, and whoever names other people's would have Reeve write to them. */
const ADDRESSES_A_DAY = 5;
/** To the official address of an applicant, who then confirms it. @throws ReeveError rate-limited after five for one person within a day */
export async function addressMail(client: pg.ClientBase, membershipId: number): Promise<void> {
  await client.query(`insert into mail (membership_id, kind) values ($1, 'address')`, [membershipId]);
  const { rows: [row] } = await client.query<{ n: number; restS: number }>(
    `select count(*)::int as n, ceil(extract(epoch from min(m.created_at) + interval '1 day' - clock_timestamp()))::int as "restS"
     from membership own join membership s on s.user_id = own.user_id join mail m on m.membership_id = s.id
     where own.id = $1 and m.kind = 'address' and m.created_at > clock_timestamp() - interval '1 day'`, [membershipId]);
  if (row!.n > ADDRESSES_A_DAY) throw new ReeveError('rate-limited', undefined, { retryAfterS: row!.restS, errors: [{ pointer: '/officialEmail', code: 'rate-limited', detail: 'Reeve has written to five official addresses of this person within a day.' }] });
}
export type MailOutcome = 'sent' | 'failed' | 'unknown' | 'cancelled';
type Held = Pick<ClaimedMail, 'id' | 'fence'>;

/**
 * Takes mails that are due, oldest first; those too whose holder is dead and had not given them away. One that may have
 * been given away is parked as `unknown`: a person's word is needed, because a second try could be a second mail.
 */
export async function claimMails(pool: pg.Pool, limit: number, leaseMs: number): Promise<ClaimedMail[]> {
  const { rows } = await pool.query({ name: 'mail-claim', text: claimSql, values: [limit, leaseMs] });
  return rows.map((row) => fromRow<ClaimedMail>(row)).sort((a, b) => a.id - b.id);
}

/**
 * The last instant at which the server cannot have it. @param forMs how long its answer may take.
 * @returns false when the lease has run out: it is somebody else's now and must not be sent.
 */
export async function giveAway(pool: pg.Pool, { id, fence }: Held, forMs: number): Promise<boolean> {
  const { rowCount } = await pool.query({
    name: 'mail-give-away',
    text: `update mail set given_away = true, due_at = clock_timestamp() + $3 * interval '1 millisecond'
           where id = $1 and fence = $2 and outcome = 'attempting' and due_at > clock_timestamp()`,
    values: [id, fence, forMs],
  });
  return rowCount === 1;
}

/** What became of it. An answer that comes after the row was parked still counts: nobody has tried since, the fence says so. */
export async function settleMail(pool: pg.Pool, { id, fence }: Held, outcome: MailOutcome, code: string | null = null): Promise<boolean> {
  const { rowCount } = await pool.query({
    name: 'mail-settle',
    text: `update mail set outcome = $3, code = $4, settled_at = clock_timestamp() where id = $1 and fence = $2 and outcome in ('attempting', 'unknown')`,
    values: [id, fence, outcome, code],
  });
  return rowCount === 1;
}

/** Surely not sent: due again after a while. What is no fault of the mail's own does not count as a try. */
export async function postponeMail(pool: pg.Pool, { id, fence }: Held, afterMs: number, code: string, counts: boolean): Promise<void> {
  await pool.query({
    name: 'mail-postpone',
    text: `update mail set outcome = 'pending', given_away = false, code = $4, attempts = attempts - case when $5 then 0 else 1 end, due_at = clock_timestamp() + $3 * interval '1 millisecond'
           where id = $1 and fence = $2 and outcome in ('attempting', 'unknown')`,
    values: [id, fence, afterMs, code, counts],
  });
}

/** A person's word about a mail that failed or is in doubt; `pending` sends it again. */
export async function settleByHand(pool: pg.Pool, id: number, as: 'sent' | 'failed' | 'pending'): Promise<boolean> {
  const { rowCount } = await pool.query(
    `update mail set outcome = $2, code = 'settled', fence = fence + 1, given_away = false, attempts = 0, due_at = clock_timestamp(), settled_at = clock_timestamp()
     where id = $1 and outcome in ('failed', 'unknown')`,
    [id, as],
  );
  return rowCount === 1;
}

export interface ListedMail {
  id: number;
  outcome: string;
  code: string | null;
  attempts: number;
  /** null: a requester, who has no account. */
  userId: number | null;
  notice: string;
  entity: number;
}
/** The newest 1,000 of some outcomes, for whoever looks after them. */
export async function listMails(pool: pg.Pool, outcomes: string[]): Promise<ListedMail[]> {
  const { rows } = await pool.query(
    `select m.id, m.outcome, m.code, m.attempts, n.user_id as "userId", coalesce(n.code, case when m.request_id is null then 'membership.' else 'request.' end || m.kind) as notice, coalesce(n.entity, m.request_id, m.membership_id) as entity
     from mail m left join notice n on n.id = m.notice_id where m.outcome = any($1) order by m.id desc limit 1000`,
    [outcomes],
  );
  return rows;
}

/** How it stands: for metrics. */
export async function mailStatus(pool: pg.Pool): Promise<{ waiting: number; failed: number; unknown: number; lagMs: number }> {
  const { rows } = await pool.query({
    name: 'mail-status',
    text: `select count(*) filter (where outcome in ('pending', 'attempting'))::int as waiting, count(*) filter (where outcome = 'failed')::int as failed,
             count(*) filter (where outcome = 'unknown')::int as unknown,
             coalesce(extract(epoch from clock_timestamp() - min(created_at) filter (where outcome in ('pending', 'attempting'))) * 1000, 0)::float8 as "lagMs"
           from mail where outcome in ('pending', 'attempting') or outcome in ('failed', 'unknown')`,
  });
  return rows[0];
}

const claimSql = `
with lapsed as (
  update mail set outcome = 'unknown', code = 'mail.sender-died', settled_at = clock_timestamp()
  where outcome = 'attempting' and given_away and due_at < clock_timestamp()
), due as (
  select id from mail where outcome in ('pending', 'attempting') and not given_away and due_at < clock_timestamp()
  order by due_at limit $1 for update skip locked
)
update mail m set outcome = 'attempting', fence = m.fence + 1, attempts = m.attempts + 1, due_at = clock_timestamp() + $2 * interval '1 millisecond'
from due
  join mail d on d.id = due.id
  left join notice n on n.id = d.notice_id left join "user" u on u.id = n.user_id
  left join request r on r.id = d.request_id left join wiki w on w.id = r.wiki_id
  left join membership s on s.id = d.membership_id left join "user" a on a.id = s.user_id
where m.id = due.id
returning m.id, m.fence, m.attempts, (extract(epoch from m.created_at) * 1000)::bigint as created_at_ms,
  coalesce(n.code, case when s.id is null then 'request.' else 'membership.' end || m.kind) as code, coalesce(n.noun, case when s.id is null then 'request' else 'membership' end) as noun, coalesce(n.entity, m.request_id, m.membership_id) as entity,
  coalesce(n.at_ms, (extract(epoch from m.created_at) * 1000)::bigint) as at_ms,
  case when m.kind = 'copy' then case when r.purged_at_ms is null then m.copy_to end else coalesce(u.email, nullif(r.email, ''), s.official_email) end as email, coalesce(u.name, r.name, a.name) as name,
  coalesce(u.language, case when m.kind <> 'copy' then r.language end, a.language, 'en') as language,
  coalesce(u.time_zone, 'UTC') as time_zone, coalesce(u.app_only, '{}') as app_only,
  case when r.id is not null then jsonb_build_object('state', r.state, 'outcome', r.outcome, 'answer', m.text, 'host', w.host, 'createdAtMs', r.created_at_ms) end as request,
  case when s.id is not null then jsonb_build_object('createdAtMs', s.created_at_ms, 'confirmed', s.address_confirmed_at_ms is not null) end as membership`;
