/**
 * A slot of a wiki while one lane holds it: keeps it leased, knows when it can no longer be trusted, and writes outcomes
 * under its fence, in batches. Used by activities/lane.ts and activities/poster.ts.
 */
import type pg from 'pg';
import { adoptOrphans, claim, finishTargets, giveAway, noteBot, renameTarget, type ClaimAnswer, type Claimed, type Finished } from '../db/queries/ledger';
import { SLOT_LEASE_MS, releaseSlot, renewSlot, type Place, type Slot } from '../db/queries/slots';
import { patiently } from './patience';

export const BATCH = 100;

/** No edit begins when the lease was renewed longer ago: a process that was stalled must not post on a lost slot. */
const TRUST_MS = SLOT_LEASE_MS - 1_000;

export class HeldSlot {
  readonly width: number;
  /** Another holder has it: whatever this one still writes is refused. */
  lost = false;
  named = false;
  /** Rows that got an outcome. */
  done = 0;
  /** Writes that came too late. */
  refused = 0;
  private renewedAt = performance.now();
  private results: Finished[] = [];
  /** Of rows without an outcome: the claim that holds them, and how many such rows it has. */
  private readonly claims = new Map<number, { claim: number; left: number }>();
  /** Results that were taken for writing: ever. */
  private taken = 0;
  private writing: Promise<void> = Promise.resolve();

  constructor(private readonly pool: pg.Pool, private readonly place: Place, private readonly slot: Slot) {
    this.width = slot.width;
  }

  trusted(): boolean {
    return !this.lost && performance.now() - this.renewedAt < TRUST_MS;
  }

  async claim(most: number): Promise<ClaimAnswer> {
    const askedAt = performance.now();
    const answer = await patiently(() => claim(this.pool, this.place, this.slot, most));
    if (answer.held) this.renewedAt = askedAt;
    else this.lost = true;
    const claimed = { claim: answer.rows[0]?.claim ?? 0, left: answer.rows.length };
    for (const { id } of answer.rows) this.claims.set(id, claimed);
    return answer;
  }

  /** @returns the delivery's state, or null while Postgres is away or once the slot is lost. */
  async renew(): Promise<string | null> {
    const askedAt = performance.now();
    try {
      const state = await renewSlot(this.pool, this.place, this.slot);
      if (state === null) this.lost = true;
      else this.renewedAt = askedAt;
      return state;
    } catch {
      return null; // no edit begins once the lease is too old to trust
    }
  }

  adopt = (): Promise<Claimed[]> => patiently(() => adoptOrphans(this.pool, this.place, this.slot, BATCH));

  /** Before the first is posted the ledger knows by which account of the wiki. */
  async noteBot(name: string): Promise<void> {
    await patiently(() => noteBot(this.pool, this.place, name));
    this.named = true;
  }

  /** @returns false when the ledger has this page already. */
  async rename(row: Claimed, page: string): Promise<boolean> {
    const own = await patiently(() => renameTarget(this.pool, this.place, this.slot, row.id, page));
    if (own) row.page = page;
    return own;
  }

  /** @returns false when another holder has the slot: then nothing may be sent for this row. */
  async giveAway({ id }: Claimed): Promise<boolean> {
    const given = await patiently(() => giveAway(this.pool, this.place, this.slot, id));
    if (!given) this.lost = true;
    return given;
  }

  /** `pending` gives the row back untouched. Written with the next batch. */
  finish(id: number, outcome: Finished['outcome'], code: string | null = null, revisionId: number | null = null): void {
    if (outcome !== 'pending') this.done++;
    this.results.push({ id, outcome, code, revisionId });
    if (this.results.length >= BATCH) this.write(0).catch(() => {}); // `release` says so again
  }

  /** Writes all that is known by now. What comes meanwhile waits for a full batch again: small ones would cost more than the edits. */
  flush = (): Promise<void> => this.write(this.taken + this.results.length);

  /** Full batches, and whatever else is among the first `upTo` results; one at a time, through a restart of Postgres if need be. */
  private write(upTo: number): Promise<void> {
    const write = async (): Promise<void> => {
      while (this.results.length >= BATCH || this.taken < upTo) {
        const batch = this.results.splice(0, BATCH);
        this.taken += batch.length;
        const over = this.overWith(batch);
        this.refused += batch.length - (await patiently(() => finishTargets(this.pool, this.place, this.slot, batch, over)));
      }
    };
    return (this.writing = this.writing.then(write));
  }

  /** Claims of which these are the last rows without an outcome. */
  private overWith(batch: Finished[]): number[] {
    return batch.flatMap(({ id }) => {
      const claimed = this.claims.get(id);
      return claimed && this.claims.delete(id) && --claimed.left === 0 ? claimed.claim : [];
    });
  }

  async release(): Promise<void> {
    await this.flush();
    if (!this.lost) await patiently(() => releaseSlot(this.pool, this.place, this.slot));
  }
}
