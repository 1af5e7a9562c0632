/**
 * A community with somebody of every role and something of every noun in every state, owned by different people, in which
 * every private value holds a mark of its own: whoever finds a mark in an answer knows whose value it is. For answers.ts.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { apply } from '../../db/apply';
import { create } from '../../db/create';
import type { Wiki } from '../../db/entities/wiki';
import type { Kernel } from '../../db/kernel';
import { sealOnce } from '../../db/seal';
import { visibilities } from '../../db/entities/request';
import { deliveryMachine } from '../../machines/delivery';
import { eventMachine } from '../../machines/event';
import { requestMachine } from '../../machines/request';
import { newApiKey } from '../../gateways/api-key';
import { roles, system, visitor, type Actor, type Grant, type Role } from '../../policies/actor';
import { makeRequest } from '../support/house';

/** Who asks: their rights, and what they send along. */
export interface Asker {
  name: string;
  actor: Actor;
  headers: Record<string, string>;
}

let marks = 0;
/** Letters and digits that nothing else here holds, and that no answer writes in another way. */
export const mark = (): string => `zq${String(++marks).padStart(4, '0')}x`;
export const MARK = /zq\d{4,}x/gi;

export async function populate(kernel: Kernel): Promise<Asker[]> {
  const wikis = [await aWiki(kernel), await aWiki(kernel)];
  const asker = new Map<string, Person>();
  for (const role of roles) asker.set(role, await aPerson(kernel, role, [{ role, wikiId: role === 'sender' ? wikis[0]!.id : null }]));
  for (const name of ['nobody', 'owner', 'another owner']) asker.set(name, await aPerson(kernel, name, []));
  const [admin, approver, operator, sender] = (['admin', 'deliveryApprover', 'operator', 'sender'] as const).map((role) => asker.get(role)!);
  const owners = [sender!, asker.get('owner')!, asker.get('another owner')!];
  for (const owner of owners) {
    const [secret, used] = [await aList(kernel, owner, wikis[0]!, false), await aList(kernel, owner, wikis[0]!, true)];
    for (const state of Object.keys(deliveryMachine.states)) await aDelivery(kernel, owner, wikis[0]!, state, state === 'draft' ? secret : used, { admin: admin!, approver: approver! });
    await aDelivery(kernel, owner, wikis[0]!, 'cancelled', used, { admin: admin!, approver: approver!, begun: true });
    for (const shared of [true, false]) await kernel.pool.query(`insert into view (owner_id, name, path, query, shared, created_at_ms) values ($1, $2, '/deliveries', $3, $4, 1)`, [owner.userId, `View ${mark()}`, `q=${mark()}`, shared]);
    await memberships(kernel, owner, admin!);
    await waysIn(kernel, owner);
  }
  const [organizer, toolUser, checkuser] = (['organizer', 'toolUser', 'checkuser'] as const).map((role) => asker.get(role)!);
  for (const one of [organizer!, toolUser!]) {
    const events = new Map<string, number>();
    for (const state of Object.keys(eventMachine.states)) events.set(state, await anEvent(kernel, one, state));
    one.events = ['approved', 'open', 'ended'].map((state) => events.get(state)!); // of the others nobody organizes requests
    for (const event of [null, events.get('open')!, events.get('disabled')!]) for (const state of Object.keys(requestMachine.states)) await aRequest(kernel, state, event, one, [one, toolUser!, checkuser!]);
    for (const taken of [{ escalatedAtMs: 1 }, { queue: 'default' as const }]) for (const state of ['open', 'reserved', 'creating', 'closed']) await aRequest(kernel, state, events.get('open')!, toolUser!, [one, toolUser!], taken);
  }
  for (const [name, seenBy] of [['toolAdmin', 'admin'], ['checkuser', 'checkuser']] as const) for (const verb of [undefined, 'lift']) await aBan(kernel, asker.get(name)!, seenBy, verb);
  await kernel.pool.query(`update queue set uuid = $1 where key = 'events'`, [`q-${mark()}`]);
  for (const verb of [undefined, 'disable']) {
    const { row } = await create(kernel, { noun: 'queue', actor: { ...admin!, kind: 'user' }, values: { key: `queue-${verb}`, uuid: `q-${mark()}`, languages: ['en'], names: [`Queue ${mark()}`], priority: 0, timeZone: 'UTC', hours: [], holidays: [] } });
    if (verb) await apply(kernel, { noun: 'queue', id: row.id, verb, actor: admin!, reason: `Because ${mark()}`, requestId: `r-${mark()}` });
  }
  for (const [name, verbs] of [['toolAdmin', ['publish']], ['toolAdmin', []], ['organizer', ['publish', 'retire']], ['organizer', ['publish']], ['toolUser', []]] as const) {
    const owner = asker.get(name)!;
    const content = () => ({ intro: { en: `Welcome ${mark()}` }, texts: { 'comment.help': { en: `Say ${mark()}` } }, fields: [] });
    const { row } = await create(kernel, { noun: 'form', actor: owner, values: { name: `Form ${mark()}`, ownerId: owner.userId, shared: name === 'toolAdmin', draft: content(), content: null } });
    for (const verb of verbs) await apply(kernel, { noun: 'form', id: row.id, verb, actor: owner, requestId: `r-${mark()}` });
  }
  for (const active of [true, false]) await create(kernel, { noun: 'template', actor: { ...admin!, kind: 'user' }, values: { kind: 'none', title: `Title ${mark()}`, languages: ['en'], texts: [`Dear {{name}} ${mark()}`], question: `Sure ${mark()}`, active, preload: false, copyTo: [`${mark()}@example.org`] } });
  for (const [seq, verb] of [[1, undefined], [2, 'retry'], [3, 'skip']] as const) {
    const { row } = await create(kernel, { noun: 'operation', actor: system, values: { workflowId: `delivery/${seq}`, runId: 'run', seq, kind: 'massDelivery', entity: `delivery/${seq}`, wiki: wikis[0]!.host, code: 'wiki.readonly', attempts: 5, skippable: true, detail: `The wiki said ${mark()}` } });
    if (verb) await apply(kernel, { noun: 'operation', id: row.id, verb, actor: operator!, reason: `Because ${mark()}`, requestId: `r-${mark()}` });
  }
  await kernel.pool.query('update outbox set dead = true where id in (select min(id) from outbox)');
  await sealOnce(kernel.pool);
  const whole = [...asker].map(([name, person]): Asker => ({ name, actor: { ...person, kind: 'key', scopes: ['all'], keyId: person.keyId }, headers: { authorization: `Bearer ${person.secret}` } }));
  const narrow = await Promise.all(([['admin', 'delivery:read'], ['admin', 'user:read'], ['deliveryApprover', 'delivery:approve'], ['owner', 'targetList:read'], ['owner', 'key:new'],
    ['organizer', 'request:reserve'], ['toolUser', 'request:read'], ['toolAdmin', 'request:reveal']] as const).map(async ([name, scope]): Promise<Asker> => {
    const { keyId, secret } = await aKey(kernel, asker.get(name)!, [scope]);
    return { name: `${name} by a key for ${scope}`, actor: { ...asker.get(name)!, kind: 'key', scopes: [scope], keyId }, headers: { authorization: `Bearer ${secret}` } };
  }));
  return [{ name: 'visitor', actor: visitor, headers: {} }, ...whole, ...narrow];
}

