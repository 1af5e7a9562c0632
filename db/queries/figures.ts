/** What /metrics tells of the whole house, in one round trip. */
import type { Kernel } from '../kernel';
import { leftSql } from './slots';

export interface Figures {
  outbox: Record<string, number>;
  outboxOldestS: number;
  waiting: Record<string, number>;
  deliveries: Record<string, number>;
  targets: Record<string, number>;
  requests: Record<string, number>;
  unsealed: number;
}

export async function readFigures({ pool }: Kernel): Promise<Figures> {
  const { rows } = await pool.query<Figures>({ name: 'figures', text: sql });
  return rows[0]!;
}

const counted = (of: string): string => `(select coalesce(jsonb_object_agg(name, n), '{}') from (${of}) c)`;

// The ledger's own counters stand in for its rows, which may be many millions.
const sql = `select
  (select jsonb_build_object('waiting', count(*) filter (where not dead), 'dead', count(*) filter (where dead)) from outbox) as outbox,
  (select coalesce(extract(epoch from clock_timestamp() - min(created_at)), 0)::float8 from outbox where not dead) as "outboxOldestS",
  ${counted("select code as name, count(*) as n from operation where state = 'waiting' group by 1")} as waiting,
  ${counted('select state as name, count(*) as n from delivery group by 1')} as deliveries,
  ${counted('select state as name, count(*) as n from request group by 1')} as requests,
  (select jsonb_build_object('pending', coalesce(sum(${leftSql('delivery_wiki')}), 0), 'sent', coalesce(sum(sent), 0), 'skipped', coalesce(sum(skipped), 0),
     'failed', coalesce(sum(failed), 0), 'unknown', coalesce(sum(unknown), 0), 'cancelled', coalesce(sum(cancelled), 0)) from delivery_wiki) as targets,
  (select count(*)::int from audit where id > coalesce((select max(audit_id) from seal), 0)) as unsealed`;
