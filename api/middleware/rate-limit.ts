/**
 * How often a door may be tried: counted in the first Redis node that answers; when none does, everybody is let
 * through, for a limit must never be what locks people out. Keys hold hashes, never an address or a name.
 */
import { createHash } from 'node:crypto';
import type { Request } from 'express';
import type { Redis } from 'ioredis';
import { ReeveError, type FieldProblem } from '../../config/errors';
import { networkOf } from '../../db/network';

export interface Limit {
  /** What is counted, such as `sign-in:name`. */
  name: string;
  max: number;
  windowMs: number;
  keyOf(req: Request): string;
  /** Where it is one field's: what is wrong with that. */
  fault?: FieldProblem;
}

/** Who is counted by where they come from: of IPv6 a household has as many addresses as it likes. */
export const homeOf = (req: Request): string => networkOf(req.ip) ?? '';

/** Counts one try. @throws ReeveError rate-limited with the seconds until the next. */
export async function count(redis: Redis[], limits: Limit[], req: Request): Promise<void> {
  const tries = await Promise.all(limits.map((limit) => increment(redis, limit, req)));
  const over = limits.flatMap(({ max, fault }, i) => (tries[i] && tries[i].count > max ? [{ fault, restS: Math.ceil(tries[i].restMs / 1000) }] : []));
  if (!over.length) return;
  const errors = over.flatMap(({ fault }) => fault ?? []);
  throw new ReeveError('rate-limited', undefined, { retryAfterS: Math.max(1, ...over.map(({ restS }) => restS)), ...(errors.length && { errors }) });
}

/** Takes a try back: who knows the password is no guesser. */
export async function uncount(redis: Redis[], limits: Limit[], req: Request): Promise<void> {
  await Promise.all(limits.map((limit) => firstThatAnswers(redis, (node) => node.eval(DOWN, 1, keyOf(limit, req)))));
}

async function increment(redis: Redis[], limit: Limit, req: Request): Promise<{ count: number; restMs: number } | undefined> {
  const answer = await firstThatAnswers(redis, (node) => node.eval(UP, 1, keyOf(limit, req), limit.windowMs));
  return answer === undefined ? undefined : { count: Number((answer as unknown[])[0]), restMs: Number((answer as unknown[])[1]) };
}

async function firstThatAnswers(redis: Redis[], ask: (node: Redis) => Promise<unknown>): Promise<unknown> {
  for (const node of redis) {
    try {
      return await ask(node);
    } catch {
      // the next one, or nobody
    }
  }
  return undefined;
}

const keyOf = (limit: Limit, req: Request): string =>
  `reeve:limit:${limit.name}:${createHash('sha256').update(limit.keyOf(req)).digest('base64url').slice(0, 22)}`;

const UP = `
local n = redis.call('incr', KEYS[1])
if n == 1 then redis.call('pexpire', KEYS[1], ARGV[1]) end
return { n, redis.call('pttl', KEYS[1]) }`;
const DOWN = `if redis.call('exists', KEYS[1]) == 1 then return redis.call('decr', KEYS[1]) end return 0`;
