/** Sessions of people who signed in: rows in Postgres, a cookie that only this host can set and no script can read. */
import { hash, hkdfSync } from 'node:crypto';
import connectPgSimple from 'connect-pg-simple';
import type { Request, RequestHandler } from 'express';
import session, { type SessionData } from 'express-session';
import type { ClientBase } from 'pg';
import type { Origin } from '../../db/commit';
import { noteOn } from '../../db/note';
import type { Api, Caller } from '../context';

declare module 'express-session' {
  interface SessionData {
    userId?: number;
    sinceMs?: number;
    renewedAtMs?: number;
  }
}

const WEEK_MS = 7 * 24 * 3_600_000;
const DAY_MS = 24 * 3_600_000;

export interface Sessions {
  middleware: RequestHandler;
  close(): void;
}

/** Embedded Reeve speaks plain HTTP on loopback, where a `__Host-` cookie is not sent: a plain name there. */
export const cookieName = (embedded: boolean): string => (embedded ? 'reeve' : '__Host-reeve');

export function sessions({ kernel, config }: Pick<Api, 'kernel' | 'config'>): Sessions {
  const store = new (storeOn(kernel.pool))({ pool: kernel.pool, tableName: 'session', createTableIfMissing: false, disableTouch: true, errorLog: () => {} });
  const name = cookieName(config.REEVE_EMBEDDED);
  const run = session({
    name,
    store,
    secret: Buffer.from(hkdfSync('sha256', config.REEVE_SECRET_KEY, 'reeve', 'session cookies', 32)).toString('base64url'),
    resave: false,
    saveUninitialized: false,
    cookie: { path: '/', httpOnly: true, sameSite: 'lax', secure: !config.REEVE_EMBEDDED, maxAge: WEEK_MS },
  });
  // A key's request has no session, and a visitor without a cookie gets one only by signing in.
  const middleware: RequestHandler = (req, res, next) => (req.headers.authorization === undefined ? run(req, res, next) : next());
  return { middleware, close: () => store.close() };
}

/** Session ids that are being made: no other is ever inserted. */
const beginning = new Set<string>();

/** Writes over a session only where it is still there: one that was ended meanwhile does not come back with a late answer. */
function storeOn(pool: Api['kernel']['pool']) {
  return class extends connectPgSimple(session) {
    override set(sid: string, data: SessionData, done?: (error?: unknown) => void): void {
      if (beginning.has(sid)) return super.set(sid, data, done);
      const expires = data.cookie.expires ? new Date(data.cookie.expires) : new Date(Date.now() + WEEK_MS);
      pool.query('update session set sess = $2, expire = to_timestamp($3) where sid = $1', [sid, data, Math.ceil(expires.getTime() / 1_000)]).then(() => done?.(), (error: unknown) => done?.(error));
    }
  };
}

/** Who signs in gets a new session id, so that one that was planted before is worth nothing. */
export function beginSession(req: Request, userId: number): Promise<void> {
  return new Promise((done, fail) => {
    req.session.regenerate((error: Error | null) => {
      if (error) return fail(error);
      const sinceMs = Date.now();
      Object.assign(req.session, { userId, sinceMs, renewedAtMs: sinceMs });
      const { sessionID } = req;
      beginning.add(sessionID);
      req.session.save((failed: Error | null) => {
        beginning.delete(sessionID);
        return failed ? fail(failed) : done();
      });
    });
  });
}

export const endSession = (req: Request): Promise<void> =>
  new Promise((done, fail) => (req.session ? req.session.destroy((error: Error | null) => (error ? fail(error) : done())) : done()));

/** A session that is used lives on; its row is written at most once a day. */
export function renew(req: Request): void {
  if (Date.now() - (req.session.renewedAtMs ?? 0) > DAY_MS) req.session.renewedAtMs = Date.now();
}

export interface OwnSession {
  /** Says which one it is and opens nothing. */
  id: string;
  sinceMs: number | null;
  renewedAtMs: number | null;
  endsAtMs: number;
  current: boolean;
}

/** A person's sessions that live, the newest first. @param current the session id of whoever asks. */
export async function listSessions({ kernel }: Pick<Api, 'kernel'>, userId: number, current: string | undefined): Promise<OwnSession[]> {
  const { rows } = await kernel.pool.query<OwnSession>(
    `select ${PUBLIC_ID} as id, (sess->>'sinceMs')::bigint as "sinceMs", (sess->>'renewedAtMs')::bigint as "renewedAtMs",
            (extract(epoch from expire::timestamptz) * 1000)::bigint as "endsAtMs", sid is not distinct from $2 as current
     from session where (sess->>'userId')::int = $1 and expire > now() order by "sinceMs" desc nulls last, id limit 1000`,
    [userId, current ?? null],
  );
  return rows;
}

/** A person ends a session, and it stands in their account's log. @returns whether they had such a session. */
export async function endOwnSession({ kernel }: Pick<Api, 'kernel'>, caller: Caller, id: string): Promise<boolean> {
  const done = await noteOn(kernel, { ...originOf(caller), noun: 'user', id: caller.actor.userId!, verb: 'endSession' }, async (client) =>
    (await client.query(`delete from session where (sess->>'userId')::int = $1 and ${PUBLIC_ID} = $2`, [caller.actor.userId, id])).rowCount === 1);
  return done !== 'nothing';
}

/** A person signs out everywhere else; it stands in their account's log. @returns how many sessions that were. */
export async function endOwnOthers({ kernel }: Pick<Api, 'kernel'>, caller: Caller, keep: string | undefined): Promise<number> {
  let ended = 0;
  await noteOn(kernel, { ...originOf(caller), noun: 'user', id: caller.actor.userId!, verb: 'endOtherSessions' }, async (client) =>
    (ended = await endOtherSessions(client, caller.actor.userId!, keep)) > 0);
  return ended;
}

export const publicIdOf = (sid: string): string => hash('sha256', sid).slice(0, 32);
const originOf = ({ actor, commandId, inputHash, requestId }: Caller): Origin => ({ actor, commandId, inputHash, requestId });

const PUBLIC_ID = `left(encode(sha256(convert_to(sid, 'UTF8')), 'hex'), 32)`;

/** Signs a person out everywhere else. @returns how many sessions that were. */
export async function endOtherSessions(db: Pick<ClientBase, 'query'>, userId: number, keep: string | undefined): Promise<number> {
  const { rowCount } = await db.query(`delete from session where (sess->>'userId')::int = $1 and sid is distinct from $2`, [userId, keep ?? null]);
  return rowCount ?? 0;
}
