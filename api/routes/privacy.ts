/** All that is held of one person: as one document, or erased as far as it may be. What was asked for stands in the log, whose it is does not. */
import { z } from 'zod';
import { ReeveError, fieldError } from '../../config/errors';
import { apply } from '../../db/apply';
import { noteOn } from '../../db/note';
import { erasePerson, findPerson, heldOf, impersonal, keptOf, underWay, type Person } from '../../db/queries/privacy';
import { may } from '../../policies';
import { system, type Actor } from '../../policies/actor';
import type { Api, Caller } from '../context';
import { line, reason, shown } from '../fields';
import { route, type Route } from '../route';
import { dryRunQuery, needScope } from '../verbs';

const personInput = z.strictObject({
  email: z.email({ error: 'must be a mail address' }).max(254).optional().describe('Whoever filed a request with this address, or gets notices there.'),
  user: line(255).optional().describe('Whose account this is, by name or id; and what was filed with an official address that it has confirmed.'),
  reason: reason(),
});
type Asked = z.output<typeof personInput>;

const manifestSchema = z.array(z.object({ place: z.string().describe('A table.'), found: z.int(), withheld: z.string().optional().describe('Why it is counted and not shown.'), isMore: z.literal(true).optional().describe('There is more of it than is shown.') }));
const exportSchema = z.object({
  at: z.string(), email: z.string().nullable(), users: z.array(z.int()), requests: z.array(z.int()),
  manifest: manifestSchema.describe('Every place that was looked at.'), impersonal: z.array(z.string()).describe('Places that hold nothing of one person.'),
  held: z.record(z.string(), z.array(z.record(z.string(), z.unknown()))).describe('By place, as it is stored.'),
});
const erasedSchema = z.object({
  dryRun: z.literal(true).optional(), users: z.array(z.int()), requests: z.array(z.int()),
  erased: z.record(z.string(), z.int()).describe('How much, by place; of a dry run how much is there.'),
  kept: z.array(z.object({ place: z.string(), count: z.int(), why: z.string(), until: z.string().nullable().describe('When it goes, where that is known.') })).describe('What may not be erased.'),
});

/** @throws ReeveError policy.forbidden, policy.own, input.invalid, privacy.reason-names */
async function personFor({ kernel }: Api, { actor }: Caller, verb: 'export' | 'erase', { email, user, reason }: Asked): Promise<Person> {
  const verdict = may(actor, verb, 'user', { id: 0 });
  if (!verdict.allowed) throw new ReeveError(verdict.code, verdict.reason ?? 'Admins do this, when somebody asks for what is theirs.');
  if ((email === undefined) === (user === undefined)) throw fieldError(email === undefined ? '/email' : '/user', 'input.invalid', 'Give either an e-mail address or an account.');
  const person = await findPerson(kernel, email === undefined ? { user: user! } : { email });
  if (!person) throw fieldError('/user', 'input.invalid', 'It is the name of one account and the number of another: give what else there is of the one that you mean.');
  if ([email, user].some((name) => name && Number.isNaN(Number(name)) && reason.toLowerCase().includes(name.toLowerCase()))) throw fieldError('/reason', 'privacy.reason-names');
  for (const id of person.userIds) {
    const own = may(actor, verb, 'user', { id });
    if (!own.allowed) throw new ReeveError(own.code, own.reason);
  }
  return person;
}

const by = ({ email }: Asked): string => (email === undefined ? 'user' : 'email');

/** Written into the log before it is read. */
async function exportOf(api: Api, caller: Caller, asked: Asked): Promise<z.output<typeof exportSchema>> {
  needScope(caller, 'user', 'export');
  const person = await personFor(api, caller, 'export', asked);
  await noteOn(api.kernel, { ...caller, noun: 'user', id: caller.actor.userId!, verb: 'exportPerson', code: by(asked), reason: asked.reason }, async () => true);
  const found = await heldOf(api.kernel, person);
  return {
    at: new Date().toISOString(), email: person.email, users: person.userIds, requests: person.requestIds,
    manifest: found.map(({ place, found, withheld, rows }) => ({ place, found, ...(withheld ? { withheld } : found > rows.length && { isMore: true as const }) })), impersonal,
    held: Object.fromEntries(found.flatMap(({ place, rows }) => (rows.length ? [[place, rows]] : []))),
  };
}

