/** The pages that know who is signed in. Mounted by api/server.ts behind session and authentication; those for everybody: public-router.ts. */
import express, { Router, type RequestHandler } from 'express';
import { ReeveError } from '../../config/errors';
import type { Api } from '../context';
import { tokenRequired } from '../middleware/csrf';
import { showDelivery, takeDeliveryVerb } from './delivery';
import { showEdit, takeEdit } from './edit-delivery';
import { showError } from './error-page';
import { showHome, takeMembershipVerb } from './home';
import { showNewDelivery, takeNewDelivery } from './new-delivery';
import { showOperations, takeOperationVerb } from './operations';
import { showPreview } from './preview';
import { showStart } from './public-log';
import { showSignIn, takeSignIn, takeSignOut } from './sign-in';

/** A list of pages may be pasted; longer ones come through the API. */
const LARGEST_FORM = 3 * 1024 * 1024;

export function pages(api: Api): Router {
  const router = Router();
  const form: RequestHandler[] = [express.urlencoded({ extended: false, limit: LARGEST_FORM, parameterLimit: 100 }), tokenRequired];
  router.get('/', showStart(api));
  router.get('/home', showHome(api));
  router.get('/sign-in', showSignIn);
  router.post('/sign-in', form, takeSignIn(api));
  router.post('/sign-out', form, takeSignOut);
  router.get('/deliveries/new', showNewDelivery(api));
  router.post('/deliveries/new', form, takeNewDelivery(api));
  router.get('/deliveries/:id', showDelivery(api));
  router.get('/deliveries/:id/preview', showPreview(api));
  router.get('/deliveries/:id/edit', showEdit(api));
  router.post('/deliveries/:id/edit', form, takeEdit(api));
  router.post('/deliveries/:id/:verb', form, takeDeliveryVerb(api));
  router.post('/memberships/:id/:verb', form, takeMembershipVerb(api));
  router.get('/operations', showOperations(api));
  router.post('/operations/:id/:verb', form, takeOperationVerb(api));
  router.use((req, _res, next) => next(new ReeveError(req.method === 'GET' || req.method === 'HEAD' ? 'not-found' : 'method-not-allowed')));
  router.use(showError);
  return router;
}
