/** Statistics of requests are asked by the period in which they were filed. */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class RequestPeriod1766275200002 implements MigrationInterface {
  name = 'RequestPeriod1766275200002';

  async up(run: QueryRunner): Promise<void> {
    await run.query(`create index request_created on request (created_at_ms)`);
  }

  async down(): Promise<void> {
    throw new Error('There is no way back before the first release: drop the database.');
  }
}
