/**
 * Where Reeve holds something of one person, table by table: how it is found, and what erasing does to it. A table that is
 * not named here fails a test, and so does a private column (db/nouns.ts) that neither is erased nor has a reason to stay.
 */
import type pg from 'pg';
import { camel, snake } from '../columns';
import { erased, erasures } from '../erasures';
import type { Kernel } from '../kernel';

export interface Person {
  /** In small letters; null: an account is meant. */
  email: string | null;
  requestIds: number[];
  userIds: number[];
}

/**
 * By an address: what was filed with it, and the accounts that have it. By an account (its name or id): this one, and what was
 * filed with an official address that it has confirmed; the address for its mails proves nothing, for anybody may type any.
 * It is nobody, where nothing is found; null where one account has the name and another the id.
 */
export async function findPerson({ pool }: Kernel, given: { email: string } | { user: string }): Promise<Person | null> {
  if ('user' in given && (await pool.query('select from "user" where $1 in (lower(name), id::text)', [given.user.toLowerCase()])).rowCount! > 1) return null;
  const { rows } = await pool.query<Person>(
    `with account as (
       select id from "user" where lower(email) = $1 or $2 in (lower(name), id::text)
       union select user_id from membership where lower(official_email) = $1 and address_confirmed_at_ms is not null
     ), address as (
       select $1 as email
       union select lower(official_email) from membership where $2::text is not null and user_id in (select id from account) and address_confirmed_at_ms is not null
     ) select $1::text as email, array(select r.id from request r, address where lower(r.email) = address.email order by 1) as "requestIds", array(select id from account order by 1) as "userIds"`,
    'email' in given ? [given.email.toLowerCase(), null] : [null, given.user.toLowerCase()]);
  return rows[0]!;
}

/** SQL over `t`: $1 ids of requests, $2 ids of users, $3 the address. */
interface Place {
  /** The rows that are the person's, or about them. */
  of: string;
  /** What is not shown to them, and why. */
  withheld?: string;
  /** Columns that open something, or hold what others wrote. */
  unshown?: string[];
  /** One statement; how many rows it changes is what was erased. */
  erase?: string;
  /** Why it stays, where it does; `until`: the instant (SQL, Unix milliseconds) at which it goes, where one is known. */
  kept?: { of?: string; why: string; until?: string };
}

const theirs = `(a.noun = 'request' and a.entity = any ($1) or a.noun = 'user' and a.entity = any ($2)
  or a.noun = 'membership' and a.entity in (select id from membership where user_id = any ($2)) or a.noun = 'key' and a.entity in (select id from key where user_id = any ($2)))`;
const acts = `substring(a.actor from '^user/(\\d{1,9})')::int = any ($2)`;
const holds = (column: string): string => `$3::text is not null and strpos(lower(t.${column}), $3) > 0`;
const anyHolds = (...columns: string[]): string => `(${columns.map(holds).join(' or ')})`;
/** Of a membership, in the database's own names. */
const vetting = Object.keys(erasures.membership).map(snake);
/** Of a user: everybody's standard. */
const standard = `language = default, time_zone = default, app_only = default, theme = default, text_size = default, single_keys = default`;
const shared = 'It belongs to all who worked on it.';

