/**
 * What went wrong at a wiki, sorted by what the caller may do about it. Thrown by gateways/mediawiki*.ts only.
 * `code` is safe to store and to send to Temporal; the wiki's own words stay in `detail`.
 */
import type { ErrorCode } from '../config/errors';
import { HttpError, type HttpReply } from './http';

/**
 * - `refused`: the wiki will not take this edit on this page; final for the page.
 * - `busy`: nothing was done, try later, not before `retryAfterMs`.
 * - `session`: nothing was done; the bot's sign-in does not hold, a fresh session included.
 * - `conflict`: nothing was done; the page changed, exists or is gone since it was read.
 * - `lost`: it was sent and no sound answer came: it may have been done, or may be done yet.
 * - `blocked`: nothing was done; the wiki takes nothing from this account or at this address until a person acts.
 */
export type WikiErrorKind = 'refused' | 'busy' | 'session' | 'conflict' | 'lost' | 'blocked';

export class WikiError extends Error {
  override readonly name = 'WikiError';
  constructor(readonly kind: WikiErrorKind, readonly code: string, readonly detail?: string, readonly retryAfterMs?: number) {
    super(code);
  }
  /** The reason that an operator sees when this stops a whole wiki. */
  get reason(): ErrorCode {
    if (this.kind === 'session') return 'wiki.session';
    if (this.code === 'forbidden-host') return 'wiki.forbidden-host';
    if (this.kind === 'blocked') return 'wiki.blocked';
    return this.code === 'readonly' ? 'wiki.readonly' : 'wiki.unreachable';
  }
}

/** One entry of the API's `errors`, under errorformat=plaintext. */
export interface ApiError {
  code?: unknown;
  text?: unknown;
  data?: { blockinfo?: { blockpartial?: unknown } };
}

const busy = new Set(['maxlag', 'ratelimited', 'readonly', 'login-throttled', 'actionthrottledtext', 'toomanyrequests', 'cirrussearch-too-busy-error']);
const conflict = new Set(['editconflict', 'articleexists', 'missingtitle', 'pagedeleted', 'nochange']);
const session = new Set(['badtoken', 'notoken', 'assertuserfailed', 'assertbotfailed', 'assertnameduserfailed', 'sessionlost', 'session-expired']);
const wholeWiki = new Set(['readapidenied', 'writeapidenied', 'noapiwrite', 'noedit', 'mustbeloggedin', 'unknown_action', 'unsupportednamespace', 'apiunavailable']);

/** Only what may be stored and shown anywhere: a wiki that answers with anything else has said `other`. */
export const safeCode = (code: unknown): string => {
  const text = typeof code === 'string' ? code.toLowerCase() : '';
  return /^[a-z0-9][a-z0-9_-]{0,59}$/.test(text) ? text : 'other';
};

/** An error that MediaWiki itself reported. `write`: an internal error may strike after the edit was stored. */
export function apiError(error: ApiError, reply: HttpReply, write: boolean): WikiError {
  const code = safeCode(error.code);
  const detail = typeof error.text === 'string' ? error.text.slice(0, 500) : undefined;
  const retryAfterMs = retryAfter(reply);
  if (code.startsWith('internal_api_error')) return new WikiError(write ? 'lost' : 'busy', code, detail, retryAfterMs);
  if (busy.has(code)) return new WikiError('busy', code, detail, retryAfterMs);
  if (conflict.has(code)) return new WikiError('conflict', code, detail);
  if (session.has(code) || code.startsWith('mwoauth-')) return new WikiError('session', code, detail);
  if (wholeWiki.has(code)) return new WikiError('blocked', code, detail);
  if (isBlock(code)) return new WikiError(error.data?.blockinfo?.blockpartial === true ? 'refused' : 'blocked', code, detail);
  return new WikiError('refused', code, detail);
}

/** `Failure` is how extensions refuse an edit (captcha, older filters): they name themselves by a key or by `code`. */
export function editFailure(edit: Record<string, unknown>): WikiError {
  const named = typeof edit.code === 'string' ? edit.code : Object.keys(edit).find((key) => key !== 'result');
  return new WikiError('refused', named && /^[a-z0-9][a-z0-9_-]{0,59}$/.test(named) ? named : 'other', typeof edit.info === 'string' ? edit.info : undefined);
}

/** An answer that is not the API's: a proxy, a cache or a firewall spoke, or PHP died in the middle. */
export function foreignReply(reply: HttpReply, write: boolean): WikiError {
  const { status } = reply;
  if (status === 200) return new WikiError(write ? 'lost' : 'busy', 'bad-reply');
  const code = `http-${status}`;
  // Refused at the door, by their meaning: the wiki's code never ran.
  if (status === 429 || status === 408) return new WikiError('busy', code, undefined, retryAfter(reply));
  if (status === 413 || status === 400) return new WikiError('refused', code);
  if (status < 500) return new WikiError('blocked', code);
  // A 5xx can be a proxy's that gave up waiting for an edit which was made: even 503 (Varnish says so of a lost backend).
  return new WikiError(write ? 'lost' : 'busy', code, undefined, retryAfter(reply));
}

/** JSON, and not what the wiki was asked for. */
export const badReply = (write = false): WikiError => foreignReply({ status: 200, headers: {}, body: '' }, write);

/** Trouble on the line. What never left is safe to repeat; what left is lost, if it was a write. */
export function lineError(error: unknown, write: boolean): unknown {
  if (!(error instanceof HttpError)) return error;
  const code = error.code.slice('wiki.'.length);
  if (error.code === 'wiki.forbidden-host' || error.code === 'wiki.redirect') return new WikiError('blocked', code);
  return new WikiError(error.sent && write ? 'lost' : 'busy', code);
}

/** Retry-After in milliseconds, seconds or date, at most an hour; undefined without one. */
export function retryAfter({ headers }: HttpReply): number | undefined {
  const text = headers['retry-after'];
  if (!text) return undefined;
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now();
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), 3_600_000) : undefined;
}

const isBlock = (code: string): boolean => /(^|-)(auto|system|global|ip|hard|range)?blocked(text)?(-|$)|^globalblocking-|^torblock/.test(code)
  && !/^(abusefilter|spam|title|external|email)/.test(code);
