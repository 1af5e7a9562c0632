/**
 * What every list takes and answers, once: a page in both directions, a sort that an index carries, a count that stays
 * cheap, and whether the reader may make one more.
 */
import { z } from 'zod';
import type { Page } from '../db/queries/page';
import { mayEver, type Noun } from '../policies';
import type { Actor } from '../policies/actor';
import { cursor, limit, queryFlag } from './fields';
import { actionSchema, jsonSchemaOf, type Action } from './present';
import type { Answer } from './route';

/** @param sorts more than by age, each with an index behind it. */
export const listFields = (...sorts: string[]) => ({
  limit: limit(), cursor: cursor(),
  sort: z.enum(['createdAt', ...sorts].flatMap((name) => [name, `-${name}`]) as [string, ...string[]]).optional().describe('`-` = downwards.'),
  count: queryFlag().optional().describe('Also count what matches, to 1,000.'),
});

export const listSchema = <T extends z.ZodType>(item: T) =>
  z.object({
    items: z.array(item), next: z.string().optional().describe('Cursor of the page after; also in Link.'), prev: z.string().optional().describe('Cursor of the page before.'),
    count: z.int().optional().describe('How many match, with ?count=true.'), countIsMore: z.literal(true).optional().describe('There are more than `count`.'),
    actions: z.array(actionSchema).describe('`new`, where you may make one: POST to this address.'),
  });

/** @param present a row as it is shown. */
export function listed<Row, T>({ rows, nowMs, next, prev, count }: Page<Row>, present: (row: Row, nowMs: number) => T, actions: Action[] = []) {
  const more = count !== undefined && count > MOST_COUNTED;
  return {
    items: rows.map((row) => present(row, nowMs)), ...(next && { next }), ...(prev && { prev }),
    ...(count !== undefined && { count: Math.min(count, MOST_COUNTED) }), ...(more && { countIsMore: true as const }), actions,
  };
}

export const answered = <T extends { next?: string; prev?: string }>(list: T): Answer => ({ body: list, next: list.next, prev: list.prev });

/** The verb `new` for who may make one of the noun. */
export const offered = (actor: Actor, noun: Noun, input: z.ZodType): Action[] => (mayEver(actor, 'new', noun) ? [{ verb: 'new', input: jsonSchemaOf(input) }] : []);

const MOST_COUNTED = 1_000;