type Person = Actor & { userId: number; keyId: number; secret: string };

async function aPerson(kernel: Kernel, name: string, grants: Grant[]): Promise<Person> {
  const values = { name: `${name} ${mark()}`, passwordHash: `$argon2id$${mark()}`, email: `${mark()}@example.org`, language: 'en', timeZone: 'UTC' };
  const { row } = await create(kernel, { noun: 'user', values, actor: system });
  for (const { role, wikiId } of grants) await create(kernel, { noun: 'membership', values: { userId: row.id, role, wikiId, untilMs: null, note: `Please ${mark()}` }, actor: system, then: 'approve' });
  await kernel.pool.query('insert into session (hash, user_id, since_ms, used_at_ms) values ($1, $2, $3, $3)', [randomBytes(32), row.id, Date.now()]);
  const user: Actor & { userId: number } = { kind: 'user', userId: row.id, grants };
  return { ...user, ...(await aKey(kernel, user, ['all'])) };
}

async function aKey(kernel: Kernel, user: Actor & { userId: number }, scopes: string[]): Promise<{ keyId: number; secret: string }> {
  const { secret, hash } = newApiKey();
  const values = { userId: user.userId, label: `Key ${mark()}`, scopes, expiresAtMs: null, lastUsedAtMs: null };
  const { row: revoked } = await create(kernel, { noun: 'key', values: { ...values, hash: randomBytes(32) }, actor: system });
  await apply(kernel, { noun: 'key', id: revoked.id, verb: 'revoke', actor: { ...user, kind: 'user' }, reason: `Lost ${mark()}`, requestId: `r-${mark()}` });
  const { row } = await create(kernel, { noun: 'key', values: { ...values, label: `Key ${mark()}`, hash }, actor: system });
  return { keyId: row.id, secret };
}

