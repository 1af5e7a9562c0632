/** Users: accounts that admins make and change; everybody's own settings are at /api/me. */
import { z } from 'zod';
import { ReeveError, fieldError } from '../../config/errors';
import { readRow } from '../../db/apply';
import { create, edit } from '../../db/create';
import type { User } from '../../db/entities/user';
import { readPage } from '../../db/queries/page';
import { hashPassword } from '../../gateways/passwords';
import { may } from '../../policies';
import { roles, type Actor } from '../../policies/actor';
import { appOnly, email, languageTag, newUserInput, password, timeZone, userName } from '../account-fields';
import type { Api, Caller } from '../context';
import { line, shown } from '../fields';
import { answered, listFields, listSchema, listed, offered } from '../lists';
import { changeOfPassword } from '../middleware/session';
import { actionSchema, editAction, readable } from '../present';
import { route, type Route } from '../route';
import { idOf, needScope } from '../verbs';

const editInput = z.strictObject({ name: userName(), password: password(), language: languageTag(), timeZone: timeZone(), email: email(), appOnly: appOnly() }).partial();
const ownInput = editInput.omit({ name: true, password: true });
const listQuery = z.strictObject({
  ...listFields('name'), name: line(255).optional().describe('Exactly this name.'), q: line(255).optional().describe('Names that hold this.'),
  role: z.enum(roles).optional().describe('Who holds it now.'),
});

export const userSchema = z.object({
  id: z.int(), name: z.string(), state: z.string(), version: z.int(), language: z.string().optional(), timeZone: z.string().optional(),
  email: z.string().nullable().optional(), appOnly: z.array(z.string()).optional(), createdAt: z.string(), actions: z.array(actionSchema), hidden: z.array(z.string()),
});

export function presentUser(row: User, actor: Actor) {
  const { id, name, state, version, createdAtMs, language, timeZone, email = null, appOnly = [] } = row;
  const { seen, hidden } = readable(actor, 'user', row, { language, timeZone, email, appOnly });
  const input = may(actor, 'edit', 'user', row, 'name').allowed ? editInput : ownInput;
  return { id, name, state, version, ...seen, createdAt: shown(createdAtMs), actions: editAction('user', row, actor, input), hidden };
}

/** @throws ReeveError user.name-taken */
export async function createUser({ kernel }: Api, caller: Caller, { password, ...values }: z.output<typeof newUserInput>) {
  needScope(caller, 'user', 'new');
  if (!may(caller.actor, 'new', 'user', {}).allowed) throw new ReeveError('policy.forbidden');
  const passwordHash = password === undefined ? null : await hashPassword(password);
  const { row } = await create(kernel, { noun: 'user', values: { ...values, passwordHash }, ...caller }).catch(nameTaken);
  return row;
}

export async function readUser({ kernel }: Api, caller: Caller, id: number) {
  needScope(caller, 'user', 'read');
  const { row } = await readRow(kernel, 'user', id);
  if (!row || !may(caller.actor, 'read', 'user', row).allowed) throw new ReeveError('not-found');
  return row;
}

export const userRoutes: Route[] = [
  route({
    method: 'post',
    path: '/api/users',
    summary: 'Make an account.',
    body: newUserInput,
    answer: { status: 201, schema: userSchema },
    async handle({ api, caller, body }) {
      const row = await createUser(api, caller, body);
      return { body: presentUser(row, caller.actor), version: row.version, location: `/api/users/${row.id}` };
    },
  }),
  route({
    method: 'get',
    path: '/api/users',
    summary: 'Accounts, newest first.',
    query: listQuery,
    answer: { schema: listSchema(userSchema) },
    async handle({ api, caller, query: { name, q, role, ...page } }) {
      const { actor } = caller;
      needScope(caller, 'user', 'read');
      const found = await readPage<User>(api.kernel, {
        noun: 'user', actor, ...page, sorts: { name: 'lower(t.name)' },
        where: [
          ['lower(t.name) = lower(?)', name], ['position(lower(?) in lower(t.name)) > 0', q], ["exists (select from membership m where m.user_id = t.id and m.state = 'active' and m.role = ?)", role],
          ['t.id = ?', role === undefined || may(actor, 'read', 'membership', { role }).allowed ? undefined : actor.userId], // of a role that is not theirs to know they find themselves
        ],
      });
      return answered(listed(found, (row) => presentUser(row, actor), offered(actor, 'user', newUserInput)));
    },
  }),
  route({
    method: 'get',
    path: '/api/users/:id',
    summary: 'One account.',
    answer: { schema: userSchema },
    async handle({ api, caller, params }) {
      const row = await readUser(api, caller, idOf(params.id));
      return { body: presentUser(row, caller.actor), version: row.version };
    },
  }),
  route({
    method: 'patch',
    path: '/api/users/:id',
    summary: 'Change an account; a new password ends all its sessions.',
    body: editInput,
    answer: { schema: userSchema },
    async handle({ api, caller, params, body: { password, ...values } }) {
      const id = idOf(params.id);
      needScope(caller, 'user', 'edit');
      const before = await readUser(api, caller, id);
      if (password !== undefined && id === caller.actor.userId) throw fieldError('/password', 'policy.forbidden', 'Change your own at /api/me, with the present one.');
      if (!may(caller.actor, 'edit', 'user', before).allowed) throw new ReeveError('policy.forbidden');
      if (values.name !== undefined) {
        const named = may(caller.actor, 'edit', 'user', before, 'name');
        if (!named.allowed) throw fieldError('/name', 'policy.forbidden', named.reason);
      }
      const changed = await changeOfPassword(password, id);
      const { row } = await edit(api.kernel, { noun: 'user', id, ...caller, ...changed, values: { ...values, ...changed.values } }).catch(nameTaken);
      return { body: presentUser(row, caller.actor), version: row.version };
    },
  }),
];

const nameTaken = (error: { code?: string; constraint?: string; more?: { constraint?: string } }): never => {
  throw (error.constraint ?? error.more?.constraint) === 'user_name' ? fieldError('/name', 'user.name-taken') : error;
};
