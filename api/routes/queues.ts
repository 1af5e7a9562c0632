/** Queues of account requests: what they are called, in which order they come, and when somebody is there. */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { ReeveError, fieldError } from '../../config/errors';
import { readRow } from '../../db/apply';
import { HOURS } from '../../db/business-hours';
import { create, edit } from '../../db/create';
import type { Queue } from '../../db/entities/queue';
import { pageOfQueues, waitingIn } from '../../db/queries/queues';
import { queueMachine, standingQueues } from '../../machines/queue';
import { may } from '../../policies';
import type { Actor } from '../../policies/actor';
import { inLanguages } from '../account-fields';
import type { Api, Caller } from '../context';
import { id, line, reason, shown, zone } from '../fields';
import { answered, listFields, listSchema, listed, offered } from '../lists';
import { actionSchema, actionsOf, editAction, type VerbInputs } from '../present';
import { route, type Route } from '../route';
import { idOf, needScope, verbRoutes } from '../verbs';
import { usableForm } from './forms';

const why = z.strictObject({ reason: reason().optional() });
export const queueVerbs: VerbInputs = { disable: why, enable: why };

export const queueKey = () => z.string().regex(/^[a-z][a-z0-9-]{0,39}$/, { error: 'must be a key of small letters, digits and hyphens, such as second-look' });
const fields = {
  names: inLanguages(line(100), 0).describe('Language tag to name. None: a standing queue is called as Reeve calls it, any other by its key.'),
  priority: z.int().min(0).max(100).describe('The greater, the sooner it is looked after.'),
  timeZone: zone().describe('Of `hours` and `holidays`.'),
  form: id().nullable().describe('How the form that fills it reads: one that is published for all. null: as Reeve has it.'),
  hours: z.array(z.string().regex(HOURS, { error: 'must be days and hours such as Mo-Fr 09:00-17:00' })).max(50).describe('When somebody is there, such as `Mo-Fr 09:00-17:00` or `Sa,Su 22:00-02:00`: reminders and escalations wait for it. None: always.'),
  holidays: z.array(z.iso.date({ error: 'must be a day such as 2027-12-24' })).max(400).describe('Days on which no hours begin.'),
};
const newInput = z.strictObject({
  key: queueKey().describe('What it is named by; it never changes.'), names: fields.names.default({}), priority: fields.priority.default(0), timeZone: fields.timeZone.default('UTC'), form: fields.form.default(null),
  hours: fields.hours.default([]), holidays: fields.holidays.default([]),
});
const editInput = z.strictObject(fields).partial();
const listQuery = z.strictObject({ ...listFields('priority'), state: z.enum(Object.keys(queueMachine.states) as [string, ...string[]]).optional() });

export const queueSchema = z.object({
  id: z.int(), state: z.string(), version: z.int(), key: z.string(), standing: z.boolean().describe('Reeve itself sends requests to it; it cannot be disabled.'), names: z.record(z.string(), z.string()), priority: z.int(),
  timeZone: z.string(), hours: z.array(z.string()), holidays: z.array(z.string()), form: z.int().nullable(), url: z.string().nullable().describe('Of the form that fills it: unlisted, but of the main one.'), waiting: z.int().describe('How many requests wait in it, counted to 1,000.'), createdAt: z.string(), updatedAt: z.string(),
  actions: z.array(actionSchema), hidden: z.array(z.string()),
});

export const namesOf = ({ languages, names }: Pick<Queue, 'languages' | 'names'>): Record<string, string> => Object.fromEntries(languages.map((tag, i) => [tag, names[i]!]));

const presentQueue = ({ config }: Api, row: Queue, waiting: Record<string, number>, actor: Actor, nowMs: number) => ({
  id: row.id, state: row.state, version: row.version, key: row.key, standing: standingQueues.includes(row.key), names: namesOf(row), priority: row.priority, timeZone: row.timeZone, hours: row.hours, holidays: row.holidays,
  form: row.formId, url: row.key === 'default' ? new URL('/request', config.REEVE_PUBLIC_URL).href : row.uuid && new URL(`/request/${row.uuid}`, config.REEVE_PUBLIC_URL).href, waiting: waiting[row.key] ?? 0, createdAt: shown(row.createdAtMs)!, updatedAt: shown(row.updatedAtMs)!, actions: [...editAction('queue', row, actor, editInput), ...actionsOf('queue', row, actor, nowMs, queueVerbs)], hidden: [],
});

