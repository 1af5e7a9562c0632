/**
 * Keeps other sites from acting in a signed-in person's name: the browser's own word on where a request comes from, and
 * a token that only our pages know. API keys need neither: no browser sends them by itself.
 */
import { hash, timingSafeEqual } from 'node:crypto';
import type { Request, RequestHandler } from 'express';
import { ReeveError } from '../../config/errors';
import type { Api } from '../context';

const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Refuses what a browser says that another site began; before any body is read, signed in or not. */
export const ownSiteOnly = ({ config }: Pick<Api, 'config'>): RequestHandler => {
  const publicHost = new URL(config.REEVE_PUBLIC_URL).host;
  return (req, _res, next) => {
    if (SAFE.has(req.method) || req.headers.authorization !== undefined) return next();
    const from = req.get('sec-fetch-site');
    if (from !== undefined && from !== 'same-origin' && from !== 'none') throw new ReeveError('auth.csrf');
    const origin = req.get('origin');
    if (from === undefined && origin !== undefined && !sameHost(origin, req.get('host'), publicHost)) throw new ReeveError('auth.csrf');
    next();
  };
};

/** For whoever is signed in by a session: the token must be there. Forms are parsed before it runs. */
export const tokenRequired: RequestHandler = (req, _res, next) => {
  if (!SAFE.has(req.method) && req.session && !holdsToken(req, req.session.csrfToken)) throw new ReeveError('auth.csrf');
  next();
};

/** A form posts it as a field, everything else as a header. */
function holdsToken(req: Request, token: string): boolean {
  const given = req.get('x-csrf-token') ?? (req.body as Record<string, unknown> | undefined)?._csrf;
  return typeof given === 'string' && timingSafeEqual(hash('sha256', given, 'buffer'), hash('sha256', token, 'buffer'));
}

const sameHost = (origin: string, host: string | undefined, publicHost: string): boolean =>
  URL.canParse(origin) && [host, publicHost].includes(new URL(origin).host);
