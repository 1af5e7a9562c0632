/**
 * The demo community: a sign-in for every role, the sandbox wiki under two names, lists; deliveries, events and account
 * requests in every state.
 * Everything comes in by the kernel's own door, so that the audit log is right; every step has a command id, so that a
 * seed that was broken off goes on where it stopped. Called by `reeve seed`.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { ReeveError } from '../config/errors';
import { create } from '../db/create';
import type { Kernel } from '../db/kernel';
import { standingOfUser, userOf } from '../db/queries/actors';
import { addIdentity, findIdentity } from '../db/queries/identities';
import { hashPassword } from '../gateways/passwords';
import { roles, system, type Actor, type Role } from '../policies/actor';
import { makeDeliveries } from './community-deliveries';
import { makeEvents } from './community-events';
import { makeForms } from './community-forms';
import { makeBans } from './community-bans';
import { makeQueues } from './community-queues';
import { makeRequests } from './community-requests';
import { makeTemplates } from './community-templates';
import { followSandbox, makeWikis, numberOf, ORGANIZER, populate, type DemoWikis } from './community-wikis';

export interface SignIn {
  user: string;
  password: string;
  role: string;
}
export interface Seeded {
  /** False when the database had people in it: nothing was changed. */
  seeded: boolean;
  /** Somebody who holds the role admin, for the key of the command line. */
  admin: string | null;
  /** The demo's sign-ins; without a demo the first admin's, which is kept nowhere. */
  demo: SignIn[];
}
export interface SeedOptions {
  demo: boolean;
  /** Whether `npm start` runs this: nobody else gets a demo. */
  embedded: boolean;
  /** Encrypts the bot's passwords. */
  secretKey?: string;
  /** api.php of the sandbox wiki. */
  sandboxWiki?: string;
  /** Keeps the demo's random passwords, so that a later start can show them again. */
  signInsFile: string;
}

const LAST_STEP = 'demo/done';

/** @throws Error outside of `npm start`: a demo has passwords that everybody can read in its table. */
export async function seed(kernel: Kernel, options: SeedOptions): Promise<Seeded> {
  const present = await presentState(kernel);
  if (present === 'foreign' || (!options.demo && present !== 'empty')) return { seeded: false, admin: await someAdmin(kernel), demo: [] };
  if (!options.demo) return firstAdmin(kernel);
  if (!options.embedded || !options.secretKey) throw new ReeveError('policy.forbidden', 'The demo community is only for what `npm start` runs (REEVE_EMBEDDED).');
  if (!options.sandboxWiki) throw new ReeveError('unavailable', 'The demo community needs a sandbox wiki: give its api.php by --sandbox-wiki.');
  const demo = keptSignIns(options.signInsFile) ?? newSignIns(options.signInsFile);
  if (present === 'done') await followSandbox(kernel, options.sandboxWiki);
  else {
    const wikis = await makeWikis(kernel, options.sandboxWiki, options.secretKey);
    const [people] = await Promise.all([makePeople(kernel, demo, wikis), populate(options.sandboxWiki)]);
    const actor = async (role: string): Promise<Actor> => userOf((await standingOfUser(kernel, people[role]!))!);
    await linkOrganizer(kernel, people.organizer!, wikis, options.sandboxWiki);
    await makeDeliveries(kernel, wikis, actor);
    const events = await makeEvents(kernel, actor);
    await makeBans(kernel, actor);
    await makeTemplates(kernel, actor);
    await makeQueues(kernel, actor);
    await makeForms(kernel, events.open!, actor);
    await makeRequests(kernel, wikis.first, events.open!, actor);
    await makeUser(kernel, { name: 'demo-newcomer', passwordHash: null, commandId: LAST_STEP });
  }
  return { seeded: present !== 'done', admin: 'demo-admin', demo };
}

