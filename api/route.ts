/**
 * How a route is declared and served: one object says method, address, input, answer and who may come; the same schemas
 * validate, and make the OpenAPI document (api/openapi.ts). Order on every route: who, input, work, answer.
 */
import { isUtf8 } from 'node:buffer';
import { createHash, createHmac, hkdfSync } from 'node:crypto';
import express, { Router, type Express, type Request, type RequestHandler, type Response } from 'express';
import type { z } from 'zod';
import { ReeveError } from '../config/errors';
import { actorId } from '../policies/actor';
import { askingOf, type Api, type Asking, type Caller } from './context';
import { checked } from './fields';
import { tokenRequired } from './middleware/csrf';

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

export interface Call<Q = unknown, B = unknown> {
  api: Api;
  req: Request;
  res: Response;
  asking: Asking;
  caller: Caller;
  params: Record<string, string>;
  query: Q;
  body: B;
}
export interface Answer {
  status?: number;
  body?: unknown;
  /** The version, for If-Match. */
  version?: number;
  /** Cursor of the next page. */
  next?: string;
  prev?: string;
  location?: string;
}
export interface Route<Q extends z.ZodObject = z.ZodObject, B extends z.ZodType = z.ZodType> {
  method: Method;
  path: string;
  summary: string;
  /** Its operationId, where method and path do not say it well (api/openapi-operation.ts). */
  name?: string;
  /** Everybody, also without an account: the policy decides what they see. Default: signed in or with a key. */
  open?: boolean;
  query?: Q;
  body?: B;
  /** Largest body in bytes; the field that alone can be so large is named. Default 64 KiB. */
  largest?: { bytes: number; field: string };
  /** Bodies that the handler reads by itself, as a stream. */
  streams?: string[];
  /** Refuse without If-Match. */
  versioned?: boolean;
  /** Statuses of refusals besides those that every route of its form has. */
  refuses?: number[];
  /** A body for the OpenAPI document, where its fields' own examples make none that would be taken. */
  example?: B extends z.ZodType ? z.input<B> : never;
  /** `type`: of a body that is no JSON, or beside it. */
  answer: { status?: number; schema?: z.ZodType; type?: string };
  /** Returns nothing where it has answered by itself. */
  handle(call: Call<z.output<Q>, z.output<B>>): Promise<Answer | void>;
}

/** Keeps the types of query and body between schema and handler. */
export const route = <Q extends z.ZodObject, B extends z.ZodType>(declared: Route<Q, B>): Route => declared as unknown as Route;

/** Serves the routes; another method on a known address is a 405 that names the right ones. An address by its name goes before one that takes a number. */
export function mount(app: Express, api: Api, routes: Route[]): void {
  const addresses = new Map<string, Route[]>();
  for (const one of routes) addresses.set(one.path, [...(addresses.get(one.path) ?? []), one]);
  // Express tries one address after the other: each noun has a router of its own, so that none waits for all others'.
  const nouns = new Map<string, Router>();
  const routerOf = (path: string): Router => nouns.get(nounIn(path)) ?? nouns.set(nounIn(path), Router()).get(nounIn(path))!;
  for (const [path, known] of [...addresses].sort(([one], [other]) => Number(one.includes(':')) - Number(other.includes(':')))) {
    for (const one of known) routerOf(path)[one.method](path, serve(api, one));
    const allow = known.flatMap(({ method }) => (method === 'get' ? ['GET', 'HEAD'] : [method.toUpperCase()])).join(', ');
    routerOf(path).all(path, (req, res) => {
      res.setHeader('Allow', allow);
      if (req.method !== 'OPTIONS') throw new ReeveError('method-not-allowed', `It takes ${allow}.`);
      res.status(204).end();
    });
  }
  app.use((req, res, next) => (nouns.get(nounIn(req.path)) ?? pass)(req, res, next));
}

/** `deliveries` of `/api/deliveries/7` */
const nounIn = (path: string): string => path.split('/', 3)[2]?.toLowerCase() ?? '';
const pass: RequestHandler = (_req, _res, next) => next();

function serve(api: Api, one: Route): RequestHandler {
  const json = express.json({ limit: one.largest?.bytes ?? 65_536, strict: false, type: 'application/json', verify: utf8Only });
  return async (req, res) => {
    const asking = askingOf(req);
    if (!one.open && asking.actor.userId === null) throw new ReeveError('auth.required');
    tokenRequired(req, res, refuseOrGoOn);
    const query = one.query ? checked(one.query, req.query, 'query') : {};
    const streaming = one.streams?.some((type) => req.is(type)) ?? false;
    const body = one.body && !streaming ? checked(one.body, await bodyOf(json, one, req, res), 'body') : undefined;
    const caller = callerOf(api, req, asking, body, query);
    if (one.versioned && caller.ifMatch === undefined && req.headers['if-match'] !== '*') throw new ReeveError('version.required');
    const call = { api, req, res, asking, caller, params: req.params as Record<string, string>, query, body };
    const answer = await one.handle(call).catch((error: unknown) => refuse(error, asking));
    if (answer) send(req, res, one, answer);
  };
}

