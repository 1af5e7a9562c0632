/**
 * The hidden token of a public form: when its page was made, signed. A program that sends a form at once, and a page that
 * lay open for more than a day, are told by it; nobody is locked out, for the form comes back with a new one.
 */
import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';

const YOUNGEST_MS = 3_000;
const OLDEST_MS = 86_400_000;

const sign = (secretKey: string, madeAtMs: string): Buffer =>
  createHmac('sha256', Buffer.from(hkdfSync('sha256', secretKey, 'reeve', 'form tokens', 32))).update(madeAtMs).digest().subarray(0, 16);

export const formToken = (secretKey: string, madeAtMs = Date.now()): string => `${madeAtMs}-${sign(secretKey, String(madeAtMs)).toString('base64url')}`;

/** Whether it is ours, and neither too young nor too old. */
export function isTimely(secretKey: string, token: string, nowMs = Date.now()): boolean {
  const [, madeAtMs, signature] = /^(\d{1,16})-([\w-]{22})$/.exec(token) ?? [];
  if (madeAtMs === undefined || !timingSafeEqual(Buffer.from(signature!, 'base64url'), sign(secretKey, madeAtMs))) return false;
  const ageMs = nowMs - Number(madeAtMs);
  return ageMs >= YOUNGEST_MS && ageMs <= OLDEST_MS;
}
