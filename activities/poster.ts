/**
 * Posts claimed rows, a few at once, and looks up whatever is in doubt before it is posted again. It never gives the
 * same page a second copy: a row goes back to the queue only when the wiki says that the first try was not made, or
 * when the bot's contributions, read after the page's revision, do not hold its marker. Used by activities/lane.ts.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Claimed } from '../db/queries/ledger';
import { WikiError } from '../gateways/mediawiki-error';
import type { WikiPage } from '../gateways/mediawiki-pages';
import { BATCH, type HeldSlot } from './held-slot';
import { appendTo, markerOf, refusalOf, type Message } from './message';
import type { OpenWiki } from './wikis';

export interface PosterOptions {
  wiki: OpenWiki;
  message: Message;
  /** How long the wiki may be in trouble without one success, milliseconds. */
  patienceMs: number;
  /** Aborted when the worker shuts down. */
  stopped: AbortSignal;
  /** Counts what operators watch: `lookups`, `found_posted`. */
  count(name: string, by?: number): void;
}
interface Job {
  row: Claimed;
  page: WikiPage;
  tries: number;
}
interface Doubt {
  row: Claimed;
  tries: number;
  conflict?: string;
}

/** Tries of one page that others keep changing. */
const CONFLICT_TRIES = 5;

export class Poster {
  /** What stops the whole wiki; everything that is not in doubt is given back. */
  fatal: unknown = null;
  /** How long one edit takes of late, milliseconds. */
  editMs = 200;
  private queue: Job[] = [];
  private doubtful: Doubt[] = [];
  private inFlight = 0;
  private ended = false;
  private troubleSince = 0;
  private troubles = 0;
  private busyUntil = 0;
  private wakeups: (() => void)[] = [];

  constructor(private readonly slot: HeldSlot, private readonly options: PosterOptions) {}

  /** Rows in hand that have no outcome yet. */
  get open(): number {
    return this.queue.length + this.inFlight + this.doubtful.length;
  }
  /** Whether it is time to claim more: there is little in the queue, and the wiki wants more. */
  get hungry(): boolean {
    return this.queue.length < this.slot.width * 8 && !this.waiting();
  }

  /** Asks the wiki about claimed pages: rows that get no message are done, the others are posted. */
  async add(rows: Claimed[]): Promise<void> {
    try {
      const pages = await this.describe(rows.map((row) => row.page));
      for (const [i, row] of rows.entries()) await this.enqueue({ row, page: pages[i]!, tries: 0 });
    } catch (error) {
      for (const row of rows) this.slot.finish(row.id, 'pending');
      this.trouble(error);
    }
    this.wake();
  }

  /** Rows of a lane that died: nobody knows whether they were posted. */
  adopt(rows: Claimed[]): void {
    this.doubtful.push(...rows.map((row) => ({ row, tries: 0 })));
    this.wake();
  }

  /** Says of rows that will not be posted any more what became of them: sent, unknown, or never made. */
  async settle(rows: Claimed[]): Promise<void> {
    const { found, hidden } = await this.search(rows);
    for (const { id } of rows) {
      const revisionId = found.get(id);
      if (revisionId) this.slot.finish(id, 'sent', null, revisionId);
      else if (hidden) this.slot.finish(id, 'unknown', 'hidden-contributions');
      else this.slot.finish(id, 'cancelled');
    }
  }

