/**
 * Signals to workflows, for integrators: an allow-list. Every name on it but `refresh` is a verb, so it goes through the
 * verb's own door, with its policy and its audit; nothing is sent to Temporal from here.
 */
import { z } from 'zod';
import { ReeveError } from '../../config/errors';
import { applyDue } from '../../db/apply';
import { system } from '../../policies/actor';
import type { Api, Caller } from '../context';
import { reason } from '../fields';
import { route, type Route } from '../route';
import { doVerb, dryRunQuery, dryRunSchema, idOf, wouldDo } from '../verbs';
import { deliverySchema, readDelivery } from './deliveries';
import { eventSchema, readEvent } from './events';
import { findOperation, operationSchema, readOperation } from './operations';

const input = z.strictObject({ reason: reason().optional().describe('Why; needed for retry, skip and abort.') });

/** No verb: what the clock has done to an event by now is done, and shown. */
const REFRESH = 'refresh';
const ofDeliveries = new Set(['pause', 'resume', 'cancel']);
const ofOperators = new Set(['retry', 'skip', 'abort']);

/** @throws ReeveError not-found for a workflow or a name that takes no signal. */
async function signal(api: Api, caller: Caller, workflowId: string, name: string, { reason }: z.output<typeof input>) {
  if (ofOperators.has(name)) {
    if (reason === undefined) throw new ReeveError('input.invalid', undefined, { errors: [{ pointer: '/reason', code: 'required', detail: 'It is missing.' }] });
    const { row } = await findOperation(api, caller, workflowId);
    const done = await doVerb(api, caller, 'operation', row.id, name, { reason });
    return caller.dryRun ? wouldDo(name, done) : readOperation(api, caller, String(row.id));
  }
  const event = /^event\/(\d+)$/.exec(workflowId)?.[1];
  if (event && name === REFRESH) {
    const seen = await readEvent(api, caller, idOf(event));
    if (!caller.dryRun) await applyDue(api.kernel, 'event', seen.id, system);
    return readEvent(api, caller, seen.id);
  }
  const delivery = /^delivery\/(\d+)$/.exec(workflowId)?.[1];
  if (!delivery || !ofDeliveries.has(name)) throw new ReeveError('not-found');
  const done = await doVerb(api, caller, 'delivery', idOf(delivery), name, { reason });
  return caller.dryRun ? wouldDo(name, done) : readDelivery(api, caller, idOf(delivery));
}

export const workflowRoutes: Route[] = [
  route({
    method: 'post',
    path: '/api/workflows/*workflowId/signals/:name',
    name: 'signalWorkflow',
    summary: 'A signal to a workflow: pause, resume, cancel of `delivery/<id>`; refresh of `event/<id>`; retry, skip, abort of what needs attention.',
    query: dryRunQuery,
    body: input,
    answer: { schema: z.union([deliverySchema, eventSchema, operationSchema, dryRunSchema]) },
    async handle({ api, caller, params, body }) {
      const workflowId = [params.workflowId as string | string[]].flat().join('/');
      const thing = await signal(api, caller, workflowId, params.name!, body);
      return { body: thing, ...('version' in thing && { version: thing.version }) };
    },
  }),
];
