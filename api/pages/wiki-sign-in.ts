/**
 * /sign-in/wiki/:id: to the wiki that says who somebody is, and back to /sign-in/wiki/callback. Whoever comes the first time
 * is led to /sign-up. What goes wrong is a page that says what to do. No script.
 */
import type { Request, RequestHandler, Response } from 'express';
import { ReeveError } from '../../config/errors';
import { hasSecondFactor } from '../../db/queries/second-factor';
import { askingOf, type Api } from '../context';
import { count, homeOf, type Limit } from '../middleware/rate-limit';
import { beginSession } from '../middleware/session';
import { problemOf } from '../problem';
import { keep } from '../sealed-cookie';
import { idOf } from '../verbs';
import { comeBack, sendToWiki, takeBegun } from '../wiki-sign-in';
import { button, message } from './codex';
import { sendPublic } from './frame';
import { html } from './html';
import { wordsFor } from './language';
import { ownPath } from './public-reader';

export const HOME = '/home';
const tries: Limit[] = [{ name: 'wiki-sign-in:address', max: 60, windowMs: 15 * 60_000, keyOf: homeOf }];

export const beginWikiSignIn = (api: Api): RequestHandler => async (req, res) => {
  const next = ownPath(req.query.next, HOME);
  if (askingOf(req).person) return res.redirect(303, next);
  try {
    await count(api.redis, tries, req);
    const url = await sendToWiki(api, req, res, idOf(String(req.params.id)), { next });
    res.setHeader('Cache-Control', 'no-store').redirect(303, url);
  } catch (error) {
    await failed(req, res, error, next);
  }
};

export const takeWikiSignIn = (api: Api): RequestHandler => async (req, res) => {
  const search = req.originalUrl.split('?')[1] ?? '';
  const begun = takeBegun(api, req, res, search);
  const { person, requestId } = askingOf(req);
  try {
    await count(api.redis, tries, req);
    if (begun && begun.userId === undefined && person) return res.redirect(303, begun.next); // signed in by another tab meanwhile
    if (!begun || begun.userId !== person?.id) throw new ReeveError('sign-in.stale'); // who links an account must still be who began it
    const { userId, first, again } = await comeBack(api, search, begun, { requestId, language: wordsFor(req).language });
    if (begun.userId === undefined) return await signedIn(api, req, res, { userId }, begun.next, first);
    if (again) await beginSession(api, req, res, { userId });
    res.redirect(303, begun.next);
  } catch (error) {
    await failed(req, res, error, begun?.next ?? HOME, person !== null);
  }
};

/** Who somebody is is known: the second factor, where they have one, then a session of their own. */
export async function signedIn(api: Api, req: Request, res: Response, who: { userId: number; password?: string }, next: string, first = false): Promise<void> {
  const { link } = wordsFor(req);
  if (await hasSecondFactor(api.kernel, who.userId)) {
    keep(api, res, 'second', { ...who, next });
    return res.redirect(303, link('/sign-in/code'));
  }
  await beginSession(api, req, res, who);
  res.redirect(303, first ? link(`/sign-up?next=${encodeURIComponent(next)}`) : next);
}

async function failed(req: Request, res: Response, error: unknown, next: string, here = false): Promise<void> {
  const { problem, report, retryAfterS } = problemOf(error);
  if (!(error instanceof ReeveError) || problem.code === 'not-found') throw error;
  if (report) req.log?.error({ code: problem.code }, 'a sign-in by a wiki failed');
  if (retryAfterS !== undefined) res.setHeader('Retry-After', String(retryAfterS));
  const words = wordsFor(req);
  const { say, link } = words;
  await sendPublic(req, res, { title: words.text('public.wiki-sign-in.failed'), words, status: problem.status, help: 'signing-in' }, html`
<h1>${say('public.wiki-sign-in.failed')}</h1>
${message('error', html`<p>${say(`error.${problem.code}`)}</p>`, true)}
${words.has(`public.wiki-sign-in.what.${problem.code}`) && html`<p>${say(`public.wiki-sign-in.what.${problem.code}`)}</p>`}
${retryAfterS !== undefined && html`<p>${say('public.error.retry-after', retryAfterS)}</p>`}
<p class="acts">${button({ label: say(here ? 'public.wiki-sign-in.back' : 'public.wiki-sign-in.again'), action: 'progressive', weight: 'primary', href: here ? '/me' : link(`/sign-in?next=${encodeURIComponent(next)}`) })}</p>
${problem.status >= 500 && html`<p class="subtle">${say('public.error.request', html`<code>${askingOf(req).requestId}</code>`)}</p>`}`);
}
