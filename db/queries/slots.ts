/**
 * The slots of a wiki: who may post there, how many edits at once each, under which fence. Whoever writes to the ledger
 * (db/queries/ledger.ts) holds one. Each function is safe to repeat.
 */
import type pg from 'pg';

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
  /** Rows are claimed, or in doubt. */
  claimed: boolean;
}
/** Where one delivery stands on one wiki. */
export interface Place {
  delivery: number;
  wiki: number;
}

/** At most this many slots a wiki; each carries its share of the edits in flight. */
export const MAX_SLOTS = 4;
/** A slot that is not renewed for this long is free: how soon a dead worker's rows are taken over, milliseconds. */
export const SLOT_LEASE_MS = 4_000;
/** A delivery that asked for a slot within this time counts as waiting for its turn, milliseconds. */
const WANTS_MS = 3_000;

/**
 * Takes a slot of the wiki, unless another delivery has waited longer. The same holder gets its own back under a new fence.
 * @param closing also when the delivery does not run: to look up what is in doubt, not to post.
 */
export async function takeSlot(pool: pg.Pool, { delivery, wiki }: Place, holder: string, closing = false): Promise<SlotAnswer> {
  const { rows } = await pool.query({ name: 'ledger-slot', text: slotSql, values: [delivery, wiki, holder, closing] });
  const { state, open, claimed, slot, fence, width } = rows[0];
  return { state, open, claimed, slot: slot === null ? null : { slot, fence, width } };
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

/** Gives the slot back: what it still holds is in doubt. The fence stays, so that a late write under it is still refused. */
export async function releaseSlot(pool: pg.Pool, { delivery, wiki }: Place, { slot, fence }: Slot): Promise<void> {
  await pool.query({
    name: 'ledger-release',
    text: `with ${doubtedSql('c.slot = $3 and c.fence = $4')}
      update wiki_slot set holder = null, delivery_id = null, leased_until = '-infinity' where wiki_id = $2 and slot = $3 and fence = $4`,
    values: [delivery, wiki, slot, fence],
  });
}

export const now = 'clock_timestamp()';

/** Lines of the delivery's lists ($1) are not rows yet. */
export const toCopySql = 'exists (select from delivery_list where delivery_id = $1 and copied_to is not null)';

/** How many rows of a wiki's part have no outcome yet. */
export const leftSql = (of: string): string => `(${of}.total - ${of}.sent - ${of}.skipped - ${of}.failed - ${of}.unknown - ${of}.cancelled)`;

/** A row of the ledger or a claim is somebody's who still holds the slot. */
export const liveSql = (of: string): string => `select from wiki_slot s where s.wiki_id = ${of}.wiki_id and s.slot = ${of}.slot and s.fence = ${of}.fence and s.leased_until > ${now}`;

/** Ends claims: what has no outcome under them is in doubt since. By number, as outcomes are written: so neither waits for the other in a ring. */
export const doubtedSql = (which: string): string => `over as (
    delete from target_claim c where c.delivery_id = $1 and c.wiki_id = $2 and ${which} returning targets, at_ms
  ), doubted as (
    update target t set outcome = 'attempting', at_ms = (select min(at_ms) from over), slot = null, fence = null
    where t.id = any(array(select unnest(targets) from over order by 1)) and t.outcome = 'pending' and not t.again
  )`;

/** Something is left to do in a row of delivery_wiki, or may come yet. */
const openSql = `${leftSql('delivery_wiki')} > 0 or ${toCopySql}`;

// `free` is a slot that this holder had, or that nobody holds. A delivery that has claimed more recently than another
// that waits lets that one go first.
const slotSql = `
with d as (
  select state from delivery where id = $1
), me as (
  update delivery_wiki set wants_until = case when ((select state from d) = 'running' or $4) and (${openSql}) then ${now} + interval '${WANTS_MS} milliseconds' else '-infinity' end
  where delivery_id = $1 and wiki_id = $2 returning last_claim_at, (${openSql}) as open
), w as (
  select least(in_flight, ${MAX_SLOTS}) as slots, in_flight from wiki where id = $2
), open as (
  select me.open,
    exists (select from target_claim where delivery_id = $1 and wiki_id = $2) or exists (select from target where delivery_id = $1 and wiki_id = $2 and shelf = 'attempting') as claimed
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
select d.state, open.open, open.claimed, taken.slot, taken.fence,
  (w.in_flight / w.slots + case when taken.slot < w.in_flight % w.slots then 1 else 0 end) as width
from d cross join w cross join open left join taken on true`;
