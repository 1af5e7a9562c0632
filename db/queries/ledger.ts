/**
 * The ledger of deliveries: one row per page says what became of it. Lanes (activities/lane.ts) take a slot of the wiki,
 * claim rows under its fence, and finish them; whoever finds a claim whose slot is dead adopts it and looks at the wiki.
 * Each function is one statement, safe to repeat.
 */
import type pg from 'pg';

export interface Claimed {
  id: number;
  page: string;
  /** How often it was tried before this claim. */
  attempts: number;
  /** When it was first claimed, Unix milliseconds: the bot's contributions are searched from here. */
  atMs: number;
  /** Adopted, and the wiki may have taken a mail or a topic for it: nothing may be sent for it again. */
  givenAway?: boolean;
}
export interface Slot {
  slot: number;
  fence: number;
  /** Edits in flight that this slot allows. */
  width: number;
}
export interface SlotAnswer {
  /** The delivery's. */
  state: string;
  slot: Slot | null;
  /** Rows are pending or attempting, or lists are still being copied. */
  open: boolean;
  /** Rows attempting, by whomever. */
  attempting: boolean;
}
export interface ClaimAnswer {
  state: string;
  /** False: the slot was lost to another holder; stop. */
  held: boolean;
  /** Another delivery waits for its turn on this wiki, or the slot is of another width now: finish what is claimed and give it back. */
  yield: boolean;
  /** Until the rate allows more, milliseconds; 0 with no rows = nothing is pending. */
  waitMs: number;
  rows: Claimed[];
}
export interface Finished {
  id: number;
  outcome: 'sent' | 'skipped' | 'failed' | 'unknown' | 'cancelled' | 'pending';
  code: string | null;
  revisionId: number | null;
}

/** At most this many slots a wiki; each carries its share of the edits in flight. */
export const MAX_SLOTS = 4;
/** A slot that is not renewed for this long is free: how soon a dead worker's rows are taken over, milliseconds. */
export const SLOT_LEASE_MS = 4_000;
/** A delivery that asked for a slot within this time counts as waiting for its turn, milliseconds. */
const WANTS_MS = 3_000;

/** Where one delivery stands on one wiki. */
export interface Place {
  delivery: number;
  wiki: number;
}

/**
 * Takes a slot of the wiki, unless another delivery has waited longer. The same holder gets its own back under a new fence.
 * @param closing also when the delivery does not run: to look up what is in doubt, not to post.
 */
export async function takeSlot(pool: pg.Pool, { delivery, wiki }: Place, holder: string, closing = false): Promise<SlotAnswer> {
  const { rows } = await pool.query({ name: 'ledger-slot', text: slotSql, values: [delivery, wiki, holder, closing] });
  const { state, open, attempting, slot, fence, width } = rows[0];
  return { state, open, attempting, slot: slot === null ? null : { slot, fence, width } };
}

/** Claims what the rate allows in ten seconds, at most `max` rows; renews the slot. */
export async function claim(pool: pg.Pool, { delivery, wiki }: Place, { slot, fence, width }: Slot, max: number): Promise<ClaimAnswer> {
  const { rows } = await pool.query({ name: 'ledger-claim', text: claimSql, values: [delivery, wiki, slot, fence, max, width] });
  const { state, held, yields, wait_ms, rows: claimed } = rows[0];
  return { state, held, yield: yields, waitMs: Math.ceil(wait_ms), rows: claimed ?? [] };
}

/** Keeps the slot. @returns the delivery's state, or null when the slot is lost. */
export async function renewSlot(pool: pg.Pool, { delivery, wiki }: Place, { slot, fence }: Slot): Promise<string | null> {
  const { rows } = await pool.query({
    name: 'ledger-renew',
    text: `update wiki_slot set leased_until = clock_timestamp() + interval '${SLOT_LEASE_MS} milliseconds'
           where wiki_id = $2 and slot = $3 and fence = $4 returning (select state from delivery where id = $1) as state`,
    values: [delivery, wiki, slot, fence],
  });
  return rows[0]?.state ?? null;
}

