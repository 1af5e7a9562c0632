/** A delivery as people see it: with names, lists at their revision, and the counters of each wiki. One round trip. */
import { named } from '../clock';
import { fromRow } from '../columns';
import type { Delivery } from '../entities/delivery';
import type { Kernel } from '../kernel';
import type { DeliveryText } from './delivery-texts';

export interface WikiCounts {
  host: string;
  wikiId: number;
  editsPerMinute: number;
  total: number;
  sent: number;
  skipped: number;
  failed: number;
  unknown: number;
  cancelled: number;
}
export interface ListUse {
  id: number;
  name: string;
  /** Pinned by submit; before that the present one. */
  revision: number;
  targets: number;
  problemCount: number;
  /** Beside it, as it was read afresh; null where that was not, or is not sent. */
  fresh: { revision: number; targets: number; problemCount: number } | null;
}
export interface Waiting {
  id: number;
  code: string;
  wiki: string | null;
  attempts: number;
  counts: Record<string, number> | null;
  sinceMs: number;
}
export interface DeliveryView {
  row: Delivery;
  host: string;
  senderName: string;
  lists: ListUse[];
  wikis: WikiCounts[];
  /** What waits for an operator. */
  attention: Waiting[];
  tests: TestRow[];
  /** What of a page was submitted; none of a draft. */
  texts: DeliveryText[];
  /** Who let it go out; null where nobody had to, or has yet. */
  approval: { id: number; name: string; atMs: number } | null;
  /** That would get it, while somebody has to approve it; else 0. */
  pages: number;
  nowMs: number;
}
/** What became of the message on a page that it was tried on. */
export interface TestRow {
  delivery: number;
  wiki: string;
  page: string;
  outcome: string;
  code: string | null;
}

export async function readDeliveryView(kernel: Kernel, id: number): Promise<DeliveryView | null> {
  const { rows } = await kernel.pool.query({
    ...named(kernel, 'delivery-view'),
    text: `select t.*, ${kernel.clock.sql} as now_ms, w.host, u.name as sender_name, ${listsSql} as lists, ${wikisSql} as wikis, ${attentionSql} as attention, ${testsSql} as tests, ${textsSql} as texts, ${approvalSql} as approval
           from delivery t join wiki w on w.id = t.wiki_id join "user" u on u.id = t.sender_id where t.id = $1`,
    values: [id],
  });
  if (!rows.length) return null;
  const { now_ms: nowMs, host, sender_name: senderName, lists, wikis, attention, tests, texts, approval, ...columns } = rows[0];
  const row = fromRow<Delivery>(columns);
  const pages = row.state === 'requested' ? (await kernel.pool.query<{ pages: number }>(`select ${pagesSql} as pages from delivery t where t.id = $1`, [id])).rows[0]!.pages : 0; // seldom: not in the question of every page
  return { row, host, senderName, lists, wikis, attention, tests, texts, approval, pages, nowMs };
}

export async function writeDeliveryLists(client: import('pg').ClientBase, deliveryId: number, listIds: number[]): Promise<void> {
  await client.query('delete from delivery_list where delivery_id = $1', [deliveryId]);
  await client.query('insert into delivery_list (delivery_id, list_id) select $1, unnest($2::int[])', [deliveryId, listIds]);
}

/** To let more than these go out is worth a second look. */
export const MANY_PAGES = 1_000;

/** How many pages the lists of a delivery that waits for approval name, at the revisions that it was submitted with. Lines alone where they are few, or of one list, which names no page twice. */
const pagesSql = `case t.state when 'requested' then (
  select case when count(*) > 1 and sum(r.targets) > ${MANY_PAGES} then (
    select count(*) from (select distinct p.wiki_id, p.page from delivery_list l join target_list_page p on p.list_id = l.list_id and p.revision = l.revision where l.delivery_id = t.id) one
  ) else coalesce(sum(r.targets), 0) end::int from delivery_list d join target_list_revision r on r.list_id = d.list_id and r.revision = d.revision where d.delivery_id = t.id) else 0 end`;

