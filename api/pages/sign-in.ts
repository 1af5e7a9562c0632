/** /sign-in: by a wiki, or with a local account, without JavaScript. Calls what POST /api/sessions calls; one signs out in the app. */
import type { Request, RequestHandler, Response } from 'express';
import { ReeveError } from '../../config/errors';
import { wikisThatSignIn } from '../../db/queries/identities';
import { askingOf, type Api } from '../context';
import { problemOf } from '../problem';
import { checkPassword } from '../routes/sessions';
import { button, input, message } from './codex';
import { sendPublic } from './frame';
import { html, type Child } from './html';
import { wordsFor } from './language';
import { ownPath } from './public-reader';
import { HOME, signedIn } from './wiki-sign-in';

interface Posted {
  name?: string;
  password?: string;
  next?: string;
}

export const showSignIn = (api: Api): RequestHandler => (req, res) => {
  const next = ownPath(req.query.next, HOME);
  if (askingOf(req).person) return res.redirect(303, next);
  return form(api, req, res, { next });
};

export const takeSignIn = (api: Api): RequestHandler => async (req, res) => {
  const { name = '', password = '', next } = (req.body ?? {}) as Posted;
  const back = ownPath(next, HOME);
  const { say } = wordsFor(req);
  if (!name.trim() || !password) return form(api, req, res, { name, next: back, error: say('public.sign-in.both'), status: 401 });
  try {
    const { id, password: shown } = await checkPassword(api, req, { name: name.trim(), password });
    await signedIn(api, req, res, { userId: id, password: shown }, back);
  } catch (error) {
    const { problem, report, retryAfterS } = problemOf(error);
    if (report || !(error instanceof ReeveError)) throw error;
    if (retryAfterS !== undefined) res.setHeader('Retry-After', String(retryAfterS));
    await form(api, req, res, { name, next: back, status: problem.status, error: html`${say(`error.${problem.code}`)}${retryAfterS !== undefined && html` ${say('public.error.retry-after', retryAfterS)}`}` });
  }
};

async function form(api: Api, req: Request, res: Response, { name, next, error, status }: Omit<Posted, 'password'> & { error?: Child; status?: number }): Promise<void> {
  const words = wordsFor(req);
  const { say, link } = words;
  const wikis = await wikisThatSignIn(api.kernel);
  await sendPublic(req, res, { title: words.text('public.sign-in.title'), words, here: '/sign-in', status, help: 'signing-in' }, html`
<h1>${say('public.sign-in.title')}</h1>
${error && message('error', html`<p>${error}</p>`, true)}
${wikis.length > 0 && html`<section aria-labelledby="by-wiki"><h2 id="by-wiki">${say('public.sign-in.by-wiki')}</h2>
<p>${say('public.sign-in.by-wiki.what')}</p>
<p class="acts">${wikis.map(({ id, host }) => button({ label: say('public.sign-in.by', host), action: 'progressive', weight: 'primary', href: link(`/sign-in/wiki/${id}?next=${encodeURIComponent(next ?? HOME)}`) }))}</p></section>
<h2>${say('public.sign-in.local')}</h2>`}
<form class="form" method="post" action="${link('/sign-in')}">
<input type="hidden" name="next" value="${next}">
${input({ name: 'name', label: say('public.sign-in.name'), value: name, more: { autocomplete: 'username', required: true, autofocus: !error && !wikis.length, maxlength: 255, dir: 'auto', autocapitalize: 'none', spellcheck: 'false' } })}
${input({ name: 'password', label: say('public.sign-in.password'), more: { type: 'password', autocomplete: 'current-password', required: true, maxlength: 1000 } })}
${button({ label: say('public.sign-in.do'), action: 'progressive', weight: wikis.length ? 'normal' : 'primary' })}
</form>`);
}
