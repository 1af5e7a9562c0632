/** One log line per request: method, path without query, status, time, ids. No header, no body, no name, no address. */
import type { RequestHandler } from 'express';
import type { Logger } from 'pino';
import { actorId } from '../../policies/actor';
import { askingOf } from '../context';

/** Without pino-http, whose child loggers, up to four a request, cost more than the line itself. */
export const logs = (logger: Logger): RequestHandler => (req, res, next) => {
  const [begunAtMs, path] = [Date.now(), pathOf(req.originalUrl)];
  req.log = { error: (fields, message) => logger.error({ requestId: req.id, ...fields }, message) };
  res.once('close', () => { // also where the other side hung up
    const level = res.statusCode >= 500 ? 'error' : QUIET.has(path) ? 'trace' : 'info';
    logger[level](
      { requestId: req.id, actor: actorId(askingOf(req).actor), req: { method: req.method, path }, res: { status: res.statusCode }, responseTime: Date.now() - begunAtMs },
      `${req.method} ${path}`,
    );
  });
  next();
};

const QUIET = new Set(['/healthz', '/readyz', '/metrics']);

/** Ids stay readable; everything in a query may be private, and what opens a door by being known is. */
const pathOf = (url: string): string => url.split('?')[0]!.slice(0, 200).replace(DOORS, '/$1/…');
const DOORS = /^\/(e|confirm|confirm-address|calendar|request(?!\/sent))\/[^/]+/i;
