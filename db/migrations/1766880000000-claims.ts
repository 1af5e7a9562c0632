/**
 * A claim is one row for all the targets that it holds, instead of a write to each of them. `claimed_to` says up to which
 * target a wiki's part was handed out; what is pending below it, because somebody gave it back, says so (`again`). A target
 * is written once, with its outcome, and in place: no index looks at a column that changes when it is sent (`shelf`). One in
 * doubt is `attempting`, as it was.
 */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Claims1766880000000 implements MigrationInterface {
  name = 'Claims1766880000000';

  async up(run: QueryRunner): Promise<void> {
    await run.query(`
      create table target_claim (
        delivery_id integer not null, -- as the ledger, it does not ask for its delivery and its wiki one by one
        wiki_id integer not null,
        slot smallint not null, -- which of the wiki's slots holds them, under which fence
        fence bigint not null,
        targets bigint[] not null,
        at_ms bigint not null
      );
      create index target_claim_place on target_claim (delivery_id, wiki_id);

      alter table target drop column shelf, drop column attempts, add column again boolean not null default false;
      update target t set again = true from delivery_wiki w
      where t.outcome = 'pending' and w.delivery_id = t.delivery_id and w.wiki_id = t.wiki_id and t.id <= w.claimed_to;
      alter table target add column shelf text generated always as (
        case when outcome = 'pending' and again then 'again' when outcome in ('attempting', 'skipped', 'failed', 'unknown') then outcome end) stored;
      alter table target set (fillfactor = 40); -- an outcome makes a row longer
      create index target_order on target (delivery_id, wiki_id, id);
      create index target_loose on target (delivery_id, wiki_id, shelf, id) where shelf in ('again', 'attempting');
      create index target_outcome on target (delivery_id, shelf, id) where shelf in ('skipped', 'failed', 'unknown');
    `);
  }

  async down(): Promise<void> {
    throw new Error('There is no way back before the first release: drop the database.');
  }
}
