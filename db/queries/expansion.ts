/** From pinned lists to ledger rows, in chunks, and back to counts: each function is safe to repeat. */
import type pg from 'pg';
import { MAX_SLOTS, toCopySql } from './slots';

/** What new rows (`copied`) bring with them: the counters of their wikis, and the rate and slots of a wiki that never had any. */
const countedSql = `counted as (
    insert into delivery_wiki as w (delivery_id, wiki_id, total, skipped, cancelled)
    select $1, wiki_id, count(*), count(*) filter (where outcome = 'skipped'), count(*) filter (where outcome = 'cancelled') from copied group by wiki_id
    on conflict (delivery_id, wiki_id) do update set total = w.total + excluded.total, skipped = w.skipped + excluded.skipped, cancelled = w.cancelled + excluded.cancelled
    returning wiki_id
  ), rates as (
    insert into wiki_rate (wiki_id) select wiki_id from counted c where not exists (select from wiki_rate r where r.wiki_id = c.wiki_id) on conflict do nothing
  ), slots as (
    insert into wiki_slot (wiki_id, slot) select wiki_id, slot from counted c, generate_series(0, ${MAX_SLOTS - 1}) slot
    where not exists (select from wiki_slot s where s.wiki_id = c.wiki_id) on conflict do nothing
  )`;

/** The lists of a delivery (`d`) become rows: while it is sent, and what is left of them when it is cancelled after its first. */
const copiesSql = "(d.state in ('expanding', 'running', 'paused') or d.state = 'cancelled' and d.started_at_ms is not null)";

/**
 * Copies the next lines of the delivery's pinned lists into its ledger; a page that stands there already stays as it is,
 * and one where its sender may not send is skipped. How far each list was copied is written in the same statement, so it
 * does not matter who asks, how often, or what was killed. What is copied of a delivery that was cancelled meanwhile, or for a
 * wiki that was given up, is cancelled: everybody sees what was not sent.
 * @param anew all pages of this chunk are believed to be new, which is faster. @throws 23505 when one is not, and nothing is copied
 * @returns whether lines are left.
 */
export async function expandChunk(pool: pg.Pool, delivery: number, lines: number, anew = false): Promise<boolean> {
  await pool.query({
    name: anew ? 'expand-new-chunk' : 'expand-chunk',
    text: `with started as (
        update delivery set started_at_ms = (extract(epoch from clock_timestamp()) * 1000)::bigint where id = $1 and started_at_ms is null
      ), list as (
        select l.list_id, l.copied_to, coalesce(l.fresh_revision, l.revision) as revision, l.given_up, d.refused_wikis, d.state from delivery_list l join delivery d on d.id = l.delivery_id
        where l.delivery_id = $1 and l.copied_to is not null and ${copiesSql} order by l.list_id for update of l
      ), lines as (
        select list.list_id, p.position, p.wiki_id, p.page,
          case when list.state = 'cancelled' or p.wiki_id = any(list.given_up) then 'cancelled' when p.wiki_id = any(list.refused_wikis) then 'skipped' else 'pending' end as outcome
        from list, lateral (
          select position, wiki_id, page from target_list_page p
          where p.list_id = list.list_id and p.revision = list.revision and p.position > list.copied_to order by p.position limit $2
        ) p order by list.list_id, p.position limit $2
      ), copied as (
        insert into target (delivery_id, wiki_id, page, outcome, code, at_ms)
        select $1, wiki_id, page, outcome, case outcome when 'skipped' then 'foreign-target' end,
          case outcome when 'skipped' then (extract(epoch from clock_timestamp()) * 1000)::bigint end from lines order by list_id, position ${anew ? '' : 'on conflict do nothing'} returning wiki_id, outcome
      ), ${countedSql}, last as (
        select list_id, position from lines order by list_id desc, position desc limit 1 offset case when (select count(*) from lines) < $2 then $2 else 0 end
      ) update delivery_list l set copied_to = case when l.list_id = (select list_id from last) then (select position from last) end
        from list where l.delivery_id = $1 and l.list_id = list.list_id and l.list_id <= coalesce((select list_id from last), l.list_id)`,
    values: [delivery, lines],
  });
  return toCopy(pool, delivery);
}

/** Whether lines of the delivery's lists are not in its ledger yet. */
export async function toCopy(pool: pg.Pool, delivery: number): Promise<boolean> {
  const { rows } = await pool.query<{ left: boolean }>({
    name: 'to-copy', text: `select ${toCopySql} and ${copiesSql} as left from delivery d where id = $1`, values: [delivery],
  });
  return rows[0]?.left ?? false;
}

/** What is still copied for this wiki is cancelled. A chunk that is being copied now is waited for, and the next one knows it. */
export async function giveUpLines(pool: pg.Pool, delivery: number, wiki: number): Promise<void> {
  await pool.query('update delivery_list set given_up = given_up || $2::int where delivery_id = $1 and copied_to is not null and $2 <> all(given_up)', [delivery, wiki]);
}

