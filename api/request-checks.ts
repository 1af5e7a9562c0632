/**
 * Filing an account request: what is wrong with it is said field by field, a wiki that does not answer holds nobody up,
 * and the event's link and key decide whose it is. Called by POST /api/requests and by the form (api/pages/request-form.ts).
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';
import type { Request as HttpRequest } from 'express';
import { z } from 'zod';
import { ReeveError, fault, fieldError, type FieldProblem } from '../config/errors';
import { create } from '../db/create';
import type { Request } from '../db/entities/request';
import { isNameAsked } from '../db/facts/request';
import { requestMail } from '../db/queries/mails';
import { networkOf } from '../db/network';
import { formOfEvent, publicQueue } from '../db/queries/forms';
import { hasPlace, openDoor, type EventDoor } from '../db/queries/requests';
import { capital } from '../gateways/mediawiki-site';
import { visitor } from '../policies/actor';
import type { Api } from './context';
import { line, lines, nameOfSomebody, needNone, wikiRef } from './fields';
import { count, homeOf, type Limit } from './middleware/rate-limit';
import { answered, LONGEST_LINES } from './own-fields';

export const requestInput = z.strictObject({
  name: nameOfSomebody(255).describe('The name of the account.'),
  email: z.email({ error: 'must be a mail address such as name@example.org' }).max(254).describe('A link is sent there; nobody looks at the request before it is opened.'),
  comment: lines(2_000).default('').describe('What the account team should know.'),
  wiki: wikiRef().optional().describe('Where the account is wanted; left out: the first one.'),
  event: line(64).optional().describe('What stands behind /e/ in the link of an event.'),
  queueLink: line(64).optional().describe('What stands behind /request/ in the unlisted link of a queue.'),
  answers: z.record(z.string().max(40), z.string().max(LONGEST_LINES)).optional().describe('To the questions of the form that is used there: key to answer, of a choice its words, of a box that is ticked `yes`.'),
  eventKey: line(64, 0).optional().describe('The key that its organizers gave out.'),
});
export type RequestInput = z.output<typeof requestInput>;

const DAY_MS = 86_400_000;
const UNCONFIRMED_MS = 7 * DAY_MS;
const OLDEST_MS = 90 * DAY_MS;
const WARNED_MS = 83 * DAY_MS;
/** How long a wiki may take to say what it thinks of a name; then the request is taken as it is. */
const WIKI_MS = 3_000;

export interface Filed {
  /** 0 where it was only looked over. */
  id: number;
  /** It came by the event's link and key, and its organizers see it. */
  tagged: boolean;
}

/** What a form knows besides what was typed. */
export interface Form {
  /** In which it was read. */
  language: string;
  /** What is wrong already: told together with what is found here. */
  wrong?: FieldProblem[];
  /** Sent once more it is the same request. */
  command?: { commandId: string; inputHash: string };
  /** Only look it over: nothing is kept. */
  look?: boolean;
}

/**
 * Takes a request. Who is signed in on the machine it is filed from plays no part.
 * @throws ReeveError input.invalid and its own codes, each naming the field; rate-limited. Nothing is kept then.
 */
export async function fileRequest(api: Api, req: HttpRequest, input: RequestInput, form: Form): Promise<Filed> {
  const before = await filedBefore(api, form);
  return before ?? file(api, req, input, form).catch(async (error: unknown) => {
    const meanwhile = await filedBefore(api, form); // sent twice at the same instant
    if (!meanwhile) throw error;
    return meanwhile;
  });
}

