/**
 * Trouble on demand: rules that say which requests of the sandbox wiki go wrong, and how. Set through /_control/faults.
 * Chance comes from a seeded generator, so a run can be had again.
 */

/** Nothing is done. */
const before = ['cut-before', 'maxlag', 'ratelimited', 'readonly', 'badtoken', 'assertfailed', 'blocked', 'protected', 'abusefilter',
  'titleblacklist', 'nomail', 'http-500', 'http-502', 'http-503', 'http-429', 'hang', 'html', 'internal-error', 'logout'] as const;
/** It is done, and the answer says otherwise or never comes. */
const after = ['cut-after', 'http-502-after', 'hang-after', 'invalid-json', 'empty-json', 'html-after'] as const;

export type Fault = (typeof before)[number] | (typeof after)[number];
export const faultNames: readonly string[] = [...before, ...after];
export const isAfter = (fault: Fault): boolean => (after as readonly string[]).includes(fault);

const posting = new Set(['edit', 'flow', 'threadaction', 'emailuser']);

export interface FaultRule {
  fault: Fault;
  /** Share of the matching requests, 0 to 1. Default 1. */
  probability?: number;
  /** How many more times; then the rule is spent. Default always. */
  times?: number;
  titles?: string[];
  wiki?: string;
  /** By default each that posts a message, be it an edit, a topic, a thread or a mail; `*` for every action. */
  action?: string;
  /** Seconds in Retry-After, for the faults that carry one. Default 1. */
  retryAfter?: number;
  /** Share of the messages that a user takes off the page again at once (the reply being lost). Default 0. */
  archive?: number;
  /** Share of the edits whose summary an admin hides at once: then nobody can tell what it was. Default 0. */
  hide?: number;
}

export class Faults {
  rules: FaultRule[] = [];
  readonly counts: Record<string, number> = {};
  private random = mulberry32(1);

  seed(value: number): void {
    this.random = mulberry32(value);
  }

  /** The first rule that strikes this request. */
  strike(wiki: string, action: string, title: string): FaultRule | undefined {
    for (const rule of this.rules) {
      if (rule.times === 0 || (rule.wiki !== undefined && rule.wiki !== wiki)) continue;
      if (rule.action !== '*' && (rule.action === undefined ? !posting.has(action) : rule.action !== action)) continue;
      if (rule.titles && !rule.titles.includes(title)) continue;
      if (rule.probability !== undefined && this.random() >= rule.probability) continue;
      if (rule.times !== undefined) rule.times -= 1;
      this.counts[rule.fault] = (this.counts[rule.fault] ?? 0) + 1;
      return rule;
    }
    return undefined;
  }

  chance(share: number | undefined): boolean {
    return share !== undefined && this.random() < share;
  }
}

function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
