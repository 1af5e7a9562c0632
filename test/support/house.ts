/** Builders: a kernel on a test database, people with roles, wikis and deliveries, all made through the same door as everything. */
import { randomBytes, randomUUID } from 'node:crypto';
import { apply } from '../../db/apply';
import { databaseClock, type Clock } from '../../db/clock';
import { create } from '../../db/create';
import { openDatabase } from '../../db/data-source';
import type { Delivery } from '../../db/entities/delivery';
import type { Event } from '../../db/entities/event';
import type { Membership } from '../../db/entities/membership';
import type { Request } from '../../db/entities/request';
import type { Wiki } from '../../db/entities/wiki';
import { windowOf } from '../../db/facts/event';
import { createKernel, type Kernel } from '../../db/kernel';
import { networkOf } from '../../db/network';
import { expandChunk } from '../../db/queries/expansion';
import { claim, type Claimed } from '../../db/queries/ledger';
import { takeSlot, type Place } from '../../db/queries/slots';
import { seal } from '../../gateways/secret-box';
import { system, visitor, type Actor, type Role } from '../../policies/actor';

const DAY_MS = 86_400_000;
export const SECRET_KEY = 'a secret key that only tests know, 32+';

export interface House {
  kernel: Kernel;
  close(): Promise<void>;
}

export async function openHouse(url: string, clock: Clock = databaseClock, poolMax = 16): Promise<House> {
  const database = await openDatabase(url, poolMax, 'reeve-test');
  return { kernel: createKernel(database, clock), close: () => database.close() };
}

export const unique = (prefix: string): string => `${prefix}-${randomBytes(4).toString('hex')}`;

/** A user who holds these roles everywhere, or on one wiki. */
export async function makeUser(kernel: Kernel, ...roles: (Role | { role: Role; wikiId: number })[]): Promise<Actor & { userId: number }> {
  const { row } = await create(kernel, { noun: 'user', values: { name: unique('Person') }, actor: system });
  const grants = roles.map((role) => (typeof role === 'string' ? { role, wikiId: null } : role));
  for (const grant of grants) await makeMembership(kernel, { userId: row.id, ...grant });
  return { kind: 'user', userId: row.id, grants };
}

/** An active one, without end unless it is said. */
export const makeMembership = async (kernel: Kernel, values: Partial<Membership> & { userId: number; role: string }): Promise<Membership> =>
  (await create(kernel, { noun: 'membership', values, actor: system, then: 'approve' })).row;

/** Nobody answers there. */
const NOWHERE = { apiUrl: 'http://127.0.0.1:1/api.php', user: 'Reeve', password: 'none' };

export async function makeWiki(kernel: Kernel, bot: { apiUrl: string; user: string; password: string } = NOWHERE, values: Partial<Wiki> = {}): Promise<Wiki> {
  const { row } = await create(kernel, {
    noun: 'wiki',
    values: {
      host: `${unique('wiki')}.example.org`, apiUrl: bot.apiUrl, botUser: bot.user, botPassword: seal(SECRET_KEY, bot.password),
      editsPerMinute: 1_000_000, inFlight: 1, ...values,
    },
    actor: system,
  });
  return row;
}

/** A draft to these pages. */
export async function makeDelivery(kernel: Kernel, sender: Actor, wiki: Wiki, pages: (string | { page: string; wikiId: number })[] | AsyncIterable<string>, values: Partial<Delivery> = {}): Promise<Delivery> {
  const { row: list } = await create(kernel, { noun: 'targetList', values: { ownerId: sender.userId!, wikiId: wiki.id, name: 'A list', format: 'lines' }, actor: sender });
  const lines = Array.isArray(pages) ? pages : [];
  for (let at = 0; at < lines.length; at += 10_000) {
    const chunk = lines.slice(at, at + 10_000).map((line) => (typeof line === 'string' ? { page: line, wikiId: wiki.id } : line));
    await kernel.pool.query(
      `insert into target_list_page (list_id, revision, position, wiki_id, page)
       select $1, 1, $2 + x.place - 1, x.wiki_id, x.page from unnest($3::int[], $4::text[]) with ordinality x (wiki_id, page, place)`,
      [list.id, at, chunk.map((line) => line.wikiId), chunk.map((line) => line.page)],
    );
  }
  const { row } = await create(kernel, {
    noun: 'delivery',
    values: {
      senderId: sender.userId!, wikiId: wiki.id, subject: 'News for everybody', body: 'Something happened. ~~~~',
      marker: `reeve:${randomBytes(5).toString('hex')}`, sendAtMs: null, ...values,
    },
    actor: sender,
    also: async (client, id) => void (await client.query('insert into delivery_list (delivery_id, list_id) values ($1, $2)', [id, list.id])),
  });
  return row;
}