/** Gives the slot back; the fence stays, so that a late write under it is still refused. */
export async function releaseSlot(pool: pg.Pool, { wiki }: Place, { slot, fence }: Slot): Promise<void> {
  await pool.query({
    name: 'ledger-release',
    text: `update wiki_slot set holder = null, delivery_id = null, leased_until = '-infinity' where wiki_id = $1 and slot = $2 and fence = $3`,
    values: [wiki, slot, fence],
  });
}

/** Takes over rows that were claimed under a slot that is dead: each must be looked up on the wiki before anything is posted. */
export async function adoptOrphans(pool: pg.Pool, { delivery, wiki }: Place, { slot, fence }: Slot, limit: number): Promise<Claimed[]> {
  const { rows } = await pool.query({
    name: 'ledger-adopt',
    text: `update target t set slot = $3, fence = $4, attempts = attempts + 1
           where id = any(array(
             select o.id from target o where o.delivery_id = $1 and o.wiki_id = $2 and o.shelf = 'open' and o.outcome = 'attempting'
               and o.id <= (select claimed_to from delivery_wiki where delivery_id = $1 and wiki_id = $2)
               and not exists (select 1 from wiki_slot s where s.wiki_id = o.wiki_id and s.slot = o.slot and s.fence = o.fence and s.leased_until > clock_timestamp())
             order by o.id limit $5 for update skip locked))
           returning t.id, t.page, t.attempts, t.at_ms as "atMs", t.given_away as "givenAway"`,
    values: [delivery, wiki, slot, fence, limit],
  });
  return rows;
}

/**
 * Says beforehand that the wiki is about to take what it cannot be asked about afterwards.
 * @returns false when the slot is lost: then nothing may be sent.
 */
export async function giveAway(pool: pg.Pool, { delivery, wiki }: Place, { slot, fence }: Slot, id: number): Promise<boolean> {
  const { rowCount } = await pool.query({
    name: 'ledger-give-away',
    text: `update target set given_away = true where id = $5 and delivery_id = $1 and wiki_id = $2 and slot = $3 and fence = $4 and outcome = 'attempting'`,
    values: [delivery, wiki, slot, fence, id],
  });
  return rowCount === 1;
}

/**
 * Writes outcomes, and the counters with them. Only rows that this slot and fence still hold are written.
 * @returns how many were; the rest belong to somebody else by now.
 */
export async function finishTargets(pool: pg.Pool, { delivery, wiki }: Place, { slot, fence }: Slot, done: Finished[]): Promise<number> {
  if (!done.length) return 0;
  const { rows } = await pool.query({
    name: 'ledger-finish',
    text: finishSql,
    values: [delivery, wiki, slot, fence, done.map((d) => d.id), done.map((d) => d.outcome), done.map((d) => d.code), done.map((d) => d.revisionId)],
  });
  return rows[0].written;
}

/**
 * The wiki calls the page by another name (normalised, talk page, redirect): the ledger follows.
 * @returns false when the ledger has that page already: this row is a duplicate.
 */
export async function renameTarget(pool: pg.Pool, { delivery, wiki }: Place, { slot, fence }: Slot, id: number, page: string): Promise<boolean> {
  try {
    const { rowCount } = await pool.query({
      name: 'ledger-rename',
      text: `update target set page = $6, asked = coalesce(asked, page)
             where id = $5 and delivery_id = $1 and wiki_id = $2 and slot = $3 and fence = $4
               and not exists (select 1 from target o where o.delivery_id = $1 and o.wiki_id = $2 and o.page = $6)`,
      values: [delivery, wiki, slot, fence, id, page],
    });
    return rowCount === 1;
  } catch (error) {
    if ((error as { code?: string }).code === '23505') return false; // another lane was faster
    throw error;
  }
}

