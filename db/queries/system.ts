/** How the machinery stands, from the tables: mails in doubt, and what waits for each wiki. For api/routes/system.ts. */
import type { Kernel } from '../kernel';
import { leftSql, MAX_SLOTS } from './slots';

export interface SystemFigures {
  mails: { pending: number; unknown: number; failed: number };
  /** Wikis that something waits for, most first. */
  wikis: { id: number; host: string; deliveries: number; waiting: number; editsPerMinute: number; slots: number; held: number }[];
}

export async function readSystem({ pool }: Kernel): Promise<SystemFigures> {
  const { rows } = await pool.query<SystemFigures>({ name: 'system', text: sql });
  return rows[0]!;
}

// Each count by the index that holds just those rows.
const mails = (outcome: string, open: string): string => `(select count(*) from mail where outcome = '${outcome}' and outcome in (${open}))`;
const sql = `select
  jsonb_build_object('pending', ${mails('pending', "'pending', 'attempting'")}, 'unknown', ${mails('unknown', "'failed', 'unknown'")}, 'failed', ${mails('failed', "'failed', 'unknown'")}) as mails,
  coalesce((select jsonb_agg(jsonb_build_object('id', w.id, 'host', w.host, 'deliveries', p.deliveries, 'waiting', p.waiting, 'editsPerMinute', w.edits_per_minute,
      'slots', least(w.in_flight, ${MAX_SLOTS}), 'held', (select count(*) from wiki_slot s where s.wiki_id = w.id and s.leased_until > clock_timestamp())) order by p.waiting desc, w.host)
    from (select c.wiki_id, count(*) as deliveries, sum(${leftSql('c')}) as waiting
          from delivery d join delivery_wiki c on c.delivery_id = d.id where d.state in ('expanding', 'running', 'paused')
          group by c.wiki_id having sum(${leftSql('c')}) > 0 order by waiting desc limit 100) p
    join wiki w on w.id = p.wiki_id), '[]') as wikis`;
