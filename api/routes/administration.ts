/** What admins look at and others may: the matrix of permissions, the roles, and how this Reeve is configured. Read only. */
import { z } from 'zod';
import { ReeveError } from '../../config/errors';
import { describeKeys, secretKeys } from '../../config';
import { allPermissions, type Permissions } from '../../db/permissions';
import { mayToAll } from '../../policies';
import { roles } from '../../policies/actor';
import type { Api, Caller } from '../context';
import { route, type Route } from '../route';
import { needScope } from '../verbs';

const permissionsSchema = z.object({
  items: z.array(z.object({
    noun: z.string(), whose: z.string().describe('How the things stand to whoever asks.'), states: z.array(z.string()), verbs: z.array(z.string()),
    rights: z.array(z.object({
      who: z.string().describe('A role, `visitor`, `user`, or a part of Reeve; a role only where it may something else than a user without one.'), kind: z.string(),
      may: z.record(z.string(), z.union([z.literal(true), z.array(z.string())])).describe('Verb → true in each state that takes it, else the states.'),
    })),
  })),
});
const rolesSchema = z.object({
  items: z.array(z.object({
    role: z.string(), words: z.string().describe('Key of the sentence that says what it is for.'), holders: z.int().optional().describe('How many hold it now; for admins.'),
    hidden: z.array(z.string()),
  })),
});
const settingsSchema = z.object({
  items: z.array(z.object({
    key: z.string(), meaning: z.string(), secret: z.boolean(), isSet: z.boolean(), value: z.string().nullable().describe('As it is used, defaults included; of a secret never.'),
    from: z.enum(['environment', 'file', 'running Reeve', 'default']),
  })),
});

/** The walk is the same for everybody and as long as the process lives. */
let matrix: Permissions[] | undefined;

export async function readRoles({ kernel }: Api, { actor }: Caller): Promise<z.output<typeof rolesSchema>> {
  const seesAll = mayToAll(actor, 'read', 'membership');
  const { rows } = seesAll
    ? await kernel.pool.query<{ role: string; holders: number }>(
        `select role, count(distinct user_id)::int as holders from membership where state = 'active' and (until_ms is null or until_ms > ${kernel.clock.sql}) group by role`)
    : { rows: [] };
  const counted = new Map(rows.map(({ role, holders }) => [role, holders]));
  return { items: roles.map((role) => ({ role, words: `role.${role}.what`, ...(seesAll && { holders: counted.get(role) ?? 0 }), hidden: seesAll ? [] : ['holders'] })) };
}

/** @param env what the process was started with. */
export function readSettings({ actor }: Caller, env?: NodeJS.ProcessEnv): z.output<typeof settingsSchema> {
  if (!mayToAll(actor, 'edit', 'wiki')) throw new ReeveError('policy.forbidden');
  return { items: describeKeys({}, env).map(({ key, meaning, value, from }) => ({ key, meaning, secret: secretKeys.has(key), isSet: value !== null, value: secretKeys.has(key) ? null : value, from })) };
}

export const administrationRoutes: Route[] = [
  route({
    method: 'get',
    path: '/api/permissions',
    summary: 'Who may do what to which thing in which state.',
    answer: { schema: permissionsSchema },
    handle: async () => ({ body: { items: (matrix ??= allPermissions()) } }),
  }),
  route({
    method: 'get',
    path: '/api/roles',
    summary: 'The roles that there are; for admins with how many hold each.',
    answer: { schema: rolesSchema },
    async handle({ api, caller }) {
      needScope(caller, 'membership', 'read');
      return { body: await readRoles(api, caller) };
    },
  }),
  route({
    method: 'get',
    path: '/api/settings',
    summary: 'The configuration with its doc lines, read only; of secrets only whether they are set.',
    answer: { schema: settingsSchema },
    async handle({ caller }) {
      needScope(caller, 'wiki', 'edit');
      return { body: readSettings(caller) };
    },
  }),
];
