/**
 * One page of a list: the rows that the reader may see, by key, newest first, filtered in the database.
 * A page costs the same at any depth.
 */
import { createHash } from 'node:crypto';
import { fieldError } from '../../config/errors';
import type { Noun } from '../../policies';
import type { Actor } from '../../policies/actor';
import { snake, fromRow } from '../columns';
import type { Kernel } from '../kernel';
import { scope } from '../scope';

export interface PageQuery {
  noun: Noun;
  actor: Actor;
  limit: number;
  cursor?: string;
  /** SQL conditions over `t`, each with `?` for its one value; undefined values leave the condition out. */
  where?: [sql: string, value: unknown][];
  /** More columns, as SQL over `t`. */
  select?: string;
  from?: string;
  order?: 'asc' | 'desc';
}
export interface Page<Row> {
  rows: Row[];
  nowMs: number;
  next?: string;
}

/** @throws ReeveError input.invalid for a cursor that is not this list's. */
export async function readPage<Row extends { id: number }>(kernel: Kernel, query: PageQuery): Promise<Page<Row>> {
  const { noun, actor, limit, where = [], select = '', from = '', order = 'desc' } = query;
  const given = where.filter(([, value]) => value !== undefined);
  const seal = sealOf(noun, given);
  const { sql, values } = scope(actor, noun, { alias: 't', firstParam: 1 });
  const conditions = [sql];
  const place = (value: unknown): string => `$${values.push(value)}`;
  for (const [condition, value] of given) conditions.push(`(${condition.replace('?', () => place(value))})`);
  if (query.cursor !== undefined) conditions.push(`t.id ${order === 'desc' ? '<' : '>'} ${place(openCursor(query.cursor, seal))}`);
  const { rows } = await kernel.pool.query(
    `select t.*, ${kernel.clock.sql} as now_ms${select && `, ${select}`} from "${snake(noun)}" t ${from}
     where ${conditions.join(' and ')} order by t.id ${order} limit ${place(limit + 1)}`,
    values,
  );
  const nowMs = rows[0]?.now_ms ?? Date.now();
  const page = rows.slice(0, limit).map(({ now_ms: _, ...row }) => fromRow<Row>(row));
  return { rows: page, nowMs, ...(rows.length > limit && { next: makeCursor(page.at(-1)!.id, seal) }) };
}

/** A cursor belongs to one list and its filters: with others it would skip or repeat rows. */
export const sealOf = (noun: string, filters: unknown): string => createHash('sha256').update(JSON.stringify([noun, filters])).digest('base64url').slice(0, 8);
export const makeCursor = (id: number, seal: string): string => Buffer.from(`${id}.${seal}`).toString('base64url');

export function openCursor(cursor: string, seal: string): number {
  const [id, own] = Buffer.from(cursor, 'base64url').toString('latin1').split('.');
  if (!/^\d{1,15}$/.test(id ?? '') || own !== seal) throw fieldError('?cursor', 'input.invalid', 'This cursor does not belong to this list and its filters: start again without one.');
  return Number(id);
}
