/** Who asks: an API key, else a session, else nobody. Rights are read anew for each request, so a change holds at once. */
import type { Request, RequestHandler } from 'express';
import { ReeveError } from '../../config/errors';
import { sessionLives, standingOfKey, standingOfUser, userOf, type Standing } from '../../db/queries/actors';
import { apiKeyHash } from '../../gateways/api-key';
import { visitor } from '../../policies/actor';
import type { Api, Asking } from '../context';
import { renew } from './session';

export const authenticate = (api: Pick<Api, 'kernel'>): RequestHandler => async (req, _res, next) => {
  req.asking = await whoAsks(api, req);
  next();
};

/**
 * @param again asked by streams that stay open, to end them with the access: then the session's row is looked at, too.
 * @throws ReeveError auth.key-invalid
 */
export async function whoAsks({ kernel }: Pick<Api, 'kernel'>, req: Request, again = false): Promise<Asking> {
  const requestId = String(req.id);
  const { authorization } = req.headers;
  if (authorization !== undefined) {
    const secret = /^Bearer (reeve_[\w-]{20,100})$/i.exec(authorization)?.[1];
    const key = secret && (await standingOfKey(kernel, apiKeyHash(secret)));
    if (!key) throw new ReeveError('auth.key-invalid');
    const { userId, grants, events, scopes, keyId } = key;
    return { actor: { kind: 'key', userId, grants, events, scopes, keyId }, person: personOf(key), requestId };
  }
  const userId = req.session?.userId;
  const lives = userId !== undefined && (!again || (await sessionLives(kernel, req.session.id)));
  const user = lives ? await standingOfUser(kernel, userId) : null;
  if (!user) return { actor: visitor, person: null, requestId };
  if (!again) renew(req);
  return { actor: userOf(user), person: personOf(user), requestId };
}

const personOf = ({ userId, name, language, timeZone }: Standing) => ({ id: userId, name, language, timeZone });
