/**
 * The demo community: a sign-in for every role, the sandbox wiki under two names, lists, deliveries in several states.
 * Everything comes in by the kernel's own door, so that the audit log is right. Called by `reeve seed`.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { readKeys } from '../config';
import { create } from '../db/create';
import type { Kernel } from '../db/kernel';
import { hashPassword } from '../gateways/passwords';
import { roles, system } from '../policies/actor';

export interface SignIn {
  user: string;
  password: string;
  role: string;
}
export interface Seeded {
  /** False when the database had people in it: nothing was changed. */
  seeded: boolean;
  /** Who holds the role admin, for the key of the command line. */
  admin: string;
  demo: SignIn[];
}
export interface SeedOptions {
  demo: boolean;
  /** api.php of the sandbox wiki. */
  sandboxWiki?: string;
  /** Keeps the random passwords, so that a later start can show them again. */
  signInsFile: string;
}

export async function seed(kernel: Kernel, options: SeedOptions): Promise<Seeded> {
  const { rows } = await kernel.pool.query(`select u.name from "user" u left join membership m on m.user_id = u.id and m.role = 'admin' and m.state = 'active' order by m.id is null, u.id limit 1`);
  if (rows.length) return { seeded: false, admin: rows[0].name, demo: keptSignIns(options.signInsFile) };
  if (!options.demo) {
    await makeUser(kernel, 'admin', 'admin', null);
    return { seeded: true, admin: 'admin', demo: [] };
  }
  if (!readKeys(['REEVE_EMBEDDED']).REEVE_EMBEDDED) throw new Error('The demo community is for `npm start` only (REEVE_EMBEDDED).');
  const demo: SignIn[] = ['user', ...roles].map((role) => ({ user: `demo-${role}`, password: randomBytes(9).toString('base64url'), role }));
  writeFileSync(options.signInsFile, `${JSON.stringify(demo, null, 2)}\n`, { mode: 0o600 });
  for (const { user, password, role } of demo) await makeUser(kernel, user, role, password);
  return { seeded: true, admin: 'demo-admin', demo };
}

async function makeUser(kernel: Kernel, name: string, role: string, password: string | null): Promise<number> {
  const { row } = await create(kernel, {
    noun: 'user',
    values: { name, passwordHash: password === null ? null : await hashPassword(password), language: 'en', timeZone: 'UTC' },
    actor: system,
  });
  if (role !== 'user')
    await create(kernel, { noun: 'membership', values: { userId: row.id, role, wikiId: null, untilMs: null, note: null }, actor: system, then: 'approve' });
  return row.id;
}

function keptSignIns(file: string): SignIn[] {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as SignIn[];
  } catch {
    return [];
  }
}
