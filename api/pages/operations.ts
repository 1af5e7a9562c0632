/** /operations: what waits for an operator, oldest first, and answering it. */
import type { Request, RequestHandler, Response } from 'express';
import { ReeveError } from '../../config/errors';
import type { Operation } from '../../db/entities/operation';
import { readPage } from '../../db/queries/page';
import { holds } from '../../policies/actor';
import type { Api } from '../context';
import { doVerb, idOf } from '../verbs';
import { operationActs } from './acts';
import { count, message, table, time } from './blocks';
import { fieldsOf, member, refusal, sender } from './forms';
import { html } from './html';
import { sendPage } from './layout';
import { ownPath } from './sign-in';
import { codeWords } from './words';

const SHOWN = 200;

export const showOperations = (api: Api): RequestHandler => (req, res) => draw(api, req, res);

export const takeOperationVerb = (api: Api): RequestHandler => async (req, res) => {
  const verb = String(req.params.verb);
  const { reason, back } = fieldsOf(req);
  try {
    await doVerb(api, sender(api, req, verb, { reason }), 'operation', idOf(String(req.params.id)), verb, { reason: reason?.trim() || undefined });
    res.redirect(303, ownPath(back ?? '/operations'));
  } catch (error) {
    await draw(api, req, res, refusal(error));
  }
};

async function draw(api: Api, req: Request, res: Response, refused?: { status: number; title: string }): Promise<void> {
  const caller = member(req);
  if (!holds(caller.actor, 'operator', 'admin')) throw new ReeveError('not-found');
  const { rows } = await readPage<Operation>(api.kernel, { noun: 'operation', actor: caller.actor, limit: SHOWN, order: 'asc', where: [['t.state = ?', 'waiting']] });
  const temporalUi = api.config.TEMPORAL_UI_URL;
  sendPage(req, res, { title: 'Operations', here: '/operations', status: refused?.status }, html`
<h1>Operations</h1>
${refused && message('error', html`<p>${refused.title}</p>`)}
${rows.length === 0 && message('success', html`<p>Nothing needs attention.</p>`)}
${rows.length > 0 && table(
    `${count(rows.length, 'step')} waiting, oldest first`,
    [{ name: 'What' }, { name: 'Why' }, { name: 'Since', wide: true }, { name: 'Answer' }],
    rows.map(({ id, workflowId, runId, entity, wiki, code, attempts, createdAtMs, skippable, detail }) => [
      html`${thing(entity)}${wiki && html`<br><bdi>${wiki}</bdi>`}<br>${temporalUi ? html`<a class="small" href="${temporalUi}/namespaces/${api.config.TEMPORAL_NAMESPACE}/workflows/${encodeURIComponent(workflowId)}/${runId}">Temporal</a>` : html`<code>${workflowId}</code>`}`,
      html`${codeWords(code)} <span class="subtle">(<code>${code}</code>, ${count(attempts, 'try', 'tries')})</span>${detail && html`<br><span class="small subtle">${detail}</span>`}`,
      time(createdAtMs),
      operationActs(req, caller, id, skippable),
    ]),
  )}
<p class="small subtle">Many at once: <code>reeve ops retry --code … --wiki …</code></p>`);
}

function thing(entity: string) {
  const [noun, id] = entity.split('/');
  return noun === 'delivery' ? html`<a href="/deliveries/${id}">Delivery ${id}</a>` : html`${entity}`;
}