async function aWiki(kernel: Kernel): Promise<Wiki> {
  const host = `w${randomBytes(4).toString('hex')}.example.org`;
  const values = { host, apiUrl: `http://${host}/api.php`, botUser: `Bot ${mark()}`, botPassword: `v1.${mark()}`, editsPerMinute: 40, inFlight: 1, allowedNamespaces: [4], allowedPages: [], optOutCategory: 'Opted-out', aliases: [], changeTag: null, footer: `-- ${mark()}`, welcome: `Welcome ${mark()}`, oauthClientId: mark(), oauthClientSecret: `v1.${mark()}` };
  return (await create(kernel, { noun: 'wiki', values, actor: system })).row;
}

/** With two revisions and a problem in each. */
async function aList(kernel: Kernel, owner: Person, wiki: Wiki, used: boolean): Promise<number> {
  const values = { ownerId: owner.userId, wikiId: wiki.id, name: `List ${mark()}`, format: 'wikitext', source: `Project:${mark()}`, revision: 2, targets: 1, problemCount: 1, used };
  const { row } = await create(kernel, { noun: 'targetList', values, actor: owner });
  for (const revision of [1, 2]) {
    await kernel.pool.query(`insert into target_list_revision (list_id, revision, format, source, targets, problem_count, user_id, at_ms) values ($1, $2, 'wikitext', $3, 1, 1, $4, 1)`, [row.id, revision, `Project:${mark()}`, owner.userId]);
    await kernel.pool.query('insert into target_list_page (list_id, revision, position, wiki_id, page) values ($1, $2, 1, $3, $4)', [row.id, revision, wiki.id, `Talk:${mark()}`]);
    await kernel.pool.query(`insert into target_list_problem (list_id, revision, position, line, text, code) values ($1, $2, 1, 2, $3, 'invalidtitle')`, [row.id, revision, `[[${mark()}`]);
  }
  return row.id;
}

