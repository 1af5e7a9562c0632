/** A scheduled send may read its lists afresh at its instant. */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Afresh1765670400000 implements MigrationInterface {
  name = 'Afresh1765670400000';

  async up(run: QueryRunner): Promise<void> {
    await run.query(`
alter table delivery
  add lists_afresh boolean not null default false,
  add lists_read_at_ms bigint, -- from then on it is settled what is sent: fresh_revision, or else revision
  add refused_wikis integer[] not null default '{}'; -- came with the fresh lists, and the sender may not send there

alter table delivery_list
  add fresh_revision integer, -- beside the submitted one
  add fresh_round integer, -- which reading it is of: each that an operator asks for is another
  add trouble text; -- why it could not be read, for operators

alter table target_list_revision
  add delivery_id integer references delivery; -- read afresh for it

alter table operation
  add counts jsonb; -- what a decision hangs on
`);
  }

  async down(): Promise<void> {
    throw new Error('There is no way back before the first release: drop the database.');
  }
}
