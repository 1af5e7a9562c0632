/** An error as a page. What is hidden and what is missing are the same bytes for everybody; who has to sign in comes back afterwards. */
import type { ErrorRequestHandler, Request, Response } from 'express';
import { askingOf } from '../context';
import { problemOf } from '../problem';
import { sendPublic } from './frame';
import { html } from './html';
import { wordsFor } from './language';

export const showError: ErrorRequestHandler = async (error: unknown, req: Request, res: Response, next) => {
  const { problem, report, retryAfterS } = problemOf(error);
  if (report) req.log?.error({ err: error }, problem.code);
  if (res.headersSent) return next(error);
  const words = wordsFor(req);
  if (problem.code === 'auth.required') return res.redirect(303, words.link(`/sign-in?next=${encodeURIComponent(req.method === 'GET' ? req.originalUrl : '/')}`));
  if (retryAfterS !== undefined) res.setHeader('Retry-After', String(retryAfterS));
  const title = words.has(`error.${problem.code}`) ? words.text(`error.${problem.code}`) : problem.title;
  const missing = problem.status === 404;
  await sendPublic(req, res, { title, words, status: problem.status }, html`
<h1>${title}</h1>
${missing && html`<p>${words.say('public.error.missing')}</p>`}
${!missing && words.language === 'en' && problem.detail && problem.detail !== title && html`<p>${problem.detail}</p>`}
${retryAfterS !== undefined && html`<p>${words.say('public.error.retry-after', retryAfterS)}</p>`}
<p><a href="${words.link('/')}">${words.say('public.error.start')}</a> · <a href="${words.link('/help')}">${words.say('public.nav.help')}</a></p>
${problem.status >= 500 && html`<p class="subtle">${words.say('public.error.request', html`<code>${askingOf(req).requestId}</code>`)}</p>`}`);
};
