/** Postgres: one pool per process, TypeORM for entities and migrations, its own pg pool for all that is read and written. */
import pg from 'pg';
import { DataSource, DefaultNamingStrategy } from 'typeorm';
import { snake } from './columns';
import { entities } from './entities';
import { migrations } from './migrations';

pg.types.setTypeParser(pg.types.builtins.INT8, Number); // instants in milliseconds and row counts fit a double exactly

class SnakeNames extends DefaultNamingStrategy {
  override columnName(property: string, custom: string | undefined): string {
    return custom ?? snake(property);
  }
}

export interface Database {
  source: DataSource;
  /** The same connections that TypeORM uses. */
  pool: pg.Pool;
  close(): Promise<void>;
}

/**
 * @param poolMax connections at most.
 * @param byIndex for who writes a few rows at a time to tables that grow: by what Postgres knew of a table when it was small,
 * or of when nothing waited in it, it reads the whole of it, or of a delivery, for each statement, until it counts again.
 * @param statementMs how long one statement may take: for who answers people, so that a question that is too long holds no connection. 0 = as long as it takes.
 */
export async function openDatabase(url: string, poolMax = 16, applicationName = 'reeve', byIndex = false, statementMs = 0): Promise<Database> {
  const source = new DataSource({
    type: 'postgres',
    url,
    entities,
    migrations,
    migrationsTableName: 'migration',
    migrationsTransactionMode: 'each',
    namingStrategy: new SnakeNames(),
    applicationName,
    poolSize: poolMax,
    poolErrorHandler: () => {}, // an idle connection that dies is replaced; whoever uses one sees the error itself
    extra: { keepAlive: true, connectionTimeoutMillis: 5_000, statement_timeout: statementMs, ...(byIndex && { options: '-c enable_seqscan=off -c enable_bitmapscan=off' }) },
    synchronize: false,
    logging: false,
  });
  await source.initialize();
  const pool = (source.driver as unknown as { master: pg.Pool }).master;
  return { source, pool, close: () => source.destroy() };
}
