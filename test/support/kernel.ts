/** A kernel on a database of its own with a clock that the test moves, and the few things that most tests begin with. */
import pg from 'pg';
import { create } from '../../db/create';
import { openDatabase, type Database } from '../../db/data-source';
import { standingClock } from '../../db/clock';
import type { Delivery } from '../../db/entities/delivery';
import type { Membership } from '../../db/entities/membership';
import { createKernel, type Kernel } from '../../db/kernel';
import { system, type Actor, type Role } from '../../policies/actor';
import { testDatabase } from './database';

/** Midday of a leap day, so that nothing depends on today. */
export const NOON_MS = Date.UTC(2028, 1, 29, 12);
export const MINUTE_MS = 60_000;

export interface TestKernel {
  kernel: Kernel;
  clock: ReturnType<typeof standingClock>;
  /** As the schema's owner, who may do what the application may not. */
  owner: pg.Pool;
  app: pg.Pool;
}

/** Call it at the top of a describe; it is filled in beforeAll. */
export function testKernel(): TestKernel {
  const address = testDatabase();
  const clock = standingClock(NOON_MS);
  const made = { clock } as TestKernel;
  let database: Database;
  beforeAll(async () => {
    database = await openDatabase(address.url, 10);
    made.kernel = createKernel(database, clock);
    made.app = database.pool;
    made.owner = new pg.Pool({ connectionString: address.ownerUrl, max: 2 });
  });
  beforeEach(() => void (clock.atMs = NOON_MS));
  afterAll(async () => {
    await database?.close();
    await made.owner?.end();
  });
  return made;
}

/** Somebody with these roles everywhere. */
export const person = (userId: number, ...roles: Role[]): Actor => ({ kind: 'user', userId, grants: roles.map((role) => ({ role, wikiId: null })) });

let names = 0;
export async function aUser({ kernel }: TestKernel, ...roles: Role[]): Promise<Actor & { userId: number }> {
  const { row } = await create(kernel, { noun: 'user', values: { name: `person-${++names}` }, actor: system });
  for (const role of roles) await aMembership({ kernel } as TestKernel, row.id, { role });
  return { ...person(row.id, ...roles), userId: row.id };
}

/** An active one. */
export async function aMembership({ kernel }: TestKernel, userId: number, values: Partial<Membership>): Promise<Membership> {
  return (await create(kernel, { noun: 'membership', values: { role: 'sender', wikiId: null, untilMs: null, userId, ...values }, actor: system, then: 'approve' })).row;
}

export async function aWiki({ kernel }: TestKernel): Promise<number> {
  const host = `wiki-${++names}.example`;
  const values = { host, apiUrl: `https://${host}/w/api.php`, botUser: 'Bot', botPassword: 'sealed', allowedNamespaces: [4], allowedPages: [], optOutCategory: 'Opted out', aliases: [] };
  return (await create(kernel, { noun: 'wiki', values, actor: system })).row.id;
}

/** A draft with one list of one page: it can be submitted. */
export async function aDelivery(test: TestKernel, sender: Actor, values: Partial<Delivery> = {}): Promise<Delivery> {
  const wikiId = values.wikiId ?? (await aWiki(test));
  const list = { ownerId: sender.userId!, wikiId, name: 'a list', format: 'lines', targets: 1 };
  const { row: made } = await create(test.kernel, {
    noun: 'targetList',
    values: list,
    actor: sender,
    also: async (client, id) => void (await client.query(`insert into target_list_page values ($1, 1, 1, $2, 'User talk:One')`, [id, wikiId])),
  });
  const { row } = await create(test.kernel, {
    noun: 'delivery',
    values: { senderId: sender.userId!, wikiId, subject: 'a subject', body: 'a body', marker: `marker-${++names}`, sendAtMs: null, ...values },
    actor: sender,
    also: async (client, id) => void (await client.query('insert into delivery_list (delivery_id, list_id) values ($1, $2)', [id, made.id])),
  });
  return row;
}
