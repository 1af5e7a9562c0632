/** `POST /api/<nouns>/:id/<verb>` for every verb of a noun: the same door for all, db/apply.ts. */
import { z } from 'zod';
import { ReeveError } from '../config/errors';
import { apply, type Applied } from '../db/apply';
import type { KernelNoun, Rows } from '../db/nouns';
import { inScope } from '../policies';
import type { Api, Caller } from './context';
import { queryFlag, shown } from './fields';
import type { VerbInputs } from './present';
import { route, type Route } from './route';

export interface VerbNoun<N extends KernelNoun> {
  noun: N;
  /** `/api/deliveries` */
  path: string;
  inputs: VerbInputs;
  schema: z.ZodType;
  /** Does the verb, where more belongs to it than the door. */
  act?(api: Api, caller: Caller, id: number, verb: string, input: Record<string, unknown>): Promise<Applied<Rows[N]>>;
  /** The thing as `GET` shows it. */
  read(api: Api, caller: Caller, id: number): Promise<{ body: unknown; version: number }>;
}

export const dryRunQuery = z.strictObject({ dryRun: queryFlag().optional().describe('Answer what it would do, and change nothing.') });

export const dryRunSchema = z.object({
  dryRun: z.literal(true), verb: z.string(), from: z.string(), state: z.string(),
  effects: z.array(z.string()).describe('What it would start or write, by name.'),
  timers: z.record(z.string(), z.string()).describe('Timer id to the instant that it is due.'),
});

export function verbRoutes<N extends KernelNoun>(of: VerbNoun<N>): Route[] {
  return Object.entries(of.inputs).map(([verb, body]) =>
    route({
      method: 'post',
      path: `${of.path}/:id/${verb}`,
      summary: `The verb \`${verb}\` of a ${of.noun}.`,
      query: dryRunQuery,
      body,
      answer: { schema: z.union([of.schema, dryRunSchema]) },
      async handle({ api, caller, params, body }) {
        const id = idOf(params.id);
        const input = body as Record<string, unknown>;
        const done = await (of.act ? of.act(api, caller, id, verb, input) : doVerb(api, caller, of.noun, id, verb, input));
        if (caller.dryRun) return { body: wouldDo(verb, done) };
        const { body: thing, version } = await of.read(api, caller, id);
        return { body: thing, version };
      },
    }),
  );
}

/** The verb as a function, for pages and other routes. `reason` goes to the audit, the rest is the verb's input. */
export async function doVerb<N extends KernelNoun>({ kernel }: Api, caller: Caller, noun: N, id: number, verb: string, { reason, ...input }: Record<string, unknown> = {}) {
  needScope(caller, noun, verb);
  return apply(kernel, { noun, id, verb, input, ...caller, reason: reason as string | undefined });
}

/** @throws ReeveError policy.forbidden, the same whether or not the thing exists. */
export function needScope({ actor }: Caller, noun: KernelNoun | 'notice' | 'view' | 'audit', verb: string): void {
  if (!inScope(actor, verb, noun)) throw new ReeveError('policy.forbidden', `The key's scopes do not name ${noun}:${verb}.`);
}

/** @throws ReeveError not-found for what cannot be an id. */
export function idOf(text: string | undefined): number {
  const id = /^[1-9]\d{0,9}$/.test(text ?? '') ? Number(text) : Number.NaN;
  if (!(id <= 2_147_483_647)) throw new ReeveError('not-found');
  return id;
}

export const wouldDo = <N extends KernelNoun>(verb: string, { row, from, effects }: { row: Rows[N]; from: string; effects: { type: string }[] }) => ({
  dryRun: true, verb, from, state: row.state,
  effects: effects.map(({ type }) => type),
  timers: Object.fromEntries(Object.entries(row.timers).map(([timer, atMs]) => [timer, shown(atMs)])),
});