/** @throws ReeveError queue.key-taken */
async function createQueue(api: Api, caller: Caller, { names, form, ...values }: z.output<typeof newInput>) {
  needScope(caller, 'queue', 'new');
  const { row } = await create(api.kernel, { noun: 'queue', values: { ...values, ...columnsOf(names), formId: await formFor(api, caller, form), uuid: randomUUID() }, ...caller }).catch((error: unknown) => {
    throw error instanceof ReeveError && error.more.constraint === 'queue_key_key' ? fieldError('/key', 'queue.key-taken') : error;
  });
  return readQueue(api, caller, row.id);
}

async function editQueue(api: Api, caller: Caller, id: number, { names, form, ...values }: z.output<typeof editInput>) {
  needScope(caller, 'queue', 'edit');
  const formId = form === undefined ? undefined : await formFor(api, caller, form);
  await edit(api.kernel, {
    noun: 'queue', id, values: { ...values, ...(names && columnsOf(names)), ...(formId !== undefined && { formId }) }, ...caller,
    check({ key, uuid }) {
      if (formId != null && uuid === null && key !== 'default') throw fieldError('/form', 'queue.no-form');
    },
  });
  return readQueue(api, caller, id);
}

/** @throws ReeveError not-found also for what the reader may not see. */
async function readQueue(api: Api, caller: Caller, id: number) {
  needScope(caller, 'queue', 'read');
  const { row, nowMs } = await readRow(api.kernel, 'queue', id);
  if (!row || !may(caller.actor, 'read', 'queue', row).allowed) throw new ReeveError('not-found');
  return presentQueue(api, row, await waitingIn(api.kernel, [row.key]), caller.actor, nowMs);
}

const columnsOf = (given: Record<string, string>): Pick<Queue, 'languages' | 'names'> => ({ languages: Object.keys(given), names: Object.values(given) });

const formFor = (api: Api, caller: Caller, form: number | null): Promise<number | null> => (form === null ? Promise.resolve(null) : usableForm(api, caller, form, true));

export const queueRoutes: Route[] = [
  route({
    method: 'post',
    path: '/api/queues',
    summary: 'Set up a queue of account requests.',
    body: newInput,
    example: { key: 'second-look', names: { en: 'Second look' }, priority: 5, timeZone: 'Europe/Berlin', hours: ['Mo-Fr 09:00-17:00'], holidays: ['2027-12-24'] },
    answer: { status: 201, schema: queueSchema },
    async handle({ api, caller, body }) {
      const queue = await createQueue(api, caller, body);
      return { body: queue, version: queue.version, location: `/api/queues/${queue.id}` };
    },
  }),
  route({
    method: 'get',
    path: '/api/queues',
    summary: 'Queues of account requests that you may see.',
    query: listQuery,
    answer: { schema: listSchema(queueSchema) },
    async handle({ api, caller, query }) {
      needScope(caller, 'queue', 'read');
      const found = await pageOfQueues(api.kernel, { actor: caller.actor, ...query });
      const waiting = await waitingIn(api.kernel, found.rows.map(({ key }) => key));
      return answered(listed(found, (row, nowMs) => presentQueue(api, row, waiting, caller.actor, nowMs), offered(caller.actor, 'queue', newInput)));
    },
  }),
  route({
    method: 'get',
    path: '/api/queues/:id',
    summary: 'One queue.',
    answer: { schema: queueSchema },
    async handle({ api, caller, params }) {
      const queue = await readQueue(api, caller, idOf(params.id));
      return { body: queue, version: queue.version };
    },
  }),
  route({
    method: 'patch',
    path: '/api/queues/:id',
    summary: 'Change a queue. Clocks that run already keep their instants.',
    body: editInput,
    example: { hours: ['Mo-Fr 08:00-16:00'] },
    answer: { schema: queueSchema },
    async handle({ api, caller, params, body }) {
      const queue = await editQueue(api, caller, idOf(params.id), body);
      return { body: queue, version: queue.version };
    },
  }),
  ...verbRoutes({
    noun: 'queue', path: '/api/queues', inputs: queueVerbs, schema: queueSchema,
    async read(api, caller, queueId) {
      const queue = await readQueue(api, caller, queueId);
      return { body: queue, version: queue.version };
    },
  }),
];