/** In its state by the door where a reason belongs to that, else put there. */
async function aDelivery(kernel: Kernel, sender: Person, wiki: Wiki, state: string, listId: number, { admin, approver, begun }: { admin: Person; approver: Person; begun?: boolean }): Promise<void> {
  const { pool } = kernel;
  const values = {
    senderId: sender.userId, wikiId: wiki.id, channel: 'page' as const, subject: `News ${mark()}`, body: `Text ${mark()} ~~~~`, page: `Project:${mark()}`, subjectSection: mark(), bodySection: mark(), marker: `reeve:${randomBytes(8).toString('hex')}`,
    sendAtMs: Date.UTC(2099, 0), startedAtMs: null, testOf: null,
  };
  const { row: { id } } = await create(kernel, { noun: 'delivery', values, actor: sender });
  await pool.query('insert into delivery_list (delivery_id, list_id, revision) values ($1, $2, $3)', [id, listId, state === 'draft' ? null : 2]);
  const last: Record<string, [before: string, verb: string, actor: Actor]> = { approved: ['requested', 'approve', approver], rejected: ['requested', 'reject', approver], paused: ['running', 'pause', admin], cancelled: [begun ? 'running' : 'requested', 'cancel', sender] };
  const [before, verb, actor = sender] = last[state] ?? [state];
  const started = begun || ['expanding', 'running', 'paused', 'finished'].includes(state);
  await pool.query('update delivery set state = $2, started_at_ms = $3 where id = $1', [id, before, started ? 1 : null]);
  if (state !== 'draft') await pool.query(`insert into delivery_text (delivery_id, language, html_language, dir, source, title, revision_id, subject, body) values ($1, 'en', 'en', 'ltr', true, $2, 1, $3, $4)`, [id, `Project:${mark()}`, `Pinned ${mark()}`, `Pinned ${mark()}`]);
  if (started) {
    await pool.query(`insert into target (delivery_id, wiki_id, page, asked, outcome, code) values ($1, $2, $3, $4, 'unknown', 'wiki.lost')`, [id, wiki.id, `Talk:${mark()}`, `Talk:${mark()}`]);
    await pool.query(`insert into delivery_wiki (delivery_id, wiki_id, total, unknown, trouble, trouble_detail) values ($1, $2, 1, 1, 'wiki.readonly', $3)`, [id, wiki.id, `It said ${mark()}`]);
  }
  if (verb) await apply(kernel, { noun: 'delivery', id, verb, actor, reason: `Because ${mark()}`, requestId: `r-${mark()}` });
}

/** Approved, as far as its state says so. */
async function anEvent(kernel: Kernel, organizer: Person, state: string): Promise<number> {
  const approved = ['draft', 'requested', 'rejected'].includes(state) ? null : 1;
  const values = {
    uuid: randomUUID(), key: mark(), title: `Event ${mark()}`, page: `Event:${mark()}`, creatorId: organizer.userId, organizerIds: [organizer.userId], types: ['meetup'], participation: 'hybrid' as const, country: 'IN', address: `Street ${mark()}`,
    meetingUrl: `https://${mark()}.example.org`, wikiIds: null, topics: [mark()], timeZone: 'UTC', startsAt: '2098-01-01T10:00', endsAt: '2098-01-01T12:00', startsAtMs: Date.UTC(2098, 0, 1, 10), endsAtMs: Date.UTC(2098, 0, 1, 12), approvedStartsAtMs: approved, approvedEndsAtMs: approved,
    places: 5, approvedPlaces: approved, chatUrl: `https://${mark()}.example.org`, trackingTool: `https://${mark()}.example.org`, tracksContributions: null, isTest: false, disabledAtMs: null, archiveAfterMs: 1e12,
  };
  const { row: { id } } = await create(kernel, { noun: 'event', values, actor: { ...organizer, kind: 'user' } });
  await kernel.pool.query(`update event set state = $2, disabled_at_ms = $3, timers = '{}', due_at_ms = null, uuid = $4 where id = $1`, [id, state, state === 'disabled' ? 1 : null, `e-${mark()}`]);
  return id;
}

