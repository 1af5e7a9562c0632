/** Reeve's own record of the accounts that it made, for the comparison with a wiki's log of new users (api/creation-audit.ts). */
import { VETTING_KEPT_MS } from '../../machines/membership';
import { throughReeveOnly } from '../../policies/actor';
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

/** An account of a wiki whose log is read, and from when until when (Unix milliseconds) what it made is looked at. */
export interface AuditedCreator {
  name: string;
  fromMs: number;
  untilMs: number;
}

/**
 * Who may create at a wiki through Reeve only: its bot, who did in a period, and whoever held a role in it that is for that,
 * by their own account there, for as long as they held it. The one place that says whose log is read.
 */
export async function creatorsAt({ pool }: Kernel, wikiId: number, fromMs: number, toMs: number): Promise<AuditedCreator[]> {
  const { rows } = await pool.query<AuditedCreator>(
    `select name, min(from_ms) as "fromMs", max(until_ms) as "untilMs" from (
       select split_part(bot_user, '@', 1) as name, 0::bigint as from_ms, $3::bigint as until_ms from wiki where id = $1
       union all select creator, 0, $3 from account_attempt where wiki_id = $1 and began_at_ms between $2 and $3 and creator is not null
       union all select i.name, m.created_at_ms, case when m.state = 'ended' then coalesce(m.purge_at_ms, m.purged_at_ms) - ${VETTING_KEPT_MS} else $3 end
         from identity i join membership m on m.user_id = i.user_id and coalesce(m.wiki_id, $1) = $1
         where i.wiki_id = $1 and m.role = any ($4) and m.state in ('active', 'suspended', 'ended')
     ) one group by name having min(from_ms) < $3 and max(until_ms) >= $2 order by name`,
    [wikiId, fromMs, toMs, throughReeveOnly],
  );
  return rows;
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