export const places: Record<string, Place> = {
  // Erased by its own verb.
  request: { of: 't.id = any ($1)', kept: { of: `t.id = any ($1) and t.outcome = 'created'`, why: 'The wiki shows the name of an account that was made to everybody.' } },
  request_comment: {
    of: `t.request_id = any ($1) and t.visibility <> 'checkuser' or t.user_id = any ($2)`,
    erase: `update request_comment t set text = null, flagged_at_ms = null where t.text is not null and (t.request_id = any ($1) or ${holds('text')})`,
    kept: { of: `t.user_id = any ($2) and t.text is not null`, why: 'They wrote it about somebody else\'s request: it goes with that request.', until: `(select coalesce(r.purge_at_ms, r.close_by_ms + r.keep_ms) from request r where r.id = t.request_id)` },
  },
  mail: {
    of: 't.request_id = any ($1) or t.notice_id in (select id from notice where user_id = any ($2)) or t.membership_id in (select id from membership where user_id = any ($2)) or lower(t.copy_to) = $3', unshown: ['copy_to'],
    erase: `update mail t set text = case when t.request_id = any ($1) or ${holds('text')} then null else t.text end, copy_to = nullif(lower(t.copy_to), $3)
      where t.text is not null and (t.request_id = any ($1) or ${holds('text')}) or lower(t.copy_to) = $3`,
  },
  template: { of: '$3 = any (lower(t.copy_to::text)::text[])', withheld: 'A text for many, of which copies go to the address.', erase: `update template t set copy_to = array(select x from unnest(t.copy_to) x where lower(x) <> $3) where $3 = any (lower(t.copy_to::text)::text[])` },
  request_ban: { of: 't.request_id = any ($1)', withheld: 'How people are kept out is not told to those who are.' },
  ban: { of: holds('pattern'), withheld: 'How people are kept out is not told to those who are.', kept: { why: 'It keeps somebody out for as long as it stands.', until: 't.until_ms' } },
  account_attempt: { of: 't.request_id = any ($1) or t.creator in (select name from "user" where id = any ($2))', kept: { of: 't.creator in (select name from "user" where id = any ($2))', why: 'The wiki\'s own log names who made an account, and this is held beside it.' } },
  audit: { of: `exists (select from audit a where a.id = t.id and (${theirs} or ${acts}))`, kept: { why: 'The log holds ids and codes only, and nothing is taken out of it.' } },
  audit_reason: {
    of: `t.text is not null and t.id in (select a.reason_id from audit a where ${theirs} or ${acts})`,
    erase: `update audit_reason t set text = null, salt = null where t.text is not null and (t.id in (select a.reason_id from audit a where ${theirs}) or ${holds('text')})`,
    kept: { of: `t.text is not null and t.id in (select a.reason_id from audit a where ${acts} and not ${theirs})`, why: 'They gave it for what they did to somebody else\'s thing.' },
  },
  user: { of: 't.id = any ($2)', unshown: ['password_hash'], erase: `update "user" t set ${erased('user')}, ${standard} where t.id = any ($2) and t.name not like 'Erased #%'` },
  membership: {
    of: 't.user_id = any ($2)', // who only names the address is another
    erase: `update membership t set ${vetting.map((column) => `${column} = case when t.user_id = any ($2) or ${holds(column)} then null else t.${column} end`).join(', ')}
      where t.user_id = any ($2) and num_nonnulls(${vetting.map((column) => `t.${column}`).join(', ')}) > 0 or ${anyHolds(...vetting)}`,
  },
  wiki_grant: { of: 't.identity_id in (select id from identity where user_id = any ($2))', unshown: ['access_token', 'refresh_token'], erase: 'delete from wiki_grant t where t.identity_id in (select id from identity where user_id = any ($2))' },
  identity: { of: 't.user_id = any ($2)', erase: 'delete from identity t where t.user_id = any ($2)' },
  recovery_code: { of: 't.user_id = any ($2)', erase: 'delete from recovery_code t where t.user_id = any ($2)' },
  second_factor: { of: 't.user_id = any ($2)', unshown: ['secret'], erase: 'delete from second_factor t where t.user_id = any ($2)' },
  form: { of: 't.owner_id = any ($2)', kept: { why: 'Its words are for everybody who asks for an account.' } },
  key: { of: 't.user_id = any ($2)', erase: `update key t set ${erased('key')} where t.user_id = any ($2) and t.label <> ''` },
  session: { of: 't.user_id = any ($2)', erase: 'delete from session t where t.user_id = any ($2)' },
  event_feed: { of: 't.user_id = any ($2)', erase: 'delete from event_feed t where t.user_id = any ($2)' },
  view: { of: 't.owner_id = any ($2)', erase: `delete from view t where t.owner_id = any ($2) or ${anyHolds('name', 'query')} or $3::text is not null and strpos(lower(t.query), replace(replace($3, '+', '%2b'), '@', '%40')) > 0` },
  notice: { of: 't.user_id = any ($2)', erase: 'update notice t set read_at_ms = t.at_ms where t.user_id = any ($2) and t.read_at_ms is null' },
  request_search: { of: 't.user_id = any ($2)', withheld: 'It names other people\'s requests.', erase: 'delete from request_search t where t.user_id = any ($2)' },
  operation: { of: holds('detail'), withheld: 'What a wiki or a mail server answered to Reeve.', erase: `update operation t set detail = null where ${holds('detail')}` },
  event: { of: 't.organizer_ids && $2::int[]', kept: { why: shared } },
  delivery: { of: 't.sender_id = any ($2)', kept: { why: 'What was sent is public.' } },
  target_list: { of: 't.owner_id = any ($2)', unshown: ['source'], kept: { why: 'What was sent to is public, and others may have worked on it.' } },
  target_list_revision: { of: 't.user_id = any ($2)', unshown: ['source'], kept: { why: shared } },
};

