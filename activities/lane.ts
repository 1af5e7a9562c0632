/**
 * A lane: claims rows of one delivery on one wiki and has them posted, until its quota is done or nothing is left.
 * Killed at any instant it leaves rows `attempting`, which whoever comes next adopts and looks up first.
 * One activity of `wikiDelivery` (activities/delivery.ts).
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { takeSlot, type Place } from '../db/queries/slots';
import { BATCH, HeldSlot } from './held-slot';
import { patiently } from './patience';
import type { PosterOptions } from './post';
import { Poster } from './poster';

export interface LaneOptions extends PosterOptions {
  pool: pg.Pool;
  place: Place;
  /** The same in each attempt of the activity: so it gets its own slot back at once, under a new fence. */
  holder: string;
  /** Stop claiming after this many rows. */
  quota: number;
}
export interface LaneResult {
  /** `stopped`: the worker shuts down. */
  ended: 'quota' | 'empty' | 'paused' | 'cancelled' | 'stopped';
  done: number;
}
/** A lane ends after this long, too: what its workflow shows and asks is never older, milliseconds. */
const LANE_MS = 30 * 60_000;

type RoundEnd = LaneResult['ended'] | 'yield' | 'idle' | 'fenced' | 'fatal';

/** @throws what keeps the wiki from taking messages (WikiError) or what broke here; nothing is left claimed but what is in doubt. */
export async function runLane(options: LaneOptions): Promise<LaneResult> {
  const until = performance.now() + LANE_MS;
  let done = 0;
  for (;;) {
    const slot = await waitForSlot(options);
    if (!(slot instanceof HeldSlot)) return { ended: slot, done };
    const poster = new Poster(slot, options);
    const ended = await round(slot, poster, options, options.quota - done, until);
    done += slot.done;
    if (slot.refused) options.count('fence_refused', slot.refused);
    if (ended === 'fatal') throw poster.trouble.fatal;
    if (ended === 'idle') await sleep(300); // others are still at work on the last rows; a dead one's come free soon
    else if (ended !== 'yield' && ended !== 'fenced') return { ended, done };
  }
}

async function waitForSlot({ pool, place, holder, stopped }: LaneOptions): Promise<HeldSlot | 'paused' | 'cancelled' | 'empty' | 'stopped'> {
  for (let waitMs = 50; !stopped.aborted; waitMs = Math.min(waitMs * 1.5, 1_000)) {
    const { state, open, slot } = await patiently(() => takeSlot(pool, place, holder));
    if (state === 'paused' || state === 'cancelled') return state;
    if (!open) return 'empty';
    if (slot) return new HeldSlot(pool, place, slot);
    await sleep(waitMs);
  }
  return 'stopped';
}

/** One stretch with a slot in hand: everything that was claimed has an outcome, is given back, or is in doubt at its end. */
async function round(slot: HeldSlot, poster: Poster, { stopped, count }: LaneOptions, quota: number, until: number): Promise<RoundEnd> {
  let seen: string | null = null; // a state that ends this at once, however slow the wiki is
  const pulse = setInterval(() => {
    slot.flush().catch(() => {}); // it fails again when the slot is given back, and the lane with it
    void slot.renew().then((state) => (seen = state ?? seen));
  }, 1_000);
  const working = poster.work();
  let claimed = 0;
  let last: RoundEnd | null = null; // claim no more, but finish what is in hand
  const next = async (): Promise<RoundEnd | null> => {
    if (poster.trouble.fatal) return 'fatal';
    if (slot.lost) return 'fenced';
    if (stopped.aborted) return 'stopped';
    if (seen === 'paused' || seen === 'cancelled') return seen;
    if (last ?? (claimed >= quota || performance.now() >= until)) {
      if (!poster.open) return last ?? 'quota';
    } else if (poster.hungry) {
      const most = Math.max(1, Math.min(BATCH, Math.ceil((10_000 / poster.editMs) * slot.width)));
      const { held, state, rows, waitMs, ...answer } = await slot.claim(most);
      if (!held) return 'fenced';
      if (state === 'paused' || state === 'cancelled') return state;
      if (answer.yield) last = 'yield';
      else if (rows.length) {
        claimed += rows.length;
        await poster.add(rows);
        return null;
      } else if (waitMs > 0) await sleep(Math.min(waitMs, 500));
      else last = 'idle';
    }
    await poster.change();
    return null;
  };
  try {
    poster.adopt(await slot.adopt());
    let ended: RoundEnd | null = null;
    while (!ended) ended = await next();
    return ended;
  } finally {
    clearInterval(pulse);
    poster.stop();
    await working;
    await slot.release();
    count('rounds');
  }
}
