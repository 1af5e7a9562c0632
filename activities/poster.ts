/**
 * Posts claimed rows, a few at once, and looks up whatever is in doubt before it is posted again. It never gives the
 * same page a second copy: a row goes back to the queue only when the wiki says that the first try was not made, or
 * when the bot's contributions, read after the page's revision, do not hold its marker. Of a topic on a board and of a
 * mail the wiki cannot tell: the ledger says beforehand that the row is given away, and without a sound answer it is
 * `unknown`. Used by activities/lane.ts.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Claimed } from '../db/queries/ledger';
import { WikiError } from '../gateways/mediawiki-error';
import { BATCH, type HeldSlot } from './held-slot';
import { refusalOf } from './message';
import { describePages, searchPosted } from './pages';
import { post, type Doubt, type Job, type PosterOptions } from './post';
import { WikiTrouble } from './trouble';

/** Tries of one page that others keep changing. */
const CONFLICT_TRIES = 5;

export class Poster {
  /** How long one edit takes of late, milliseconds. */
  editMs = 200;
  readonly trouble: WikiTrouble;
  private queue: Job[] = [];
  private doubtful: Doubt[] = [];
  private inFlight = 0;
  private ended = false;
  private wakeups: (() => void)[] = [];

  constructor(private readonly slot: HeldSlot, private readonly options: PosterOptions) {
    this.trouble = new WikiTrouble(options.patienceMs, slot.width);
  }

  /** Rows in hand that have no outcome yet. */
  get open(): number {
    return this.queue.length + this.inFlight + this.doubtful.length;
  }
  /** Whether it is time to claim more: there is little in the queue, and the wiki wants more. */
  get hungry(): boolean {
    return this.queue.length < this.slot.width * 8 && !this.trouble.waiting;
  }

  /** Asks the wiki about claimed pages: rows that get no message are done, the others are posted. */
  async add(rows: Claimed[]): Promise<void> {
    const left = [...rows];
    try {
      const { wiki, message, stopped } = this.options;
      const pages = await describePages(wiki, rows.map((row) => row.page), message, stopped);
      for (const page of pages) {
        const renamed = this.enqueue({ row: left[0]!, page, tries: 0 });
        if (renamed) await renamed;
        left.shift();
      }
    } catch (error) {
      for (const row of left) this.slot.finish(row.id, 'pending'); // the others are on their way
      this.trouble.met(error);
    }
    this.wake();
  }

  /** Rows of a lane that died: nobody knows whether they were posted. */
  adopt(rows: Claimed[]): void {
    for (const row of rows) this.doubt({ row, tries: 0 });
    this.wake();
  }

  /** Works until `stop`: `width` hands post, one pair of eyes looks up. */
  async work(): Promise<void> {
    await Promise.all([this.eyes(), ...Array.from({ length: this.slot.width }, () => this.hand())]);
    // Claimed, and surely not posted: given back. What was in doubt before stays so, to be looked up again from its first claim on.
    for (const { row, doubted } of this.queue) if (!doubted) this.slot.finish(row.id, 'pending');
  }

  stop(): void {
    this.ended = true;
    this.wake();
  }

  /** Waits until something may have changed: a row came, a row went, or a quarter of a second passed. */
  async change(): Promise<void> {
    let timer: NodeJS.Timeout;
    await new Promise<void>((resolve) => {
      this.wakeups.push(resolve);
      timer = setTimeout(resolve, 250);
    });
    clearTimeout(timer!);
  }

  private async hand(): Promise<void> {
    while (!this.ended) {
      const job = this.trouble.waiting || !this.slot.trusted() ? undefined : this.queue.shift();
      if (!job) {
        await this.change();
        continue;
      }
      const begun = performance.now();
      this.inFlight++;
      try {
        this.posted(job, await post(job, this.slot, this.trouble, this.options));
        this.editMs += (performance.now() - begun - this.editMs) * 0.05;
      } catch (error) {
        this.failed(job, error);
      }
      this.inFlight--;
      if (this.queue.length < this.slot.width * 8) this.wake();
    }
  }

  /** @param sent null: another holds the slot, and the row; what is written of it here is refused. */
  private posted(job: Job, sent: { revisionId: number | null } | null): void {
    if (!sent) return void this.queue.unshift(job);
    this.slot.finish(job.row.id, 'sent', null, sent.revisionId);
    this.trouble.over();
  }

  private failed(job: Job, error: unknown): void {
    const { row, tries } = job;
    const { kind, code } = error instanceof WikiError ? error : { kind: 'lost', code: '' };
    if (kind === 'refused') return this.slot.finish(row.id, code === 'nomail' ? 'skipped' : 'failed', code);
    if (kind === 'conflict') this.doubt({ row, tries: tries + 1, conflict: code });
    else if (kind === 'lost') this.doubt({ row, tries: tries + 1 });
    else this.queue.unshift(job); // nothing was done
    if (kind !== 'conflict') this.trouble.met(error);
  }

  /** Of a mail there is nothing to look up. */
  private doubt(doubt: Doubt): void {
    if (doubt.row.givenAway && this.options.message.channel === 'email') this.slot.finish(doubt.row.id, 'unknown', 'lost-reply');
    else this.doubtful.push(doubt);
  }

  /** Looks up what is in doubt: a batch at a time, or what there is when nothing else is left to do. */
  private async eyes(): Promise<void> {
    while (!this.ended) {
      if (!this.doubtful.length || this.trouble.waiting || !this.slot.trusted()) await this.change();
      else if (this.doubtful.length < BATCH / 4 && this.queue.length) await sleep(50);
      else await this.lookUp(this.doubtful.splice(0, BATCH));
    }
  }

  private async lookUp(doubts: Doubt[]): Promise<void> {
    const { wiki, message, stopped, count } = this.options;
    const rows = doubts.map(({ row }) => row);
    this.inFlight += rows.length;
    try {
      const pages = await describePages(wiki, rows.map(({ page }) => page), message, stopped);
      const { found, hidden } = await searchPosted(wiki, message, rows, stopped);
      count('lookups', rows.length);
      count('found_posted', found.size);
      for (const page of pages) {
        const { row, tries, conflict } = doubts[0]!;
        const revisionId = found.get(row.id);
        if (revisionId) this.slot.finish(row.id, 'sent', null, revisionId);
        else if (row.givenAway) this.slot.finish(row.id, 'unknown', 'lost-reply');
        else if (hidden) this.slot.finish(row.id, 'unknown', 'hidden-contributions');
        else if (conflict && tries >= CONFLICT_TRIES) this.slot.finish(row.id, 'failed', conflict);
        else await this.enqueue({ row, page, tries, doubted: message.channel === 'page' }); // a mail that was not given away was not sent
        doubts.shift();
      }
    } catch (error) {
      this.doubtful.unshift(...doubts);
      this.trouble.met(error);
    }
    this.inFlight -= rows.length;
    this.wake();
  }

  /** @returns what to wait for where the ledger must follow the wiki's name for the page: seldom. */
  private enqueue(job: Job): Promise<void> | undefined {
    const { row, page } = job;
    if (page.problem || page.title === row.page) return this.take(job);
    return this.slot.rename(row, page.title).then((own) => (own ? this.take(job) : this.slot.finish(row.id, 'skipped', 'duplicate')));
  }

  private take(job: Job): undefined {
    const { row, page } = job;
    const refusal = refusalOf(page, this.options.message.channel);
    if (refusal) this.slot.finish(row.id, refusal.outcome, refusal.code);
    else this.queue.push(job);
  }

  private wake(): void {
    for (const resolve of this.wakeups.splice(0)) resolve();
  }
}
