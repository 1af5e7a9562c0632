/** Brings a database to the present schema and lets the application's role in. Run by one process at a time. */
import { openDatabase } from './data-source';
import { sealOnce } from './seal';

/**
 * @param ownerUrl the role that owns the schema.
 * @param appUrl the application's role, where it is another: it may write everything but the audit's past.
 * @returns the names of the migrations that ran.
 */
export async function migrate(ownerUrl: string, appUrl = ownerUrl): Promise<string[]> {
  const database = await openDatabase(ownerUrl, 2, 'reeve-migrate');
  try {
    const lock = await database.pool.connect();
    try {
      await lock.query("select pg_advisory_lock(hashtext('reeve-migrate'))");
      const ran = await database.source.runMigrations();
      if (ran.length) await sealOnce(database.pool); // what they have put on record: nobody else may be there to seal it
      const role = decodeURIComponent(new URL(appUrl).username);
      if (role && role !== decodeURIComponent(new URL(ownerUrl).username)) await lock.query(grants(role));
      return ran.map(({ name }) => name);
    } finally {
      await lock.query("select pg_advisory_unlock(hashtext('reeve-migrate'))").catch(() => {});
      lock.release();
    }
  } finally {
    await database.close();
  }
}

const appendOnly = ['audit', 'seal', 'seal_batch', 'audit_check'];

const grants = (role: string): string => `
do $$ begin
  execute format('grant usage on schema public to %1$I', ${quoted(role)});
  execute format('grant select, insert, update, delete on all tables in schema public to %1$I', ${quoted(role)});
  execute format('grant usage, select on all sequences in schema public to %1$I', ${quoted(role)});
  ${appendOnly.map((table) => `execute format('revoke update, delete, truncate on ${table} from %1$I', ${quoted(role)});`).join('\n  ')}
  execute format('revoke insert, update, delete on migration from %1$I', ${quoted(role)});
end $$`;

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;
