/**
 * Problem details (RFC 9457) of every error that leaves the API: never a stack, never a database's words. Something
 * hidden and something missing answer with the same bytes, so a 404 carries its request id in the header only.
 */
import type { ErrorRequestHandler, Request, Response } from 'express';
import { ReeveError, errorKinds, type ErrorCode, type FieldProblem } from '../config/errors';
import { askingOf } from './context';

export interface Problem {
  type: string;
  title: string;
  status: number;
  code: string;
  detail?: string;
  errors?: FieldProblem[];
  requestId?: string;
  [more: string]: unknown;
}

/** What a browser or script gets, and what an operator's log gets. */
export function problemOf(error: unknown): { problem: Problem; report: boolean; retryAfterS?: number } {
  const known = asReeveError(error);
  const { status, title, report = false } = errorKinds[known.code];
  const { errors, retryAfterS, ...more } = known.more as { errors?: FieldProblem[]; retryAfterS?: number };
  const detail = known.detail === title ? undefined : known.detail;
  const problem: Problem = { type: `/problems/${known.code}`, title, status, code: known.code, ...(detail && { detail }), ...more, ...(errors && { errors }) };
  return { problem, report, retryAfterS: retryAfterS ?? (known.code === 'unavailable' ? 2 : undefined) };
}

export const errorHandler: ErrorRequestHandler = (error: unknown, req, res, next) => {
  const { problem, report, retryAfterS } = problemOf(refusalFor(req, error));
  if (report) req.log?.error({ err: error }, problem.code);
  if (res.headersSent) return next(error); // the connection is cut: half an answer must not look whole
  if (retryAfterS !== undefined) res.setHeader('Retry-After', String(retryAfterS));
  sendProblem(req, res, problem);
};

/** Whose role does not count yet is told what it waits for. */
const refusalFor = (req: Request, error: unknown): unknown =>
  error instanceof ReeveError && error.code === 'policy.forbidden' && askingOf(req).unidentified ? new ReeveError('policy.not-identified') : error;

export function sendProblem(req: Request, res: Response, problem: Problem): void {
  const body = problem.status === 404 ? problem : { ...problem, requestId: askingOf(req).requestId };
  res.status(problem.status).type('application/problem+json').setHeader('Cache-Control', 'no-store');
  if (problem.status === 401) res.setHeader('WWW-Authenticate', 'Bearer realm="reeve"');
  res.send(JSON.stringify(body));
}

interface Foreign {
  code?: unknown;
  type?: unknown;
  status?: unknown;
  message?: unknown;
  limit?: unknown;
  constraint?: unknown;
}

function asReeveError(error: unknown): ReeveError {
  if (error instanceof ReeveError) return error;
  const { code, type, status, limit, message } = (error ?? {}) as Foreign;
  if (type === 'entity.parse.failed') return new ReeveError('input.malformed', 'The body is not JSON.');
  if (type === 'entity.verify.failed') return new ReeveError('input.malformed', 'The body is not in UTF-8.');
  if (type === 'entity.too.large') return new ReeveError('input.too-large', `A body here may have at most ${String(limit)} bytes.`);
  if (typeof type === 'string' && /unsupported/.test(type)) return new ReeveError('input.media-type', 'Send JSON in UTF-8.');
  if (code === 'EBADCSRFTOKEN') return new ReeveError('auth.csrf');
  if (typeof code === 'string' && (DATABASE_AWAY.test(code) || SOCKET_AWAY.has(code))) return new ReeveError('unavailable');
  if (typeof message === 'string' && POOL_AWAY.test(message)) return new ReeveError('unavailable');
  if (typeof code === 'string' && Object.hasOwn(DATABASE_REFUSES, code)) return new ReeveError(DATABASE_REFUSES[code]!, DATABASE_WORDS[code]);
  if (error instanceof URIError || status === 400) return new ReeveError('input.malformed', 'The address or the body could not be read.');
  return new ReeveError('internal');
}

/** Connection trouble, a statement that took too long, shutdown, too many connections, out of disk or memory, a transaction that lost a race. */
const DATABASE_AWAY = /^(08...|53...|57014|57P0[1-5]|58...|40001|40P01|55P03)$/;
const SOCKET_AWAY = new Set(['ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', 'EPIPE', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH']);
const POOL_AWAY = /timeout exceeded when trying to connect|Connection terminated|Client has encountered a connection error|Cannot use a pool after calling end/;
const DATABASE_REFUSES: Record<string, ErrorCode> = { '23505': 'conflict', '23503': 'input.invalid', '23514': 'input.invalid', '22021': 'input.invalid', '22P05': 'input.invalid' };
const DATABASE_WORDS: Record<string, string> = {
  '23503': 'It names something that does not exist.',
  '22021': 'A text holds a character that cannot be stored.',
  '22P05': 'A text holds a character that cannot be stored.',
};
