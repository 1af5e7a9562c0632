import { enrolment, newRecoveryCodes, newTotpSecret, recoveryHash, stepOfCode } from '../../gateways/totp';
import { totpCode } from '../support/totp';

describe('a code of an authenticator app', () => {
  const secret = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ'; // that of RFC 6238, appendix B

  test.each([[59, '287082'], [1_111_111_109, '081804'], [1_111_111_111, '050471'], [1_234_567_890, '005924'], [2_000_000_000, '279037'], [20_000_000_000, '353130']])('at %d seconds is that of RFC 6238, %s', (atS, code) => {
    expect(totpCode(secret, atS * 1_000)).toBe(code);
    expect(stepOfCode(secret, code, atS * 1_000)).toBe(Math.floor(atS / 30));
  });

  test('is of these 30 seconds or those beside, and of no others', () => {
    const atMs = 1_234_567_890_000;
    const step = Math.floor(atMs / 30_000);
    for (const beside of [-1, 0, 1]) expect(stepOfCode(secret, totpCode(secret, atMs + beside * 30_000), atMs)).toBe(step + beside);
    for (const off of [-3, -2, 2, 3]) expect(stepOfCode(secret, totpCode(secret, atMs + off * 30_000), atMs)).toBeNull();
    for (const wrong of ['', '12345', '1234567', 'abcdef']) expect(stepOfCode(secret, wrong, atMs)).toBeNull();
  });

  test('has a secret of 160 bits that an app takes in as an address', () => {
    const one = newTotpSecret();
    expect(one).toMatch(/^[A-Z2-7]{32}$/);
    expect(newTotpSecret()).not.toBe(one);
    const uri = new URL(enrolment(one, 'Ada & Eve').uri);
    expect([uri.protocol, uri.searchParams.get('secret'), uri.searchParams.get('issuer')]).toEqual(['otpauth:', one, 'Reeve']);
    expect(enrolment(one, '<script>').qr).not.toContain('<script');
  });
});

test('recovery codes are ten, each another, and told by their hashes', () => {
  const codes = newRecoveryCodes();
  expect(new Set(codes.map((code) => recoveryHash(code).toString('hex'))).size).toBe(10);
  for (const code of codes) expect(code).toMatch(/^([a-z2-7]{4}-){3}[a-z2-7]{4}$/);
});
