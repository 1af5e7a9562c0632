/** What the public pages share: they read as anybody, whoever asks, and take plain values from the address. */
import type { Request } from 'express';
import { ReeveError } from '../../config/errors';
import { visitor } from '../../policies/actor';
import type { Caller } from '../context';

/** Seconds for which anybody may keep a page: what is sent goes on meanwhile. */
export const KEEP_S = 10;

export const anybody = (req: Request): Caller => ({ actor: visitor, requestId: String(req.id ?? '') });

/** A value of the query; none and several are none. */
export const given = (req: Request, name: string): string | undefined => {
  const value = req.query[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
};

/** @throws ReeveError not-found: no page has such an address. */
export function givenNumber(req: Request, name: string): number | undefined {
  const text = given(req, name);
  if (text === undefined) return undefined;
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new ReeveError('not-found');
  return Number(text);
}

/** @throws ReeveError not-found */
export function givenOneOf<T extends string>(req: Request, name: string, values: readonly T[]): T | undefined {
  const text = given(req, name);
  if (text !== undefined && !values.includes(text as T)) throw new ReeveError('not-found');
  return text as T | undefined;
}

/** Only to a path of this house: never to another site that an address names. */
export const ownPath = (path: unknown, otherwise = '/'): string => (typeof path === 'string' && /^\/(?![/\\])[^\s\\]*$/.test(path) ? path : otherwise);
