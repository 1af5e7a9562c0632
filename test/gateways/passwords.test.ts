/** Passwords of local accounts as they are stored. */
import { hashPassword, passwordFits } from '../../gateways/passwords';

test('a password is stored as argon2id with a salt of its own, and fits only itself', async () => {
  const [one, two] = await Promise.all([hashPassword('correct horse'), hashPassword('correct horse')]);
  expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  expect(one).not.toBe(two);
  expect(await passwordFits(one, 'correct horse')).toBe(true);
  expect(await passwordFits(one, 'correct  horse')).toBe(false);
  expect(await passwordFits(null, 'nobody has this password')).toBe(false);
});
