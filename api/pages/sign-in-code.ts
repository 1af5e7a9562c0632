/** /sign-in/code: the second step of signing in, where somebody has a second factor. Who comes here has shown the first. */
import type { Request, RequestHandler, Response } from 'express';
import { ReeveError } from '../../config/errors';
import { askingOf, type Api } from '../context';
import { beginSession } from '../middleware/session';
import { problemOf } from '../problem';
import { forget, kept } from '../sealed-cookie';
import { takeCode } from '../second-factor';
import { button, input, message } from './codex';
import { sendPublic } from './frame';
import { html, type Child } from './html';
import { wordsFor } from './language';

export const showCode = (api: Api): RequestHandler => (req, res) => {
  if (!kept(api, req, 'second')) return res.redirect(303, wordsFor(req).link('/sign-in'));
  return form(req, res);
};

export const takeSignInCode = (api: Api): RequestHandler => async (req, res) => {
  const half = kept(api, req, 'second');
  if (!half) return res.redirect(303, wordsFor(req).link('/sign-in'));
  const given = (req.body as { code?: unknown } | undefined)?.code;
  try {
    await takeCode(api, half.userId, typeof given === 'string' ? given.slice(0, 100) : '', askingOf(req).requestId);
    await beginSession(api, req, res, half);
  } catch (error) {
    const { problem, report, retryAfterS } = problemOf(error);
    if (report || !(error instanceof ReeveError)) throw error;
    if (problem.code === 'auth.failed') {
      forget(api, res, 'second'); // the password that they came with is none any more
      return res.redirect(303, wordsFor(req).link('/sign-in'));
    }
    if (retryAfterS !== undefined) res.setHeader('Retry-After', String(retryAfterS));
    const { say } = wordsFor(req);
    return form(req, res, html`${say(`error.${problem.code}`)}${retryAfterS !== undefined && html` ${say('public.error.retry-after', retryAfterS)}`}`, problem.status);
  }
  forget(api, res, 'second');
  res.redirect(303, half.next);
};

async function form(req: Request, res: Response, error?: Child, status?: number): Promise<void> {
  const words = wordsFor(req);
  const { say, link } = words;
  await sendPublic(req, res, { title: words.text('public.sign-in-code.title'), words, here: '/sign-in', status, help: 'signing-in' }, html`
<h1>${say('public.sign-in-code.title')}</h1>
${error && message('error', html`<p>${error}</p>`, true)}
<form class="form" method="post" action="${link('/sign-in/code')}">
${input({ name: 'code', label: say('public.sign-in-code.code'), help: say('public.sign-in-code.help'), more: { autocomplete: 'one-time-code', required: true, autofocus: !error, maxlength: 40, autocapitalize: 'none', spellcheck: 'false', dir: 'ltr' } })}
${button({ label: say('public.sign-in.do'), action: 'progressive', weight: 'primary' })}
</form>
<p><a href="${link('/sign-in')}">${say('public.wiki-sign-in.again')}</a></p>`);
}