/** With a comment of every visibility by each of some people; where it is closed, somebody dropped it and said why. */
async function aRequest(kernel: Kernel, state: string, eventId: number | null, holder: Person, writers: Person[], more: { escalatedAtMs?: number; queue?: 'default' } = {}): Promise<void> {
  const { id } = await makeRequest(kernel, { eventId, name: `Asker ${mark()}`, email: `${mark()}@example.org`, comment: `Hello ${mark()}`, ip: mark(), network: mark(), forwarded: mark(), userAgent: mark(), answer: `So it is ${mark()}` });
  for (const visibility of visibilities) for (const { userId } of writers) await kernel.pool.query('insert into request_comment (request_id, user_id, visibility, text, at_ms) values ($1, $2, $3, $4, 1)', [id, userId, visibility, `They said ${mark()}`]);
  const confirmed = ['open', 'reserved', 'creating', 'closed'].includes(state) ? 1 : null;
  await kernel.pool.query(`update request set state = $2, confirmed_at_ms = $3, holder_id = $4, escalated_at_ms = $5, queue = coalesce($6, queue), timers = '{}', due_at_ms = null where id = $1`, [id, state === 'closed' ? 'open' : state, confirmed, ['reserved', 'creating'].includes(state) ? holder.userId : null, more.escalatedAtMs ?? null, more.queue ?? null]);
  if (state === 'closed') await apply(kernel, { noun: 'request', id, verb: 'drop', actor: { kind: 'user', userId: holder.userId, grants: [{ role: 'toolUser', wikiId: null }] }, reason: `Because ${mark()}`, requestId: `r-${mark()}` });
}

async function aBan(kernel: Kernel, by: Person, seenBy: 'admin' | 'checkuser', verb?: string): Promise<void> {
  const actor: Actor = { ...by, kind: 'user' };
  const { row } = await create(kernel, { noun: 'ban', values: { target: 'name', pattern: `^Kept out ${mark()}$`, action: 'drop', reason: `Many names ${mark()}`, seenBy, untilMs: null }, actor });
  await kernel.pool.query('insert into request_ban (request_id, ban_id, at_ms) select id, $1, 1 from request', [row.id]);
  if (verb) await apply(kernel, { noun: 'ban', id: row.id, verb, actor, reason: `Because ${mark()}`, requestId: `r-${mark()}` });
}

/** An account at a wiki, with what the wiki lets Reeve do, and a second factor. */
async function waysIn({ pool }: Kernel, { userId }: Person): Promise<void> {
  await pool.query(`with i as (insert into identity (user_id, wiki_id, wiki_user_id, name, linked_at_ms, signed_in_at_ms) select $1::int, min(id), $1::int::text, $2, 1, 1 from wiki returning id)
    insert into wiki_grant (identity_id, access_token, refresh_token, granted_at_ms) select id, $3, $4, 1 from i`, [userId, `At the wiki ${mark()}`, `v1.${mark()}`, `v1.${mark()}`]);
  await pool.query('insert into second_factor (user_id, secret, since_ms) values ($1, $2, 1)', [userId, `v1.${mark()}`]);
  await pool.query('insert into recovery_code (user_id, hash) values ($1, $2)', [userId, Buffer.from(mark())]);
}

/** Applied for, declined, held, suspended and ended, with what the applicant wrote and what was said to it. */
async function memberships(kernel: Kernel, of: Person, admin: Person): Promise<void> {
  const ways: [Role, ...string[]][] = [['organizer'], ['toolUser', 'decline'], ['helper', 'approve'], ['auditor', 'decline'], ['ux', 'approve', 'suspend'], ['moderator', 'approve', 'end']];
  for (const [role, ...verbs] of ways) {
    const { row } = await create(kernel, { noun: 'membership', values: { userId: of.userId, role, wikiId: null, untilMs: null, note: `Please ${mark()}`, vouchedBy: `Nice ${mark()}`, officialEmail: `${mark()}@example.org`, appeal: `But ${mark()}` }, actor: { ...of, kind: 'user' } });
    for (const verb of verbs) await apply(kernel, { noun: 'membership', id: row.id, verb, actor: { ...admin, kind: 'user' }, reason: `Because ${mark()}`, requestId: `r-${mark()}` });
  }
}