async function file(api: Api, req: HttpRequest, input: RequestInput, { language, wrong = [], command, look }: Form): Promise<Filed> {
  const { kernel, redis } = api;
  const door = input.event === undefined ? null : await openDoor(kernel, input.event);
  const key = door === null ? 'none' : await tryKey(api, req, door, input.eventKey);
  const desk = (input.queueLink === undefined ? null : await publicQueue(kernel, input.queueLink)) ?? (await publicQueue(kernel))!;
  const own = answered(door ? await formOfEvent(kernel, door.id) : desk.form, input.answers ?? {}, language);
  const tagged = door !== null && key === 'right' && (door.approvedPlaces === null || door.taken < door.approvedPlaces);
  const wiki = await wikiFor(api, input, tagged ? door : null);
  const name = capital(input.name);
  const asName = { wikiId: wiki.id, name };
  const wrongName = [...nameFaults(name), ...((await isNameAsked(kernel, asName)) ? [fault('/name', 'request.name-asked')] : [])];
  const asks = !wrongName.length && !wrong.some(({ pointer }) => pointer === '/name');
  if (asks) await count(redis, [tagged ? byKey : askedNames], req); // nobody asks a wiki for thousands of names through us
  const fate = asks ? await askWiki(api, wiki.id, name) : 'unasked';
  if (fate === 'taken' || fate === 'invalid') wrongName.push(fault('/name', fate === 'taken' ? 'request.name-taken' : 'request.name-form'));
  const ofEvent = tagged && input.wiki !== undefined ? await eventWikiFaults(api, wiki.id, door.wikiIds) : [];
  needNone([...wrong, ...wrongName, ...emailFaults(input.email, wiki.host), ...ofEvent, ...own.wrong, ...(key === 'wrong' ? [fault('/eventKey', 'request.wrong-key')] : [])]);
  if (look) return { id: 0, tagged };
  if (!tagged) await count(redis, [perAddress], req); // fifty people at one editathon are no flood: its places are their limit
  await count(redis, [perMailbox(input.email)], req);
  let atEvent = tagged;
  const nowMs = await now(api);
  const { row } = await create(kernel, {
    noun: 'request', actor: visitor, requestId: String(req.id), ...command,
    values: {
      ...asName, eventId: tagged ? door.id : null, email: input.email, comment: input.comment.trim(), questions: own.questions, answers: own.answers, language, nameCheck: fate as Request['nameCheck'], answer: null,
      ip: req.ip ?? null, network: networkOf(req.ip), forwarded: req.get('x-forwarded-for')?.slice(0, 1_000) ?? null, userAgent: req.get('user-agent')?.slice(0, 1_000) ?? null,
      queue: tagged ? 'event' : desk.key, expiresAtMs: nowMs + UNCONFIRMED_MS, warnAtMs: nowMs + WARNED_MS, closeByMs: nowMs + OLDEST_MS, keepMs: kernel.terms.keepMs,
    },
    async also(client, id) {
      if (door && atEvent && door.approvedPlaces !== null && !(await hasPlace(client, door.id))) {
        atEvent = false; // the last place was taken at this very instant
        await client.query(`update request set event_id = null, queue = 'default' where id = $1`, [id]);
      }
      await requestMail(client, id, 'confirm');
    },
  }).catch((error: unknown) => {
    throw error instanceof ReeveError && error.more.constraint === 'request_name' ? fieldError('/name', 'request.name-asked') : error; // another was faster
  });
  return { id: row.id, tagged: atEvent };
}

async function filedBefore({ kernel }: Api, { command }: Form): Promise<Filed | null> {
  if (!command) return null;
  const { rows } = await kernel.pool.query<Filed>(
    `select r.id, r.event_id is not null as tagged from audit a join request r on r.id = a.entity where a.command_id = $1 and a.noun = 'request' and a.verb = 'new'`, [command.commandId]);
  return rows[0] ?? null;
}

const perAddress: Limit = { name: 'request:address', max: 10, windowMs: 3_600_000, keyOf: homeOf };
const askedNames: Limit = { name: 'request:name', max: 60, windowMs: 3_600_000, keyOf: homeOf };
/** A full hall behind one address may ask for its accounts; whoever has heard the key can go no further than that. */
const byKey: Limit = { name: 'request:by-key', max: 1_000, windowMs: 3_600_000, keyOf: homeOf };
/** A family or a class may share a mailbox; whoever types other people's would have Reeve write to them. What follows a + is the same mailbox. */
const perMailbox = (email: string): Limit => ({
  name: 'request:mailbox', max: 10, windowMs: DAY_MS, keyOf: () => email.toLowerCase().replace(/\+[^@]*@/, '@'), fault: fault('/email', 'request.email-often'),
});
const wrongKeys: Limit = { name: 'request:key', max: 30, windowMs: 3_600_000, keyOf: homeOf };

