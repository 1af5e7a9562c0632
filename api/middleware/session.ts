/**
 * Sessions of people who signed in: a secret in a cookie that only this host can set and no script can read, and a row in
 * Postgres that knows its hash, so that who reads the table can be nobody.
 */
import { createHmac, hash, randomBytes } from 'node:crypto';
import type { Request, Response } from 'express';
import type { ClientBase } from 'pg';
import type { Config } from '../../config';
import { ReeveError } from '../../config/errors';
import type { Origin } from '../../db/commit';
import { noteOn } from '../../db/note';
import { idleMs, WEEK_MS } from '../../db/queries/actors';
import { hashPassword } from '../../gateways/passwords';
import type { Api, Caller } from '../context';

declare module 'express-serve-static-core' {
  interface Request {
    /** Of whoever asks by a session that lives. */
    session?: Session;
  }
}
export interface Session {
  hash: Buffer;
  /** What only our own pages can know: to be sent along with everything but GET. */
  csrfToken: string;
}

/** Embedded Reeve speaks plain HTTP on loopback, where a `__Host-` cookie is not sent: a plain name there. */
const cookieName = (embedded: boolean): string => (embedded ? 'reeve' : '__Host-reeve');
const cookieOptions = ({ REEVE_EMBEDDED }: Config) => ({ path: '/', httpOnly: true, sameSite: 'lax', secure: !REEVE_EMBEDDED }) as const;
/** The row says when a session ends; its cookie only has to last longer. Browsers keep none for more than 400 days. */
const COOKIE_MS = 400 * 24 * 3_600_000;

/** The session that the request's cookie names, whether it lives or not. */
export function namedSession(req: Request, { REEVE_EMBEDDED }: Pick<Config, 'REEVE_EMBEDDED'>): Session | undefined {
  const secret = req.headers.cookie?.match(REEVE_EMBEDDED ? PLAIN : HOST)?.[1];
  return secret === undefined ? undefined : sessionOf(secret);
}
const inCookies = (name: string): RegExp => new RegExp(String.raw`(?:^|; *)${name}=([\w-]{43})(?:;|$)`);
const [PLAIN, HOST] = [inCookies(cookieName(true)), inCookies(cookieName(false))];

const sessionOf = (secret: string): Session => ({
  hash: hash('sha256', secret, 'buffer'),
  get csrfToken() {
    return createHmac('sha256', secret).update('csrf').digest('base64url');
  },
});

/** Tells passwords apart and gives none away. */
export const passwordStamp = `encode(sha256(convert_to(password_hash, 'UTF8')), 'hex')`;

/**
 * Who signs in gets a new secret, so that one that was planted before is worth nothing. What nobody has used for long goes.
 * @param password the stamp of the one that was shown. @throws ReeveError auth.failed where there is another by now: that has ended every session.
 */
export async function beginSession({ kernel, config }: Pick<Api, 'kernel' | 'config'>, req: Request, res: Response, { userId, password }: { userId: number; password?: string }): Promise<Session> {
  const secret = randomBytes(32).toString('base64url');
  const [session, before] = [sessionOf(secret), namedSession(req, config)];
  const { rowCount } = await kernel.pool.query(
    `with now as (select ${kernel.clock.sql} as ms), gone as (delete from session where hash = $3 or used_at_ms < (select ms from now) - ${WEEK_MS})
     insert into session (hash, user_id, since_ms, used_at_ms)
     select $1, u.id, n.ms, n.ms from now n, (select id from "user" where id = $2 and ($4::text is null or ${passwordStamp} = $4) for share) u`,
    [session.hash, userId, before?.hash ?? null, password ?? null],
  );
  if (!rowCount) throw new ReeveError('auth.failed');
  res.cookie(cookieName(config.REEVE_EMBEDDED), secret, { ...cookieOptions(config), maxAge: COOKIE_MS });
  return session;
}

const FRESH_MS = 10 * 60_000;
/** Whether whoever asks has only just signed in: then they are not who found a machine that somebody has left. */
export async function isFresh({ kernel }: Pick<Api, 'kernel'>, session: Session | undefined): Promise<boolean> {
  return session !== undefined && (await kernel.pool.query(`select from session where hash = $1 and since_ms > ${kernel.clock.sql} - ${FRESH_MS}`, [session.hash])).rowCount === 1;
}

export const clearCookie = (res: Response, config: Config): void => void res.clearCookie(cookieName(config.REEVE_EMBEDDED), cookieOptions(config));

export interface OwnSession {
  /** Says which one it is and opens nothing. */
  id: string;
  sinceMs: number;
  usedAtMs: number;
  endsAtMs: number;
  current: boolean;
}

/** The sessions of whoever asks that live, the newest first. @param current the one that asks. */
export async function listSessions({ kernel }: Pick<Api, 'kernel'>, { actor }: Caller, current: Session | undefined): Promise<OwnSession[]> {
  const { rows } = await kernel.pool.query<OwnSession>(
    `select ${PUBLIC_ID} as id, since_ms as "sinceMs", used_at_ms as "usedAtMs", used_at_ms + $3::bigint as "endsAtMs", hash is not distinct from $2 as current
     from session where user_id = $1 and used_at_ms + $3::bigint > ${kernel.clock.sql} order by since_ms desc, id limit 1000`,
    [actor.userId, current?.hash ?? null, idleMs(actor.grants)],
  );
  return rows;
}

/** A person ends a session, and it stands in their account's log. @returns whether they had such a session. */
export async function endOwnSession({ kernel }: Pick<Api, 'kernel'>, caller: Caller, id: string): Promise<boolean> {
  const done = await noteOn(kernel, { ...originOf(caller), noun: 'user', id: caller.actor.userId!, verb: 'endSession' }, async (client) =>
    (await client.query(`delete from session where user_id = $1 and ${PUBLIC_ID} = $2`, [caller.actor.userId, id])).rowCount === 1);
  return done !== 'nothing';
}

/** A person signs out everywhere else; it stands in their account's log. @returns how many sessions that were. */
export async function endOwnOthers({ kernel }: Pick<Api, 'kernel'>, caller: Caller, keep: Session | undefined): Promise<number> {
  let ended = 0;
  await noteOn(kernel, { ...originOf(caller), noun: 'user', id: caller.actor.userId!, verb: 'endOtherSessions' }, async (client) =>
    (ended = await endOtherSessions(client, caller.actor.userId!, keep)) > 0);
  return ended;
}

export const publicIdOf = ({ hash: known }: Session): string => known.toString('hex').slice(0, 32);
const PUBLIC_ID = `left(encode(hash, 'hex'), 32)`;
const originOf = ({ actor, commandId, inputHash, requestId }: Caller): Origin => ({ actor, commandId, inputHash, requestId });

/** Signs a person out everywhere else. @returns how many sessions that were. */
async function endOtherSessions(db: Pick<ClientBase, 'query'>, userId: number, keep: Session | undefined): Promise<number> {
  const { rowCount } = await db.query('delete from session where user_id = $1 and hash is distinct from $2', [userId, keep?.hash ?? null]);
  return rowCount ?? 0;
}

/** What a new password changes of an account, for `edit`: its hash and, in the same commit, the end of every other session; nothing where there is none. */
export async function changeOfPassword(password: string | undefined, userId: number, keep?: Session): Promise<{ values: { passwordHash?: string }; also?: (client: ClientBase) => Promise<void> }> {
  if (password === undefined) return { values: {} };
  return { values: { passwordHash: await hashPassword(password) }, also: async (client) => void (await endOtherSessions(client, userId, keep)) };
}
