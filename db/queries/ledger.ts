/**
 * The ledger of deliveries: one row per page says what became of it. Lanes (activities/lane.ts) take a slot of the wiki
 * (db/queries/slots.ts), claim rows under its fence, and finish them; whoever finds a claim whose slot is dead adopts it and looks at the wiki.
 * A claim is a row of its own (`target_claim`): what it holds stays `pending` until its outcome is known, and `attempting` is
 * what nobody holds any more and may have been posted. Each function is safe to repeat.
 */
import type pg from 'pg';
import { MAX_SLOTS, SLOT_LEASE_MS, doubtedSql, liveSql, now, type Place, type Slot } from './slots';

export interface Claimed {
  id: number;
  page: string;
  /** When it was first claimed, Unix milliseconds: the bot's contributions are searched from here. */
  atMs: number;
  /** Which claim holds it; none holds an adopted one. */
  claim?: number;
  /** Adopted, and the wiki may have taken a mail or a topic for it: nothing may be sent for it again. */
  givenAway?: boolean;
  /** Adopted: by which accounts of the wiki it may have been posted. */
  bots?: string[];
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

/** Claims what the rate allows in ten seconds, at most `max` rows; renews the slot. */
export async function claim(pool: pg.Pool, { delivery, wiki }: Place, { slot, fence, width }: Slot, max: number): Promise<ClaimAnswer> {
  const { rows } = await pool.query({ name: 'ledger-claim', text: claimSql, values: [delivery, wiki, slot, fence, max, width] });
  const { state, held, yields, wait_ms, claim, ids, pages, at_ms: atMs } = rows[0];
  return { state, held, yield: yields, waitMs: Math.ceil(wait_ms), rows: (ids ?? []).map((id: number, i: number) => ({ id, page: pages[i], atMs, claim })) };
}

/** Takes over rows that were claimed under a slot that is dead: each must be looked up on the wiki before anything is posted. */
export async function adoptOrphans(pool: pg.Pool, { delivery, wiki }: Place, { slot, fence }: Slot, limit: number): Promise<Claimed[]> {
  await pool.query({ name: 'ledger-dead', text: `with ${doubtedSql(`not exists (${liveSql('c')})`)} select`, values: [delivery, wiki] });
  const { rows } = await pool.query({
    name: 'ledger-adopt',
    text: `update target t set slot = $3, fence = $4
           where id = any(array(
             select o.id from target o where o.delivery_id = $1 and o.wiki_id = $2 and o.shelf = 'attempting' and not exists (${liveSql('o')})
             order by o.id limit $5 for update skip locked))
           returning t.id, t.page, t.at_ms as "atMs", t.given_away as "givenAway", (select bots from delivery_wiki where delivery_id = $1 and wiki_id = $2) as bots`,
    values: [delivery, wiki, slot, fence, limit],
  });
  return rows;
}

/** Says beforehand by which account of the wiki rows are posted: whoever adopts them looks there, also when the wiki has another bot by then. */
export async function noteBot(pool: pg.Pool, { delivery, wiki }: Place, name: string): Promise<void> {
  await pool.query({ name: 'ledger-bot', text: 'update delivery_wiki set bots = bots || $3::text where delivery_id = $1 and wiki_id = $2 and $3 <> all(bots)', values: [delivery, wiki, name] });
}

/**
 * Says beforehand that the wiki is about to take what it cannot be asked about afterwards.
 * @returns false when the slot is lost: then nothing may be sent.
 */
export async function giveAway(pool: pg.Pool, { delivery, wiki }: Place, { slot, fence }: Slot, id: number): Promise<boolean> {
  const { rowCount } = await pool.query({
    name: 'ledger-give-away',
    text: `with ${heldSql('$5', '$5')} update target t set given_away = true where id = $5 and ${ownSql}`,
    values: [delivery, wiki, slot, fence, id],
  });
  return rowCount === 1;
}

/**
 * Writes outcomes, and the counters with them: a statement for each outcome and code, which is mostly one. Only rows that
 * this slot and fence still hold are written.
 * @param over claims that hold no other row without an outcome
 * @returns how many were written; the rest belong to somebody else by now.
 */
export async function finishTargets(pool: pg.Pool, { delivery, wiki }: Place, { slot, fence }: Slot, done: Finished[], over: number[] = []): Promise<number> {
  const alike = new Map<string, Finished[]>();
  for (const one of [...done].sort((a, b) => a.id - b.id)) {
    const key = `${one.outcome} ${one.code}`;
    if (!alike.get(key)?.push(one)) alike.set(key, [one]);
  }
  let written = 0;
  let left = alike.size;
  for (const group of alike.values()) {
    const { outcome, code } = group[0]!;
    const ended = --left ? [] : over; // not before all of them are written
    const { rows } = await pool.query({
      name: `ledger-finish-${outcome}`,
      text: finishSql(outcome),
      values: [delivery, wiki, slot, fence, numbers(group.map(({ id }) => id)), code, numbers(group.map(({ revisionId }) => revisionId)), numbers(ended)],
    });
    written += rows[0].written;
  }
  return written;
}

/** As Postgres reads an array: the driver would look through each number for what it must quote. */
const numbers = (all: (number | null)[]): string => `{${all.map((one) => one ?? 'null').join()}}`;

/**
 * The wiki calls the page by another name (normalised, talk page, redirect): the ledger follows.
 * @returns false when the ledger has that page already: this row is a duplicate.
 */
export async function renameTarget(pool: pg.Pool, { delivery, wiki }: Place, { slot, fence }: Slot, id: number, page: string): Promise<boolean> {
  try {
    const { rowCount } = await pool.query({
      name: 'ledger-rename',
      text: `with ${heldSql('$5', '$5')} update target t set page = $6, asked = coalesce(asked, page)
             where id = $5 and ${ownSql}
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
    text: `with ${nextSql('$3')}, marked as (
             update target set outcome = 'cancelled' where id = any(array(select id from next)) returning 1
           ), counted as (
             update delivery_wiki w set claimed_to = greatest(w.claimed_to, next.last), cancelled = cancelled + next.count
             from (select max(id) as last, count(*) from next) next where w.delivery_id = $1 and w.wiki_id = $2 and next.count > 0
           ) select count(*)::int as marked from marked`,
    values: [delivery, wiki, limit],
  });
  return rows[0].marked;
}

/** What the slot $3 holds under its fence $4 of rows with numbers like these: a claim's are in order. */
const heldSql = (least: string, most: string): string => `held as (
    select unnest(targets) as id from target_claim where delivery_id = $1 and wiki_id = $2 and slot = $3 and fence = $4
      and targets[1] <= ${most} and targets[cardinality(targets)] >= ${least}
  )`;
/** A row (`t`) is the slot's: claimed by it, or adopted. */
const ownSql = `(t.outcome = 'pending' and not t.again and t.id in (select id from held) or t.outcome = 'attempting' and t.wiki_id = $2 and t.slot = $3 and t.fence = $4)`;

/**
 * The `next` rows that nobody has begun: those that were given back, then those above `claimed_to`, which whoever takes them
 * moves on. It is read under its lock, and so as it stands now, however old the statement's snapshot is: what is above it
 * nobody has touched.
 */
const nextSql = (most: string): string => `place as (
    select claimed_to from delivery_wiki where delivery_id = $1 and wiki_id = $2 for update
  ), given_back as (
    select id, page from target where delivery_id = $1 and wiki_id = $2 and shelf = 'again' order by id limit ${most} for update skip locked
  ), next as (
    select id, page from given_back union all (
      select id, page from target where delivery_id = $1 and wiki_id = $2 and id > (select claimed_to from place) and outcome = 'pending' order by id
      limit ${most} - (select count(*) from given_back))
  )`;

// The bucket holds at most ten seconds' worth. A claim waits until half of that is there (or one, at slow rates), so
// that a slow wiki is asked about several pages in one query. The rows themselves are not written to.
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
), ${nextSql('(select coalesce(max(take), 0) from grant_)')}, turn as (
  update delivery_wiki w set last_claim_at = ${now}, claimed_to = greatest(w.claimed_to, next.last) from (select max(id) as last from next) next
  where w.delivery_id = $1 and w.wiki_id = $2 and next.last is not null
), again as (
  update target set again = false where id = any(array(select id from given_back))
), claimed as (
  insert into target_claim (delivery_id, wiki_id, slot, fence, targets, at_ms)
  select $1, $2, $3, $4, array_agg(id order by id), (extract(epoch from ${now}) * 1000)::bigint from next having count(*) > 0 returning id, cardinality(targets) as count, at_ms
), spent as (
  update wiki_rate b set tokens = grant_.tokens - coalesce((select count from claimed), 0), filled_at = ${now} from grant_ where b.wiki_id = $2
)
select d.state, exists (select from slot) as held, rival.leaves as yields, coalesce((select wait_ms from grant_), 0)::float8 as wait_ms,
  claimed.id as claim, claimed.at_ms, held.ids, held.pages
from d, rival left join claimed on true left join (select json_agg(id) as ids, json_agg(page) as pages from next) held on true`;

// Each row finds its revision by the place of its number, which are in order: so that Postgres looks each number up, and
// neither reads the ledger along with the list to join both nor compares each with each.
const finishSql = (outcome: Finished['outcome']): string => `
with ${heldSql('($5::bigint[])[1]', '($5::bigint[])[cardinality($5::bigint[])]')}, done as (
  update target t set outcome = '${outcome}', code = $6, revision_id = ($7::bigint[])[width_bucket(t.id, $5::bigint[])],
    ${outcome === 'pending' ? 'again = true, given_away = false' : `again = false, at_ms = (extract(epoch from ${now}) * 1000)::bigint`}
  where t.id = any($5::bigint[]) and ${ownSql} returning 1
), n as (
  select count(*)::int as written from done
), counted as (
  ${outcome === 'pending' ? 'update wiki_rate w set tokens = tokens + written from n where w.wiki_id = $2'
    : `update delivery_wiki w set ${outcome} = ${outcome} + written from n where w.delivery_id = $1 and w.wiki_id = $2`} and written > 0
), over as (
  delete from target_claim where delivery_id = $1 and wiki_id = $2 and slot = $3 and fence = $4 and id = any($8::bigint[])
)
select written from n`;
