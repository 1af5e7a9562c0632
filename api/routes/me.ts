/** The reader: who they are here, what they may go to, their own settings. */
import type { Request } from 'express';
import { z } from 'zod';
import { fieldError } from '../../config/errors';
import { edit } from '../../db/create';
import { textSizes, themes } from '../../db/entities/user';
import { appOnly, email, languageTag, password, timeZone } from '../account-fields';
import { areaSchema, areasOf, waitingSql } from '../areas';
import type { Api, Asking, Caller } from '../context';
import { text } from '../fields';
import { changeOfPassword, isFresh, type Session } from '../middleware/session';
import { readable } from '../present';
import { route, type Route } from '../route';
import { needScope } from '../verbs';
import { needPassword } from './sessions';

const meSchema = z.object({
  user: z.object({ id: z.int(), name: z.string(), language: z.string(), timeZone: z.string(), email: z.string().nullable().optional(), appOnly: z.array(z.string()).optional() }).describe('With a key, `email` and `appOnly` only where its scopes read accounts.'),
  roles: z.array(z.object({ role: z.string(), wiki: z.string().nullable() })),
  unidentified: z.boolean().describe('You hold a role that does not count before an admin has recorded that you are identified.'),
  areas: z.array(areaSchema).describe('Where the reader may go, in the order of the bar.'),
  settings: z.object({ theme: z.enum(themes), textSize: z.enum(textSizes), singleKeys: z.boolean() }),
  localSignIn: z.boolean().describe('There is a password.'), freshSignIn: z.boolean().describe('You have signed in within ten minutes: who has no password may give themselves one.'), secondFactor: z.boolean().describe('Codes of an app are asked for, too.'),
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
  settings: z.strictObject({
    theme: z.enum(themes).describe('auto: as the device says.'), textSize: z.enum(textSizes), singleKeys: z.boolean().describe('Whether single letters are shortcuts.'),
  }).partial().optional().describe('How it looks; what is not named stays.'),
  password: password().optional(),
  currentPassword: text(1_000).optional().describe('Needed for a new password, unless there is none yet: then you must have signed in within ten minutes.'),
});

/** The reader's own page. */
export async function readMe(api: Api, { actor, person, unidentified = false }: Asking, session: Session | undefined) {
  const { kernel } = api;
  const waiting = waitingSql(actor, 3);
  const { rows } = await kernel.pool.query(
    `select u.version, u.email, u.app_only, u.theme, u.text_size, u.single_keys, u.password_hash is not null as local,
       exists (select from second_factor f where f.user_id = u.id and f.since_ms is not null) as second, ${waiting.sql} as waiting,
       (select coalesce(jsonb_object_agg(w.id, w.host), '{}') from wiki w where w.id = any($2::int[])) as hosts
     from "user" u where u.id = $1`, [actor.userId, actor.grants.flatMap(({ wikiId }) => wikiId ?? []), ...waiting.values]);
  const { version, email, app_only: appOnly, theme, text_size: textSize, single_keys: singleKeys, local: localSignIn, second: secondFactor, waiting: counts, hosts } = rows[0];
  return {
    user: { ...person!, ...readable(actor, 'user', { id: actor.userId }, { email, appOnly }).seen }, roles: actor.grants.map(({ role, wikiId }) => ({ role, wiki: wikiId === null ? null : (hosts[wikiId] ?? null) })), unidentified,
    areas: areasOf(actor, counts), settings: { theme, textSize, singleKeys }, localSignIn, freshSignIn: await isFresh(api, session), secondFactor, notices: counts.notices as number, version: version as number,
    ...(actor.kind === 'key' && { scopes: actor.scopes }),
  };
}

/** Own settings; a new password needs the present one, or where there is none a sign-in just now, and ends every other session. */
export async function editMe(api: Api, caller: Caller, req: Request, { password, currentPassword, settings, ...values }: z.output<typeof meInput>): Promise<void> {
  const { kernel } = api;
  const userId = caller.actor.userId!;
  needScope(caller, 'user', 'edit');
  if (password !== undefined && (await hasPassword(api, userId))) await needPassword(api, req, userId, currentPassword ?? '');
  else if (password !== undefined && !(await isFresh(api, req.session))) throw fieldError('/password', 'sign-in.not-fresh');
  const changed = await changeOfPassword(password, userId, req.session);
  await edit(kernel, { noun: 'user', id: userId, ...caller, ...changed, values: { ...values, ...settings, ...changed.values } });
}

const hasPassword = async ({ kernel }: Api, userId: number): Promise<boolean> => (await kernel.pool.query('select from "user" where id = $1 and password_hash is not null', [userId])).rowCount === 1;

export const meRoutes: Route[] = [
  route({
    method: 'get',
    path: '/api/me',
    summary: 'Who you are here, what you hold, where you may go.',
    answer: { schema: meSchema },
    async handle({ api, asking, req }) {
      const me = await readMe(api, asking, req.session);
      return { body: req.session ? { ...me, csrfToken: req.session.csrfToken } : me, version: me.version };
    },
  }),
  route({
    method: 'patch',
    path: '/api/me',
    summary: 'Change your language, time zone, mails, settings or password.',
    refuses: [429],
    body: meInput,
    answer: { schema: meSchema },
    async handle({ api, asking, caller, req, body }) {
      await editMe(api, caller, req, body);
      if (asking.person) Object.assign(asking.person, { language: body.language ?? asking.person.language, timeZone: body.timeZone ?? asking.person.timeZone });
      const me = await readMe(api, asking, req.session);
      return { body: req.session ? { ...me, csrfToken: req.session.csrfToken } : me, version: me.version };
    },
  }),
];
