/** A kernel on a database of its own with a clock that the test moves, and the few things that most tests begin with. */
import pg from 'pg';
import { openDatabase, type Database } from '../../db/data-source';
import { standingClock } from '../../db/clock';
import type { Delivery } from '../../db/entities/delivery';
import type { Membership } from '../../db/entities/membership';
import { createKernel, type Kernel } from '../../db/kernel';
import type { Actor, Role } from '../../policies/actor';
import { testDatabase } from './database';
import { makeDelivery, makeMembership, makeUser, makeWiki } from './house';

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

// What most of these tests begin with, of house.ts in fewer words.
export const aUser = ({ kernel }: Pick<TestKernel, 'kernel'>, ...roles: Role[]) => makeUser(kernel, ...roles);
export const aMembership = ({ kernel }: Pick<TestKernel, 'kernel'>, userId: number, values: Partial<Membership>): Promise<Membership> => makeMembership(kernel, { role: 'sender', userId, ...values });
export const aWiki = async ({ kernel }: Pick<TestKernel, 'kernel'>): Promise<number> => (await makeWiki(kernel)).id;

/** A draft with one list of one page: it can be submitted. */
export const aDelivery = async ({ kernel }: Pick<TestKernel, 'kernel'>, sender: Actor, values: Partial<Delivery> = {}): Promise<Delivery> =>
  makeDelivery(kernel, sender, await makeWiki(kernel), ['User talk:One'], values);