/** `begun`: a demo that was broken off; `foreign`: other people's database, which is left alone. */
async function presentState(kernel: Kernel): Promise<'empty' | 'begun' | 'done' | 'foreign'> {
  const { rows } = await kernel.pool.query(
    `select exists (select 1 from "user") or exists (select 1 from wiki) as taken,
            exists (select 1 from audit where command_id = 'demo/wiki/first') as begun,
            exists (select 1 from audit where command_id = $1) as done`,
    [LAST_STEP],
  );
  const { taken, begun, done } = rows[0];
  return done ? 'done' : begun ? 'begun' : taken ? 'foreign' : 'empty';
}

async function firstAdmin(kernel: Kernel): Promise<Seeded> {
  const password = newPassword();
  const id = await makeUser(kernel, { name: 'admin', passwordHash: await hashPassword(password) });
  await grant(kernel, id, 'admin', null);
  return { seeded: true, admin: 'admin', demo: [{ user: 'admin', password, role: 'admin' }] };
}

/** @returns user ids by role. */
async function makePeople(kernel: Kernel, signIns: SignIn[], wikis: DemoWikis): Promise<Record<string, number>> {
  const ids: Record<string, number> = {};
  const hashes = await Promise.all(signIns.map(({ password }) => hashPassword(password)));
  for (const [i, { user, role }] of signIns.entries()) {
    ids[role] = await makeUser(kernel, { name: user, passwordHash: hashes[i]!, commandId: `demo/user/${role}` });
    // A sender sends to the own wiki; whoever sends anywhere is the other one.
    if (role !== 'user') await grant(kernel, ids[role], role as Role, role === 'sender' ? wikis.first.id : null, `demo/grant/${role}`);
  }
  const vetted = { vouchedBy: 'The head of the library', officialEmail: 'workshops@library.example' };
  const applications: [role: Role, by: string, wikiId: number | null, note: string, record?: typeof vetted][] = [
    ['sender', 'user', wikis.second.id, 'I write our monthly newsletter.'],
    ['organizer', 'helper', null, 'Our library plans a workshop in spring.', vetted],
  ];
  for (const [role, by, wikiId, note, record] of applications) {
    const userId = ids[by]!;
    await create(kernel, {
      noun: 'membership', commandId: `demo/application/${role}`, values: { userId, role, wikiId, untilMs: null, note, ...record }, ...(record && { stamps: ['acceptedAtMs'] as const }),
      actor: { kind: 'user', userId, grants: [] },
    });
  }
  return ids;
}

/** The demo's organizer signs in by the wiki, too. */
async function linkOrganizer(kernel: Kernel, userId: number, { first }: DemoWikis, apiUrl: string): Promise<void> {
  const id = await numberOf(apiUrl, ORGANIZER);
  if (!(await findIdentity(kernel, first.id, id))) await addIdentity(kernel.pool, kernel, userId, first.id, { id, name: ORGANIZER }, null);
}

async function makeUser(kernel: Kernel, { name, passwordHash, commandId }: { name: string; passwordHash: string | null; commandId?: string }): Promise<number> {
  const { row } = await create(kernel, { noun: 'user', commandId, values: { name, passwordHash, language: 'en', timeZone: 'UTC', email: `${name}@reeve.example` }, actor: system });
  return row.id;
}

const grant = (kernel: Kernel, userId: number, role: Role, wikiId: number | null, commandId?: string) =>
  create(kernel, { noun: 'membership', commandId, values: { userId, role, wikiId, untilMs: null, note: null }, actor: system, then: 'approve' });

async function someAdmin(kernel: Kernel): Promise<string | null> {
  const { rows } = await kernel.pool.query(
    `select u.name from membership m join "user" u on u.id = m.user_id where m.role = 'admin' and m.state = 'active' order by m.id limit 1`);
  return rows[0]?.name ?? null;
}

function newSignIns(file: string): SignIn[] {
  const demo = ['user', ...roles].map((role) => ({ user: `demo-${role.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`, password: newPassword(), role }));
  writeFileSync(file, `${JSON.stringify(demo, null, 2)}\n`, { mode: 0o600 });
  return demo;
}

function keptSignIns(file: string): SignIn[] | null {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as SignIn[];
  } catch {
    return null;
  }
}

const newPassword = (): string => randomBytes(9).toString('base64url');
