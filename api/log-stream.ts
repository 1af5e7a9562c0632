/**
 * The audit log as server-sent events `entries`, and a `beat` every 15 s: one look at the log's end per process however many follow, at most two
 * messages a second to each, and each follower reads on from its own position with its own rights.
 */
import { createSession, type Session } from 'better-sse';
import type { Request, Response } from 'express';
import { ReeveError } from '../config/errors';
import type { Kernel } from '../db/kernel';
import { logEnd } from '../db/queries/log';
import { actorId } from '../policies/actor';
import { askingOf, type Api, type Caller } from './context';
import { whoAsks } from './middleware/authenticate';
import type { logQuery, readLogPage } from './routes/log';
import type { z } from 'zod';

const LOOK_MS = 600;
const BEAT_MS = 15_000;
const MOST_WAITING_BYTES = 1_048_576;

interface Follower {
  moved(end: number): void;
  end(): void;
}

export class LogWatch {
  private readonly followers = new Set<Follower>();
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly kernel: Pick<Kernel, 'pool'>) {}

  /** @returns what ends the following. */
  follow(follower: Follower): () => void {
    this.followers.add(follower);
    this.timer ??= setTimeout(() => void this.look(), 0);
    return () => this.followers.delete(follower);
  }

  get count(): number {
    return this.followers.size;
  }

  close(): void {
    for (const follower of [...this.followers]) follower.end();
    clearTimeout(this.timer);
  }

  private async look(): Promise<void> {
    try {
      const end = await logEnd(this.kernel);
      for (const follower of this.followers) follower.moved(end);
    } catch {
      // Postgres is away: the next look
    }
    this.timer = this.followers.size ? setTimeout(() => void this.look(), LOOK_MS) : undefined;
  }
}

type Read = typeof readLogPage;

/** Answers for as long as the reader may read. @throws ReeveError while it can still be a problem. */
export async function streamLog(api: Api, watch: LogWatch, req: Request, res: Response, query: z.output<typeof logQuery>, read: Read): Promise<void> {
  const asker = actorId(askingOf(req).actor);
  const given = Number(/^\d{1,15}$/.exec(req.get('last-event-id') ?? '')?.[0] ?? query.after ?? (await logEnd(api.kernel)));
  const page = (caller: Caller, after: number) => read(api, caller, { ...query, cursor: undefined, sort: 'createdAt', after, limit: 1_000 });
  const first = await page({ actor: askingOf(req).actor }, given);
  if (req.method === 'HEAD') return void res.type('text/event-stream').end();
  const session = await createSession(req, res, { keepAlive: null, retry: 2_000 });
  let position = given;
  let reading = false;
  const tell = ({ items }: Awaited<ReturnType<Read>>): void => {
    if (!items.length) return;
    position = items.at(-1)!.position;
    push(session, 'entries', { items }, position);
  };
  const follower: Follower = {
    end: () => {
      stop();
      clearInterval(beat);
      res.end();
    },
    moved: (end) => void (end > position && go(end)),
  };
  const go = (end: number): void => {
    if (reading) return;
    reading = true;
    void readOn(end).finally(() => (reading = false));
  };
  const readOn = async (end: number): Promise<void> => {
    if (res.writableLength > MOST_WAITING_BYTES) return follower.end();
    try {
      const { actor } = await whoAsks(api, req, true);
      if (actorId(actor) !== asker) return follower.end();
      const next = await page({ actor }, position);
      tell(next);
      if (!next.next) position = Math.max(position, end);
    } catch (error) {
      if (error instanceof ReeveError) follower.end(); // may not, any more
    }
  };
  tell(first);
  const stop = watch.follow(follower);
  const beat = setInterval(() => {
    push(session, 'beat', null, position); // an event of its own: browsers keep comments to themselves
    go(position);
  }, BEAT_MS);
  if (res.closed) follower.end();
  else res.once('close', follower.end);
}

const push = (session: Session, event: 'entries' | 'beat', data: unknown, position: number): void => void session.push(data, event, String(position));
