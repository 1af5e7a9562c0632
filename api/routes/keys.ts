/** API keys: made with scopes, shown once, listed without their secret, revoked at once. */
import { z } from 'zod';
import { ReeveError, fieldError } from '../../config/errors';
import { readRow } from '../../db/apply';
import { create } from '../../db/create';
import type { Key } from '../../db/entities/key';
import { readPage } from '../../db/queries/page';
import { foldDue } from '../../db/step';
import { newApiKey } from '../../gateways/api-key';
import { keyMachine } from '../../machines/key';
import { may } from '../../policies';
import type { Actor } from '../../policies/actor';
import { checkScopes, newKeyInput } from '../account-fields';
import type { Api, Caller } from '../context';
import { ahead, reason, shown } from '../fields';
import { answered, listFields, listSchema, listed, offered } from '../lists';
import { actionSchema, actionsOf, readable, type VerbInputs } from '../present';
import { route, type Route } from '../route';
import { idOf, needScope, verbRoutes } from '../verbs';

export const keyVerbs: VerbInputs = { revoke: z.strictObject({ reason: reason().optional() }) };

const listQuery = z.strictObject({
  ...listFields(),
  mine: z.enum(['true']).optional().describe('Only your own.'),
  state: z.enum(Object.keys(keyMachine.states) as [string, ...string[]]).optional(),
});

const keySchema = z.object({
  id: z.int(), state: z.string(), version: z.int(), user: z.int(), label: z.string().optional(), scopes: z.array(z.string()), expiresAt: z.string().nullable(),
  lastUsedAt: z.string().nullable(), createdAt: z.string(), actions: z.array(actionSchema), hidden: z.array(z.string()),
});
const madeSchema = keySchema.extend({ key: z.string().optional().describe('The secret: shown once, here and now; not to a repeated Idempotency-Key.') });

export function presentKey(stored: Key, actor: Actor, nowMs: number) {
  const { id, state, version, userId, label, scopes, expiresAtMs, lastUsedAtMs, createdAtMs } = foldDue('key', stored, nowMs);
  const { seen, hidden } = readable(actor, 'key', stored, { label });
  return {
    id, state, version, user: userId, ...seen, scopes, expiresAt: shown(expiresAtMs), lastUsedAt: shown(lastUsedAtMs), createdAt: shown(createdAtMs),
    actions: actionsOf('key', stored, actor, nowMs, keyVerbs), hidden: ['key', ...hidden],
  };
}

/** @throws ReeveError naming each scope that there is not, or that a key which makes a key does not have itself. */
export async function createKey({ kernel }: Api, caller: Caller, { label, scopes, expiresAt }: z.output<typeof newKeyInput>) {
  const { actor } = caller;
  needScope(caller, 'key', 'new');
  checkScopes(actor, scopes);
  const maker = actor.kind === 'key' ? (await readRow(kernel, 'key', actor.keyId!)).row : null;
  if (maker?.expiresAtMs != null && (expiresAt ?? Infinity) > maker.expiresAtMs)
    throw fieldError('/expiresAt', 'policy.forbidden', `A key makes none that opens longer than itself: at most until ${shown(maker.expiresAtMs)}.`);
  const { secret, hash } = newApiKey();
  const values = { userId: actor.userId!, label, hash, scopes: [...new Set(scopes)], expiresAtMs: expiresAt ?? null, lastUsedAtMs: null };
  const { row, replayed } = await create(kernel, { noun: 'key', values, check: ahead('/expiresAt', expiresAt), ...caller });
  return { ...presentKey(row, actor, row.updatedAtMs), ...(!replayed && { key: secret }) };
}

async function readKey({ kernel }: Api, caller: Caller, id: number) {
  needScope(caller, 'key', 'read');
  const { row, nowMs } = await readRow(kernel, 'key', id);
  if (!row || !may(caller.actor, 'read', 'key', row).allowed) throw new ReeveError('not-found');
  return presentKey(row, caller.actor, nowMs);
}

export const keyRoutes: Route[] = [
  route({
    method: 'post',
    path: '/api/keys',
    summary: 'Make an API key of your own.',
    body: newKeyInput,
    answer: { status: 201, schema: madeSchema },
    async handle({ api, caller, body }) {
      const key = await createKey(api, caller, body);
      return { body: key, version: key.version, location: `/api/keys/${key.id}` };
    },
  }),
  route({
    method: 'get',
    path: '/api/keys',
    summary: 'API keys that you may see, newest first.',
    query: listQuery,
    answer: { schema: listSchema(keySchema) },
    async handle({ api, caller, query: { mine, state, ...page } }) {
      needScope(caller, 'key', 'read');
      const found = await readPage<Key>(api.kernel, { noun: 'key', actor: caller.actor, ...page, where: [['t.user_id = ?', mine && caller.actor.userId], ['t.state = ?', state]] });
      return answered(listed(found, (row, nowMs) => presentKey(row, caller.actor, nowMs), offered(caller.actor, 'key', newKeyInput)));
    },
  }),
  route({
    method: 'get',
    path: '/api/keys/:id',
    summary: 'One API key, without its secret.',
    answer: { schema: keySchema },
    async handle({ api, caller, params }) {
      const key = await readKey(api, caller, idOf(params.id));
      return { body: key, version: key.version };
    },
  }),
  ...verbRoutes({
    noun: 'key', path: '/api/keys', inputs: keyVerbs, schema: keySchema,
    async read(api, caller, id) {
      const key = await readKey(api, caller, id);
      return { body: key, version: key.version };
    },
  }),
];
