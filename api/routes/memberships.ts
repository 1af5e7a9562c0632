/** Memberships: applying for a role, granting one, and deciding on those of others. */
import { z } from 'zod';
import { ReeveError, fieldError } from '../../config/errors';
import { readRow } from '../../db/apply';
import { create } from '../../db/create';
import type { Membership } from '../../db/entities/membership';
import { addressMail } from '../../db/queries/mails';
import { readPage } from '../../db/queries/page';
import { foldDue } from '../../db/step';
import { membershipMachine } from '../../machines/membership';
import { may, mayEver } from '../../policies';
import { holds, roles, throughReeveOnly, wikiRoles, type Actor } from '../../policies/actor';
import type { Api, Caller } from '../context';
import { ahead, id, instant, line, lines, reason, shown, wikiRef } from '../fields';
import { answered, listFields, listSchema, listed, offered } from '../lists';
import { actionSchema, actionsOf, type VerbInputs } from '../present';
import { route, type Route } from '../route';
import { idOf, needScope, verbRoutes } from '../verbs';
import { wikiOf } from './wikis';

const role = () => z.enum(roles);
const why = z.strictObject({ reason: reason().optional() });
export const membershipVerbs: VerbInputs = {
  approve: why,
  decline: why,
  suspend: why,
  reinstate: why,
  end: why,
  changeRole: z.strictObject({ role: role(), until: instant().nullable().optional().describe('null = without end.'), reason: reason().optional() })
    .transform(({ until, ...input }) => (until === undefined ? input : { ...input, untilMs: until })),
  identify: why,
  appeal: z.strictObject({ text: lines(2_000, 1).describe('Why it should be looked at again, by somebody else.'), reason: reason().optional() }),
};

export const newMembershipInput = z.strictObject({
  role: role(),
  wiki: wikiRef().optional().describe('Of a sender: host of the wiki that it holds on; none = everywhere.'),
  until: instant().nullable().optional().describe('When it ends by itself.'),
  note: lines(2_000).optional().describe('What deciders should know.'),
  vouchedBy: line(255).optional().describe('Who vouches for the applicant.'),
  officialEmail: z.email({ error: 'must be a mail address' }).max(254).optional().describe('At the applicant\'s organisation; a link goes there, which confirms it. Only deciders see it.'),
  accepted: z.boolean().optional().describe('Of an application as organizer or toolUser: the right is for use through Reeve only, and that is accepted.'),
  identified: z.boolean().optional().describe('Of a grant: you know who they are. Some roles count for nobody else.'),
  user: z.union([line(255), id()]).optional().describe('Name or id of somebody else: grants the role at once.'),
});
/** What is asked of who may grant nothing. */
const applicationInput = newMembershipInput.omit({ identified: true, user: true });
const listQuery = z.strictObject({
  ...listFields(),
  state: z.enum(Object.keys(membershipMachine.states) as [string, ...string[]]).optional(),
  role: role().optional(),
  user: line(255).optional().describe('Name of whose.'),
  wiki: line(259).optional().describe('Held on this host.'),
  mine: z.enum(['true']).optional().describe('Only your own.'),
});

export const membershipSchema = z.object({
  id: z.int(), state: z.string(), version: z.int(), user: z.object({ id: z.int(), name: z.string() }), role: z.string(), wiki: z.string().nullable(), until: z.string().nullable(),
  note: z.string().nullable(), vouchedBy: z.string().nullable(), officialEmail: z.string().nullable(), addressConfirmedAt: z.string().nullable(),
  acceptedAt: z.string().nullable().describe('When it was accepted that the right is for use through Reeve only.'), appeal: z.string().nullable(), appealedAt: z.string().nullable(), identifiedAt: z.string().nullable().describe('Since when it is recorded that they are identified.'),
  accounts: z.array(z.object({ wiki: z.string(), name: z.string() })).describe('Whose accounts at wikis are theirs.'), createdAt: z.string(), actions: z.array(actionSchema), hidden: z.array(z.string()),
});

type Account = { wiki: string; name: string };
type Listed = Membership & { host: string | null; userName: string; accounts: Account[] };
/** Over a person's id. */
const accountsSql = (userId: string): string => `(select coalesce(jsonb_agg(jsonb_build_object('wiki', iw.host, 'name', i.name) order by iw.host), '[]') from identity i join wiki iw on iw.id = i.wiki_id where i.user_id = ${userId}) as accounts`;

export function presentMembership(stored: Listed, actor: Actor, nowMs: number) {
  const { id, state, version, userId, role, untilMs, note, vouchedBy, officialEmail, addressConfirmedAtMs, acceptedAtMs, appeal, appealedAtMs, identifiedAtMs, createdAtMs } = foldDue('membership', stored, nowMs);
  const { host, userName, accounts } = stored;
  const about = { user: userName, role, wiki: host };
  return {
    id, state, version, user: { id: userId, name: userName }, role, wiki: host, until: shown(untilMs), note, vouchedBy, officialEmail, addressConfirmedAt: shown(addressConfirmedAtMs),
    acceptedAt: shown(acceptedAtMs), appeal, appealedAt: shown(appealedAtMs), identifiedAt: shown(identifiedAtMs), accounts, createdAt: shown(createdAtMs),
    actions: actionsOf('membership', stored, actor, nowMs, membershipVerbs, { suspend: about, decline: about, end: about }), hidden: [],
  };
}