/** Tables without a word of one person: settings, texts for many, pages of wikis, counts, ids, codes and what delivers them. */
export const impersonal = [
  'wiki', 'queue', 'wiki_rate', 'wiki_slot', 'delivery_list', 'delivery_text', 'delivery_wiki', 'target', 'target_claim', 'target_list_page', 'target_list_problem', 'outbox', 'seal', 'seal_batch', 'audit_check', 'migration',
];

const MOST_SHOWN = 10_000;
const never = ['audit_hash', 'hash', 'reason_hash', 'input_hash', 'command_id', 'reason_id', 'xid', 'timers'];
const valuesOf = ({ requestIds, userIds, email }: Person): unknown[] => [requestIds, userIds, email];
/** Every statement takes the three, whichever it asks. */
const asking = (sql: string): string => `with asked as (select $1::int[], $2::int[], $3::text) ${sql}`;

export interface Found {
  place: string;
  found: number;
  withheld?: string;
  rows: Record<string, unknown>[];
}
/** All that is held, place by place. @param limit of rows shown of each */
export async function heldOf({ pool }: Kernel, person: Person, limit = MOST_SHOWN): Promise<Found[]> {
  const found: Found[] = [];
  for (const [place, { of, withheld, unshown = [] }] of Object.entries(places)) {
    const { rows } = await pool.query<{ n: number; shown: Record<string, unknown>[] }>(
      asking(`select (select count(*)::int from "${place}" t where ${of}) as n, (select coalesce(jsonb_agg(x.j), '[]') from (select to_jsonb(t) - $4::text[] as j from "${place}" t where ${of} limit $5) x) as shown`),
      [...valuesOf(person), [...never, ...unshown], withheld ? 0 : limit]);
    found.push({ place, found: rows[0]!.n, ...(withheld && { withheld }), rows: rows[0]!.shown.map(readable) });
  }
  return found;
}

/** Names as the API has them, and instants as people read them. */
const readable = (row: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(row).map(([name, value]) => (/_ms$/.test(name) && !/^keep/.test(name) ? [camel(name.slice(0, -3)), value === null ? null : new Date(Number(value)).toISOString()] : [camel(name), value])));

/** Everything but requests, which have a verb for it. Done twice it finds nothing more. @returns place → rows */
export async function erasePerson(client: pg.ClientBase, person: Person): Promise<Record<string, number>> {
  const done: Record<string, number> = {};
  for (const [place, { erase }] of Object.entries(places)) {
    const rowCount = erase ? (await client.query(asking(erase), valuesOf(person))).rowCount : 0;
    if (rowCount) done[place] = rowCount;
  }
  return done;
}

export interface Kept {
  place: string;
  count: number;
  why: string;
  untilMs: number | null;
}
/** What may not be erased, and why. */
export async function keptOf({ pool }: Pick<Kernel, 'pool'>, person: Person): Promise<Kept[]> {
  const all: Kept[] = [];
  for (const [place, { of, kept }] of Object.entries(places)) {
    if (!kept) continue;
    const { rows } = await pool.query<{ n: number; until: number | null }>(
      asking(`select count(*)::int as n, max(${kept.until ?? 'null::bigint'}) as until from "${place}" t where ${kept.of ?? of}`), valuesOf(person));
    if (rows[0]!.n) all.push({ place, count: rows[0]!.n, why: kept.why, untilMs: rows[0]!.until });
  }
  return all;
}

/** What is to be ended before it is erased; what is `creating` can be neither now. */
export async function underWay({ pool }: Kernel, { requestIds, userIds }: Person): Promise<{ creating: number[]; unerased: number[]; memberships: number[]; keys: number[] }> {
  const { rows } = await pool.query(
    `select array(select id from request where id = any ($1) and state = 'creating' order by 1) as creating, array(select id from request where id = any ($1) and purged_at_ms is null order by 1) as unerased,
       array(select id from membership where user_id = any ($2) and state in ('applied', 'active', 'suspended') order by 1) as memberships, array(select id from key where user_id = any ($2) and state = 'active' order by 1) as keys`,
    [requestIds, userIds]);
  return rows[0];
}
