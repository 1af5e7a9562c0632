/**
 * A target's key begins with its delivery: what became of a delivery's pages is read in their order. By their number alone
 * Postgres went through the pages of all deliveries before it.
 */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class TargetKey1767052800000 implements MigrationInterface {
  name = 'TargetKey1767052800000';

  async up(run: QueryRunner): Promise<void> {
    await run.query('alter table target drop constraint target_pkey, add primary key (delivery_id, id)');
  }

  async down(): Promise<void> {
    throw new Error('There is no way back before the first release: drop the database.');
  }
}
