/** By which accounts of a wiki a delivery was posted there: where a row in doubt is looked for, should the wiki get another bot. */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Bots1767225600000 implements MigrationInterface {
  name = 'Bots1767225600000';

  async up(run: QueryRunner): Promise<void> {
    await run.query(`alter table delivery_wiki add bots text[] not null default '{}'`);
  }

  async down(): Promise<void> {
    throw new Error('There is no way back before the first release: drop the database.');
  }
}
