/** The database under a command's hands: who can read the database owns it, so these commands ask for no key. */
import { readKeys } from '../config';
import { openDatabase } from '../db/data-source';
import { createKernel, type Kernel } from '../db/kernel';
import { PlainFault } from './fault';
import { runConfig } from './run-file';

/** Opens the database that the environment names, else that of what runs here; closes it afterwards. */
export async function withKernel<T>(work: (kernel: Kernel) => Promise<T>): Promise<T> {
  const { DATABASE_URL } = readKeys(['DATABASE_URL'], runConfig());
  const database = await openDatabase(DATABASE_URL, 4, 'reeve-cli');
  try {
    return await work(createKernel(database));
  } finally {
    await database.close();
  }
}

/** @throws PlainFault when nobody has this name. */
export async function userByName(kernel: Kernel, name: string): Promise<{ id: number; name: string }> {
  const { rows } = await kernel.pool.query('select id, name from "user" where lower(name) = lower($1)', [name]);
  if (!rows.length) throw new PlainFault(`There is no user called ${name}.`);
  return rows[0];
}

/** @throws PlainFault when no wiki has this host. */
export async function wikiByHost(kernel: Kernel, host: string): Promise<{ id: number; host: string }> {
  const { rows } = await kernel.pool.query('select id, host from wiki where host = lower($1) or lower($1) = any(aliases)', [host]);
  if (!rows.length) throw new PlainFault(`There is no wiki called ${host}. \`reeve wikis list\` shows which there are.`);
  return rows[0];
}
