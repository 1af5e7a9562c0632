/** The reader: who they are here, what they may go to, their own settings. */
import type { Request } from 'express';
import { z } from 'zod';
import { fieldError } from '../../config/errors';
import { edit } from '../../db/create';
import { hashPassword, passwordFits } from '../../gateways/passwords';
import { holds } from '../../policies/actor';
import type { Api, Asking, Caller } from '../context';
import { csrfToken } from '../middleware/csrf';
import { endOtherSessions } from '../middleware/session';
import { route, type Route } from '../route';
import { needScope } from '../verbs';
import { appOnly, email, languageTag, password, timeZone } from './users';

const meSchema = z.object({
  user: z.object({ id: z.int(), name: z.string(), language: z.string(), timeZone: z.string(), email: z.string().nullable(), appOnly: z.array(z.string()) }),
  roles: z.array(z.object({ role: z.string(), wiki: z.string().nullable() })),
  areas: z.array(z.object({ area: z.string(), count: z.int().optional().describe('What waits there for the reader.') })),
  notices: z.int().describe('Unread.'),
  csrfToken: z.string().optional().describe('With a session: for the header X-CSRF-Token.'),
  scopes: z.array(z.string()).optional().describe('With a key.'),
  version: z.int(),
});

const meInput = z.strictObject({
  language: languageTag().optional(),
  timeZone: timeZone().optional(),
  email: email().optional(),
  appOnly: appOnly().optional(),
  password: password().optional(),
  currentPassword: z.string().max(1_000).optional().describe('Needed for a new password.'),
});

type Mailed = { email: string | null; appOnly: string[] };

/** The reader's own page. */
export async function readMe({ kernel }: Api, { actor, person }: Asking): Promise<{ user: NonNullable<Asking['person']> & Mailed; version: number } & Record<string, unknown>> {
  const { rows } = await kernel.pool.query(meSql, [actor.userId, holds(actor, 'operator', 'admin'), holds(actor, 'deliveryApprover', 'admin'), holds(actor, 'admin', 'toolAdmin'), actor.grants.flatMap(({ wikiId }) => wikiId ?? [])]);
  const { version, email, appOnly, notices, waiting, requested, applied, hosts } = rows[0];
  const areas = [
    { area: 'deliveries', ...(requested !== null && { count: requested }) },
    { area: 'targetLists' },
    ...(holds(actor, 'operator', 'admin') ? [{ area: 'operations', count: waiting }] : []),
    ...(applied !== null ? [{ area: 'memberships', count: applied }] : []),
    ...(holds(actor, 'auditor', 'admin') ? [{ area: 'log' }] : []),
    ...(holds(actor, 'admin') ? [{ area: 'admin' }] : []),
  ];
  return {
    user: { ...person!, email, appOnly }, roles: actor.grants.map(({ role, wikiId }) => ({ role, wiki: wikiId === null ? null : (hosts[wikiId] ?? null) })), areas, notices, version,
    ...(actor.kind === 'key' && { scopes: actor.scopes }),
  };
}

/** Own settings; a new password needs the present one and ends every other session. */
export async function editMe(api: Api, caller: Caller, req: Request, { password, currentPassword, ...values }: z.output<typeof meInput>): Promise<void> {
  const { kernel } = api;
  const userId = caller.actor.userId!;
  needScope(caller, 'user', 'edit');
  if (password !== undefined) {
    const { rows } = await kernel.pool.query<{ password_hash: string | null }>('select password_hash from "user" where id = $1', [userId]);
    if (!(await passwordFits(rows[0]?.password_hash, currentPassword ?? ''))) throw fieldError('/currentPassword', 'auth.failed', 'It is not your present password.');
  }
  const passwordHash = password === undefined ? undefined : await hashPassword(password);
  await edit(kernel, { noun: 'user', id: userId, values: { ...values, ...(passwordHash && { passwordHash }) }, ...caller });
  if (passwordHash) await endOtherSessions(api, userId, req.session?.id);
}

export const meRoutes: Route[] = [
  route({
    method: 'get',
    path: '/api/me',
    summary: 'Who you are here, what you hold, where you may go.',
    answer: { schema: meSchema },
    async handle({ api, asking, req }) {
      const me = await readMe(api, asking);
      return { body: asking.actor.kind === 'user' ? { ...me, csrfToken: csrfToken(req) } : me, version: me.version };
    },
  }),
  route({
    method: 'patch',
    path: '/api/me',
    summary: 'Change your language, time zone, mails or password.',
    body: meInput,
    answer: { schema: meSchema },
    async handle({ api, asking, caller, req, body }) {
      await editMe(api, caller, req, body);
      if (asking.person) Object.assign(asking.person, { language: body.language ?? asking.person.language, timeZone: body.timeZone ?? asking.person.timeZone });
      const me = await readMe(api, asking);
      return { body: asking.actor.kind === 'user' ? { ...me, csrfToken: csrfToken(req) } : me, version: me.version };
    },
  }),
];

const meSql = `
select u.version, u.email, u.app_only as "appOnly",
  (select count(*)::int from notice n where n.user_id = u.id and n.read_at_ms is null) as notices,
  case when $2 then (select count(*)::int from operation where state = 'waiting') end as waiting,
  case when $3 then (select count(*)::int from delivery where state = 'requested' and sender_id <> u.id) end as requested,
  case when $4 then (select count(*)::int from membership where state = 'applied' and user_id <> u.id) end as applied,
  (select coalesce(jsonb_object_agg(w.id, w.host), '{}') from wiki w where w.id = any($5::int[])) as hosts
from "user" u where u.id = $1`;
