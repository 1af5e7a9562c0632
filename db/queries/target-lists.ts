/**
 * Target lists on disk: entries go into a table of the transaction in pieces, and Postgres drops the duplicates and puts
 * them in order, so that a million lines cost this process no memory. Also the reading of pages and problems. The
 * history of a list is in target-list-revisions.ts.
 */
import type pg from 'pg';
import { ReeveError } from '../../config/errors';
import { fromRow } from '../columns';
import type { Kernel } from '../kernel';
import type { Hosts, LineProblem, Target } from '../target-lines';

/** Whose revision it is, and where its lines come from. */
export interface RevisionOf {
  listId: number;
  revision: number;
  format: string;
  source: string | null;
  sourceRevisionId: number | null;
  userId: number;
  /** The delivery that it was read afresh for. */
  deliveryId?: number | null;
}

const PIECE = 5_000;
const MOST_WRITERS = 2;
const PATIENCE_MS = 10_000;

/** Who is writing a list in this process: each holds a connection from the first line to the last, and everybody else needs some, too. */
const writers = new Set<number>();

/** A person writes one list at a time, and not many do at once: others wait a while. @throws ReeveError unavailable */
export async function inTurn<T>(userId: number, write: () => Promise<T>): Promise<T> {
  for (let waited = 0; writers.has(userId) || writers.size >= MOST_WRITERS; waited += 20) {
    if (waited >= PATIENCE_MS) throw new ReeveError('unavailable', 'Other lists are being written: send yours again in a moment.', { retryAfterS: 10 });
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  writers.add(userId);
  try {
    return await write();
  } finally {
    writers.delete(userId);
  }
}

/** Of a million lines a statement may take longer than any that reads. */
export const takeTime = (client: pg.ClientBase) => client.query('set local statement_timeout = 0');

/** Writes one revision, inside the transaction that makes or edits the list. @throws ReeveError of the entries. */
export async function writeRevision(client: pg.ClientBase, made: RevisionOf, hosts: Hosts, entries: AsyncIterable<Target | LineProblem>): Promise<void> {
  const { listId, revision } = made;
  await takeTime(client);
  await client.query('create temporary table uploaded (wiki_id integer not null, page text not null) on commit drop');
  let problemCount = 0;
  let targets: Target[] = [];
  let problems: LineProblem[] = [];
  const flush = async (least: number): Promise<void> => {
    if (targets.length >= least && targets.length) {
      await client.query('insert into uploaded (wiki_id, page) select * from unnest($1::int[], $2::text[])', [targets.map(({ wikiId }) => wikiId), targets.map(({ page }) => page)]);
      targets = [];
    }
    if (problems.length >= least && problems.length) {
      await client.query(
        `insert into target_list_problem (list_id, revision, position, line, text, code)
         select $1, $2, $3 + p.place, p.line, p.text, p.code from unnest($4::int[], $5::text[], $6::text[]) with ordinality p (line, text, code, place)`,
        [listId, revision, problemCount, problems.map((one) => one.line), problems.map(({ text }) => text), problems.map(({ code }) => code)],
      );
      problemCount += problems.length;
      problems = [];
    }
  };
  for await (const read of entries) {
    if ('page' in read) targets.push(read);
    else problems.push(read);
    if (targets.length >= PIECE || problems.length >= PIECE) await flush(PIECE);
  }
  await flush(1);
  const { rowCount } = await client.query(
    `insert into target_list_page (list_id, revision, position, wiki_id, page)
     select $1, $2, row_number() over (order by u.wiki_id <> $3, w.host collate "C", u.page collate "C"), u.wiki_id, u.page
     from (select distinct wiki_id, page from uploaded) u join wiki w on w.id = u.wiki_id`,
    [listId, revision, hosts.ownWikiId],
  );
  await client.query('drop table uploaded');
  await noteRevision(client, made, { targets: rowCount ?? 0, problemCount, revertedTo: null });
}

/** The row of a revision whose lines stand, and the list's own counts. */
export async function noteRevision(client: pg.ClientBase, { listId, revision, format, source, sourceRevisionId, userId, deliveryId = null }: RevisionOf, counts: { targets: number; problemCount: number; revertedTo: number | null }): Promise<void> {
  await client.query(
    `insert into target_list_revision (list_id, revision, format, source, source_revision_id, targets, problem_count, reverted_to, user_id, delivery_id, at_ms)
     select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, updated_at_ms from target_list where id = $1`,
    [listId, revision, format, source, sourceRevisionId, counts.targets, counts.problemCount, counts.revertedTo, userId, deliveryId]);
  await client.query('update target_list set targets = $2, problem_count = $3 where id = $1', [listId, counts.targets, counts.problemCount]);
}

/** Every name by which a wiki may stand behind the last @ of a line; inside a transaction `pool` is its client, so that none waits for a second connection. */
export async function readHosts({ pool }: { pool: Pick<pg.ClientBase, 'query'> }, ownWikiId: number, aliases: Record<string, string>): Promise<Hosts> {
  const { rows } = await pool.query<{ id: number; host: string; aliases: string[] }>('select id, host, aliases from wiki order by id');
  const wikis = new Map<string, number>();
  for (const wiki of rows) for (const alias of wiki.aliases) wikis.set(alias.toLowerCase(), wiki.id);
  for (const wiki of rows) wikis.set(wiki.host, wiki.id);
  for (const [alias, host] of Object.entries(aliases)) {
    const known = wikis.get(host.toLowerCase());
    if (known !== undefined) wikis.set(alias.toLowerCase(), known);
  }
  return { ownWikiId, wikis };
}

export async function readProblems({ pool }: Kernel, listId: number, revision: number, after: number, limit: number): Promise<(LineProblem & { position: number })[]> {
  const { rows } = await pool.query(
    'select position, line, text, code from target_list_problem where list_id = $1 and revision = $2 and position > $3 order by position limit $4', [listId, revision, after, limit]);
  return rows.map((row) => fromRow(row));
}

export async function readLines({ pool }: Kernel, listId: number, revision: number, after: number, limit: number): Promise<{ position: number; wiki: string; page: string }[]> {
  const { rows } = await pool.query<{ position: number; wiki: string; page: string }>(
    `select p.position, w.host as wiki, p.page from target_list_page p join wiki w on w.id = p.wiki_id
     where p.list_id = $1 and p.revision = $2 and p.position > $3 order by p.position limit $4`, [listId, revision, after, limit]);
  return rows;
}
