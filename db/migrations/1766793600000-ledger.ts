/**
 * What a ledger costs. Its rows do not ask for their delivery one by one, which took a quarter of the time of an
 * expansion: whoever writes them has just read it, and no delivery is ever deleted. Both partial indexes look at `shelf`,
 * which stays as it is when a row is claimed: so a claim touches no index at all (a heap-only update). `claimed_to` spares
 * the search for dead claims the rows that nobody ever claimed. `copied_to` says how far each list was copied (null: it
 * was, whole), so that posting need not wait for it.
 */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Ledger1766793600000 implements MigrationInterface {
  name = 'Ledger1766793600000';

  async up(run: QueryRunner): Promise<void> {
    await run.query(`
      alter table target drop constraint target_delivery_id_fkey,
        add column shelf text generated always as (case when outcome in ('pending', 'attempting') then 'open' when outcome in ('skipped', 'failed', 'unknown') then outcome end) stored;
      alter table target set (fillfactor = 45); -- room for what a claim writes, on the row's own page
      drop index target_open;
      drop index target_outcome;
      create index target_open on target (delivery_id, wiki_id, id) where shelf = 'open';
      create index target_outcome on target (delivery_id, shelf, id) where shelf <> 'open';

      alter table delivery_wiki add column claimed_to bigint not null default 0;
      update delivery_wiki w set claimed_to = t.last from (select delivery_id, wiki_id, max(id) as last from target where fence is not null group by delivery_id, wiki_id) t
      where t.delivery_id = w.delivery_id and t.wiki_id = w.wiki_id;

      alter table delivery_list add column copied_to integer default -1;
      update delivery_list l set copied_to = null from delivery d where d.id = l.delivery_id and d.state in ('running', 'paused', 'finished', 'cancelled');
      delete from target t using delivery d where d.id = t.delivery_id and d.state = 'expanding' and d.test_of is null; -- nothing of it was posted; it is copied again
    `);
  }

  async down(): Promise<void> {
    throw new Error('There is no way back before the first release: drop the database.');
  }
}
