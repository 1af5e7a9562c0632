/** Which account requests have an address in common, and what somebody looked for by one. */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Related1766361600002 implements MigrationInterface {
  name = 'Related1766361600002';

  async up(run: QueryRunner): Promise<void> {
    await run.query(`
alter table request add network text; -- of IPv6 the first half of the address
create index request_email on request (lower(email)) where email <> '';
create index request_network on request (network) where network is not null;

-- What was found by an address: the numbers alone, for who looked, for a while.
create table request_search (
  id uuid primary key,
  user_id integer not null references "user",
  requests integer[] not null,
  expires_at_ms bigint not null
);
create index request_search_expires on request_search (expires_at_ms);
`);
  }

  async down(): Promise<void> {
    throw new Error('There is no way back before the first release: drop the database.');
  }
}
