/**
 * /request/confirm/<token>: the link in the mail to whoever asks for an account. Opening it confirms the address; opened
 * again it says the same, whatever has become of the request. What is not valid, or no longer, is one page for all.
 */
import type { Request, RequestHandler } from 'express';
import { apply, readRow } from '../../db/apply';
import { foldDue } from '../../db/step';
import { idInLink, isConfirmLink } from '../../gateways/confirm-link';
import { system } from '../../policies/actor';
import type { Api } from '../context';
import { button } from './codex';
import { sendPublic } from './frame';
import { html } from './html';
import { wordsFor } from './language';
import { HELP } from './request-form';

export const showConfirm = (api: Api): RequestHandler => async (req, res) => {
  const words = wordsFor(req);
  const { say, link } = words;
  const valid = await isConfirmed(api, req);
  const page = `public.confirm.${valid ? 'done' : 'invalid'}`;
  await sendPublic(req, res, { title: words.text(`${page}.title`), words, help: HELP, status: valid ? 200 : 404 }, html`
<h1>${say(`${page}.title`)}</h1>
<p>${say(`${page}.what`)}</p>
${!valid && html`<p class="acts">${button({ label: say('public.nav.request'), href: link('/request') })}</p>`}`);
};

/** A HEAD looks whether the link is good and confirms nothing: programs that look at mails send it. */
async function isConfirmed({ kernel, config }: Api, req: Request): Promise<boolean> {
  const token = String(req.params.token);
  const id = idInLink(token);
  if (id === null) return false;
  const { row, nowMs } = await readRow(kernel, 'request', id);
  if (!row || !isConfirmLink(config.REEVE_SECRET_KEY, token, row)) return false;
  if (row.confirmedAtMs !== null) return true;
  if (req.method === 'HEAD') return foldDue('request', row, nowMs).state === 'unconfirmed';
  const { row: now } = await apply(kernel, { noun: 'request', id, verb: 'confirm', actor: system, code: 'link', requestId: String(req.id) });
  return now.confirmedAtMs !== null;
}
