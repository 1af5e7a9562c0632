/** Messages by wiki mail, and posts that no wiki can tell about afterwards. */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Channels1765756800000 implements MigrationInterface {
  name = 'Channels1765756800000';

  async up(run: QueryRunner): Promise<void> {
    await run.query(`
alter table delivery add channel text not null default 'page' check (channel in ('page', 'email'));
alter table target add given_away boolean not null default false; -- the wiki may have taken a mail or a topic: never tried again by itself
`);
  }

  async down(): Promise<void> {
    throw new Error('There is no way back before the first release: drop the database.');
  }
}
