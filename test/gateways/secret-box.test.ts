/** Credentials at rest. */
import { seal, unseal } from '../../gateways/secret-box';

test('a bot\'s password is encrypted at rest: it opens with its own key only, and not after a change', () => {
  const key = 'k'.repeat(32);
  const sealed = seal(key, 'bot password');
  expect(sealed).not.toContain('bot password');
  expect(seal(key, 'bot password')).not.toBe(sealed);
  expect(unseal(key, sealed)).toBe('bot password');
  expect(() => unseal('x'.repeat(32), sealed)).toThrow();
  expect(() => unseal(key, `${sealed.slice(0, -2)}${sealed.endsWith('AA') ? 'BB' : 'AA'}`)).toThrow();
});
