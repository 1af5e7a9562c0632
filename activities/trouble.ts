/** How long a wiki's trouble is borne: it is waited for as it asks, and given up after too long without one success. */
import { WikiError } from '../gateways/mediawiki-error';

export class WikiTrouble {
  /** What ended it; null while there is hope. */
  fatal: unknown = null;
  private since = 0;
  private times = 0;
  private until = 0;

  /** @param patienceMs without one success; @param width edits in flight: one lost answer of many says little. */
  constructor(private readonly patienceMs: number, private readonly width: number) {}

  met(error: unknown): void {
    const now = performance.now();
    this.since ||= now;
    this.times++;
    const final = !(error instanceof WikiError) || error.kind === 'session' || error.kind === 'blocked';
    if (final || now - this.since > this.patienceMs) this.fatal ??= error;
    else if (error.kind !== 'lost' || this.times > this.width)
      this.until = Math.max(this.until, now + (error.retryAfterMs ?? Math.min(250 * 2 ** Math.min(this.times, 8), 30_000)));
  }

  over(): void {
    this.times = this.since = 0;
  }

  /** The wiki has not taken anything since something went wrong. */
  get lasts(): boolean {
    return this.since > 0;
  }

  get waiting(): boolean {
    return performance.now() < this.until;
  }
}
