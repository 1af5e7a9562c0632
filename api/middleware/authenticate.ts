/** Who asks: an API key, else a session, else nobody. Rights are read anew for each request, so a change holds at once. */
import type { Request, RequestHandler } from 'express';
import { ReeveError } from '../../config/errors';
import { standingOfKey, standingOfSession, userOf, type Standing } from '../../db/queries/actors';
import { apiKeyHash } from '../../gateways/api-key';
import { visitor } from '../../policies/actor';
import type { Api, Asking, Caller } from '../context';
import { namedSession } from './session';

export const authenticate = (api: Pick<Api, 'kernel' | 'config'>): RequestHandler => async (req, _res, next) => {
  req.asking = await whoAsks(api, req);
  next();
};

/**
 * @param again asked by streams that stay open, to end them with the access: that is no use of a session.
 * @throws ReeveError auth.key-invalid
 */
export async function whoAsks({ kernel, config }: Pick<Api, 'kernel' | 'config'>, req: Request, again = false): Promise<Asking> {
  const requestId = String(req.id);
  const { authorization } = req.headers;
  if (authorization !== undefined) {
    const secret = /^Bearer (reeve_[\w-]{20,100})$/i.exec(authorization)?.[1];
    const key = secret && (await standingOfKey(kernel, apiKeyHash(secret)));
    if (!key) throw new ReeveError('auth.key-invalid');
    const { userId, grants, events, forms, scopes, keyId, unidentified } = key;
    return { actor: { kind: 'key', userId, grants, events, forms, scopes, keyId }, person: personOf(key), requestId, unidentified };
  }
  const session = namedSession(req, config);
  const user = session && (await standingOfSession(kernel, session.hash, !again && attended(req)));
  if (!user) return { actor: visitor, person: null, requestId };
  req.session = session;
  return { actor: userOf(user), person: personOf(user), requestId, unidentified: user.unidentified };
}

/** The same caller with the rights of this instant: of an answer so long that they may end before it does. */
export const stillAsking = async (api: Pick<Api, 'kernel' | 'config'>, req: Request, caller: Caller): Promise<Caller> => ({ ...caller, actor: (await whoAsks(api, req, true)).actor });

/** A page that stands open asks, too, without anybody before it: it says so (web/src/shared/api.ts). */
const attended = ({ headers }: Request): boolean => headers['x-unattended'] === undefined && headers.accept !== 'text/event-stream';

const personOf = ({ userId, name, language, timeZone }: Standing) => ({ id: userId, name, language, timeZone });
