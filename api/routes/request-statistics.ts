/** Figures of account requests, for those who look after them. */
import { z } from 'zod';
import { ReeveError } from '../../config/errors';
import { MOST_COUNTED, requestStatistics } from '../../db/queries/request-statistics';
import { mayEver } from '../../policies';
import type { Api, Caller } from '../context';
import { shown } from '../fields';
import { periodFields, periodOf, type PeriodLimits } from '../period';
import { route, type Route } from '../route';
import { needScope } from '../verbs';

const statisticsLimits: PeriodLimits = { longestDays: 366 };
const statisticsQuery = z.strictObject(periodFields(statisticsLimits));
const figures = z.record(z.string(), z.int());
const countedSchema = z.array(z.object({ user: z.object({ id: z.int(), name: z.string() }).nullable().describe('null: Reeve itself, or who is not yours to know.'), count: z.int() }));
const statisticsSchema = z.object({
  from: z.string(), to: z.string(), filed: z.int(), isMore: z.literal(true).optional().describe(`There are more: only the newest ${MOST_COUNTED.toLocaleString('en')} are counted.`),
  states: figures, queues: figures.describe('Of those that wait: where they stand now.'), outcomes: figures,
  closed: z.object({ count: z.int(), medianMs: z.int().nullable(), p90Ms: z.int().nullable() }).describe('From the confirmation of the address to the answer.'),
  closers: countedSchema.describe('Who closed them, most first, at most 20.'), creators: countedSchema.describe('Whose accounts they became, most first, at most 20.'),
  held: z.array(z.object({ request: z.int(), user: z.string().nullable(), since: z.string() })).describe('In hand for longer than a reservation lasts, longest first, at most 20.'),
});

/** @throws ReeveError policy.forbidden, input.invalid at the field */
async function readStatistics({ kernel }: Api, caller: Caller, asked: z.output<typeof statisticsQuery>): Promise<z.output<typeof statisticsSchema>> {
  needScope(caller, 'request', 'read');
  if (!mayEver(caller.actor, 'read', 'request')) throw new ReeveError('policy.forbidden', 'Those who look after requests see their figures.');
  const { fromMs, untilMs: toMs } = await periodOf(kernel, asked, statisticsLimits);
  const { filed, held, ...found } = await requestStatistics(kernel, caller.actor, { fromMs, toMs });
  return {
    from: shown(fromMs)!, to: shown(toMs)!, filed: Math.min(filed, MOST_COUNTED), ...(filed > MOST_COUNTED && { isMore: true as const }), ...found,
    held: held.map(({ request, user, sinceMs }) => ({ request, user, since: shown(sinceMs)! })),
  };
}

export const requestStatisticsRoutes: Route[] = [
  route({
    method: 'get',
    path: '/api/requests/statistics',
    name: 'requestStatistics',
    summary: 'Figures of the requests that were filed in a period: all of them for the account team, those of their own events for organizers.',
    query: statisticsQuery,
    answer: { schema: statisticsSchema },
    handle: async ({ api, caller, query }) => ({ body: await readStatistics(api, caller, query) }),
  }),
];
