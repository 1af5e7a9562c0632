/**
 * Brings outbox rows to whoever takes them: woken by NOTIFY, with a poll as a net; entities in parallel, the rows of one
 * in order, one at a time. Any number of dispatchers may run. One statement both deletes what is delivered and claims
 * what is next. Runs in the worker process (bin/worker.ts); bench/ gives it other deliverers.
 */
import type pg from 'pg';
import { listen, type Listener } from '../db/listen';
import { OUTBOX_CHANNEL, claimOutbox, finishOutbox, returnOutbox, type OutboxRow } from '../db/outbox';

export interface DispatcherOptions {
  pool: pg.Pool;
  /** For the connection that listens; without it only the poll finds rows. */
  listenUrl?: string;
  /** Must bear being repeated. @throws what `refusal` can tell apart. */
  deliver(row: OutboxRow): Promise<void>;
  /** The code of a refusal, which counts towards the row's death; undefined for trouble on the way, which never does. */
  refusal?(error: unknown): string | undefined;
  onError?(error: unknown, row?: OutboxRow): void;
  /** Entities at once. */
  width?: number;
  pollMs?: number;
  /** How long a row stays with a dispatcher that says nothing more, and how long before that it begins no other. */
  leaseMs?: number;
  deliverMs?: number;
}
export interface Dispatcher {
  readonly counts: { delivered: number; refused: number; troubled: number; connected: number };
  /** Begins no other row, waits for those in hand, gives the rest back. */
  stop(): Promise<void>;
}

const TROUBLE_MS = 500;

export function createDispatcher(options: DispatcherOptions): Dispatcher {
  const { pool, deliver, refusal = () => undefined, onError = () => {} } = options;
  const { width = 100, pollMs = 200, leaseMs = 10_000, deliverMs = 4_000 } = options;
  const counts = { delivered: 0, refused: 0, troubled: 0, connected: 0 };
  const delivered: number[] = [];
  const inHand = new Set<Promise<void>>();
  let dirty = true; // there may be rows that nobody has looked for
  let turning: Promise<void> | undefined;
  let down = false; // the outside does not answer: one row at a time finds out when it does
  let stopped = false;

  const look = (): void => {
    dirty = true;
    wake();
  };
  const room = (): number => (stopped ? 0 : (down ? 1 : width) - inHand.size);
  const due = (): boolean => delivered.length > 0 || (dirty && room() > 0);
  const wake = (): void => {
    if (turning || !due()) return;
    turning = turn().then((away) => {
      turning = undefined;
      if (!away) wake(); // what came while the last look ended
    });
  };
  const answered = (): void => {
    if (!down) return;
    down = false;
    dirty = true;
  };

  /** One statement at a time, so that no row can come between what is deleted and what is claimed. @returns whether Postgres is away. */
  async function turn(): Promise<boolean> {
    while (due()) {
      const done = delivered.splice(0);
      const limit = room();
      const until = performance.now() + leaseMs - deliverMs;
      dirty = false;
      try {
        if (limit <= 0) await finishOutbox(pool, done).then(() => (dirty = true));
        else begin(await claimOutbox(pool, limit, leaseMs, done), until, limit);
      } catch (error) {
        delivered.unshift(...done);
        onError(error);
        return true; // the poll comes back to it
      }
    }
    return false;
  }

  function begin(rows: OutboxRow[], until: number, limit: number): void {
    const entities = new Map<string, OutboxRow[]>();
    for (const row of rows) {
      const key = `${row.noun}/${row.entity}`;
      const before = entities.get(key);
      if (before) before.push(row);
      else entities.set(key, [row]);
    }
    if (entities.size >= limit || rows.length > entities.size) dirty = true; // there may be more
    for (const run of entities.values()) {
      const hand = runOf(run, until).finally(() => {
        inHand.delete(hand);
        wake();
      });
      inHand.add(hand);
    }
  }

  /** The rows of one entity, in order; what is left when one fails, or when the lease runs out, is given back. */
  async function runOf(rows: OutboxRow[], until: number): Promise<void> {
    for (const [i, row] of rows.entries()) {
      const rest = rows.slice(i).map(({ id }) => id);
      if (stopped || performance.now() > until) return giveBack(rest, 0);
      try {
        await deliver(row);
      } catch (error) {
        onError(error, row);
        const code = refusal(error);
        if (code === undefined) {
          counts.troubled++;
          down = true;
          dirty = false; // the poll's pace is enough
        } else {
          counts.refused++;
          answered();
        }
        return giveBack(rest, code === undefined ? TROUBLE_MS : Math.min(60_000, TROUBLE_MS * 2 ** row.refusals), code);
      }
      counts.delivered++;
      delivered.push(row.id);
      answered();
      if (i < rows.length - 1) wake();
    }
  }

  const giveBack = (ids: number[], afterMs: number, code?: string): Promise<void> => returnOutbox(pool, ids, afterMs, code).catch(onError); // the lease ends by itself

  const poll = setInterval(look, pollMs);
  const listener: Listener | undefined = options.listenUrl === undefined ? undefined : listen({ url: options.listenUrl, channel: OUTBOX_CHANNEL, onNotify: look, onLost: onError });
  look();

  return {
    get counts() {
      return { ...counts, connected: listener?.connected ?? 0 };
    },
    async stop() {
      stopped = true;
      clearInterval(poll);
      await listener?.stop();
      while (inHand.size || turning || delivered.length) {
        await Promise.all(inHand);
        wake();
        await turning;
        if (delivered.length && !inHand.size) break; // Postgres is away: others will repeat what was delivered
      }
    },
  };
}
