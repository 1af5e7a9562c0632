/** The second factor of local accounts: codes of an authenticator app (RFC 6238: SHA-1, six digits, 30 seconds), and codes on paper for who has lost it. */
import { createHash, randomBytes } from 'node:crypto';
import { Secret, TOTP } from 'otpauth';
import { renderSVG } from 'uqr';

const STEP_MS = 30_000;
const RECOVERY_CODES = 10;

/** Base32, 160 bits. */
export const newTotpSecret = (): string => new Secret({ size: 20 }).base32;

const codesOf = (secret: string, name = ''): TOTP => new TOTP({ issuer: 'Reeve', label: name, secret: Secret.fromBase32(secret), period: STEP_MS / 1_000 });

/** What an app takes in: as an address, and as a picture of it (SVG). @param name of the account, as the app will show it */
export function enrolment(secret: string, name: string): { uri: string; qr: string } {
  const uri = codesOf(secret, name).toString();
  return { uri, qr: renderSVG(uri, { border: 4 }) };
}

/** Which 30 seconds this is the code of: the present ones or those beside, for clocks differ; null where it is of none. */
export function stepOfCode(secret: string, code: string, nowMs: number): number | null {
  const delta = codesOf(secret).validate({ token: code, timestamp: nowMs, window: 1 });
  return delta === null ? null : Math.floor(nowMs / STEP_MS) + delta;
}

/** Each works once: four times four signs, no 0 or 1 among them that could be an o or an l. */
export const newRecoveryCodes = (): string[] =>
  Array.from({ length: RECOVERY_CODES }, () => Array.from(randomBytes(16), (byte) => ALPHABET[byte % ALPHABET.length]).join('').replace(/(.{4})(?=.)/g, '$1-'));
const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';

/** With 80 bits of chance in it no slow hash is needed. */
export const recoveryHash = (code: string): Buffer => createHash('sha256').update(code).digest();
