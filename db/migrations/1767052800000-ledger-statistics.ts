/**
 * Postgres takes no statistics of which delivery a target is of. By them it believed that a delivery it had seen was most of the
 * ledger, and went through all those before it, and that one it had not seen has no rows, so that any index would do.
 */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class LedgerStatistics1767052800000 implements MigrationInterface {
  name = 'LedgerStatistics1767052800000';

  async up(run: QueryRunner): Promise<void> {
    await run.query('alter table target alter delivery_id set statistics 0');
  }

  async down(): Promise<void> {
    throw new Error('There is no way back before the first release: drop the database.');
  }
}
