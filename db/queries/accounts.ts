/**
 * The ledger of accounts: every try at a wiki is a row before the wiki is asked, and counts against the day's number there
 * for 24 hours, as the wiki itself counts. Who files first is served first.
 */
import type pg from 'pg';
import { inTransaction } from '../apply';
import type { Request } from '../entities/request';
import type { Kernel } from '../kernel';
import { pausedSql } from './pauses';

const DAY_MS = 86_400_000;
/** How long to wait where no earlier try says when there is room: those before it are just being made, or none may be made at all. */
const WITHOUT_A_CLUE_MS = 10 * 60_000;
/** The switch tells when it is lifted; looked at so often besides. */
export const WHILE_PAUSED_MS = 3_600_000;
export type AttemptOutcome = 'created' | 'refused' | 'throttled' | 'lost';

/** When the first try of a request began of which nobody knows whether the wiki did it, and by which accounts of the wiki; null where there is none. */
export async function firstDoubt(pool: pg.Pool, requestId: number): Promise<{ sinceMs: number; creators: string[] } | null> {
  const { rows } = await pool.query<{ at: number | null; creators: string[] }>(
    `select min(began_at_ms) as at, array_remove(array_agg(distinct creator), null) as creators from account_attempt where request_id = $1 and outcome in ('attempting', 'lost')`, [requestId]);
  const { at, creators } = rows[0]!;
  return at === null ? null : { sinceMs: at, creators };
}

/** What the wiki's log says of all that were in doubt. @param madeAtMs when one of them made it: the last that had begun by then; null: none did */
export async function endDoubts(pool: pg.Pool, requestId: number, madeAtMs: number | null): Promise<void> {
  await pool.query(
    `update account_attempt set outcome = case when id = (
       select id from account_attempt where request_id = $1 and outcome in ('attempting', 'lost') and $2::bigint is not null order by (began_at_ms <= $2) desc, abs(began_at_ms - $2), id desc limit 1
     ) then 'created' else 'lost' end where request_id = $1 and outcome in ('attempting', 'lost')`, [requestId, madeAtMs]);
}

/** Whether the account of a request was made through Reeve. */
export const hasMade = async (pool: pg.Pool, requestId: number): Promise<boolean> =>
  (await pool.query(`select from account_attempt where request_id = $1 and outcome = 'created' limit 1`, [requestId])).rowCount === 1;

/** Whether one of its tries has made the account, and whoever wrote that down was killed before the request was told. */
export const hasMadeUntold = async (pool: pg.Pool, requestId: number): Promise<boolean> =>
  (await pool.query(
    `select from account_attempt t where t.request_id = $1 and t.outcome = 'created'
       and not exists (select from audit a where a.noun = 'request' and a.entity = $1 and a.verb = 'created' and a.at_ms >= t.began_at_ms) limit 1`, [requestId])).rowCount === 1;

/** The reason that the wiki's public log gives for an account of ours: numbers only. */
export const creationReason = ({ id, eventId }: Pick<Request, 'id' | 'eventId'>): string => `Reeve: account request ${id}${eventId === null ? '' : `, event ${eventId}`}`;
/** The request that a reason names; null where it is none of ours. */
export const requestOfReason = (reason: string): number | null => Number(/^Reeve: account request (\d{1,10})\b/.exec(reason)?.[1] ?? 0) || null;

export type Attempting = { id: number } | { waitMs: number; pausedAtMs?: number } | { gone: true };
/** The most accounts a day at one wiki. Infinity: no bound. */
export interface DailyLimits {
  /** Of all whom the wiki counts: they come from one address. */
  perDay: number;
  /** Made in one person's name; by one event. */
  perCreator: number;
  perEvent: number;
}
export interface Creator {
  /** The wiki's account that makes it. */
  name: string;
  /** Bound by the wiki's own number. */
  counted: boolean;
}

/**
 * Begins a try, if the wiki may be asked for one more today: not while it has sent somebody away, and not before those who
 * asked earlier, as far as their own numbers let them. @returns its id; how long to wait, milliseconds, and since when the wiki's switch holds it up; or that it is wanted no more
 */
