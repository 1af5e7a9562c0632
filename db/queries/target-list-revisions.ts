/** The history of a target list: who made which revision, what differs between two, and an older one taken again. */
import type pg from 'pg';
import { fromRow } from '../columns';
import type { Kernel } from '../kernel';
import { noteRevision, takeTime, type RevisionOf } from './target-lists';

export interface ListRevision extends RevisionOf {
  targets: number;
  problemCount: number;
  /** The older revision whose lines these are. */
  revertedTo: number | null;
  userName: string;
  atMs: number;
}
export interface Difference {
  change: 'added' | 'removed';
  position: number;
  wiki: string;
  page: string;
  /** How many there are in all. */
  added: number;
  removed: number;
}

/** Newest first, below `before`. */
export async function readRevisions({ pool }: Kernel, listId: number, before: number, limit: number): Promise<ListRevision[]> {
  const { rows } = await pool.query(
    `select r.*, u.name as user_name from target_list_revision r join "user" u on u.id = r.user_id
     where r.list_id = $1 and r.revision < $2::bigint order by r.revision desc limit $3`, [listId, before, limit]);
  return rows.map((row) => fromRow<ListRevision>(row));
}

export const readRevision = async (kernel: Kernel, listId: number, revision: number): Promise<ListRevision | undefined> => {
  const [found] = await readRevisions(kernel, listId, revision + 1, 1);
  return found?.revision === revision ? found : undefined;
};

/** Targets of one of two different revisions only: first what went, then what came, each in the order of sending. */
export async function readDifferences({ pool }: Kernel, listId: number, from: number, to: number, after: { change: 'added' | 'removed'; position: number }, limit: number): Promise<Difference[]> {
  // Grouped, not joined: Postgres then reads both once by hashing, however alike they are.
  const { rows } = await pool.query<Difference>(
    `with differing as (
       select max(revision) = $3 as is_new, max(position) as position, wiki_id, page from target_list_page
       where list_id = $1 and revision in ($2, $3) group by wiki_id, page having count(*) = 1
     ), counted as (
       select count(*) filter (where is_new)::int as added, count(*) filter (where not is_new)::int as removed from differing
     ) select case when d.is_new then 'added' else 'removed' end as change, d.position, w.host as wiki, d.page, c.added, c.removed
     from differing d join wiki w on w.id = d.wiki_id, counted c
     where (d.is_new, d.position) > ($4, $5) order by d.is_new, d.position limit $6`,
    [listId, from, to, after.change === 'added', after.position, limit]);
  return rows;
}

/** Writes an older revision's lines once more as a new one, inside the transaction that edits the list. */
export async function copyRevision(client: pg.ClientBase, made: RevisionOf, older: ListRevision): Promise<void> {
  const values = [made.listId, made.revision, older.revision];
  await takeTime(client);
  await client.query(
    'insert into target_list_page (list_id, revision, position, wiki_id, page) select list_id, $2, position, wiki_id, page from target_list_page where list_id = $1 and revision = $3', values);
  await client.query(
    'insert into target_list_problem (list_id, revision, position, line, text, code) select list_id, $2, position, line, text, code from target_list_problem where list_id = $1 and revision = $3', values);
  await noteRevision(client, made, { targets: older.targets, problemCount: older.problemCount, revertedTo: older.revision });
}
