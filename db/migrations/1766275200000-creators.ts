/** By which account of the wiki each try was made: what the wiki's log of new users is compared with. */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Creators1766275200000 implements MigrationInterface {
  name = 'Creators1766275200000';

  async up(run: QueryRunner): Promise<void> {
    await run.query(`alter table account_attempt add creator text; -- null: from before it was written down`);
  }

  async down(): Promise<void> {
    throw new Error('There is no way back before the first release: drop the database.');
  }
}
