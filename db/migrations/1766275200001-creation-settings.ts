/** Of each wiki: since when accounts are made by nobody of one mode, and what stands on a newcomer's talk page. */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreationSettings1766275200001 implements MigrationInterface {
  name = 'CreationSettings1766275200001';

  async up(run: QueryRunner): Promise<void> {
    await run.query(`
alter table wiki add bot_creations_paused_at_ms bigint, add organizer_creations_paused_at_ms bigint, add welcome text not null default '';
create index request_creating on request (wiki_id, id) where state = 'creating';
`);
  }

  async down(): Promise<void> {
    throw new Error('There is no way back before the first release: drop the database.');
  }
}
