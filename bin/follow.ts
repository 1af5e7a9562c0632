/** Watches a delivery until it is over: by server-sent events, and by asking where the stream fails. Bar on a terminal, else a line per 10 %. */
import { setTimeout as wait } from 'node:timers/promises';
import type { Client } from './client';
import { onTerminal, say } from './output';

export interface Counts {
  total: number;
  pending: number;
  sent: number;
  skipped: number;
  failed: number;
  unknown: number;
  cancelled: number;
}
export interface DeliveryView {
  id: number;
  state: string;
  version: number;
  counts: Counts;
  sendAt?: string | null;
  listsAfresh?: boolean;
  /** What waits for an operator. */
  attention: { operation: number; code: string; wiki: string | null; attempts: number }[];
}

const OVER = new Set(['finished', 'cancelled', 'rejected']);
/** Nothing happens before a person acts. */
const RESTS = new Set(['draft', 'requested']);
const ASK_EVERY_MS = 2_000;

/** @returns the delivery as it ends, or as it waits for a person. */
export async function follow(api: Client, id: number): Promise<DeliveryView> {
  const show = onTerminal(process.stderr) ? new Bar() : new Lines();
  let delivery = await api.get<DeliveryView>(`/deliveries/${id}`);
  const told = new Set<number>();
  for (;;) {
    for (const { operation, code, wiki } of delivery.attention) {
      if (!told.has(operation)) show.tell(`Needs attention: ${code}${wiki === null ? '' : ` on ${wiki}`}. Once it is mended: reeve ops retry delivery/${id}${wiki === null ? '' : `/${wiki}`} (or skip, or abort)`);
      told.add(operation);
    }
    show.draw(delivery);
    if (OVER.has(delivery.state) || RESTS.has(delivery.state)) break;
    await nextChange(api, id, (counts) => show.draw((delivery = { ...delivery, counts })));
    delivery = await api.get<DeliveryView>(`/deliveries/${id}`);
  }
  show.end();
  return delivery;
}

/** Until something other than counts changed, or the stream broke, or a while has gone. */
async function nextChange(api: Client, id: number, onCounts: (counts: Counts) => void): Promise<void> {
  const over = new AbortController();
  const clock = setTimeout(() => over.abort(), 60_000); // a stream that is silently dead
  try {
    for await (const { event, data } of api.events(`/deliveries/${id}/progress`, over.signal)) {
      clock.refresh();
      const counts = (data as { counts?: Counts } | null)?.counts;
      if (counts) onCounts(counts);
      if (event === 'changed' || (data as { state?: string } | null)?.state === 'finished') return;
    }
  } catch {
    await wait(ASK_EVERY_MS); // ask instead
  } finally {
    clearTimeout(clock);
    over.abort();
  }
}

const doneOf = ({ total, pending }: Counts): number => total - pending;

/** 100 % only when all is done. */
export const percent = (counts: Counts): number => (counts.total ? Math.floor((doneOf(counts) / counts.total) * 100) : 0);

export const summary = ({ sent, skipped, failed, unknown, cancelled }: Counts): string =>
  [`${sent} sent`, `${skipped} skipped`, `${failed} failed`, unknown && `${unknown} unknown`, cancelled && `${cancelled} cancelled`].filter(Boolean).join(', ');

interface Show {
  draw(delivery: DeliveryView): void;
  /** A line that stays. */
  tell(text: string): void;
  end(): void;
}

class Bar implements Show {
  private last = '';

  draw({ state, counts }: DeliveryView): void {
    const width = Math.max(10, Math.min(40, (process.stderr.columns ?? 80) - 50));
    const full = counts.total ? Math.floor((doneOf(counts) / counts.total) * width) : 0;
    const line = `[${'#'.repeat(full)}${'-'.repeat(width - full)}] ${doneOf(counts)}/${counts.total}  ${state}  ${summary(counts)}`;
    if (line === this.last) return;
    this.last = line;
    process.stderr.write(`\r\u001b[K${line.slice(0, (process.stderr.columns ?? 80) - 1)}`);
  }
  tell(text: string): void {
    process.stderr.write(`\r\u001b[K${text}\n`);
    this.last = '';
  }
  end(): void {
    process.stderr.write('\n');
  }
}

class Lines implements Show {
  private state = '';
  private tenth = 0;

  draw({ state, counts }: DeliveryView): void {
    if (state !== this.state) say(`${state}`);
    this.state = state;
    const tenth = Math.floor(percent(counts) / 10);
    for (; this.tenth < tenth; this.tenth++) if (this.tenth + 1 === tenth) say(`${tenth * 10} %  ${doneOf(counts)} of ${counts.total}: ${summary(counts)}`);
  }
  tell = say;
  end(): void {}
}
