/**
 * Live progress of deliveries: one poll per delivery and process however many listen, at most four messages a second to
 * each. Who loses the right to read, signs out or whose key is revoked loses the stream.
 */
import type { Kernel } from '../db/kernel';
import { readProgress, type Progress, type WikiCounts } from '../db/queries/deliveries';

export interface Tick extends Progress {
  /** Changes with any count and any wiki's limit. */
  fingerprint: string;
  /** Pages done per minute over the last minute; null until there is something to tell. */
  perMinute: number | null;
  /** The same of each wiki, by its id. */
  rates: Map<number, number | null>;
}
/** Hears every poll and says what is new to its own reader. */
export type Listener = (tick: Tick) => void;

export const fingerprintOf = (wikis: WikiCounts[]): string => wikis.map(({ wikiId, editsPerMinute, total, sent, skipped, failed, unknown, cancelled }) => [wikiId, editsPerMinute, total, sent, skipped, failed, unknown, cancelled].join()).join(';');

const MOVING_MS = 600; // never more than two polls within a second, and two messages each
const RESTING_MS = 2_000;
const MINUTE_MS = 60_000;

export class ProgressWatches {
  private readonly watches = new Map<number, Watch>();
  private readonly ends = new Set<() => void>();

  constructor(private readonly kernel: Kernel) {}

  /**
   * @param end closes the listener's own stream when the process goes.
   * @returns what ends the listening.
   */
  listen(deliveryId: number, listener: Listener, end: () => void): () => void {
    this.ends.add(end);
    let watch = this.watches.get(deliveryId);
    if (!watch) this.watches.set(deliveryId, (watch = new Watch(this.kernel, deliveryId)));
    const mine = watch;
    mine.listeners.add(listener);
    return () => {
      this.ends.delete(end);
      mine.listeners.delete(listener);
      if (mine.listeners.size || this.watches.get(deliveryId) !== mine) return;
      mine.stop();
      this.watches.delete(deliveryId);
    };
  }

  get listeners(): number {
    return this.ends.size;
  }

  close(): void {
    for (const end of [...this.ends]) end();
    for (const watch of this.watches.values()) watch.stop();
    this.watches.clear();
  }
}

class Watch {
  readonly listeners = new Set<Listener>();
  private last = '';
  private samples: { atMs: number; done: Map<number, number> }[] = [];
  private timer: NodeJS.Timeout;
  private stopped = false;

  constructor(private readonly kernel: Kernel, private readonly deliveryId: number) {
    this.timer = setTimeout(() => void this.poll(), 0);
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  private async poll(): Promise<void> {
    let moving = false;
    try {
      const now = await readProgress(this.kernel, this.deliveryId);
      if (now && !this.stopped) moving = this.tell(now);
    } catch {
      // Postgres is away: the listeners hear again when it is back
    }
    if (!this.stopped) this.timer = setTimeout(() => void this.poll(), moving ? MOVING_MS : RESTING_MS).unref();
  }

  private tell(now: Progress): boolean {
    this.sample(now.wikis);
    const rates = new Map(now.wikis.map(({ wikiId }) => [wikiId, this.perMinute((done) => done.get(wikiId) ?? 0)]));
    const tick: Tick = { ...now, fingerprint: fingerprintOf(now.wikis), perMinute: this.perMinute((done) => [...done.values()].reduce((sum, one) => sum + one, 0)), rates };
    for (const listener of this.listeners) listener(tick);
    const before = this.last;
    this.last = `${now.version} ${tick.fingerprint} ${now.waiting.join()}`;
    return MOVING.has(now.state) || (before !== '' && before !== this.last);
  }

  private sample(wikis: WikiCounts[]): void {
    const nowMs = performance.now();
    this.samples.push({ atMs: nowMs, done: new Map(wikis.map(({ wikiId, sent, skipped, failed }) => [wikiId, sent + skipped + failed])) });
    while (this.samples.length > 2 && this.samples[1]!.atMs < nowMs - MINUTE_MS) this.samples.shift();
  }

  private perMinute(doneOf: (done: Map<number, number>) => number): number | null {
    const first = this.samples[0];
    const last = this.samples.at(-1);
    return first && last && last.atMs - first.atMs > 3_000 ? Math.round(((doneOf(last.done) - doneOf(first.done)) / (last.atMs - first.atMs)) * MINUTE_MS) : null;
  }
}

const MOVING = new Set(['expanding', 'running']);
