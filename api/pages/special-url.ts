/**
 * /e/<uuid>: the address that people at an event are given, where their form for an account will stand. It leads to the
 * event's public page; what it does not know, or is out of sight, leads to the directory, all alike.
 */
import type { RequestHandler } from 'express';
import { ReeveError } from '../../config/errors';
import { idOfEvent } from '../../db/queries/events';
import type { Api } from '../context';
import { readEvent } from '../routes/events';
import { anybody } from './public-reader';

export const followSpecialUrl = (api: Api): RequestHandler => async (req, res) => {
  const id = await idOfEvent(api.kernel, String(req.params.uuid));
  const seen = id !== null && (await isPublic(api, req, id));
  res.setHeader('Cache-Control', 'no-store').redirect(302, seen ? `/public/events/${id}` : '/public/events');
};

const isPublic = (api: Api, req: Parameters<RequestHandler>[0], id: number): Promise<boolean> =>
  readEvent(api, anybody(req), id).then(() => true, (error: unknown) => {
    if (error instanceof ReeveError && error.code === 'not-found') return false;
    throw error;
  });