/** One page, of a delivery without lists. */
export async function addTarget(db: Pick<pg.ClientBase, 'query'>, delivery: number, wiki: number, page: string): Promise<void> {
  await db.query(`with copied as (insert into target (delivery_id, wiki_id, page) values ($1, $2, $3) returning wiki_id, outcome), ${countedSql} select`, [delivery, wiki, page]);
}

/**
 * Opens failed rows again that had failed before the last `retryFailed`: repeating it finds none.
 * @returns how many rows of this chunk.
 */
export async function reopenFailed(pool: pg.Pool, delivery: number, lines: number): Promise<number> {
  const { rows } = await pool.query({
    name: 'reopen-failed',
    text: `with asked as (
        select max(at_ms) as at_ms from audit where noun = 'delivery' and entity = $1 and verb = 'retryFailed'
      ), failed as (
        select t.id from target t, asked where t.delivery_id = $1 and t.shelf = 'failed' and t.at_ms < asked.at_ms
        order by t.id limit $2 for update of t skip locked
      ), reopened as (
        update target t set outcome = 'pending', code = null, again = true, given_away = false from failed where t.id = failed.id returning t.wiki_id
      ), counted as (
        update delivery_wiki w set failed = w.failed - n.count from (select wiki_id, count(*) from reopened group by wiki_id) n
        where w.delivery_id = $1 and w.wiki_id = n.wiki_id
      ) select count(*)::int as reopened from reopened`,
    values: [delivery, lines],
  });
  return rows[0].reopened;
}

/** The wikis where something is left to do or to settle. */
export async function openWikis(pool: pg.Pool, delivery: number): Promise<{ wiki: number; host: string }[]> {
  const { rows } = await pool.query<{ wiki: number; host: string }>(
    `select w.id as wiki, w.host from delivery_wiki d join wiki w on w.id = d.wiki_id
     where d.delivery_id = $1 and (d.total - d.sent - d.skipped - d.failed - d.cancelled) > 0 order by w.host`,
    [delivery],
  );
  return rows;
}

/** Whether rows are pending or attempting on any wiki, or lines are still to become rows. */
export async function hasOpen(pool: pg.Pool, delivery: number): Promise<boolean> {
  const { rows } = await pool.query<{ open: boolean }>(
    `select ${toCopySql} or exists (select from delivery_wiki where delivery_id = $1 and total - sent - skipped - failed - unknown - cancelled > 0) as open`, [delivery]);
  return rows[0]!.open;
}

export interface WikiProgress {
  /** The delivery's. */
  state: string;
  inFlight: number;
  /** Rows pending or attempting. */
  open: number;
  /** Lists are still being copied: more may come. */
  copying: boolean;
  sent: number;
  skipped: number;
  failed: number;
  unknown: number;
  cancelled: number;
}

export async function wikiProgress(pool: pg.Pool, delivery: number, wiki: number): Promise<WikiProgress> {
  const { rows } = await pool.query<WikiProgress>({
    name: 'wiki-progress',
    text: `select d.state, w.in_flight as "inFlight", c.sent, c.skipped, c.failed, c.unknown, c.cancelled,
             c.total - c.sent - c.skipped - c.failed - c.unknown - c.cancelled as open, ${toCopySql} as copying
           from delivery_wiki c join delivery d on d.id = c.delivery_id join wiki w on w.id = c.wiki_id
           where c.delivery_id = $1 and c.wiki_id = $2`,
    values: [delivery, wiki],
  });
  return rows[0]!;
}

/** Writes down why one wiki's part stands still, or that it goes on again (null). The detail is private. */
export async function noteTrouble(pool: pg.Pool, delivery: number, wiki: number, code: string | null, detail: string | null = null): Promise<void> {
  await pool.query('update delivery_wiki set trouble = $3, trouble_detail = $4 where delivery_id = $1 and wiki_id = $2', [delivery, wiki, code, detail]);
}

/** The wiki's own words about what stops it: for operators, and for nobody outside Postgres. */
export async function troubleDetail(pool: pg.Pool, delivery: number, host: string): Promise<string | null> {
  const { rows } = await pool.query(
    `select trouble_detail from delivery_wiki d join wiki w on w.id = d.wiki_id where d.delivery_id = $1 and w.host = $2 and d.trouble is not null`,
    [delivery, host],
  );
  return rows[0]?.trouble_detail ?? null;
}

/** What the closing comment of a message names. */
export async function messageLinks(pool: pg.Pool, delivery: number): Promise<{ sender: string; origin: string; lists: { id: number; revision: number }[] }> {
  const { rows } = await pool.query(
    `select u.name as sender, w.host as origin,
       (select coalesce(json_agg(json_build_object('id', l.list_id, 'revision', coalesce(l.fresh_revision, l.revision, t.revision)) order by l.list_id), '[]')
        from delivery_list l join target_list t on t.id = l.list_id where l.delivery_id = d.id) as lists
     from delivery d join "user" u on u.id = d.sender_id join wiki w on w.id = d.wiki_id where d.id = $1`,
    [delivery],
  );
  return rows[0];
}
