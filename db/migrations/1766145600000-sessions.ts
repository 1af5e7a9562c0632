/** Sessions by the hash of what the cookie holds, with the instant of their last use: who is signed in now signs in once more. */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Sessions1766145600000 implements MigrationInterface {
  name = 'Sessions1766145600000';

  async up(run: QueryRunner): Promise<void> {
    await run.query(`
drop table session;
create table session (
  hash bytea primary key,
  user_id integer not null references "user" on delete cascade,
  since_ms bigint not null,
  used_at_ms bigint not null -- to the minute
);
create index session_person on session (user_id);
create index session_used on session (used_at_ms);
`);
  }

  async down(): Promise<void> {
    throw new Error('There is no way back before the first release: drop the database.');
  }
}
