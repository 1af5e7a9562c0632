/** Rows that a dead lane left in doubt, when nothing more will be posted: what became of each. Used by activities/delivery.ts. */
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import type { Claimed } from '../db/queries/ledger';
import { takeSlot, type Place } from '../db/queries/slots';
import { WikiError } from '../gateways/mediawiki-error';
import { HeldSlot } from './held-slot';
import type { Message } from './message';
import { searchPosted } from './pages';
import { patiently } from './patience';
import type { OpenWiki } from './wikis';

/** Sent where the bot's contributions say so, else cancelled; unknown where the wiki cannot be asked, or cannot tell, as of a mail. */
export async function settleDoubts(pool: pg.Pool, place: Place, holder: string, open: () => Promise<{ wiki: OpenWiki; message: Message }>, stopped: AbortSignal): Promise<void> {
  for (let tries = 0; ; ) {
    stopped.throwIfAborted();
    const answer = await patiently(() => takeSlot(pool, place, holder, true));
    const slot = answer.slot && new HeldSlot(pool, place, answer.slot);
    const rows = slot && answer.claimed ? await slot.adopt() : [];
    try {
      if (slot && rows.length) await settle(slot, rows, await open(), stopped);
    } catch (error) {
      if (!(error instanceof WikiError)) throw error;
      if (++tries >= 3) for (const { id } of rows) slot!.finish(id, 'unknown', error.code);
    } finally {
      await slot?.release();
    }
    if (!answer.claimed) return;
    await sleep(500, undefined, { signal: stopped }); // another lane is still at work on them, or has just died
  }
}

async function settle(slot: HeldSlot, rows: Claimed[], { wiki, message }: { wiki: OpenWiki; message: Message }, stopped: AbortSignal): Promise<void> {
  const { found, hidden } = await searchPosted(wiki, message, rows, stopped);
  for (const { id, givenAway } of rows) {
    const revisionId = found.get(id);
    if (revisionId) slot.finish(id, 'sent', null, revisionId);
    else if (givenAway) slot.finish(id, 'unknown', 'lost-reply');
    else if (hidden) slot.finish(id, 'unknown', 'hidden-contributions');
    else slot.finish(id, 'cancelled');
  }
}