  /** Works until `stop`: `width` hands post, one pair of eyes looks up. */
  async work(): Promise<void> {
    await Promise.all([this.eyes(), ...Array.from({ length: this.slot.width }, () => this.hand())]);
    for (const { row } of this.queue) this.slot.finish(row.id, 'pending'); // claimed, and surely not posted
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
      const job = this.waiting() || !this.slot.trusted() ? undefined : this.queue.shift();
      if (job) await this.post(job);
      else await this.change();
    }
  }

  private async post(job: Job): Promise<void> {
    const begun = performance.now();
    this.inFlight++;
    try {
      const { revisionId } = await this.options.wiki.gateway.append(appendTo(job.page, this.options.message, job.row.id));
      this.slot.finish(job.row.id, 'sent', null, revisionId);
      this.troubles = this.troubleSince = 0;
      this.editMs += (performance.now() - begun - this.editMs) * 0.05;
    } catch (error) {
      this.failed(job, error);
    }
    this.inFlight--;
    if (this.queue.length < this.slot.width * 8) this.wake();
  }

  private failed(job: Job, error: unknown): void {
    const { row, tries } = job;
    const kind = error instanceof WikiError ? error.kind : 'lost';
    if (kind === 'refused') return this.slot.finish(row.id, 'failed', (error as WikiError).code);
    if (kind === 'conflict') this.doubtful.push({ row, tries: tries + 1, conflict: (error as WikiError).code });
    else if (kind === 'lost') this.doubtful.push({ row, tries: tries + 1 });
    else this.queue.unshift(job); // nothing was done
    if (kind !== 'conflict') this.trouble(error);
  }

  /** Looks up what is in doubt: a batch at a time, or what there is when nothing else is left to do. */
  private async eyes(): Promise<void> {
    while (!this.ended) {
      if (!this.doubtful.length || this.waiting() || !this.slot.trusted()) await this.change();
      else if (this.doubtful.length < BATCH / 4 && this.queue.length) await sleep(50);
      else await this.lookUp();
    }
  }

  private async lookUp(): Promise<void> {
    const doubts = this.doubtful.splice(0, BATCH);
    this.inFlight += doubts.length;
    try {
      // The revision first, the contributions second: an edit that lands in between is a conflict, never a second copy.
      const pages = await this.describe(doubts.map(({ row }) => row.page));
      const { found, hidden } = await this.search(doubts.map(({ row }) => row));
      this.options.count('lookups', doubts.length);
      for (const [i, { row, tries, conflict }] of doubts.entries()) {
        const revisionId = found.get(row.id);
        if (revisionId) {
          this.options.count('found_posted');
          this.slot.finish(row.id, 'sent', null, revisionId);
        } else if (hidden) this.slot.finish(row.id, 'unknown', 'hidden-contributions');
        else if (conflict && tries >= CONFLICT_TRIES) this.slot.finish(row.id, 'failed', conflict);
        else await this.enqueue({ row, page: pages[i]!, tries });
      }
    } catch (error) {
      this.doubtful.unshift(...doubts);
      this.trouble(error);
    }
    this.inFlight -= doubts.length;
    this.wake();
  }

  /** Which of these rows the bot has posted, by the marker in its edit summaries; `hidden`: some edit cannot be told. */
  private async search(rows: Claimed[]): Promise<{ found: Map<number, number>; hidden: boolean }> {
    const wanted = new Map(rows.map((row) => [markerOf(this.options.message, row.id), row.id]));
    const found = new Map<number, number>();
    let hidden = false;
    const since = { sinceMs: Math.min(...rows.map((row) => row.atMs)), signal: this.options.stopped };
    for await (const { summary, revisionId } of this.options.wiki.gateway.contributions(since)) {
      if (summary === undefined) hidden = true;
      const row = wanted.get(/\(([^() ]+)\)$/.exec(summary ?? '')?.[1] ?? '');
      if (row !== undefined) found.set(row, revisionId);
      if (found.size === rows.length) break;
    }
    return { found, hidden };
  }

  private async enqueue(job: Job): Promise<void> {
    const { row, page } = job;
    const refusal = refusalOf(page, this.options.wiki.row);
    if (!page.problem && !(await this.slot.rename(row, page.title))) this.slot.finish(row.id, 'skipped', 'duplicate');
    else if (refusal) this.slot.finish(row.id, refusal.outcome, refusal.code);
    else this.queue.push(job);
  }

  /** User pages are written to on their talk page, under the wiki's own name for it. */
  private async describe(titles: string[]): Promise<WikiPage[]> {
    const { gateway, row } = this.options.wiki;
    const options = { optOutCategory: row.optOutCategory && `Category:${row.optOutCategory}`, signal: this.options.stopped };
    const pages = await gateway.pages(titles, options);
    const talk = (await gateway.siteInfo()).namespaces.get(3)?.name;
    const users = pages.flatMap((page, i) => (page.namespace === 2 && !page.problem && talk ? [{ i, title: `${talk}:${page.title.slice(page.title.indexOf(':') + 1)}` }] : []));
    if (users.length) for (const [k, page] of (await gateway.pages(users.map(({ title }) => title), options)).entries()) pages[users[k]!.i] = page;
    return pages;
  }

  /** The wiki as a whole is in trouble: wait as it asks; after too long without one success, give up. */
  private trouble(error: unknown): void {
    const now = performance.now();
    this.troubleSince ||= now;
    this.troubles++;
    const final = !(error instanceof WikiError) || error.kind === 'session' || error.kind === 'blocked';
    if (final || now - this.troubleSince > this.options.patienceMs) this.fatal ??= error;
    else if (error.kind !== 'lost' || this.troubles > this.slot.width) // one lost answer says little about the wiki
      this.busyUntil = Math.max(this.busyUntil, now + (error.retryAfterMs ?? Math.min(250 * 2 ** Math.min(this.troubles, 8), 30_000)));
  }

  private waiting(): boolean {
    return performance.now() < this.busyUntil;
  }

  private wake(): void {
    for (const resolve of this.wakeups.splice(0)) resolve();
  }
}
