/**
 * Credentials at rest: AES-256-GCM under a key made from REEVE_SECRET_KEY. A sealed text is
 * `v1.<nonce>.<tag>.<cipher>`, base64url. Called by whoever stores or uses a wiki's bot password.
 */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { ReeveError } from '../config/errors';

export function seal(secretKey: string, text: string): string {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', boxKey(secretKey), nonce);
  const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return ['v1', nonce, cipher.getAuthTag(), sealed].map((part) => (typeof part === 'string' ? part : part.toString('base64url'))).join('.');
}

/** @throws ReeveError internal when it was sealed under another key or was changed. */
export function unseal(secretKey: string, sealed: string): string {
  const [version, nonce, tag, cipher] = sealed.split('.');
  try {
    if (version !== 'v1') throw new Error('unknown version');
    const decipher = createDecipheriv('aes-256-gcm', boxKey(secretKey), Buffer.from(nonce!, 'base64url'), { authTagLength: 16 });
    decipher.setAuthTag(Buffer.from(tag!, 'base64url'));
    return Buffer.concat([decipher.update(Buffer.from(cipher!, 'base64url')), decipher.final()]).toString('utf8');
  } catch {
    throw new ReeveError('internal', 'A stored credential cannot be opened: was REEVE_SECRET_KEY changed?');
  }
}

const boxKey = (secretKey: string): Buffer => Buffer.from(hkdfSync('sha256', secretKey, 'reeve', 'credentials at rest', 32));
