/** A database of its own for a measurement, migrated, in the server that the bench runs with. */
import pg from 'pg';
import { migrate } from '../db/migrate';
import { services } from '../test/support/services';

export async function benchDatabase(name: string): Promise<{ ownerUrl: string; appUrl: string }> {
  const inDatabase = (url: string): string => Object.assign(new URL(url), { pathname: `/${name}` }).href;
  const admin = new pg.Client({ connectionString: services.databaseUrl() });
  await admin.connect();
  await admin.query(`drop database if exists ${name} with (force)`);
  await admin.query(`create database ${name} owner reeve`);
  await admin.end();
  const urls = { ownerUrl: inDatabase(services.databaseOwnerUrl()), appUrl: inDatabase(services.databaseAppUrl()) };
  await migrate(urls.ownerUrl, urls.appUrl);
  return urls;
}
