/**
 * One page of a list: the rows that the reader may see, by key, newest first, filtered in the database.
 * A page costs the same at any depth.
 */
import { createHash } from 'node:crypto';
import { fieldError, type ReeveError } from '../../config/errors';
import type { Noun } from '../../policies';
import type { Actor } from '../../policies/actor';
import { named } from '../clock';
import { fromRows, snake } from '../columns';
import type { Kernel } from '../kernel';
import { scope } from '../scope';

export interface PageQuery {
  noun: Noun;
  actor: Actor;
  limit: number;
  cursor?: string;
  /** SQL conditions over `t`, each with `?` for its one value; undefined values leave the condition out. */
  where?: [sql: string, value: unknown][];
  /** More columns, as SQL over `t`; `n.ms` is the door's clock. */
  select?: string;
  from?: string;
  order?: 'asc' | 'desc';
  /** `name`, `-name`; it wins over `order`. */
  sort?: string;
  /** Sorts besides `createdAt`: name → SQL over `t`, with an index behind it. */
  sorts?: Record<string, string>;
  /** Count what matches, to one more than 1,000. */
  count?: boolean;
}
export interface Page<Row> {
  rows: Row[];
  nowMs: number;
  next?: string;
  prev?: string;
  count?: number;
}

/** @throws ReeveError input.invalid for a cursor that is not this list's, or whose row the reader does not see. */
export async function readPage<Row extends { id: number }>(kernel: Kernel, query: PageQuery): Promise<Page<Row>> {
  const { noun, actor, limit, where = [], select = '', from = '', order = 'desc', sort = order === 'desc' ? '-createdAt' : 'createdAt' } = query;
  const given = where.filter(([, value]) => value !== undefined);
  const seal = sealOf(noun, [...given, sort]);
  const { sql, values } = scope(actor, noun, { alias: 't', firstParam: 1 });
  const place = (value: unknown): string => `$${values.push(value)}`;
  const table = `"${snake(noun)}" t cross join (select ${kernel.clock.sql} as ms) n`;
  const conditions = [sql, ...given.map(([condition, value]) => `(${condition.replace('?', () => place(value))})`)];
  const counted = query.count ? kernel.pool.query<{ n: number }>(`select count(*)::int as n from (select from ${table} ${from} where ${conditions.join(' and ')} limit 1001) c`, [...values]) : undefined;
  const at = query.cursor === undefined ? undefined : openPageCursor(query.cursor, seal);
  const key = query.sorts?.[sort.replace('-', '')] ?? 't.id';
  const down = sort.startsWith('-') !== (at?.back ?? false);
  const beyond = down ? '<' : '>';
  // Where the row stands says something of it: to whoever may not read it, it stands nowhere.
  if (at) conditions.push(key === 't.id' ? `t.id ${beyond} ${place(at.id)}` : `(${key}, t.id) ${beyond} (select ${key}, t.id from ${table} ${from} where t.id = ${place(at.id)} and ${sql})`);
  const way = down ? 'desc' : 'asc';
  const [rows, n] = await Promise.all([
    // The limit stands in the text: with a parameter there Postgres plans anew each time, which takes longer than a page.
    ask<Row>(kernel,
      `select t.*${select && `, ${select}`}, n.ms as asked_at_ms from ${table} ${from}
       where ${conditions.join(' and ')} order by ${key === 't.id' ? '' : `${key} ${way}, `}t.id ${way} limit ${limit + 1}`,
      values, isRound(limit),
    ),
    counted,
  ]);
  if (at && key !== 't.id' && !rows.length && !(await isSeen(kernel, actor, noun, at.id))) throw foreign(); // else it would look like the list's end
  const nowMs = rows[0]?.askedAtMs ?? Date.now();
  const page: Row[] = rows.slice(0, limit);
  if (at?.back) page.reverse();
  // Where a page was come to from, there is something.
  const [after, before] = at?.back ? [true, rows.length > limit] : [rows.length > limit, at !== undefined];
  return {
    rows: page, nowMs, ...(n && { count: n.rows[0]!.n }),
    ...(after && page.length > 0 && { next: makeCursor(page.at(-1)!.id, seal) }), ...(before && page.length > 0 && { prev: makeCursor(page[0]!.id, seal, BACK) }),
  };
}

/** Prepared, because planning takes longer than a page; there are as many texts as there are roles, filters and usual lengths. A clock that a test holds is in the text. */
const ask = async <Row>(kernel: Kernel, text: string, values: unknown[], prepared: boolean): Promise<(Row & { askedAtMs: number })[]> =>
  fromRows(await kernel.pool.query({ ...(prepared && named(kernel, `page-${createHash('sha1').update(text).digest('base64url')}`)), text, values, rowMode: 'array' }));
async function isSeen({ pool }: Kernel, actor: Actor, noun: Noun, id: number): Promise<boolean> {
  const { sql, values } = scope(actor, noun, { firstParam: 2 });
  return (await pool.query(`select from "${snake(noun)}" t where t.id = $1 and ${sql}`, [id, ...values])).rowCount === 1;
}
/** 50, 100, 1000: what pages are asked for by. */
const isRound = (limit: number): boolean => /^[1-9]0*$/.test(String(limit));

export const BACK = '.b';

/** A cursor belongs to one list and its filters: with others it would skip or repeat rows. */
export const sealOf = (noun: string, filters: unknown): string => createHash('sha256').update(JSON.stringify([noun, filters])).digest('base64url').slice(0, 8);
export const makeCursor = (id: number, seal: string, back: '' | typeof BACK = ''): string => Buffer.from(`${id}.${seal}${back}`).toString('base64url');

export function openCursor(cursor: string, seal: string): number {
  const { id, back } = openPageCursor(cursor, seal);
  if (back) throw foreign();
  return id;
}

/** @param cursor of a list that can be gone through in both directions. */
export function openPageCursor(cursor: string, seal: string): { id: number; back: boolean } {
  const [, id, own, back] = /^(\d{1,15})\.([\w-]+)(\.b)?$/.exec(Buffer.from(cursor, 'base64url').toString('latin1')) ?? [];
  if (id === undefined || own !== seal) throw foreign();
  return { id: Number(id), back: back !== undefined };
}

const foreign = (): ReeveError => fieldError('?cursor', 'input.invalid', 'This cursor does not belong to this list and its filters: start again without one.');
