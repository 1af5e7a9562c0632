/** How a person wants to see Reeve, and their sessions found without reading everybody's. */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class OwnSettings1764633600000 implements MigrationInterface {
  name = 'OwnSettings1764633600000';

  async up(run: QueryRunner): Promise<void> {
    await run.query(`
alter table "user"
  add theme text not null default 'auto' check (theme in ('auto', 'light', 'dark')),
  add text_size text not null default 'medium' check (text_size in ('small', 'medium', 'large')),
  add single_keys boolean not null default true;

create index session_person on session (((sess->>'userId')::int));
`);
  }

  async down(): Promise<void> {
    throw new Error('There is no way back before the first release: drop the database.');
  }
}
