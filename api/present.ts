/** What every presenter shares: what the reader may do next, with the input that each verb takes. */
import { z } from 'zod';
import { allowedVerbs, takenBy } from '../db/actions';
import type { KernelNoun, Rows } from '../db/nouns';
import { foldDue } from '../db/step';
import { asSubject, cachedAbility, inScope, may, refusalOf } from '../policies';
import type { Actor } from '../policies/actor';

/** verb → what it asks for. A verb that is not here is the system's own. */
export type VerbInputs = Record<string, z.ZodType>;

export interface Unavailable {
  code: string;
  reason: string;
  /** When it will be available again, where the clock decides. */
  untilMs?: number;
}
export interface Action {
  verb: string;
  /** JSON Schema of the body. */
  input: unknown;
  /** It is destructive: show these facts and ask first. */
  confirm?: { facts: Record<string, unknown> };
  /** The state takes it and the reader could, but not this one, and why. */
  unavailable?: Unavailable;
  /** It says yes to what was read: If-Match with that version keeps it from being done to a later one. */
  versioned?: true;
}
/** Verbs that say yes to what somebody else made, and may make anew. */
const VERSIONED = ['approve'];

export const actionSchema = z.object({
  verb: z.string(),
  input: z.record(z.string(), z.unknown()).describe('JSON Schema of the body.'),
  confirm: z.object({ facts: z.record(z.string(), z.unknown()) }).optional(),
  unavailable: z.object({ code: z.string().describe('The problem that the verb would be refused with.'), reason: z.string(), untilMs: z.int().optional() }).optional(),
  versioned: z.literal(true).optional().describe('It says yes to what you have read: send If-Match with that version, so that it is done to no later one.'),
});

/** What an operator's answer hangs on. */
export const decisionCounts = z.record(z.string(), z.int()).nullable().describe('What the answer hangs on: of delivery.lists-grown how many pages were `approved` and how many are `present`.');

/** @param confirm verb → facts that a dialog shows before it. */
export function actionsOf<N extends KernelNoun>(noun: N, row: Rows[N], actor: Actor, nowMs: number, inputs: VerbInputs, confirm: Record<string, Record<string, unknown>> = {}): Action[] {
  const allowed = new Set(allowedVerbs(noun, row, actor, nowMs));
  const actions: Action[] = [];
  for (const verb of Object.keys(inputs)) {
    const action: Action = { verb, input: jsonSchemaOf(inputs[verb]!), ...(VERSIONED.includes(verb) && { versioned: true }) };
    if (allowed.has(verb)) actions.push(confirm[verb] ? { ...action, confirm: { facts: confirm[verb] } } : action);
    else {
      const unavailable = keptFrom(noun, row, actor, verb, nowMs);
      if (unavailable) actions.push({ ...action, unavailable });
    }
  }
  return actions;
}

/** Of these fields of a row those that the reader may read, and the names of the others. */
export function readable<T extends object>(actor: Actor, noun: KernelNoun, row: object, fields: T): { seen: Partial<T>; hidden: string[] } {
  const [seen, hidden]: [[string, unknown][], string[]] = [[], []];
  for (const [name, value] of Object.entries(fields)) if (may(actor, 'read', noun, row, name).allowed) seen.push([name, value]); else hidden.push(name);
  return { seen: Object.fromEntries(seen) as Partial<T>, hidden };
}

/** The verb `edit` (PATCH) of a thing, for who may: nouns without a machine have no other. */
export const editAction = <N extends KernelNoun>(noun: N, row: Rows[N], actor: Actor, input: z.ZodType): Action[] =>
  may(actor, 'edit', noun, row).allowed ? [{ verb: 'edit', input: jsonSchemaOf(input) }] : [];

/** The rule that takes a right away which the actor has in general, where the state would take the verb. */
function keptFrom<N extends KernelNoun>(noun: N, row: Rows[N], actor: Actor, verb: string, nowMs: number): Unavailable | undefined {
  if (!inScope(actor, verb, noun)) return undefined;
  const ability = cachedAbility(actor);
  const subject = asSubject(noun, row);
  const rule = ability.relevantRuleFor(verb, subject);
  if (!rule?.inverted) return undefined;
  const { code, reason } = refusalOf(rule);
  const given = ability.rulesFor(verb, noun).some((other) => !other.inverted && other.matchesConditions(subject));
  return reason && given && takenBy(noun, foldDue(noun, row, nowMs), nowMs)(verb) ? { code, reason } : undefined;
}

const schemas = new WeakMap<z.ZodType, unknown>();

/** For `actions`: what goes in, as JSON Schema, without the patterns, which every answer would repeat. */
export function jsonSchemaOf(schema: z.ZodType): unknown {
  let made = schemas.get(schema);
  if (made === undefined) {
    const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any', override: ({ jsonSchema }) => void delete jsonSchema.pattern });
    schemas.set(schema, (made = rest));
  }
  return made;
}
