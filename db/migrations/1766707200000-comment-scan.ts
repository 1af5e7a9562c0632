/** What the nightly look through comments found, and what was decided about it. */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CommentScan1766707200000 implements MigrationInterface {
  name = 'CommentScan1766707200000';

  async up(run: QueryRunner): Promise<void> {
    await run.query(`
alter table request_comment
  add version integer not null default 1,
  add scanned_at_ms bigint, -- null: not looked through since it was written
  add flagged_at_ms bigint, -- it holds what looks like an address, and nobody has decided about it
  add hidden_at_ms bigint;
create index request_comment_unscanned on request_comment (id) where scanned_at_ms is null and text is not null;
create index request_comment_flagged on request_comment (id) where flagged_at_ms is not null;
`);
  }

  async down(): Promise<void> {
    throw new Error('There is no way back before the first release: drop the database.');
  }
}