/** For oneself an application, for somebody else a grant. @throws ReeveError membership.exists, rate-limited */
export async function createMembership(api: Api, caller: Caller, { role, wiki, until, note, user, vouchedBy, officialEmail, accepted, identified }: z.output<typeof newMembershipInput>) {
  const { actor } = caller;
  needScope(caller, 'membership', 'new');
  const userId = user === undefined ? actor.userId! : await userOf(api, caller, user);
  const wikiId = wiki === undefined ? null : (await wikiOf(api, wiki)).id;
  if (wikiId !== null && !wikiRoles.includes(role)) throw fieldError('/wiki', 'membership.everywhere');
  const grants = userId !== actor.userId;
  if (!grants && throughReeveOnly.includes(role) && !accepted) throw fieldError('/accepted', 'membership.not-accepted');
  const values = {
    userId, role, wikiId, untilMs: until ?? null, note: note ?? null, vouchedBy: vouchedBy ?? null, officialEmail: officialEmail ?? null,
    acceptedAtMs: null, appeal: null,
  };
  if (grants && !may(actor, 'grant', 'membership', values).allowed) throw new ReeveError('policy.forbidden', `You may not make anybody ${role}.`);
  if (grants && !identified && api.kernel.terms.identifiedRoles.includes(role)) throw fieldError('/identified', 'membership.not-identified');
  const { row } = await create(api.kernel, {
    noun: 'membership', values, ...caller, ...(grants && { then: 'approve' }), check: ahead('/until', until),
    stamps: grants ? (identified ? ['identifiedAtMs'] : []) : accepted ? ['acceptedAtMs'] : [],
    also: async (client, id) => void (officialEmail !== undefined && (await addressMail(client, id))),
  }).catch((error: ReeveError) => {
    throw error.more?.constraint === 'membership_once' ? fieldError('/role', 'membership.exists') : error;
  });
  return readMembership(api, caller, row.id);
}

/** @throws ReeveError not-found also for what the reader may not see. */
export async function readMembership({ kernel }: Api, caller: Caller, id: number) {
  needScope(caller, 'membership', 'read');
  const { row, nowMs } = await readRow(kernel, 'membership', id);
  if (!row || !may(caller.actor, 'read', 'membership', row).allowed) throw new ReeveError('not-found');
  const { rows } = await kernel.pool.query<{ name: string; host: string | null; accounts: Account[] }>(`select u.name, (select host from wiki where id = $2) as host, ${accountsSql('u.id')} from "user" u where u.id = $1`, [row.userId, row.wikiId]);
  return presentMembership({ ...row, host: rows[0]!.host, userName: rows[0]!.name, accounts: rows[0]!.accounts }, caller.actor, nowMs);
}

export async function listMemberships({ kernel }: Api, caller: Caller, { state, role, user, wiki, mine, ...page }: z.output<typeof listQuery>) {
  needScope(caller, 'membership', 'read');
  const found = await readPage<Listed>(kernel, {
    noun: 'membership', actor: caller.actor, ...page, where: [['t.state = ?', state], ['t.role = ?', role], ['lower(u.name) = lower(?)', user], ['w.host = ?', wiki?.toLowerCase()], ['t.user_id = ?', mine && caller.actor.userId]],
    select: `w.host, u.name as user_name, ${accountsSql('t.user_id')}`, from: 'join "user" u on u.id = t.user_id left join wiki w on w.id = t.wiki_id',
  });
  return listed(found, (row, nowMs) => presentMembership(row, caller.actor, nowMs), offered(caller.actor, 'membership', mayEver(caller.actor, 'grant', 'membership') ? newMembershipInput : applicationInput));
}

export const membershipRoutes: Route[] = [
  route({
    method: 'post',
    path: '/api/memberships',
    summary: 'Apply for a role; with `user`, grant it to somebody else.',
    body: newMembershipInput,
    refuses: [429],
    answer: { status: 201, schema: membershipSchema },
    async handle({ api, caller, body }) {
      const membership = await createMembership(api, caller, body);
      return { body: membership, version: membership.version, location: `/api/memberships/${membership.id}` };
    },
  }),
  route({
    method: 'get',
    path: '/api/memberships',
    summary: 'Memberships that you may see, newest first.',
    query: listQuery,
    answer: { schema: listSchema(membershipSchema) },
    async handle({ api, caller, query }) {
      return answered(await listMemberships(api, caller, query));
    },
  }),
  route({
    method: 'get',
    path: '/api/memberships/:id',
    summary: 'One membership.',
    answer: { schema: membershipSchema },
    async handle({ api, caller, params }) {
      const membership = await readMembership(api, caller, idOf(params.id));
      return { body: membership, version: membership.version };
    },
  }),
  ...verbRoutes({
    noun: 'membership', path: '/api/memberships', inputs: membershipVerbs, schema: membershipSchema,
    async read(api, caller, id) {
      const membership = await readMembership(api, caller, id);
      return { body: membership, version: membership.version };
    },
  }),
];

/** Whoever may grant nothing does not learn who has an account here. */
async function userOf({ kernel }: Api, { actor }: Caller, given: string | number): Promise<number> {
  if (!holds(actor, 'admin', 'toolAdmin') && given !== actor.userId) {
    const { rows } = await kernel.pool.query('select 1 from "user" where id = $1 and lower(name) = lower($2)', [actor.userId, String(given)]);
    if (!rows.length) throw new ReeveError('policy.forbidden', 'You may apply for yourself only.');
  }
  const { rows } = await kernel.pool.query<{ id: number }>('select id from "user" where id = $1 or lower(name) = lower($2)', [typeof given === 'number' ? given : null, typeof given === 'string' ? given : null]);
  if (!rows[0]) throw fieldError('/user', 'input.invalid', 'There is no user of this name or id.');
  return rows[0].id;
}