/** In an order that can be begun again: what leads to the rest goes last. */
async function erase(api: Api, caller: Caller, asked: Asked): Promise<z.output<typeof erasedSchema>> {
  needScope(caller, 'user', 'erase');
  const { kernel } = api;
  const person = await personFor(api, caller, 'erase', asked);
  const { requestIds, userIds } = person;
  const { creating, unerased, memberships, keys } = await underWay(kernel, person);
  const answer = async (erased: Record<string, number>) => ({
    users: userIds, requests: requestIds, erased, kept: (await keptOf(kernel, person)).map(({ untilMs, ...one }) => ({ ...one, until: shown(untilMs) })),
  });
  if (caller.dryRun) await noteOn(kernel, { ...caller, noun: 'user', id: caller.actor.userId!, verb: 'search', code: by(asked), reason: asked.reason }, async () => true);
  if (caller.dryRun) return { dryRun: true, ...(await answer(Object.fromEntries((await heldOf(kernel, person, 0)).filter(({ found }) => found).map(({ place, found }) => [place, found])))) };
  if (creating.length) throw new ReeveError('privacy.creating', undefined, { requests: creating });

  const { requestId, reason } = { ...caller, ...asked };
  const erased: Record<string, number> = {};
  const count = (more: Record<string, number>): boolean => {
    for (const [place, n] of Object.entries(more)) erased[place] = (erased[place] ?? 0) + n;
    return true;
  };
  await noteOn(kernel, { ...caller, noun: 'user', id: caller.actor.userId!, verb: 'erasePerson', code: by(asked), reason }, async (client) => count(await erasePerson(client, { ...person, userIds: [] })));
  const origin = { actor: withAllScopes(caller.actor), requestId, code: 'privacy' };
  for (const id of unerased) if ((await apply(kernel, { noun: 'request', id, verb: 'erase', ...origin })).changed) count({ request: 1 });
  for (const id of memberships) await apply(kernel, { noun: 'membership', id, verb: 'end', ...origin }).catch(() => apply(kernel, { noun: 'membership', id, verb: 'decline', ...origin, actor: system })); // it judges nothing: also who has declined it before erases
  for (const id of keys) await apply(kernel, { noun: 'key', id, verb: 'revoke', ...origin });
  for (const id of userIds) await noteOn(kernel, { noun: 'user', id, verb: 'erase', ...origin }, async (client) => {
    const more = await erasePerson(client, { requestIds: [], userIds: [id], email: person.email });
    return Object.keys(more).length > 0 && count(more);
  });
  return answer(erased);
}

/** Who may erase a person may do what belongs to it. */
const withAllScopes = (actor: Actor): Actor => (actor.kind === 'key' ? { ...actor, scopes: ['all'] } : actor);

const example = { email: 'newcomer@mail.example', reason: 'Asked for by letter.' };

export const privacyRoutes: Route[] = [
  route({
    method: 'post',
    path: '/api/privacy/export',
    name: 'exportPerson',
    summary: 'All that is held of one person, and where it was looked for. Recorded before it is answered; nobody is the same as somebody of whom nothing is held.',
    body: personInput,
    example,
    answer: { schema: exportSchema },
    async handle({ api, caller, body }) {
      return { body: await exportOf(api, caller, body) };
    },
  }),
  route({
    method: 'post',
    path: '/api/privacy/erase',
    name: 'erasePerson',
    summary: 'Erase one person: what they filed and who they are is replaced, the rows stay; roles end, keys and sessions close. Done again it finds nothing more. A dry run changes nothing, but is recorded: it looks for a person.',
    query: dryRunQuery,
    body: personInput,
    example,
    refuses: [409],
    answer: { schema: erasedSchema },
    async handle({ api, caller, body }) {
      return { body: await erase(api, caller, body) };
    },
  }),
];
