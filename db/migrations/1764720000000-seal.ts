/** The sealer goes by snapshots: what is new is what one shows and the one before it did not (db/seal.ts). */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Seal1764720000000 implements MigrationInterface {
  name = 'Seal1764720000000';

  async up(run: QueryRunner): Promise<void> {
    await run.query(`
alter table seal_batch
  add base pg_snapshot not null default '1:1:', -- all that was committed in it had its place before the batch
  add seen pg_snapshot, -- what the batch was sealed from
  add whole boolean not null default true; -- nothing of it was left
alter table seal_batch disable trigger seal_batch_append_only;
update seal_batch set seen = format('%s:%s:', last_xid, last_xid)::pg_snapshot;
alter table seal_batch enable trigger seal_batch_append_only;
alter table seal_batch alter seen set not null, alter base drop default, alter whole drop default;
`);
  }

  async down(): Promise<void> {
    throw new Error('There is no way back before the first release: drop the database.');
  }
}
