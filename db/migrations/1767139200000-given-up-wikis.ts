/** For which wikis nothing more of a list is sent, while it is still copied: an operator gave them up. */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class GivenUpWikis1767139200000 implements MigrationInterface {
  name = 'GivenUpWikis1767139200000';

  async up(run: QueryRunner): Promise<void> {
    await run.query(`alter table delivery_list add given_up int[] not null default '{}'`);
  }

  async down(): Promise<void> {
    throw new Error('There is no way back before the first release: drop the database.');
  }
}
