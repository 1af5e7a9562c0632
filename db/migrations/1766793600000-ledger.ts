/** Rows of the ledger do not ask for their delivery one by one, which took a quarter of the time of an expansion: whoever writes them has just read it, and no delivery is ever deleted. */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Ledger1766793600000 implements MigrationInterface {
  name = 'Ledger1766793600000';

  async up(run: QueryRunner): Promise<void> {
    await run.query('alter table target drop constraint target_delivery_id_fkey');
  }

  async down(): Promise<void> {
    throw new Error('There is no way back before the first release: drop the database.');
  }
}
