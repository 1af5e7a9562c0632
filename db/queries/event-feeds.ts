/** Calendars of own events: who has the address may read them, so only its hash is kept, and a new one ends the one before. */
import { hash, randomBytes } from 'node:crypto';
import type { Kernel } from '../kernel';
import { noteOn, type Note } from '../note';

const hashOf = (secret: string): Buffer => hash('sha256', secret, 'buffer');
type Origin = Pick<Note, 'actor' | 'requestId'>;

/** @returns what opens it, this once */
export async function makeFeed(kernel: Kernel, origin: Origin, userId: number): Promise<string> {
  const secret = randomBytes(32).toString('base64url');
  await noteOn(kernel, { ...origin, noun: 'user', id: userId, verb: 'makeFeed' }, async (client) => {
    await client.query(`insert into event_feed (user_id, hash, since_ms) values ($1, $2, ${kernel.clock.sql}) on conflict (user_id) do update set hash = excluded.hash, since_ms = excluded.since_ms`, [userId, hashOf(secret)]);
    return true;
  });
  return secret;
}

export async function endFeed(kernel: Kernel, origin: Origin, userId: number): Promise<void> {
  await noteOn(kernel, { ...origin, noun: 'user', id: userId, verb: 'endFeed' }, async (client) => (await client.query('delete from event_feed where user_id = $1', [userId])).rowCount === 1);
}

export async function feedSince({ pool }: Kernel, userId: number): Promise<number | null> {
  const { rows } = await pool.query<{ since_ms: number }>('select since_ms from event_feed where user_id = $1', [userId]);
  return rows[0]?.since_ms ?? null;
}

/** Whose it is; null: nobody's. */
export async function ownerOfFeed({ pool }: Kernel, secret: string): Promise<number | null> {
  const { rows } = await pool.query<{ user_id: number }>({ name: 'feed-owner', text: 'select user_id from event_feed where hash = $1', values: [hashOf(secret)] });
  return rows[0]?.user_id ?? null;
}
