/**
 * Lists that are read afresh when a delivery begins: which are to be read still, what they hold beside what was
 * submitted, and what of it is sent. Each function is safe to repeat. Called by activities/afresh.ts.
 */
import type pg from 'pg';
import { databaseClock } from '../clock';

type Db = Pick<pg.ClientBase, 'query'>;

export interface ListToRead {
  id: number;
  version: number;
  wikiId: number;
  format: string;
  /** Of the wiki; null where its lines were given: then its newest revision counts. */
  source: string | null;
  revision: number;
}
/** Which reading this is, from 0, and how many pages the last one showed to an operator who then said `retry`. */
export interface Round {
  round: number;
  accepted: number;
}

export async function readRound(db: Db, delivery: number): Promise<Round> {
  const { rows } = await db.query<Round>(
    `select count(*)::int as round, coalesce((array_agg((counts->>'present')::int order by id desc))[1], 0) as accepted
     from operation where entity = $1 and code = 'delivery.lists-grown' and state = 'retrying'`, [`delivery/${delivery}`]);
  return rows[0]!;
}

/** The first list that was not read in this round. */
export async function nextToRead(db: Db, delivery: number, round: number): Promise<ListToRead | undefined> {
  const { rows } = await db.query<ListToRead>(
    `select t.id, t.version, t.wiki_id as "wikiId", t.format, t.source, t.revision from delivery_list l join target_list t on t.id = l.list_id
     where l.delivery_id = $1 and l.fresh_round is distinct from $2 order by t.id limit 1`, [delivery, round]);
  return rows[0];
}

/** The list's newest revision is what this round has read. */
export async function pinFresh(db: Db, delivery: number, list: number, round: number): Promise<void> {
  await db.query(
    `update delivery_list l set fresh_revision = t.revision, fresh_round = $3, trouble = null from target_list t
     where l.delivery_id = $1 and l.list_id = $2 and t.id = l.list_id`, [delivery, list, round]);
}

/** Private: it stays in Postgres, for operators. */
export async function noteListTrouble(db: Db, delivery: number, list: number, text: string): Promise<void> {
  await db.query('update delivery_list set trouble = $3 where delivery_id = $1 and list_id = $2', [delivery, list, text]);
}

export async function listTrouble(db: Db, delivery: number): Promise<string | null> {
  const { rows } = await db.query<{ trouble: string | null }>(
    `select string_agg(trouble, E'\\n' order by list_id) as trouble from delivery_list where delivery_id = $1`, [delivery]);
  return rows[0]!.trouble;
}

export interface FreshCounts {
  /** Distinct pages of the lists as submitted, and as read. */
  approved: number;
  present: number;
  /** Wikis that only the lists as read name. */
  newWikis: number[];
}

export async function freshCounts(db: Db, delivery: number): Promise<FreshCounts> {
  // Grouped, not joined: Postgres reads both once by hashing, however alike they are.
  const { rows } = await db.query<{ wiki: number; approved: number; present: number }>(
    `with pages as (
       select p.wiki_id, bool_or(p.revision = l.revision) as approved, bool_or(p.revision = l.fresh_revision) as present
       from delivery_list l join target_list_page p on p.list_id = l.list_id and p.revision in (l.revision, l.fresh_revision)
       where l.delivery_id = $1 group by p.wiki_id, p.page
     ) select wiki_id as wiki, count(*) filter (where approved)::int as approved, count(*) filter (where present)::int as present from pages group by wiki_id`,
    [delivery]);
  return {
    approved: rows.reduce((all, one) => all + one.approved, 0),
    present: rows.reduce((all, one) => all + one.present, 0),
    newWikis: rows.filter(({ approved, present }) => present && !approved).map(({ wiki }) => wiki),
  };
}

/** What was read is sent, but to these wikis. */
export async function settleFresh(db: Db, delivery: number, refusedWikis: number[]): Promise<void> {
  await db.query(`update delivery set lists_read_at_ms = ${databaseClock.sql}, refused_wikis = $2 where id = $1 and state = 'expanding' and lists_read_at_ms is null`, [delivery, refusedWikis]);
}

/** What was submitted is sent, whatever was read. */
export async function settleAsSubmitted(db: Db, delivery: number): Promise<void> {
  await db.query(
    `with settled as (
       update delivery set lists_read_at_ms = ${databaseClock.sql} where id = $1 and state = 'expanding' and lists_read_at_ms is null returning id
     ) update delivery_list l set fresh_revision = null, trouble = null from settled where l.delivery_id = settled.id`, [delivery]);
}
