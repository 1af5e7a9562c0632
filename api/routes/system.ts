/**
 * How Reeve's own machinery stands: which parts answer, what waits to go out and what never will by itself, who works the
 * task queue. For operators; a part that is silent is told as such, within two seconds, and keeps nothing else from being shown.
 */
import { z } from 'zod';
import { ReeveError } from '../../config/errors';
import { answerDead, deadVerbs, readDeadRows, type DeadRow } from '../../db/dead-rows';
import { outboxStatus } from '../../db/outbox';
import { readSystem } from '../../db/queries/system';
import { reachMail } from '../../gateways/mail';
import { may } from '../../policies';
import type { Actor } from '../../policies/actor';
import type { Api, Caller } from '../context';
import { reason, shown } from '../fields';
import { actionSchema, jsonSchemaOf } from '../present';
import { route, type Route } from '../route';
import { idOf, needScope } from '../verbs';
import { within } from '../within';

const PATIENCE_MS = 2_000;
const MOST_DEAD = 100;

const withReason = z.strictObject({ reason: reason() });
const deadSchema = z.object({
  id: z.int(), noun: z.string(), entity: z.int(), effect: z.string().describe('What it asks Temporal for.'), code: z.string().nullable().describe('Why Temporal refused it.'),
  refusals: z.int(), createdAt: z.string(), actions: z.array(actionSchema),
});
const systemSchema = z.object({
  parts: z.array(z.object({ part: z.enum(['postgres', 'temporal', 'redis', 'mail']), name: z.string(), state: z.enum(['up', 'down', 'none']), ms: z.int().nullable() })).describe('`none`: none is configured.'),
  outbox: z.object({ waiting: z.int(), dead: z.int(), lagMs: z.int().describe('Age of the oldest row that waits.'), rows: z.array(deadSchema).describe(`The dead rows, oldest first, ${MOST_DEAD} at most.`) }),
  pollers: z.array(z.object({ queue: z.string(), kind: z.enum(['workflow', 'activity']), build: z.string().nullable(), identity: z.string(), lastAt: z.string().nullable() })).nullable().describe('Who asks Temporal for work; null: Temporal did not say.'),
  builds: z.array(z.object({ build: z.string(), current: z.boolean().describe('Whether it gets the work.'), createdAt: z.string(), lastAt: z.string().nullable().describe('When a worker of it last asked for work.') })).nullable().describe('Builds of the workflows, the newest first; null: Temporal did not say.'),
  mails: z.object({ pending: z.int(), unknown: z.int(), failed: z.int() }),
  wikis: z.array(z.object({ id: z.int(), host: z.string(), deliveries: z.int(), waiting: z.int(), editsPerMinute: z.int(), slots: z.int().describe('How many lanes it may have.'), held: z.int().describe('How many work now.') })),
});

export async function readSystemState(api: Api, caller: Caller): Promise<z.output<typeof systemSchema>> {
  needOperator(caller, 'read');
  const { kernel } = api;
  const [parts, status, dead, pollers, builds, figures] = await Promise.all([
    partsOf(api), outboxStatus(kernel.pool), readDeadRows(kernel, MOST_DEAD), asked(api.pollers), asked(api.builds), readSystem(kernel),
  ]);
  return { parts, outbox: { ...status, lagMs: Math.round(status.lagMs), rows: dead.map((row) => presentDead(row, caller.actor)) }, pollers, builds, ...figures };
}

const asked = <T>(ask: ((timeoutMs: number) => Promise<T>) | undefined): Promise<T | null> => within(PATIENCE_MS, async () => (await ask?.(PATIENCE_MS)) ?? null).catch(() => null);

const presentDead = ({ id, noun, entity, effect, errorCode, refusals, createdAtMs }: DeadRow, actor: Actor) => ({
  id, noun, entity, effect, code: errorCode, refusals, createdAt: shown(createdAtMs)!,
  actions: deadVerbs.filter((verb) => may(actor, verb, 'operation', {}).allowed).map((verb) => ({
    verb, input: jsonSchemaOf(withReason) as Record<string, unknown>, ...(verb === 'drop' && { confirm: { facts: { noun, entity, effect } } }),
  })),
});

export const systemRoutes: Route[] = [
  route({
    method: 'get',
    path: '/api/operations/system',
    summary: 'How the parts, the outbox, the pollers, the mails and the wikis\' queues stand.',
    answer: { schema: systemSchema },
    handle: async ({ api, caller }) => ({ body: await readSystemState(api, caller) }),
  }),
  ...deadVerbs.map((verb) =>
    route({
      method: 'post',
      path: `/api/outbox/:id/${verb}`,
      summary: verb === 'retry' ? 'Let a dead outbox row be tried again.' : 'Give a dead outbox row up: what it asked for never happens.',
      body: withReason,
      answer: { schema: systemSchema },
      async handle({ api, caller, params, body }) {
        needOperator(caller, verb);
        const { dryRun: _, ifMatch: __, ...origin } = caller;
        await answerDead(api.kernel, idOf(params.id), verb, { ...origin, ...body });
        return { body: await readSystemState(api, caller) };
      },
    }),
  ),
];

function needOperator(caller: Caller, verb: string): void {
  needScope(caller, 'operation', verb);
  if (!may(caller.actor, verb, 'operation', {}).allowed) throw new ReeveError('policy.forbidden');
}

type Part = z.output<typeof systemSchema>['parts'][number];

const partsOf = ({ kernel, config, redis, temporal }: Api): Promise<Part[]> =>
  Promise.all([
    examined('postgres', 'postgres', () => kernel.pool.query('select 1')),
    examined('temporal', config.TEMPORAL_ADDRESS, async () => {
      if (!(await temporal())) throw new Error('silent');
    }),
    ...redis.map((node, i) => examined('redis', hostOf(config.REDIS_URLS[i]), () => node.ping())),
    config.SMTP_URL === undefined ? { part: 'mail' as const, name: '', state: 'none' as const, ms: null } : examined('mail', hostOf(config.SMTP_URL), () => reachMail(config.SMTP_URL!, PATIENCE_MS)),
  ]);

async function examined(part: Part['part'], name: string, ask: () => Promise<unknown>): Promise<Part> {
  const since = performance.now();
  const up = await within(PATIENCE_MS, ask).then(() => true, () => false);
  return { part, name, state: up ? 'up' : 'down', ms: up ? Math.round(performance.now() - since) : null };
}

/** Without what signs in there. */
const hostOf = (url: string | undefined): string => (url !== undefined && URL.canParse(url) ? new URL(url).host : '');
