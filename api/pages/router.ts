/** The pages of signing in and up and the start page, which know who is signed in. Mounted by api/server.ts behind session and authentication; those for everybody: public-router.ts; the app's: api/app-shell.ts. */
import express, { Router, type RequestHandler } from 'express';
import { ReeveError } from '../../config/errors';
import type { Api } from '../context';
import { tokenRequired } from '../middleware/csrf';
import { showError } from './error-page';
import { showStart } from './public-log';
import { showSignIn, takeSignIn } from './sign-in';
import { showCode, takeSignInCode } from './sign-in-code';
import { showSignUp, takeSignUp } from './sign-up';
import { beginWikiSignIn, takeWikiSignIn } from './wiki-sign-in';

const LARGEST_FORM = 65_536;

export function pages(api: Api): Router {
  const router = Router();
  const form: RequestHandler[] = [express.urlencoded({ extended: false, limit: LARGEST_FORM, parameterLimit: 100 }), tokenRequired];
  router.get('/', showStart(api));
  router.get('/sign-in', showSignIn(api));
  router.post('/sign-in', form, takeSignIn(api));
  router.get('/sign-up', showSignUp(api));
  router.post('/sign-up', form, takeSignUp(api));
  router.get('/sign-in/code', showCode(api));
  router.post('/sign-in/code', form, takeSignInCode(api));
  router.get('/sign-in/wiki/callback', takeWikiSignIn(api));
  router.get('/sign-in/wiki/:id', beginWikiSignIn(api));
  router.use((req, _res, next) => next(new ReeveError(req.method === 'GET' || req.method === 'HEAD' ? 'not-found' : 'method-not-allowed')));
  router.use(showError);
  return router;
}
