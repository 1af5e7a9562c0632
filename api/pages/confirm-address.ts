/** /confirm-address/<token>: the link in the mail to the official address of who applies for a role. One button, as api/pages/confirm.ts has it. */
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

export const showConfirmAddress = (api: Api): RequestHandler => async (req, res) => {
  const words = wordsFor(req);
  const { say, link } = words;
  const { fate } = await readLink(api, req);
  const page = `public.confirm-address.${fate}`;
  await sendPublic(req, res, { title: words.text(`${page}.title`), words, help: 'signing-in', status: fate === 'invalid' ? 404 : 200 }, html`
<h1>${say(`${page}.title`)}</h1>
<p>${say(`${page}.what`)}</p>
${fate === 'ask' && html`<form method="post" action="${link(`/confirm-address/${String(req.params.token)}`)}">${button({ label: say('public.confirm.ask.do'), action: 'progressive', weight: 'primary' })}</form>`}`);
};

/** Leads back to the link, which then says that it is done. */
export const takeConfirmAddress = (api: Api): RequestHandler => async (req, res) => {
  const { fate, id } = await readLink(api, req);
  if (fate === 'ask') await apply(api.kernel, { noun: 'membership', id, verb: 'confirmAddress', actor: system, code: 'link', requestId: String(req.id) });
  res.redirect(303, wordsFor(req).link(`/confirm-address/${encodeURIComponent(String(req.params.token))}`));
};

async function readLink({ kernel, config }: Api, req: Request): Promise<{ fate: 'ask' | 'done' | 'invalid'; id: number }> {
  const token = String(req.params.token);
  const id = idInLink(token);
  const { row, nowMs } = id === null ? { row: null, nowMs: 0 } : await readRow(kernel, 'membership', id);
  if (!row || row.officialEmail === null || !isConfirmLink(config.REEVE_SECRET_KEY, token, row, 'membership')) return { fate: 'invalid', id: 0 };
  if (row.addressConfirmedAtMs !== null) return { fate: 'done', id: row.id };
  return { fate: ['applied', 'active'].includes(foldDue('membership', row, nowMs).state) ? 'ask' : 'invalid', id: row.id };
}