/** Marks up to `limit` rows that nobody has begun as cancelled. @returns how many. */
export async function cancelPending(pool: pg.Pool, { delivery, wiki }: Place, limit: number): Promise<number> {
  const { rows } = await pool.query({
    name: 'ledger-cancel',
    text: `with left_over as (
             select id from target where delivery_id = $1 and wiki_id = $2 and shelf = 'open' and outcome = 'pending' order by id limit $3 for update skip locked
           ), marked as (
             update target t set outcome = 'cancelled' from left_over where t.id = left_over.id returning 1
           ), counted as (
             update delivery_wiki set cancelled = cancelled + (select count(*) from marked) where delivery_id = $1 and wiki_id = $2 and exists (select 1 from marked)
           ) select count(*)::int as marked from marked`,
    values: [delivery, wiki, limit],
  });
  return rows[0].marked;
}

const now = 'clock_timestamp()';

/** Lines of the delivery's lists ($1) are not rows yet. */
export const toCopySql = 'exists (select from delivery_list where delivery_id = $1 and copied_to is not null)';

// `free` is a slot that this holder had, or that nobody holds. A delivery that has claimed more recently than another
// that waits lets that one go first.
const slotSql = `
with me as (
  update delivery_wiki set wants_until = ${now} + interval '${WANTS_MS} milliseconds' where delivery_id = $1 and wiki_id = $2 returning last_claim_at, claimed_to
), w as (
  select least(in_flight, ${MAX_SLOTS}) as slots, in_flight from wiki where id = $2
), d as (
  select state from delivery where id = $1
), open as (
  select exists (select 1 from target where delivery_id = $1 and wiki_id = $2 and shelf = 'open') or ${toCopySql} as open,
    exists (select 1 from target where delivery_id = $1 and wiki_id = $2 and shelf = 'open' and outcome = 'attempting' and id <= me.claimed_to) as attempting
  from me
), free as (
  select s.slot from wiki_slot s, w, d, me, open
  where s.wiki_id = $2 and s.slot < w.slots and open.open and (d.state = 'running' or $4::boolean)
    and (s.holder = $3 or s.leased_until < ${now})
    and (s.holder = $3 or not exists (
      select 1 from delivery_wiki o where o.wiki_id = $2 and o.delivery_id <> $1 and o.wants_until > ${now} and o.last_claim_at < me.last_claim_at))
  order by s.holder is not distinct from $3 desc, s.slot limit 1 for update of s skip locked
), taken as (
  update wiki_slot s set holder = $3, delivery_id = $1, fence = s.fence + 1, leased_until = ${now} + interval '${SLOT_LEASE_MS} milliseconds'
  from free where s.wiki_id = $2 and s.slot = free.slot
  returning s.slot, s.fence
)
select d.state, open.open, open.attempting, taken.slot, taken.fence,
  (w.in_flight / w.slots + case when taken.slot < w.in_flight % w.slots then 1 else 0 end) as width
from d cross join w cross join open left join taken on true`;

