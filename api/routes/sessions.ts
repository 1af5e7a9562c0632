/** Signing in with a local account, with a second factor where it has one, and out. */
import type { Request } from 'express';
import { z } from 'zod';
import { ReeveError, fieldError } from '../../config/errors';
import { hasSecondFactor } from '../../db/queries/second-factor';
import { passwordFits } from '../../gateways/passwords';
import { oneTimeCode } from '../account-fields';
import type { Api } from '../context';
import { text } from '../fields';
import { count, homeOf, uncount, type Limit } from '../middleware/rate-limit';
import { beginSession, clearCookie, endOwnSession, passwordStamp, publicIdOf } from '../middleware/session';
import { route, type Route } from '../route';
import { takeCode } from '../second-factor';

const signInInput = z.strictObject({
  name: text(255, 1).trim(),
  password: text(1_000, 1),
  code: oneTimeCode().optional().describe('Where the account has a second factor: six digits of its app, or a recovery code.'),
});
type Password = Omit<z.output<typeof signInInput>, 'code'>;

const sessionSchema = z.object({ user: z.object({ id: z.int(), name: z.string() }), csrfToken: z.string().describe('For the header X-CSRF-Token of everything but GET.') });

/** Whose name and password these are, the password as its stamp; nobody is signed in by that. @throws ReeveError auth.failed, the same for a wrong password and an unknown name; rate-limited. */
export async function checkPassword({ kernel, redis }: Api, req: Request, { name, password }: Password): Promise<{ id: number; name: string; password: string }> {
  const { rows: [found] } = await kernel.pool.query<{ asked: string; id: number | null; name: string; password_hash: string | null; stamp: string }>(
    `select asked, id, name, password_hash, ${passwordStamp} as stamp from lower($1) asked left join "user" on lower(name) = asked`, [name.replaceAll('\0', '')]);
  const limits = limitsOf(found!.asked);
  await count(redis, limits, req);
  const { id, name: own, password_hash: hash, stamp } = found!;
  if (!(await passwordFits(hash, password)) || id === null) throw new ReeveError('auth.failed');
  await uncount(redis, limits, req);
  return { id, name: own, password: stamp };
}

/** Whoever is signed in shows that they know the present password: a session that somebody left open is no place to guess it. @throws ReeveError auth.failed naming the field, rate-limited */
export async function needPassword({ kernel, redis }: Api, req: Request, userId: number, password: string): Promise<void> {
  const limits: Limit[] = [{ name: 'password:user', max: 10, windowMs: MINUTES_15, keyOf: () => String(userId) }];
  await count(redis, limits, req);
  const { rows } = await kernel.pool.query<{ password_hash: string | null }>('select password_hash from "user" where id = $1', [userId]);
  if (!(await passwordFits(rows[0]?.password_hash, password))) throw fieldError('/currentPassword', 'auth.failed', 'It is not your present password.');
  await uncount(redis, limits, req);
}

export const sessionRoutes: Route[] = [
  route({
    method: 'post',
    path: '/api/sessions',
    refuses: [409, 429],
    summary: 'Sign in with a local account; the answer sets the session cookie.',
    open: true,
    body: signInInput,
    answer: { status: 201, schema: sessionSchema },
    async handle({ api, req, res, body: { code, ...body }, asking }) {
      if (asking.actor.kind === 'key') throw new ReeveError('policy.forbidden', 'A key needs no session.');
      const { password: shown, ...user } = await checkPassword(api, req, body);
      if (await hasSecondFactor(api.kernel, user.id)) {
        if (code === undefined) throw fieldError('/code', 'auth.code-needed');
        await takeCode(api, user.id, code, asking.requestId);
      }
      const { csrfToken } = await beginSession(api, req, res, { userId: user.id, password: shown });
      return { body: { user, csrfToken } };
    },
  }),
  route({
    method: 'delete',
    path: '/api/sessions/current',
    name: 'deleteCurrentSession',
    summary: 'Sign out.',
    open: true,
    answer: { status: 204 },
    async handle({ api, caller, req, res }) {
      if (req.session) await endOwnSession(api, caller, publicIdOf(req.session));
      clearCookie(res, api.config);
      return {};
    },
  }),
];

const MINUTES_15 = 15 * 60_000;

/** Generous to an office behind one address, mean to whoever tries many passwords on one name. @param name as the database compares it: every spelling of one account is one name. */
const limitsOf = (name: string): Limit[] => [
  { name: 'sign-in:address', max: 60, windowMs: MINUTES_15, keyOf: homeOf },
  { name: 'sign-in:both', max: 10, windowMs: MINUTES_15, keyOf: (req) => `${homeOf(req)} ${name}` },
  { name: 'sign-in:name', max: 100, windowMs: MINUTES_15, keyOf: () => name },
];
