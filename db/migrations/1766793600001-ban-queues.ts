/** A ban that defers may name the queue. */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class BanQueues1766793600001 implements MigrationInterface {
  name = 'BanQueues1766793600001';

  async up(run: QueryRunner): Promise<void> {
    await run.query(`
alter table ban
  add queue text references queue (key), -- null: it is escalated
  add check (queue is null or action = 'defer');
`);
  }

  async down(): Promise<void> {
    throw new Error('There is no way back before the first release: drop the database.');
  }
}
