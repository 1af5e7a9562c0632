/** The pages that are the same for everybody. Mounted by api/server.ts in front of the sessions: what stands here cannot read one. */
import { join } from 'node:path';
import express, { Router, type RequestHandler } from 'express';
import type { Api } from '../context';
import { ownSiteOnly } from '../middleware/csrf';
import { showConfirm, takeConfirm } from './confirm';
import { showConfirmAddress, takeConfirmAddress } from './confirm-address';
import { showError } from './error-page';
import { showHelp, showHelpPage } from './help';
import { languageCookie } from './language';
import { showOwnEventFeed } from './own-event-feed';
import { showPublicDelivery } from './public-delivery';
import { showEventFeed, showEventFile } from './public-event-feed';
import { showPublicEvent, showPublicEvents } from './public-events';
import { showPublicList } from './public-list';
import { showPublicLog } from './public-log';
import { ownPath } from './public-reader';
import { showEventForm, showQueueForm, showRequestForm, showSent, takeRequest } from './request-form';
import { source } from './source';
import { styles } from './styles';

/** Ten long answers and a comment, each sign of which takes up to nine bytes on its way: what is larger is refused, and what was typed is lost. */
const LARGEST_FORM = 262_144;

export function publicPages(api: Api): Router {
  const router = Router();
  const form: RequestHandler[] = [ownSiteOnly(api), express.urlencoded({ extended: false, limit: LARGEST_FORM, parameterLimit: 100 })];
  router.use(styles());
  router.use('/assets', express.static(join(__dirname, 'assets'), { index: false, maxAge: '1h' }));
  router.use(takeLanguage(api.config.REEVE_PUBLIC_URL.startsWith('https:')));
  router.get('/public/log', showPublicLog(api));
  router.get('/public/deliveries/:id', showPublicDelivery(api));
  router.get('/public/target-lists/:id', showPublicList(api));
  router.get('/public/events', showPublicEvents(api));
  router.get('/public/events.ics', showEventFeed(api));
  router.get('/public/events/:id.ics', showEventFile(api));
  router.get('/public/events/:id', showPublicEvent(api));
  router.get('/calendar/:secret.ics', showOwnEventFeed(api));
  router.get('/request', showRequestForm(api));
  router.post('/request', form, takeRequest(api));
  router.get('/confirm/:token', showConfirm(api));
  router.post('/confirm/:token', form, takeConfirm(api));
  router.get('/confirm-address/:token', showConfirmAddress(api));
  router.post('/confirm-address/:token', form, takeConfirmAddress(api));
  router.get('/e/:uuid', showEventForm(api));
  router.post('/e/:uuid', form, takeRequest(api, 'event'));
  router.get('/request/sent', showSent());
  router.get('/request/:uuid/sent', showSent('queue'));
  router.get('/e/:uuid/sent', showSent('event'));
  router.get('/request/:uuid', showQueueForm(api));
  router.post('/request/:uuid', form, takeRequest(api, 'queue'));
  router.get('/help', showHelp);
  router.get('/help/:page', showHelpPage);
  router.use(source(api));
  router.use(showError);
  return router;
}

/** `?setlang=`: the footer's links. Leads to the same address, from then on in this language. */
const takeLanguage = (secure: boolean): RequestHandler => (req, res, next) => {
  const cookie = req.method === 'GET' && !req.path.startsWith('/api/') ? languageCookie(req.query.setlang, secure) : undefined;
  if (!cookie) return next();
  const [path, search] = req.originalUrl.split('?');
  const query = new URLSearchParams(search);
  query.delete('setlang');
  query.delete('uselang');
  res.setHeader('Set-Cookie', cookie).setHeader('Cache-Control', 'no-store');
  res.redirect(303, `${ownPath(path)}${query.size ? `?${query.toString()}` : ''}`);
};