export async function beginAttempt({ pool, clock }: Kernel, { id: requestId, wikiId, eventId, mode }: Pick<Request, 'id' | 'wikiId' | 'eventId' | 'mode'>, { name: creator, counted }: Creator, limits: DailyLimits): Promise<Attempting> {
  const perDay = counted ? limits.perDay : Infinity;
  const perCreator = mode === 'organizer' ? limits.perCreator : Infinity;
  const perEvent = eventId === null ? Infinity : limits.perEvent;
  return inTransaction(pool, async (client) => {
    await client.query('select from wiki where id = $1 for update', [wikiId]); // one at a time
    const { rows } = await client.query<{ now: number; retry_at: number | null; paused: number | null; wanted: boolean; used: number; oldest: number | null; by_creator: number; oldest_of_creator: number | null; by_event: number; oldest_of_event: number | null; earlier: number }>(
      `select n.ms as now, used.*, (select ${pausedSql('q.mode')} from request q join wiki w on w.id = $1 where q.id = $2) as paused, exists (select from request where id = $2 and state = 'creating' and coalesce(take_back_until_ms, 0) <= n.ms) as wanted,
              (select max(retry_at_ms) from account_attempt where wiki_id = $1 and retry_at_ms > n.ms) as retry_at,
              (select count(*)::int from (
                 select r.mode, r.holder_id, r.event_id, row_number() over (partition by r.mode, r.holder_id order by r.id) as of_creator, row_number() over (partition by r.event_id order by r.id) as of_event
                 from request r join wiki w on w.id = r.wiki_id
                 where r.wiki_id = $1 and r.state = 'creating' and r.id < $2 and r.take_back_until_ms <= n.ms and r.sign_in_asked_at_ms is null and ${pausedSql('r.mode')} is null
                   and not exists (select from account_attempt a where a.request_id = r.id and a.began_at_ms > n.ms - ${DAY_MS})
               ) e where (e.mode = 'bot' or $5::float8 = 'Infinity' or e.of_creator <= $5::float8 - (
                   select count(*) from account_attempt a join identity i on i.wiki_id = a.wiki_id and i.name = a.creator where a.wiki_id = $1 and i.user_id = e.holder_id and a.began_at_ms > n.ms - ${DAY_MS}))
                 and (e.event_id is null or $6::float8 = 'Infinity' or e.of_event <= $6::float8 - (
                   select count(*) from account_attempt a join request q on q.id = a.request_id where a.wiki_id = $1 and q.event_id = e.event_id and a.began_at_ms > n.ms - ${DAY_MS}))) as earlier
       from (select ${clock.sql} as ms) n cross join lateral (
         select count(*) filter (where a.counted)::int as used, min(a.began_at_ms) filter (where a.counted) as oldest,
                count(*) filter (where a.creator = $3)::int as by_creator, min(a.began_at_ms) filter (where a.creator = $3) as oldest_of_creator,
                count(*) filter (where r.event_id = $4)::int as by_event, min(a.began_at_ms) filter (where r.event_id = $4) as oldest_of_event
         from account_attempt a join request r on r.id = a.request_id where a.wiki_id = $1 and a.began_at_ms > n.ms - ${DAY_MS}
       ) used`,
      [wikiId, requestId, creator, eventId, limits.perCreator, limits.perEvent],
    );
    const { now, retry_at: retryAt, paused, wanted, ...found } = rows[0]!;
    if (!wanted) return { gone: true }; // taken back at this very instant, and perhaps asked for anew
    if (paused !== null) return { waitMs: WHILE_PAUSED_MS, pausedAtMs: paused };
    if (counted && retryAt !== null) return { waitMs: retryAt - now };
    const full = [
      { used: found.used + found.earlier, most: perDay, oldest: found.oldest },
      { used: found.by_creator, most: perCreator, oldest: found.oldest_of_creator },
      { used: found.by_event, most: perEvent, oldest: found.oldest_of_event },
    ].filter(({ used, most }) => used >= most);
    if (full.length) return { waitMs: Math.max(...full.map(({ oldest }) => (oldest === null ? WITHOUT_A_CLUE_MS : Math.max(1_000, oldest + DAY_MS - now)))) };
    const made = await client.query<{ id: number }>('insert into account_attempt (request_id, wiki_id, began_at_ms, creator, counted) values ($1, $2, $3, $4, $5) returning id', [requestId, wikiId, now, creator, counted]);
    return { id: made.rows[0]!.id };
  });
}

export async function endAttempt(pool: pg.Pool, id: number, outcome: AttemptOutcome, code: string | null = null, retryAtMs: number | null = null): Promise<void> {
  await pool.query(`update account_attempt set outcome = $2, code = $3, retry_at_ms = $4 where id = $1 and outcome in ('attempting', 'lost')`, [id, outcome, code, retryAtMs]);
}

export interface Attempt {
  atMs: number;
  outcome: string;
  /** The wiki's. */
  code: string | null;
}
/** What was tried for a request, oldest first, and when the wiki's number lets it be tried again; null where nothing says so. */
export async function attemptsOf({ pool, clock }: Kernel, { id, wikiId }: Pick<Request, 'id' | 'wikiId'>, perDay: number): Promise<{ attempts: Attempt[]; roomAtMs: number | null }> {
  const { rows } = await pool.query<{ attempts: Attempt[]; room: number | null }>(
    `select coalesce((select jsonb_agg(jsonb_build_object('atMs', a.began_at_ms, 'outcome', a.outcome, 'code', a.code) order by a.id) from account_attempt a where a.request_id = $1), '[]') as attempts,
            greatest((select max(retry_at_ms) from account_attempt where wiki_id = $2 and retry_at_ms > n.ms),
                     (select min(began_at_ms) + ${DAY_MS} from account_attempt where wiki_id = $2 and counted and began_at_ms > n.ms - ${DAY_MS} having count(*) >= $3)) as room
     from (select ${clock.sql} as ms) n`,
    [id, wikiId, perDay],
  );
  return { attempts: rows[0]!.attempts, roomAtMs: rows[0]!.room };
}

/** Requests whose account waits for this person to sign in at the wiki, in the order of filing. */
export async function waitingForSignIn({ pool }: Kernel, wikiId: number, userId: number): Promise<number[]> {
  const { rows } = await pool.query<{ id: number }>(`select id from request where wiki_id = $1 and holder_id = $2 and state = 'creating' and sign_in_asked_at_ms is not null order by id`, [wikiId, userId]);
  return rows.map(({ id }) => id);
}
