/** Calendars of own events: one address a person, of which the hash is kept. */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class EventFeeds1766707200002 implements MigrationInterface {
  name = 'EventFeeds1766707200002';

  async up(run: QueryRunner): Promise<void> {
    await run.query(`
create table event_feed (
  user_id integer primary key references "user" on delete cascade,
  hash bytea not null unique,
  since_ms bigint not null
);
`);
  }

  async down(): Promise<void> {
    throw new Error('There is no way back before the first release: drop the database.');
  }
}