/** A visitor learns nothing by a 404: what is there for somebody and what is not ask both for a sign-in. */
function refuse(error: unknown, { actor }: Asking): never {
  throw actor.kind === 'visitor' && error instanceof ReeveError && error.code === 'not-found' ? new ReeveError('auth.required') : error;
}

const refuseOrGoOn = (error?: unknown): void => {
  if (error) throw error;
};

function send(req: Request, res: Response, one: Route, { status, body, version, next, prev, location }: Answer): void {
  if (version !== undefined) res.setHeader('ETag', `"${version}"`);
  if (location !== undefined) res.setHeader('Location', location);
  const links = Object.entries({ next, prev }).flatMap(([rel, cursor]) => (cursor === undefined ? [] : `<${addressAt(req, cursor)}>; rel="${rel}"`));
  if (links.length) res.setHeader('Link', links.join(', '));
  res.status(status ?? one.answer.status ?? 200);
  if (body === undefined) return void res.end();
  const text = JSON.stringify(body); // not res.json(), which would answer If-None-Match with a 304
  res.setHeader('Content-Type', 'application/json; charset=utf-8').setHeader('Content-Length', Buffer.byteLength(text)).end(text);
}

function addressAt(req: Request, cursor: string): string {
  const query = new URLSearchParams(req.originalUrl.split('?')[1] ?? '');
  query.set('cursor', cursor);
  return `${req.path}?${query.toString()}`;
}

/** A verb without input needs no body; a body must say that it is JSON. */
async function bodyOf(json: RequestHandler, one: Route, req: Request, res: Response): Promise<unknown> {
  if (!hasBody(req)) return {};
  const { largest } = one;
  if (!req.is('application/json'))
    throw new ReeveError('input.media-type', `Send application/json${one.streams ? `, ${one.streams.join(' or ')}` : ''}.`);
  await new Promise<void>((done, fail) =>
    json(req, res, (error?: unknown) => {
      if (!error) return done();
      const tooLarge = (error as { type?: string }).type === 'entity.too.large' && largest;
      fail(tooLarge ? new ReeveError('input.too-large', undefined, { errors: [{ pointer: largest.field, code: 'too-large', detail: `The whole body may have at most ${largest.bytes.toLocaleString('en')} bytes.` }] }) : error);
    }),
  );
  return req.body as unknown;
}

/** What is read of another encoding would be stored, and sent on, with a replacement for each sign that it does not share. */
function utf8Only(_req: unknown, _res: unknown, bytes: Buffer): void {
  if (!isUtf8(bytes)) throw new Error('not UTF-8');
}

const hasBody = (req: Request): boolean => req.headers['transfer-encoding'] !== undefined || Number(req.headers['content-length'] ?? 0) > 0;

/** Who asks, and the command that this request is. */
export function callerOf(api: Api, req: Request, asking: Asking, body: unknown, query: Record<string, unknown> = {}): Caller {
  const { actor, requestId } = asking;
  const dryRun = query.dryRun === true;
  const caller: Caller = { actor, requestId, dryRun, ifMatch: ifMatchOf(req) };
  const key = req.get('idempotency-key');
  if (key === undefined) return caller;
  if (!/^[\x21-\x7e]{1,255}$/.test(key)) throw new ReeveError('input.malformed', 'An Idempotency-Key has 1 to 255 printable characters without blanks.');
  return dryRun || actor.userId === null ? caller : { ...caller, ...commandOf(api, actorId(actor), key, { method: req.method, path: req.path, query, body }) };
}

/**
 * The command id hangs on actor and key, the input's hash on everything that was asked; it is keyed, because inputs hold
 * passwords and the audit keeps it for ever. Used by pages' forms, too.
 */
export const commandOf = ({ config }: Pick<Api, 'config'>, actor: string, key: string, input: unknown): { commandId: string; inputHash: string } => ({
  commandId: createHash('sha256').update(`${actor}\n${key}`).digest('base64url'),
  inputHash: createHmac('sha256', Buffer.from(hkdfSync('sha256', config.REEVE_SECRET_KEY, 'reeve', 'input hashes', 32))).update(canonical(input)).digest('base64url'),
});

/** JSON whose keys stand in order, so that the same input always has the same hash. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_key, part: unknown) =>
    part !== null && typeof part === 'object' && !Array.isArray(part) ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1))) : part) ?? '';

function ifMatchOf(req: Request): number | undefined {
  const given = req.get('if-match');
  if (given === undefined || given === '*') return undefined;
  const version = /^(?:W\/)?"(\d{1,9})"$/.exec(given)?.[1];
  return version === undefined ? -1 : Number(version); // some other thing's tag matches nothing
}