/** Submitted by somebody who may send, expanded, running: what lanes work on. */
export const submit = (kernel: Kernel, delivery: Delivery, sender: Actor) => apply(kernel, { noun: 'delivery', id: delivery.id, verb: 'submit', actor: sender });

/** A delivery to so many pages, running, that nobody has begun. @param on default: a wiki of its own that cannot be reached */
export async function makeRunning(kernel: Kernel, pages: number, on?: Wiki): Promise<{ delivery: Delivery; wiki: Wiki; place: Place }> {
  const sender = await makeUser(kernel, 'globalSender');
  const wiki = on ?? await makeWiki(kernel, NOWHERE, { inFlight: 4 });
  const delivery = await makeDelivery(kernel, sender, wiki, Array.from({ length: pages }, (_, i) => `User talk:Reader ${i + 1}`));
  await submit(kernel, delivery, sender);
  await expandChunk(kernel.pool, delivery.id, pages + 1);
  await kernel.pool.query(`update delivery set state = 'running' where id = $1`, [delivery.id]);
  return { delivery, wiki, place: { delivery: delivery.id, wiki: wiki.id } };
}

/** What a clock in UTC shows on the wall then. */
export const onWall = (atMs: number): string => new Date(atMs).toISOString().slice(0, 16);

/** A draft, on the clock of a zone. @param window as wall clocks: `2028-05-17T10:00` */
export async function makeEvent(kernel: Kernel, organizer: Actor & { userId: number }, [startsAt, endsAt]: [string, string], values: Partial<Event> = {}): Promise<Event> {
  const { timeZone = 'UTC' } = values;
  const { row } = await create(kernel, {
    noun: 'event', actor: organizer,
    values: {
      uuid: randomUUID(), key: 'read aloud', places: 1_000, title: 'An evening', creatorId: organizer.userId, organizerIds: [organizer.userId], types: ['meetup'], participation: 'online', timeZone, archiveAfterMs: 3_600_000,
      ...windowOf(startsAt, endsAt, timeZone), ...values,
    },
  });
  return row;
}

/** An account request as the form files it, on the first wiki; its address is not confirmed yet. @param values `eventId`: by that event's link and key */
export async function makeRequest(kernel: Kernel, values: Partial<Request> = {}): Promise<Request> {
  const { rows } = await kernel.pool.query<{ now: number; wiki: number | null }>(`select ${kernel.clock.sql} as now, (select min(id) from wiki) as wiki`);
  const { now, wiki } = rows[0]!;
  const wikiId = values.wikiId ?? wiki ?? (await makeWiki(kernel)).id;
  const { row } = await create(kernel, {
    noun: 'request', actor: visitor,
    values: {
      wikiId, eventId: null, name: unique('Asker'), email: `${unique('asker')}@example.org`, comment: 'I would like to write.', language: 'en', ip: '192.0.2.7', network: networkOf(values.ip === undefined ? '192.0.2.7' : values.ip), forwarded: null, userAgent: 'A browser',
      nameCheck: 'free', queue: values.eventId ? 'event' : 'default', expiresAtMs: now + 7 * DAY_MS, warnAtMs: now + 83 * DAY_MS, closeByMs: now + 90 * DAY_MS, keepMs: kernel.terms.keepMs,
      ...values,
    },
  });
  return row;
}

/** The same, once its link has been opened. */
export async function makeOpenRequest(kernel: Kernel, values: Partial<Request> = {}): Promise<Request> {
  const { id } = await makeRequest(kernel, values);
  return (await apply(kernel, { noun: 'request', id, verb: 'confirm', actor: system })).row;
}

/** A lane that claimed the first rows of a running delivery, gave the first `given` away, and died: its slot has lapsed. */
export async function deadLane({ pool }: Kernel, delivery: Delivery, wiki: Wiki, claimed: number, given = 0): Promise<Claimed[]> {
  const place = { delivery: delivery.id, wiki: wiki.id };
  const { slot } = await takeSlot(pool, place, 'dead');
  const { rows } = await claim(pool, place, slot!, claimed);
  await pool.query('update target set given_away = true where id = any($1)', [rows.slice(0, given).map(({ id }) => id)]);
  await pool.query(`update wiki_slot set leased_until = clock_timestamp() - interval '1 second' where wiki_id = $1 and slot = $2`, [wiki.id, slot!.slot]);
  return rows;
}
