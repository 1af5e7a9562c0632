/** Every request has an id: the caller's own, if it is a plain one, else a new one. It stands in logs, audit and answers. */
import { randomUUID } from 'node:crypto';
import type { RequestHandler } from 'express';
import { visitor } from '../../policies/actor';

export const requestId: RequestHandler = (req, res, next) => {
  const given = req.headers['x-request-id'];
  const own = typeof given === 'string' && /^[\w.:-]{1,100}$/.test(given) ? given : randomUUID();
  req.id = own;
  req.asking = { actor: visitor, person: null, requestId: own };
  res.setHeader('X-Request-Id', own);
  next();
};
