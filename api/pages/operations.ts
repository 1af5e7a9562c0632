/** /operations: what waits for an operator, oldest first, and answering it. */
import type { Request, RequestHandler, Response } from 'express';
import { ReeveError } from '../../config/errors';
import { holds } from '../../policies/actor';
import type { Api } from '../context';
import { checked } from '../fields';
import { listOperations, operationVerbs } from '../routes/operations';
import { doVerb, idOf } from '../verbs';
import { operationActs } from './acts';
import { count, message, table, time } from './blocks';
import { fieldsOf, member, refusal, sender } from './forms';
import { html, type Html } from './html';
import { sendPage } from './layout';
import { ownPath } from './public-reader';
import { codeWords } from './words';

const SHOWN = 200;

export const showOperations = (api: Api): RequestHandler => (req, res) => draw(api, req, res);

export const takeOperationVerb = (api: Api): RequestHandler => async (req, res) => {
  const verb = String(req.params.verb);
  const { reason, back } = fieldsOf(req);
  try {
    const input = Object.hasOwn(operationVerbs, verb) ? (checked(operationVerbs[verb]!, { reason: reason?.trim() }, 'body') as Record<string, unknown>) : {};
    await doVerb(api, sender(api, req, verb, input), 'operation', idOf(String(req.params.id)), verb, input);
    res.redirect(303, ownPath(back ?? '/operations'));
  } catch (error) {
    await draw(api, req, res, refusal(error));
  }
};

async function draw(api: Api, req: Request, res: Response, refused?: { status: number; title: string }): Promise<void> {
  const caller = member(req);
  if (!holds(caller.actor, 'operator', 'admin')) throw new ReeveError('not-found');
  const { items, next } = await listOperations(api, caller, { limit: SHOWN, attention: true });
  sendPage(req, res, { title: 'Operations', here: '/operations', status: refused?.status }, html`
<h1>Operations</h1>
${refused && message('error', html`<p>${refused.title}</p>`)}
${items.length === 0 && message('success', html`<p>Nothing needs attention.</p>`)}
${items.length > 0 && table(
    `${next ? `The first ${SHOWN}` : count(items.length, 'step')} waiting, oldest first`,
    [{ name: 'What' }, { name: 'Why' }, { name: 'Since', wide: true }, { name: 'Answer', acts: true }],
    items.map((one) => [
      html`${thing(one.entity)}${one.wiki && html`<br><bdi>${one.wiki}</bdi>`}${one.temporalUrl && html`<br><a class="small" href="${one.temporalUrl}">Workflow in Temporal</a>`}`,
      html`<span>${codeWords(one.code)} <span class="subtle">(<code>${one.code}</code>, ${count(one.attempts, 'try', 'tries')})</span>${one.detail && html`<br><span class="small subtle">${one.detail}</span>`}</span>`,
      time(Date.parse(one.since!)),
      operationActs(req, one),
    ]),
  )}
<p class="small subtle">Many at once: <code>reeve ops retry --code … --wiki …</code></p>`);
}

function thing(entity: string): Html {
  const [noun, id] = entity.split('/');
  return noun === 'delivery' ? html`<a href="/deliveries/${id}">Delivery ${id}</a>` : html`${entity}`;
}
