/** The audit log by when it happened: rows come nearly in that order, so that ranges of pages are index enough, and cost the writers nothing. */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class LogPeriod1765411200000 implements MigrationInterface {
  name = 'LogPeriod1765411200000';

  async up(run: QueryRunner): Promise<void> {
    await run.query('create index audit_period on audit using brin (at_ms) with (pages_per_range = 32, autosummarize = on)');
  }

  async down(): Promise<void> {
    throw new Error('There is no way back before the first release: drop the database.');
  }
}