/** For lists of deliveries: names and one sum, without parts. */
export const briefSql = {
  select: `(select x.subject from delivery_text x where x.delivery_id = t.id and x.source and t.state <> 'draft') as page_subject, w.host, u.name as sender_name, (select jsonb_build_object('total', coalesce(sum(c.total), 0), 'sent', coalesce(sum(c.sent), 0), 'skipped', coalesce(sum(c.skipped), 0),
    'failed', coalesce(sum(c.failed), 0), 'unknown', coalesce(sum(c.unknown), 0), 'cancelled', coalesce(sum(c.cancelled), 0)) from delivery_wiki c where c.delivery_id = t.id) as counts,
    ${pagesSql} as pages`,
  from: 'join wiki w on w.id = t.wiki_id join "user" u on u.id = t.sender_id',
};

export interface Progress {
  state: string;
  version: number;
  wikis: WikiCounts[];
  /** Operations that wait for an operator. */
  waiting: number[];
}

/** What a live page needs, several times a second: no names, no text. */
export async function readProgress({ pool }: Kernel, id: number): Promise<Progress | null> {
  const { rows } = await pool.query<Progress>({ name: 'delivery-progress', text: `select t.state, t.version, ${wikisSql} as wikis, ${waitingSql} as waiting from delivery t where t.id = $1`, values: [id] });
  return rows[0] ?? null;
}

export interface TargetRow {
  id: number;
  wiki: string;
  page: string;
  asked: string | null;
  outcome: string;
  code: string | null;
  revisionId: number | null;
  atMs: number | null;
}

/** Outcomes that an index finds. */
const SHELVED = new Set(['skipped', 'failed', 'unknown']);
/** The ledger writes down what became of a row, not that it is being tried: that its claim says. */
const outcomeSql = `case when t.outcome = 'pending' and not t.again and exists (
  select from target_claim c where c.delivery_id = t.delivery_id and c.wiki_id = t.wiki_id and t.id = any(c.targets)) then 'attempting' else t.outcome end`;

/** Rows of a wiki's part of the ledger, in order, by what an index finds, and no further than there are any. */
const ofWiki = (condition: string, most = '$3', after = '$2'): string =>
  `(select t.* from target t where t.delivery_id = $1 and t.wiki_id = c.wiki_id and t.id > ${after} ${condition} order by t.id limit ${most})`;
/** As whoever claims finds what waits (db/queries/ledger.ts), and in the claims what is being tried: a delivery of a million is not read for a handful. */
const ofOutcome: Record<string, string> = {
  pending: `${ofWiki("and t.shelf = 'again'")} union all ${ofWiki("and t.outcome = 'pending' and not t.again", '$3', 'greatest($2, c.claimed_to)')}`,
  attempting: `${ofWiki("and t.shelf = 'attempting'")} union all
    (select t.* from target_claim h cross join unnest(h.targets) as o (id) join target t on t.id = o.id
     where h.delivery_id = $1 and h.wiki_id = c.wiki_id and t.outcome = 'pending' and not t.again and t.id > $2 order by t.id limit $3)`,
  sent: ofWiki("and t.outcome = 'sent'", 'least($3, c.sent)'),
  cancelled: ofWiki("and t.outcome = 'cancelled'", 'least($3, c.cancelled)'),
};

/**
 * By number. Outcomes that an index finds are read by it; all others wiki by wiki, whose rows stand in order in an index: by
 * their number alone Postgres would go through those of all deliveries before.
 * @param filter.wiki host.
 */
