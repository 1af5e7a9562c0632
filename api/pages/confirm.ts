/**
 * /confirm/<token>: the link in the mail to whoever asks for an account. Opening it shows one button, because programs open
 * the links in mails, too; the button confirms the address, and from then on the link says so, whatever has become of the
 * request. What is not valid, or no longer, is one page for all.
 */
import { setTimeout } from 'node:timers/promises';
import type { Request, RequestHandler } from 'express';
import { apply, readRow } from '../../db/apply';
import { foldDue } from '../../db/step';
import { idInLink, isConfirmLink } from '../../gateways/confirm-link';
import { system } from '../../policies/actor';
import type { Api } from '../context';
import { button } from './codex';
import { sendPublic } from './frame';
import { html, type Child } from './html';
import { wordsFor } from './language';
import { HELP } from './request-form';

export const showConfirm = (api: Api): RequestHandler => async (req, res) => {
  const words = wordsFor(req);
  const { say, link } = words;
  const { fate } = await readLink(api, req);
  const page = `public.confirm.${fate}`;
  const next: Record<typeof fate, Child> = {
    ask: html`<form method="post" action="${link(`/confirm/${String(req.params.token)}`)}">${button({ label: say('public.confirm.ask.do'), action: 'progressive', weight: 'primary' })}</form>`,
    done: false,
    invalid: html`<p class="acts">${button({ label: say('public.nav.request'), href: link('/request') })}</p>`,
  };
  await sendPublic(req, res, { title: words.text(`${page}.title`), words, help: HELP, status: fate === 'invalid' ? 404 : 200 }, html`
<h1>${say(`${page}.title`)}</h1>
<p>${say(`${page}.what`)}</p>
${next[fate]}`);
};

/** Longer than it takes to confirm: how long the answer takes says nothing about what a ban has done. */
const CONFIRM_MS = 250;

/** Leads back to the link, which then says what has become of it. */
export const takeConfirm = (api: Api): RequestHandler => async (req, res) => {
  const { fate, id } = await readLink(api, req);
  const even = setTimeout(CONFIRM_MS);
  if (fate === 'ask') await apply(api.kernel, { noun: 'request', id, verb: 'confirm', actor: system, code: 'link', requestId: String(req.id) });
  await even;
  res.redirect(303, wordsFor(req).link(`/confirm/${encodeURIComponent(String(req.params.token))}`));
};

async function readLink({ kernel, config }: Api, req: Request): Promise<{ fate: 'ask' | 'done' | 'invalid'; id: number }> {
  const token = String(req.params.token);
  const id = idInLink(token);
  const { row, nowMs } = id === null ? { row: null, nowMs: 0 } : await readRow(kernel, 'request', id);
  if (!row || !isConfirmLink(config.REEVE_SECRET_KEY, token, row)) return { fate: 'invalid', id: 0 };
  if (row.confirmedAtMs !== null) return { fate: 'done', id: row.id };
  return { fate: foldDue('request', row, nowMs).state === 'unconfirmed' ? 'ask' : 'invalid', id: row.id };
}
