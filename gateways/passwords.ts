/** Passwords of local accounts: argon2id with the costs that OWASP names. Called by sign-in, `reeve users` and the demo. */
import { hash, verify } from '@node-rs/argon2';

const costs = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

export const hashPassword = (password: string): Promise<string> => hash(password.normalize('NFKC'), costs);

/** Takes as long for an account that does not exist or has no password: who asks learns nothing from the time. */
export async function passwordFits(passwordHash: string | null | undefined, password: string): Promise<boolean> {
  nobody ??= hashPassword('nobody has this password');
  const fits = await verify(passwordHash ?? (await nobody), password.normalize('NFKC'));
  return fits && Boolean(passwordHash);
}

let nobody: Promise<string> | undefined;
