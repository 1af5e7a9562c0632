/** /sign-in and /sign-out: a local account, without JavaScript. Calls what POST /api/sessions calls. */
import type { RequestHandler } from 'express';
import { ReeveError } from '../../config/errors';
import { askingOf, type Api } from '../context';
import { endSession } from '../middleware/session';
import { problemOf } from '../problem';
import { signIn } from '../routes/sessions';
import { button, errorSummary, input } from './blocks';
import { html } from './html';
import { formMarks, sendPage } from './layout';

interface Posted {
  name?: string;
  password?: string;
  next?: string;
}

export const showSignIn: RequestHandler = (req, res) => {
  const next = ownPath(req.query.next);
  if (askingOf(req).person) return res.redirect(303, next);
  form(req, res, { next });
};

export const takeSignIn = (api: Api): RequestHandler => async (req, res) => {
  const { name = '', password = '', next } = (req.body ?? {}) as Posted;
  try {
    if (!name.trim() || !password) throw new ReeveError('auth.failed', 'Type your name and your password.');
    await signIn(api, req, { name: name.trim(), password });
    res.redirect(303, ownPath(next));
  } catch (error) {
    const { problem, report } = problemOf(error);
    if (report) throw error;
    form(req, res, { name, next: ownPath(next), error: problem.detail ?? problem.title, status: problem.status });
  }
};

export const takeSignOut: RequestHandler = async (req, res) => {
  await endSession(req);
  res.clearCookie('reeve').clearCookie('__Host-reeve', { secure: true, path: '/' });
  res.redirect(303, '/');
};

function form(req: Parameters<RequestHandler>[0], res: Parameters<RequestHandler>[1], { name, next, error, status }: Posted & { error?: string; status?: number }): void {
  sendPage(req, res, { title: 'Sign in', here: '/sign-in', status }, html`
<h1>Sign in</h1>
${error && errorSummary(error, [], () => undefined)}
<form class="form" method="post" action="/sign-in">
${formMarks(req)}
<input type="hidden" name="next" value="${next}">
${input({ name: 'name', label: 'Name', value: name, more: { autocomplete: 'username', required: true, autofocus: !error, maxlength: 255 } })}
${input({ name: 'password', label: 'Password', more: { type: 'password', autocomplete: 'current-password', required: true, maxlength: 1000 } })}
${button({ label: 'Sign in', tone: 'primary' })}
</form>`);
}

/** Only to a path of this house: never to another site that a link names. */
export const ownPath = (given: unknown): string => (typeof given === 'string' && /^\/(?![/\\])[^\s\\]*$/.test(given) ? given : '/');
