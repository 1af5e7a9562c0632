/** One log line per request: method, path without query, status, time, ids. No header, no body, no name, no address. */
import type { RequestHandler } from 'express';
import type { Logger } from 'pino';
import { pinoHttp } from 'pino-http';
import { actorId } from '../../policies/actor';
import { askingOf } from '../context';

export function logs(logger: Logger): RequestHandler {
  return pinoHttp({
    logger,
    genReqId: (req) => req.id,
    quietReqLogger: true,
    customLogLevel: (_req, res, error) => (error || res.statusCode >= 500 ? 'error' : QUIET.has(res.req.url ?? '') ? 'trace' : 'info'),
    customAttributeKeys: { reqId: 'requestId' },
    customProps: (req) => ({ requestId: req.id, actor: actorId(askingOf(req as never).actor) }),
    customSuccessMessage: (req) => `${req.method} ${pathOf(req as never)}`,
    customErrorMessage: (req) => `${req.method} ${pathOf(req as never)}`,
    customErrorObject: (_req, _res, _error, value: Record<string, unknown>) => ({ ...value, err: undefined }),
    serializers: {
      req: (req: { method: string; raw: { originalUrl?: string; url?: string } }) => ({ method: req.method, path: pathOf(req.raw) }),
      res: (res: { statusCode: number }) => ({ status: res.statusCode }),
    },
  }) as RequestHandler;
}

const QUIET = new Set(['/healthz', '/readyz', '/metrics']);

/** Ids stay readable; everything in a query may be private. */
const pathOf = (req: { originalUrl?: string; url?: string }): string => (req.originalUrl ?? req.url ?? '').split('?')[0]!.slice(0, 200);
