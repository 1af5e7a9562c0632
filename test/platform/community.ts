/** People, wikis and sends of a platform test, made as scripts make them: by the HTTP API, with keys. */
import type { Client } from '../../bin/client';
import { sandboxAccounts } from '../../demo/sandbox-wiki';
import type { Platform } from '../support/platform';

export interface Delivery {
  id: number;
  state: string;
  version: number;
  marker: string;
  startedAt: string | null;
  counts: { total: number; pending: number; sent: number; skipped: number; failed: number; unknown: number; cancelled: number };
  wikis: { host: string; attention: string | null }[];
}
export interface Operation {
  id: number;
  state: string;
  workflowId: string;
  wiki: string | null;
  code: string;
  skippable: boolean;
}
export interface Marks {
  exactlyOne: number;
  none: number;
  more: number;
  posted: number;
  titles?: Record<string, number>;
}
/** A wiki of its own in the sandbox, and its readers. */
export interface SandboxWiki {
  id: number;
  name: string;
  host: string;
  readers: string[];
}

export const SUBJECT = 'The garden opens its gates';
export const BODY = 'Everybody who likes apples is welcome. ~~~~';

export class Community {
  private wikis = 0;
  constructor(readonly platform: Platform) {}

  async wiki(readers: number, more: Record<string, unknown> = {}): Promise<SandboxWiki> {
    const name = `garden${++this.wikis}`;
    const { user, password } = sandboxAccounts.bot;
    const apiUrl = `${new URL(this.platform.run().sandboxWiki).origin}/${name}/api.php`;
    const { id, host } = await this.platform.admin.post('/wikis', {
      host: `${name}.example.org`, apiUrl, botUser: user, botPassword: password, editsPerMinute: 60_000, inFlight: 4, footer: `Greetings from the ${name} committee`, ...more,
    });
    await this.platform.control('POST', 'seed', { wiki: name, users: [{ prefix: 'Reader ', count: readers }] });
    return { id, name, host, readers: Array.from({ length: readers }, (_, i) => `User talk:Reader ${i + 1}`) };
  }

  /** A draft to these pages, by default to all readers. */
  async draft(sender: Client, { host, readers }: SandboxWiki, { pages = readers, ...more }: { pages?: string[]; sendAt?: string } = {}): Promise<Delivery> {
    const list = await sender.post('/target-lists', { name: 'All who asked to hear from us', wiki: host, content: pages.join('\n') });
    return sender.post('/deliveries', { wiki: host, listIds: [list.id], subject: SUBJECT, body: BODY, ...more });
  }

  async send(sender: Client, wiki: SandboxWiki, more: { pages?: string[]; sendAt?: string } = {}): Promise<Delivery> {
    const { id } = await this.draft(sender, wiki, more);
    return sender.post(`/deliveries/${id}/submit`);
  }

  /** What the wiki itself says about the talk pages. */
  marks({ name }: SandboxWiki, { marker }: Pick<Delivery, 'marker'>, list = false): Promise<Marks> {
    return this.platform.control('GET', `marks?wiki=${name}&marker=${marker}&prefix=User%20talk:${list ? '&list=1' : ''}`);
  }

  /** Trouble on one wiki; `calm` ends all. */
  fault({ name }: SandboxWiki, fault: string, more: object = {}): Promise<unknown> {
    return this.platform.control('POST', 'faults', { wiki: name, fault, ...more });
  }
  calm(): Promise<unknown> {
    return this.platform.control('DELETE', 'faults');
  }

  latency(latencyMs: number): Promise<unknown> {
    return this.platform.control('POST', '', { latencyMs });
  }

  read(reader: Client, { id }: Pick<Delivery, 'id'>): Promise<Delivery> {
    return reader.get(`/deliveries/${id}`);
  }

  finished(reader: Client, delivery: Pick<Delivery, 'id'>, withinMs?: number): Promise<Delivery> {
    return until(() => this.read(reader, delivery), ({ state }) => state === 'finished', withinMs);
  }

  async rate({ id }: SandboxWiki, editsPerMinute: number): Promise<void> {
    const { version } = await this.platform.admin.get(`/wikis/${id}`);
    await this.platform.admin.act({ method: 'PATCH', path: `/wikis/${id}`, body: { editsPerMinute }, ifMatch: version });
  }

  /** Who did what to a thing, as the log says it; the log is sealed a moment after the act. */
  async log(noun: string, entity: number, verb: string): Promise<{ verb: string; actor: string; code: string | null; reason?: string | null; to: string }> {
    const { items } = await until(() => this.platform.admin.get(`/log?noun=${noun}&entity=${entity}&verb=${verb}`), (page) => page.items.length > 0);
    return items.at(-1);
  }
}

/** Asks again and again until the answer is as wanted. @throws with the last answer. */
export async function until<T>(ask: () => Promise<T>, wanted: (answer: T) => boolean, withinMs = 90_000, everyMs = 150): Promise<T> {
  for (const giveUpAt = Date.now() + withinMs; ; await pause(everyMs)) {
    const answer = await ask();
    if (wanted(answer)) return answer;
    if (Date.now() > giveUpAt) throw new Error(`not within ${withinMs / 1000} s: ${JSON.stringify(answer)}`);
  }
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
