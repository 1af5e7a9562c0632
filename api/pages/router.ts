/** Every server-rendered page, until the front end stands. Mounted by api/server.ts behind session and authentication. */
import { join } from 'node:path';
import express, { Router, type ErrorRequestHandler, type Request, type RequestHandler, type Response } from 'express';
import { ReeveError } from '../../config/errors';
import { askingOf, type Api } from '../context';
import { tokenRequired } from '../middleware/csrf';
import { problemOf } from '../problem';
import { showDelivery, takeDeliveryVerb } from './delivery';
import { showEdit, takeEdit } from './edit-delivery';
import { showHome, takeMembershipVerb } from './home';
import { html } from './html';
import { sendPage } from './layout';
import { showNewDelivery, takeNewDelivery } from './new-delivery';
import { showOperations, takeOperationVerb } from './operations';
import { showPreview } from './preview';
import { showPublicDelivery, showPublicList, showPublicLog } from './public';
import { showSignIn, takeSignIn, takeSignOut } from './sign-in';

/** A list of pages may be pasted; longer ones come through the API. */
const LARGEST_FORM = 3 * 1024 * 1024;

export function pages(api: Api): Router {
  const router = Router();
  const form: RequestHandler[] = [express.urlencoded({ extended: false, limit: LARGEST_FORM, parameterLimit: 100 }), tokenRequired];
  router.use('/assets', express.static(join(__dirname, 'assets'), { index: false, maxAge: '1h' }));
  router.get('/', showHome(api));
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
  router.get('/public/log', showPublicLog(api));
  router.get('/public/deliveries/:id', showPublicDelivery(api));
  router.get('/public/target-lists/:id', showPublicList(api));
  router.get('/operations', showOperations(api));
  router.post('/operations/:id/:verb', form, takeOperationVerb(api));
  router.use((req, _res, next) => next(new ReeveError(req.method === 'GET' || req.method === 'HEAD' ? 'not-found' : 'method-not-allowed')));
  router.use(fault);
  return router;
}

/** An error as a page; who has to sign in comes back here afterwards. */
const fault: ErrorRequestHandler = (error: unknown, req: Request, res: Response, next) => {
  const { problem, report, retryAfterS } = problemOf(error);
  if (report) req.log?.error({ err: { type: (error as Error).name, stack: (error as Error).stack } }, problem.code);
  if (res.headersSent) return next(error);
  if (problem.code === 'auth.required') return res.redirect(303, `/sign-in?next=${encodeURIComponent(req.method === 'GET' ? req.originalUrl : '/')}`);
  if (retryAfterS !== undefined) res.setHeader('Retry-After', String(retryAfterS));
  const title = problem.status === 404 ? 'There is nothing here' : problem.title;
  sendPage(req, res, { title, status: problem.status }, html`
<h1>${title}</h1>
${problem.detail && html`<p>${problem.detail}</p>`}
${problem.status === 404 && html`<p>It may have been removed, or it is not for you to see.</p>`}
<p><a href="/">Home</a></p>
${problem.status >= 500 && html`<p class="small subtle">Request ${askingOf(req).requestId}</p>`}`);
};
