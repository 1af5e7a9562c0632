/** What a message's preview needs of its lists: how many pages on which wiki, and some of them. Called by activities/preview.ts. */
import type pg from 'pg';
import type { DeliveryText } from './delivery-texts';

/** What api/routes/delivery-preview.ts shows. */
export interface Preview {
  /** What of a page is sent, in each of its languages. */
  texts: DeliveryText[];
  wikis: PreviewedWiki[];
  warnings: Warning[];
}
export interface PreviewedWiki {
  host: string;
  /** How many the lists name there. */
  pages: number;
  /** The licence under which whatever is written there stands; null where the wiki says nothing of it, or was not asked. */
  terms: { text: string; url: string } | null;
  /**
   * One page of each kind and each language that the message has for those pages, as the wiki renders it there; none
   * where the wiki was not asked. `language`: of the text; null where nobody knows.
   */
  shown: { kind: PageKind; page: string; language: string | null; html: string }[];
}
export type PageKind = 'userTalk' | 'talk' | 'other' | 'email';
/** Worth a second look before the message goes out; `submit` wants its code acknowledged. */
export interface Warning {
  code: 'no-timestamp' | 'unclosed-tag' | 'language-link' | 'missing-template' | 'lint-error' | 'translation-incomplete' | 'mail-markup' | 'not-rendered';
  detail: string;
  /** The host that says so; null for what is wrong wherever it is sent. */
  wiki: string | null;
}

const linesSql = `delivery_list l join target_list t on t.id = l.list_id join target_list_page p on p.list_id = t.id and p.revision = coalesce(l.revision, t.revision)`;

/** Of a draft the lists as they stand now, afterwards as they were submitted; most pages first. */
export async function pagesPerWiki(pool: pg.Pool, delivery: number): Promise<{ wiki: number; host: string; pages: number }[]> {
  const { rows: lists } = await pool.query('select from delivery_list where delivery_id = $1', [delivery]);
  // One list names no page twice, and counting its lines is several times faster.
  const { rows } = await pool.query(
    `select w.id as wiki, w.host, n.pages from (
       select wiki_id, count(*)::int as pages from (select ${lists.length > 1 ? 'distinct p.wiki_id, p.page' : 'p.wiki_id'} from ${linesSql} where l.delivery_id = $1) p group by wiki_id
     ) n join wiki w on w.id = n.wiki_id order by n.pages desc, w.host`,
    [delivery],
  );
  return rows;
}

export async function somePages(pool: pg.Pool, delivery: number, wiki: number, limit: number): Promise<string[]> {
  const { rows } = await pool.query<{ page: string }>(
    `select p.page from ${linesSql} where l.delivery_id = $1 and p.wiki_id = $2 order by p.list_id, p.position limit $3`, [delivery, wiki, limit]);
  return rows.map(({ page }) => page);
}
