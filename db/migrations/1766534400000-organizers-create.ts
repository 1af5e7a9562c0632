/** Accounts made in the name of the organizer who has the request in hand. */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class OrganizersCreate1766534400000 implements MigrationInterface {
  name = 'OrganizersCreate1766534400000';

  async up(run: QueryRunner): Promise<void> {
    await run.query(`
alter table request drop constraint request_mode_check, add constraint request_mode_check check (mode in ('bot', 'organizer')), add sign_in_asked_at_ms bigint;

-- Who is not bound by the wiki's own number uses nothing of it up.
alter table account_attempt add counted boolean not null default true;
`);
  }

  async down(): Promise<void> {
    throw new Error('There is no way back before the first release: drop the database.');
  }
}
