/** /sign-in: a local account, without JavaScript. Calls what POST /api/sessions calls; one signs out in the app. */
import type { Request, RequestHandler, Response } from 'express';
import { ReeveError } from '../../config/errors';
import { askingOf, type Api } from '../context';
import { problemOf } from '../problem';
import { signIn } from '../routes/sessions';
import { button, input, message } from './codex';
import { sendPublic } from './frame';
import { html, type Child } from './html';
import { wordsFor } from './language';
import { ownPath } from './public-reader';

interface Posted {
  name?: string;
  password?: string;
  next?: string;
}

const HOME = '/home';

export const showSignIn: RequestHandler = (req, res) => {
  const next = ownPath(req.query.next, HOME);
  if (askingOf(req).person) return res.redirect(303, next);
  return form(req, res, { next });
};

export const takeSignIn = (api: Api): RequestHandler => async (req, res) => {
  const { name = '', password = '', next } = (req.body ?? {}) as Posted;
  const back = ownPath(next, HOME);
  const { say } = wordsFor(req);
  if (!name.trim() || !password) return form(req, res, { name, next: back, error: say('public.sign-in.both'), status: 401 });
  try {
    await signIn(api, req, res, { name: name.trim(), password });
    res.redirect(303, back);
  } catch (error) {
    const { problem, report, retryAfterS } = problemOf(error);
    if (report || !(error instanceof ReeveError)) throw error;
    if (retryAfterS !== undefined) res.setHeader('Retry-After', String(retryAfterS));
    await form(req, res, { name, next: back, status: problem.status, error: html`${say(`error.${problem.code}`)}${retryAfterS !== undefined && html` ${say('public.error.retry-after', retryAfterS)}`}` });
  }
};

async function form(req: Request, res: Response, { name, next, error, status }: Omit<Posted, 'password'> & { error?: Child; status?: number }): Promise<void> {
  const words = wordsFor(req);
  const { say, link } = words;
  await sendPublic(req, res, { title: words.text('public.sign-in.title'), words, here: '/sign-in', status }, html`
<h1>${say('public.sign-in.title')}</h1>
${error && message('error', html`<p>${error}</p>`, true)}
<form class="form" method="post" action="${link('/sign-in')}">
<input type="hidden" name="next" value="${next}">
${input({ name: 'name', label: say('public.sign-in.name'), value: name, more: { autocomplete: 'username', required: true, autofocus: !error, maxlength: 255, dir: 'auto', autocapitalize: 'none', spellcheck: 'false' } })}
${input({ name: 'password', label: say('public.sign-in.password'), more: { type: 'password', autocomplete: 'current-password', required: true, maxlength: 1000 } })}
${button({ label: say('public.sign-in.do'), action: 'progressive', weight: 'primary' })}
</form>`);
}
