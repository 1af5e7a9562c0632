/**
 * Target lists on disk: lines go into a table of the transaction in pieces, and Postgres drops the duplicates and puts
 * them in order, so that a million lines cost this process no memory. Also the reading of lines and problems.
 */
import type pg from 'pg';
import type { Kernel } from '../kernel';
import { linesOf, readCsvLine, readLine, type Hosts, type LineProblem, type Target } from '../target-lines';
import { ReeveError } from '../../config/errors';

export interface Written {
  targets: number;
  problemCount: number;
}

const PIECE = 5_000;
export const MOST_LINES = 2_000_000;

/**
 * Writes one revision's lines, inside the transaction that makes the list.
 * @throws ReeveError input.too-large
 */
export async function writeLines(client: pg.ClientBase, listId: number, revision: number, hosts: Hosts, format: 'lines' | 'csv', chunks: AsyncIterable<string> | Iterable<string>): Promise<Written> {
  const readOne = format === 'csv' ? readCsvLine : readLine;
  await client.query('create temporary table uploaded (wiki_id integer not null, page text not null) on commit drop');
  let line = 0;
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
        'insert into target_list_problem (list_id, revision, line, text, code) select $1, $2, * from unnest($3::int[], $4::text[], $5::text[])',
        [listId, revision, problems.map((one) => one.line), problems.map(({ text }) => text), problems.map(({ code }) => code)],
      );
      problems = [];
    }
  };
  for await (const text of linesOf(chunks)) {
    line += 1;
    if (line > MOST_LINES) throw new ReeveError('input.too-large', `A list may have at most ${MOST_LINES.toLocaleString('en')} lines.`);
    const read = readOne(text, line, hosts);
    if (read && 'page' in read) targets.push(read);
    else if (read) problemCount = problems.push(read) && problemCount + 1;
    await flush(PIECE);
  }
  await flush(1);
  const { rowCount } = await client.query(
    `insert into target_list_page (list_id, revision, position, wiki_id, page)
     select $1, $2, row_number() over (order by u.wiki_id <> $3, w.host collate "C", u.page collate "C"), u.wiki_id, u.page
     from (select distinct wiki_id, page from uploaded) u join wiki w on w.id = u.wiki_id`,
    [listId, revision, hosts.ownWikiId],
  );
  await client.query('drop table uploaded');
  const written = { targets: rowCount ?? 0, problemCount };
  await client.query('update target_list set targets = $2, problem_count = $3 where id = $1', [listId, written.targets, written.problemCount]);
  return written;
}

/** Every name by which a wiki may stand behind the last @ of a line. */
export async function readHosts({ pool }: Kernel, ownWikiId: number, aliases: Record<string, string>): Promise<Hosts> {
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

export async function readProblems({ pool }: Kernel, listId: number, revision: number, after: number, limit: number): Promise<LineProblem[]> {
  const { rows } = await pool.query<LineProblem>(
    'select line, text, code from target_list_problem where list_id = $1 and revision = $2 and line > $3 order by line limit $4', [listId, revision, after, limit]);
  return rows;
}

export async function readLines({ pool }: Kernel, listId: number, revision: number, after: number, limit: number): Promise<{ position: number; wiki: string; page: string }[]> {
  const { rows } = await pool.query<{ position: number; wiki: string; page: string }>(
    `select p.position, w.host as wiki, p.page from target_list_page p join wiki w on w.id = p.wiki_id
     where p.list_id = $1 and p.revision = $2 and p.position > $3 order by p.position limit $4`, [listId, revision, after, limit]);
  return rows;
}
