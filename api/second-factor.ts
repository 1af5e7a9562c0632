/** The second step of signing in, and setting it up. Guesses are counted in Postgres: a limit that Redis may lose would not do here. */
import { ReeveError } from '../config/errors';
import { noteOn } from '../db/note';
import { countTry, useRecoveryCode, useStep, type Try } from '../db/queries/second-factor';
import { unseal } from '../gateways/secret-box';
import { recoveryHash, stepOfCode } from '../gateways/totp';
import type { Actor } from '../policies/actor';
import type { Api } from './context';

const MOST_TRIES = 10;

/** Takes a code of the app, or one on paper; each works once. @throws ReeveError second-factor.off, rate-limited, auth.code-wrong */
export async function takeCode(api: Api, userId: number, given: string, requestId: string): Promise<void> {
  const { kernel } = api;
  const code = given.replace(/[\s-]/g, '').toLowerCase();
  const { secret, nowMs } = await tryOf(api, userId);
  const step = /^\d{6}$/.test(code) ? stepOfCode(unseal(api.config.REEVE_SECRET_KEY, secret), code, nowMs) : null;
  if (step !== null && (await useStep(kernel, userId, step))) return;
  if (step === null && /^[a-z\d]{16}$/.test(code)) {
    const actor: Actor = { kind: 'user', userId, grants: [] };
    const paper = code.replace(/(.{4})(?=.)/g, '$1-');
    if ((await noteOn(kernel, { noun: 'user', id: userId, verb: 'useRecoveryCode', actor, requestId }, (client) => useRecoveryCode(client, userId, recoveryHash(paper)))) === 'done') return;
  }
  throw new ReeveError('auth.code-wrong');
}

/** @throws ReeveError second-factor.off, rate-limited */
export async function tryOf({ kernel }: Pick<Api, 'kernel'>, userId: number, begun = false): Promise<Try> {
  const tried = await countTry(kernel, userId, begun);
  if (!tried) throw new ReeveError('second-factor.off');
  if (tried.tries > MOST_TRIES) throw new ReeveError('rate-limited', undefined, { retryAfterS: Math.ceil(tried.restMs / 1_000) });
  return tried;
}