export async function readTargets({ pool }: Kernel, deliveryId: number, { outcome, wiki: host }: { outcome?: string; wiki?: string }, after: number, limit: number): Promise<TargetRow[]> {
  const values: unknown[] = [deliveryId, after, limit];
  const found = outcome !== undefined && SHELVED.has(outcome) ? `target t join wiki w on w.id = t.wiki_id where t.delivery_id = $1 and t.id > $2 and t.shelf = $${values.push(outcome)}`
    : `delivery_wiki c join wiki w on w.id = c.wiki_id cross join lateral (${outcome === undefined ? ofWiki('') : ofOutcome[outcome]!}) t where c.delivery_id = $1`;
  const wiki = host === undefined ? '' : `and w.host = $${values.push(host)}`;
  const { rows } = await pool.query(
    `select t.id, w.host as wiki, t.page, t.asked, ${outcomeSql} as outcome, t.code, t.revision_id, t.at_ms from ${found} ${wiki} order by t.id limit $3`, values);
  return rows.map((row) => fromRow<TargetRow>(row));
}

/** Which of these lists there are, with whatever their policy looks at. */
export async function readListRows({ pool }: Kernel, ids: number[]): Promise<{ id: number; ownerId: number; used: boolean }[]> {
  const { rows } = await pool.query('select * from target_list where id = any($1::int[])', [ids]);
  return rows.map((row) => fromRow(row));
}

const listsSql = `coalesce((
  select jsonb_agg(jsonb_build_object('id', l.id, 'name', l.name, 'revision', coalesce(d.revision, l.revision), 'targets', coalesce(r.targets, l.targets), 'problemCount', coalesce(r.problem_count, l.problem_count),
    'fresh', case when d.fresh_revision is not null then jsonb_build_object('revision', d.fresh_revision, 'targets', f.targets, 'problemCount', f.problem_count) end) order by l.id)
  from delivery_list d join target_list l on l.id = d.list_id left join target_list_revision r on r.list_id = d.list_id and r.revision = d.revision
  left join target_list_revision f on f.list_id = d.list_id and f.revision = d.fresh_revision where d.delivery_id = t.id), '[]')`;
const wikisSql = `coalesce((
  select jsonb_agg(jsonb_build_object('host', w.host, 'wikiId', w.id, 'editsPerMinute', w.edits_per_minute, 'total', c.total, 'sent', c.sent, 'skipped', c.skipped,
    'failed', c.failed, 'unknown', c.unknown, 'cancelled', c.cancelled) order by c.wiki_id <> t.wiki_id, w.host)
  from delivery_wiki c join wiki w on w.id = c.wiki_id where c.delivery_id = t.id), '[]')`;
const textsSql = `(select coalesce(jsonb_agg(jsonb_build_object('language', x.language, 'htmlLanguage', x.html_language, 'dir', x.dir, 'source', x.source, 'title', x.title,
  'revisionId', x.revision_id, 'subject', x.subject, 'body', x.body) order by not x.source, x.language), '[]')
  from delivery_text x where x.delivery_id = t.id and x.title is not null and t.state <> 'draft')`;
const approvalSql = `(select jsonb_build_object('id', v.id, 'name', v.name, 'atMs', a.at_ms) from audit a join "user" v on v.id = substring(a.actor from '^user/(\\d{1,9})')::int
  where a.noun = 'delivery' and a.entity = t.id and a.verb = 'approve' order by a.version desc limit 1)`;
const testsSql = `(select coalesce(jsonb_agg(jsonb_build_object('delivery', o.id, 'wiki', w2.host, 'page', p.page, 'outcome', p.outcome, 'code', p.code) order by o.id desc), '[]')
  from delivery o join target p on p.delivery_id = o.id join wiki w2 on w2.id = p.wiki_id where o.test_of = t.id)`;
const waitingSql = `array(select o.id from operation o where o.entity = 'delivery/' || t.id and o.state = 'waiting' order by o.id)`;
const attentionSql = `coalesce((
  select jsonb_agg(jsonb_build_object('id', o.id, 'code', o.code, 'wiki', o.wiki, 'attempts', o.attempts, 'counts', o.counts, 'sinceMs', o.created_at_ms) order by o.id)
  from operation o where o.entity = 'delivery/' || t.id and o.state = 'waiting'), '[]')`;
