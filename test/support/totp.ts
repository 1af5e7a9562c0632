/** What an authenticator app shows. */
import { Secret, TOTP } from 'otpauth';

export const totpCode = (secret: string, atMs: number): string => new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: atMs });
