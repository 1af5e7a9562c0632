/** Reeve's own record of the accounts that it made, for the comparison with a wiki's log of new users (api/creation-audit.ts). */
import type { Kernel } from '../kernel';

/** What one request has in the ledger of accounts at a wiki in a period. */
export interface RecordedCreation {
  requestId: number;
  name: string;
  /** The wiki's account that tried; null where that was not written down. */
  creator: string | null;
  /** Of every try that made the account, or may have made it. */
  beganAtMs: number[];
  /** When the try began of which the wiki said that it made the account; null: no try is known to have. */
  createdAtMs: number | null;
}

/** Who creates for Reeve at a wiki: its bot, and who did in a period. The one place that says whose log is read. */
export async function creatorsAt({ pool }: Kernel, wikiId: number, fromMs: number, toMs: number): Promise<string[]> {
  const { rows } = await pool.query<{ name: string }>(
    `select split_part(bot_user, '@', 1) as name from wiki where id = $1
     union select creator from account_attempt where wiki_id = $1 and began_at_ms between $2 and $3 and creator is not null order by name`,
    [wikiId, fromMs, toMs],
  );
  return rows.map(({ name }) => name);
}

/** Tries that the wiki refused made nothing, and are left out. */
export async function recordedCreations({ pool }: Kernel, wikiId: number, fromMs: number, toMs: number): Promise<RecordedCreation[]> {
  const { rows } = await pool.query<RecordedCreation>(
    `select a.request_id as "requestId", r.name, a.creator, jsonb_agg(a.began_at_ms) as "beganAtMs", max(a.began_at_ms) filter (where a.outcome = 'created') as "createdAtMs"
     from account_attempt a join request r on r.id = a.request_id
     where a.wiki_id = $1 and a.began_at_ms between $2 and $3 and a.outcome in ('created', 'attempting', 'lost')
     group by a.request_id, r.name, a.creator order by a.request_id`,
    [wikiId, fromMs, toMs],
  );
  return rows;
}
