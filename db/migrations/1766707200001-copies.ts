/** Where copies of an answer go: addresses of the account team, by the template that it was given with. */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Copies1766707200001 implements MigrationInterface {
  name = 'Copies1766707200001';

  async up(run: QueryRunner): Promise<void> {
    await run.query(`
alter table template add copy_to text[] not null default '{}';
alter table mail add copy_to text; -- of a copy: to whom; null: erased
alter table mail drop constraint mail_kind, add constraint mail_kind check (kind in ('confirm', 'answer', 'note', 'address', 'copy'));
`);
  }

  async down(): Promise<void> {
    throw new Error('There is no way back before the first release: drop the database.');
  }
}
