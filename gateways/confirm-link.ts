/** The link in the mail to somebody who asks for an account: whoever opens it reads mail at that address. Nothing of it is stored. */
import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';

export interface Confirmable {
  id: number;
  createdAtMs: number;
}

const sign = (secretKey: string, { id, createdAtMs }: Confirmable): Buffer =>
  createHmac('sha256', Buffer.from(hkdfSync('sha256', secretKey, 'reeve', 'confirm links', 32))).update(`${id}.${createdAtMs}`).digest().subarray(0, 16);

/** A path of the public pages (api/pages/confirm.ts). */
export const confirmPath = (secretKey: string, request: Confirmable): string => `/confirm/${request.id}-${sign(secretKey, request).toString('base64url')}`;

/** Of which request a link's end speaks; null where it has not the form of one. */
export const idInLink = (token: string): number | null => {
  const id = /^([1-9]\d{0,9})-[\w-]{22}$/.exec(token)?.[1];
  return id === undefined || Number(id) > 2_147_483_647 ? null : Number(id);
};

export function isConfirmLink(secretKey: string, token: string, request: Confirmable): boolean {
  const [given, right] = [Buffer.from(token.slice(token.indexOf('-') + 1), 'base64url'), sign(secretKey, request)];
  return given.length === right.length && timingSafeEqual(given, right);
}
