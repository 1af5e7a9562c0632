/** The link in the mail to somebody who gave an address, asking for an account or for a role: whoever opens it reads mail there. Nothing of it is stored. */
import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';

export interface Confirmable {
  id: number;
  createdAtMs: number;
}

/** What is confirmed: a link of the one is none of the other. */
const uses = { request: 'confirm links', membership: 'address links' } as const;
type Use = keyof typeof uses;

const sign = (secretKey: string, { id, createdAtMs }: Confirmable, use: Use): Buffer =>
  createHmac('sha256', Buffer.from(hkdfSync('sha256', secretKey, 'reeve', uses[use], 32))).update(`${id}.${createdAtMs}`).digest().subarray(0, 16);

/** A path of the public pages (api/pages/confirm.ts). */
export const confirmPath = (secretKey: string, request: Confirmable): string => `/confirm/${request.id}-${sign(secretKey, request, 'request').toString('base64url')}`;

/** A path of the public pages (api/pages/confirm-address.ts). */
export const addressPath = (secretKey: string, membership: Confirmable): string => `/confirm-address/${membership.id}-${sign(secretKey, membership, 'membership').toString('base64url')}`;

/** Of which request a link's end speaks; null where it has not the form of one. */
export const idInLink = (token: string): number | null => {
  const id = /^([1-9]\d{0,9})-[\w-]{22}$/.exec(token)?.[1];
  return id === undefined || Number(id) > 2_147_483_647 ? null : Number(id);
};

export function isConfirmLink(secretKey: string, token: string, thing: Confirmable, use: Use = 'request'): boolean {
  const [given, right] = [Buffer.from(token.slice(token.indexOf('-') + 1), 'base64url'), sign(secretKey, thing, use)];
  return given.length === right.length && timingSafeEqual(given, right);
}