// The bucket holds at most ten seconds' worth. A claim waits until half of that is there (or one, at slow rates), so
// that a slow wiki is asked about several pages in one query. Rows are taken by a list of numbers: of a join Postgres does
// not know that it is short, and with many rows open it would read the whole ledger for each claim.
const claimSql = `
with d as (
  select state from delivery where id = $1
), slot as (
  update wiki_slot set leased_until = ${now} + interval '${SLOT_LEASE_MS} milliseconds'
  where wiki_id = $2 and slot = $3 and fence = $4 returning 1
), rival as (
  select exists (
    select 1 from delivery_wiki o, delivery_wiki me
    where me.delivery_id = $1 and me.wiki_id = $2 and o.wiki_id = $2 and o.delivery_id <> $1
      and o.wants_until > ${now} and o.last_claim_at < me.last_claim_at
  ) and not exists (
    select 1 from wiki_slot s, wiki w where s.wiki_id = $2 and w.id = $2 and s.slot < least(w.in_flight, ${MAX_SLOTS}) and s.leased_until < ${now}
  ) or $6 <> (
    select case when $3 < s.slots then s.in_flight / s.slots + case when $3 < s.in_flight % s.slots then 1 else 0 end else 0 end
    from (select least(in_flight, ${MAX_SLOTS}) as slots, in_flight from wiki where id = $2) s
  ) as leaves
), rate as (
  select w.edits_per_minute / 60000.0 as per_ms, greatest(1, w.edits_per_minute / 6.0) as cap from wiki w where w.id = $2
), bucket as (
  select least(rate.cap, b.tokens + extract(epoch from ${now} - b.filled_at) * 1000 * rate.per_ms) as tokens, rate.per_ms,
    least($5, ceil(rate.cap)) as want, least($5, greatest(1, rate.cap / 2)) as enough
  from wiki_rate b, rate, d, rival, slot
  where b.wiki_id = $2 and d.state = 'running' and not rival.leaves for update of b
), grant_ as (
  select case when tokens >= enough then least(want, floor(tokens)) else 0 end::int as take,
    case when tokens >= enough then 0 else (enough - tokens) / per_ms end as wait_ms, tokens
  from bucket
), picked as (
  select id from target where delivery_id = $1 and wiki_id = $2 and shelf = 'open' and outcome = 'pending'
  order by id limit (select coalesce(max(take), 0) from grant_) for update skip locked
), claimed as (
  update target t set outcome = 'attempting', attempts = t.attempts + 1, slot = $3, fence = $4, given_away = false, at_ms = (extract(epoch from ${now}) * 1000)::bigint
  where t.id = any(array(select id from picked)) returning t.id, t.page, t.attempts - 1 as attempts, t.at_ms
), spent as (
  update wiki_rate b set tokens = grant_.tokens - (select count(*) from claimed), filled_at = ${now} from grant_ where b.wiki_id = $2
), turn as (
  update delivery_wiki w set last_claim_at = ${now}, claimed_to = greatest(w.claimed_to, c.last) from (select max(id) as last from claimed) c
  where w.delivery_id = $1 and w.wiki_id = $2 and c.last is not null
)
select d.state, exists (select 1 from slot) as held, rival.leaves as yields, coalesce((select wait_ms from grant_), 0)::float8 as wait_ms,
  (select json_agg(json_build_object('id', id, 'page', page, 'attempts', attempts, 'atMs', at_ms) order by id) from claimed) as rows
from d, rival`;

// It names no shelf: where few rows were open when Postgres last counted, it would read all that are open now instead of
// finding each by its number.
const finishSql = `
with done as (
  update target t set outcome = x.outcome, code = x.code, revision_id = x.revision_id,
    at_ms = case when x.outcome = 'pending' then t.at_ms else (extract(epoch from ${now}) * 1000)::bigint end
  from unnest($5::bigint[], $6::text[], $7::text[], $8::bigint[]) as x (id, outcome, code, revision_id)
  where t.id = x.id and t.outcome = 'attempting' and t.slot = $3 and t.fence = $4 returning t.outcome
), n as (
  select count(*)::int as written, count(*) filter (where outcome = 'sent') as sent, count(*) filter (where outcome = 'skipped') as skipped,
    count(*) filter (where outcome = 'failed') as failed, count(*) filter (where outcome = 'unknown') as unknown,
    count(*) filter (where outcome = 'cancelled') as cancelled, count(*) filter (where outcome = 'pending') as returned from done
), counted as (
  update delivery_wiki w set sent = w.sent + n.sent, skipped = w.skipped + n.skipped, failed = w.failed + n.failed,
    unknown = w.unknown + n.unknown, cancelled = w.cancelled + n.cancelled
  from n where w.delivery_id = $1 and w.wiki_id = $2 and n.written > n.returned
), refunded as (
  update wiki_rate b set tokens = b.tokens + n.returned from n where b.wiki_id = $2 and n.returned > 0
)
select written from n`;