/** Without a key it is nobody's fault and nobody's event. @throws ReeveError rate-limited: whoever guesses, not whoever knows it */
async function tryKey({ redis }: Api, req: HttpRequest, door: EventDoor, key: string | undefined): Promise<'right' | 'wrong' | 'none'> {
  if (key === undefined || key === '') return 'none';
  if (sameText(key, door.key)) return 'right';
  await count(redis, [wrongKeys], req);
  return 'wrong';
}

/** In constant time. */
const sameText = (a: string, b: string): boolean => timingSafeEqual(digest(a), digest(b));
const digest = (given: string): Buffer => createHash('sha256').update(given.normalize('NFC').trim()).digest();

/** What no wiki takes, told without asking one. */
export function nameFaults(name: string): FieldProblem[] {
  const wrong = (detail: string): FieldProblem[] => [fault('/name', 'request.name-form', detail)];
  if (/^[\d\s]+$/u.test(name)) return wrong('A name of digits alone cannot be told from a number: add a letter.');
  if (isIP(name) || /^\d{1,3}(?:\.(?:\d{1,3}|x|xxx)){3}$/i.test(name)) return wrong('A name must not look like the address of a computer.');
  if (Buffer.byteLength(name) > 235) return wrong('It is too long for a name: at most 235 bytes.');
  return [];
}

function emailFaults(email: string, host: string): FieldProblem[] {
  const domain = email.slice(email.lastIndexOf('@') + 1).toLowerCase();
  const own = host.replace(/:\d+$/, '').toLowerCase();
  return domain === own || own.endsWith(`.${domain}`) || domain.endsWith(`.${own}`) ? [fault('/email', 'request.email-own')] : [];
}

/** The wiki's word on a name; `unasked` where it gives none in time. */
export async function askWiki(api: Api, wikiId: number, name: string): Promise<Request['nameCheck'] | 'invalid'> {
  if (!api.wiki) return 'unasked';
  const signal = AbortSignal.timeout(WIKI_MS);
  const late = new Promise<never>((_, refuse) => signal.addEventListener('abort', () => refuse(new Error('late')), { once: true }));
  const asked = api.wiki(wikiId).then((wiki) => wiki.account(name, signal));
  const found = await Promise.race([asked, late]).catch(() => null);
  return found?.fate ?? 'unasked';
}

async function wikiFor({ kernel }: Api, { wiki }: RequestInput, door: EventDoor | null): Promise<{ id: number; host: string }> {
  const { rows } = await kernel.pool.query<{ id: number; host: string }>(
    `select id, host from wiki where $1::text is null or host = lower($1) or lower($1) = any (aliases) or id::text = $1
     order by (id = any ($2::int[])) desc nulls last, id limit 1`, [wiki === undefined ? null : String(wiki), door?.wikiIds ?? null]);
  if (!rows.length) throw fieldError('/wiki', 'request.unknown-wiki');
  return rows[0]!;
}

/** @param ids the wikis that the event names; null or none: it is all the same */
async function eventWikiFaults({ kernel }: Api, wikiId: number, ids: number[] | null): Promise<FieldProblem[]> {
  if (!ids?.length || ids.includes(wikiId)) return [];
  const { rows } = await kernel.pool.query<{ hosts: string }>(`select string_agg(host, ', ' order by host) as hosts from wiki where id = any ($1)`, [ids]);
  return [fault('/wiki', 'request.event-wiki', `The event is for ${rows[0]!.hosts}.`)];
}

const now = async ({ kernel }: Api): Promise<number> => (await kernel.pool.query<{ ms: number }>(`select ${kernel.clock.sql} as ms`)).rows[0]!.ms;
