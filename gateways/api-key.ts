/** API keys: `reeve_` and 32 random bytes. Only the SHA-256 is stored: so much randomness needs no slow hash. */
import { createHash, randomBytes } from 'node:crypto';

/** The secret is shown to its owner once, on making. */
export function newApiKey(): { secret: string; hash: Buffer } {
  const secret = `reeve_${randomBytes(32).toString('base64url')}`;
  return { secret, hash: apiKeyHash(secret) };
}

export const apiKeyHash = (secret: string): Buffer => createHash('sha256').update(secret).digest();
