/**
 * The sandbox wikis of one process, and the file that lets them outlive it: one JSON line per operation, in the file
 * before the answer leaves (a killed process loses nothing that it said). Used by demo/sandbox-wiki.ts.
 */
import { closeSync, createReadStream, existsSync, ftruncateSync, openSync, truncateSync, writeSync } from 'node:fs';
import { type Operation, type Page, type Revision, WikiState } from './sandbox-wiki-state';

export class Journal {
  readonly wikis = new Map<string, WikiState>();
  private readonly file: number | undefined;
  private waiting: string[] = [];
  private lastAdded: string | undefined;

  private constructor(path?: string) {
    this.file = path === undefined ? undefined : openSync(path, 'a');
  }

  /** Plays the file again; a last line that was cut off by a crash was never answered for, and goes. */
  static async open(path?: string): Promise<Journal> {
    const played = path !== undefined && existsSync(path) ? await replay(path) : undefined;
    if (path !== undefined && played) truncateSync(path, played.bytes);
    const journal = new Journal(path);
    for (const [name, wiki] of played?.wikis ?? []) journal.wikis.set(name, wiki);
    return journal;
  }

  /** A wiki by its path; there is one for every name. */
  wiki(name: string): WikiState {
    return wikiOf(this.wikis, name);
  }

  apply(operation: Operation): { page: Page; revision: Revision } | undefined {
    if (this.file !== undefined) this.waiting.push(this.line(operation));
    return this.wiki(operation.wiki).apply(operation);
  }

  /** What thousands of edits in a row add is written once. */
  private line(operation: Operation): string {
    if (operation.op !== 'edit' || operation.added === undefined) return JSON.stringify(operation);
    if (operation.added === this.lastAdded) return JSON.stringify({ ...operation, added: undefined, again: true });
    this.lastAdded = operation.added;
    return JSON.stringify(operation);
  }

  get isDirty(): boolean {
    return this.waiting.length > 0;
  }

  /** One write for all that came in since; to be called before any of it is answered. */
  flush(): void {
    if (this.file === undefined || !this.waiting.length) return;
    const lines = Buffer.from(`${this.waiting.join('\n')}\n`);
    this.waiting = [];
    for (let at = 0; at < lines.length;) at += writeSync(this.file, lines, at);
  }

  reset(): void {
    this.wikis.clear();
    this.waiting = [];
    this.lastAdded = undefined;
    if (this.file !== undefined) ftruncateSync(this.file);
  }

  close(): void {
    this.flush();
    if (this.file !== undefined) closeSync(this.file);
  }
}

function wikiOf(wikis: Map<string, WikiState>, name: string): WikiState {
  let wiki = wikis.get(name);
  if (!wiki) wikis.set(name, (wiki = new WikiState(name)));
  return wiki;
}

async function replay(path: string): Promise<{ wikis: Map<string, WikiState>; bytes: number }> {
  const wikis = new Map<string, WikiState>();
  let bytes = 0;
  let rest = Buffer.alloc(0);
  let lastAdded: string | undefined;
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) {
    const data = Buffer.concat([rest, chunk as Buffer]);
    let from = 0;
    for (let end = data.indexOf(10); end >= 0; end = data.indexOf(10, from)) {
      const operation = JSON.parse(data.toString('utf8', from, end)) as Operation & { again?: true };
      if (operation.op === 'edit') {
        if (operation.again) operation.added = lastAdded;
        else if (operation.added !== undefined) lastAdded = operation.added;
      }
      wikiOf(wikis, operation.wiki).apply(operation);
      bytes += end + 1 - from;
      from = end + 1;
    }
    rest = data.subarray(from);
  }
  return { wikis, bytes };
}
