/** From pinned lists to ledger rows, in chunks, and back to counts: each function is safe to repeat. */
import type pg from 'pg';

/** Where an expansion stands: the list, and the last position of it that was copied. */
export interface ExpansionCursor {
  list: number;
  position: number;
}

/**
 * Copies the next lines of the delivery's pinned lists into its ledger; a page that stands there already stays as it is,
 * and one where its sender may not send is skipped.
 * @returns where to go on, or null when these were the last.
 */
export async function expandChunk(pool: pg.Pool, delivery: number, from: ExpansionCursor, lines: number): Promise<ExpansionCursor | null> {
  const { rows } = await pool.query<{ list: number; position: number }>({
    name: 'expand-chunk',
    text: `with lines as (
        select p.list_id, p.position, p.wiki_id, p.page, p.wiki_id = any(d.refused_wikis) as refused from delivery_list l
        join delivery d on d.id = l.delivery_id
        join target_list_page p on p.list_id = l.list_id and p.revision = coalesce(l.fresh_revision, l.revision)
        where l.delivery_id = $1 and (p.list_id, p.position) > ($2, $3)
        order by p.list_id, p.position limit $4
      ), copied as (
        insert into target (delivery_id, wiki_id, page, outcome, code, at_ms)
        select $1, wiki_id, page, case when refused then 'skipped' else 'pending' end, case when refused then 'foreign-target' end,
          case when refused then (extract(epoch from clock_timestamp()) * 1000)::bigint end from lines order by list_id, position on conflict do nothing
      ) select list_id as list, position from lines order by list_id desc, position desc limit 1 offset case when (select count(*) from lines) < $4 then $4 else 0 end`,
    values: [delivery, from.list, from.position, lines],
  });
  return rows[0] ?? null; // fewer lines than asked for: the offset skips them
}

export const FROM_THE_START: ExpansionCursor = { list: 0, position: -1 };

/** Opens the counters, the rate and the slots of every wiki that the ledger names. @returns the number of targets. */
export async function openCounters(pool: pg.Pool, delivery: number, slots: number): Promise<number> {
  const { rows } = await pool.query(
    `with totals as (
       insert into delivery_wiki (delivery_id, wiki_id, total, skipped)
       select $1, wiki_id, count(*), count(*) filter (where outcome = 'skipped') from target where delivery_id = $1 group by wiki_id
       on conflict (delivery_id, wiki_id) do update set total = excluded.total returning wiki_id, total
     ), rates as (
       insert into wiki_rate (wiki_id) select wiki_id from totals on conflict do nothing
     ), opened as (
       insert into wiki_slot (wiki_id, slot) select wiki_id, slot from totals, generate_series(0, $2 - 1) slot on conflict do nothing
     ) select coalesce(sum(total), 0)::int as total from totals`,
    [delivery, slots],
  );
  await pool.query(
    `update delivery set started_at_ms = (extract(epoch from clock_timestamp()) * 1000)::bigint where id = $1 and started_at_ms is null`,
    [delivery],
  );
  return rows[0].total;
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
        select t.id from target t, asked where t.delivery_id = $1 and t.outcome = 'failed' and t.at_ms < asked.at_ms
        order by t.id limit $2 for update of t skip locked
      ), reopened as (
        update target t set outcome = 'pending', code = null from failed where t.id = failed.id returning t.wiki_id
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

/** Whether rows are pending or attempting on any wiki. */
export async function hasOpen(pool: pg.Pool, delivery: number): Promise<boolean> {
  const { rowCount } = await pool.query(
    'select from delivery_wiki where delivery_id = $1 and total - sent - skipped - failed - unknown - cancelled > 0 limit 1', [delivery]);
  return rowCount === 1;
}

export interface WikiProgress {
  /** The delivery's. */
  state: string;
  inFlight: number;
  /** Rows pending or attempting. */
  open: number;
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
             c.total - c.sent - c.skipped - c.failed - c.unknown - c.cancelled as open
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
