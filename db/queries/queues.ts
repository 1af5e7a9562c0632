/** Queues as people see them, and what the desk asks about one. */
import type pg from 'pg';
import type { BusinessHours } from '../business-hours';
import type { Queue } from '../entities/queue';
import type { Request } from '../entities/request';
import type { Kernel } from '../kernel';
import { queueSql } from './handling';
import { readPage, type Page, type PageQuery } from './page';

type Db = Pick<pg.Pool, 'query'>;
const WAITING = `('open', 'reserved', 'creating')`;

export interface QueueFilter {
  state?: string;
}
export const pageOfQueues = (kernel: Kernel, { state, ...page }: QueueFilter & Omit<PageQuery, 'noun' | 'select' | 'where'>): Promise<Page<Queue>> =>
  readPage<Queue>(kernel, { ...page, noun: 'queue', order: 'asc', sorts: { priority: 't.priority' }, where: [['t.state = ?', state]] });

/** How many requests wait in each, to 1,000. */
export async function waitingIn(kernel: Kernel, keys: string[]): Promise<Record<string, number>> {
  const { rows } = await kernel.pool.query<{ key: string; n: number }>(
    `select w.key, count(*)::int as n from unnest($1::text[]) k (key) cross join lateral (
       select k.key from request t left join event e on e.id = t.event_id where t.state in ${WAITING} and ${queueSql(kernel, kernel.clock.sql)} = k.key limit 1000) w group by 1`, [keys]);
  return Object.fromEntries(rows.map(({ key, n }) => [key, n]));
}

export const isEnabled = async (db: Db, key: string): Promise<boolean> => (await db.query(`select from queue where key = $1 and state = 'enabled'`, [key])).rowCount === 1;

/** Whether something waits in it, or will once its address is confirmed or what has it in hand gives it back. */
export const isInUse = async (db: Db, key: string): Promise<boolean> =>
  (await db.query(`select from request where queue = $1 and state in ('unconfirmed', 'open', 'reserved', 'creating') limit 1`, [key])).rowCount === 1;

/** The hours of the queue that a request stands in. */
export async function hoursFor(kernel: Kernel, { queue, escalatedAtMs, eventId }: Pick<Request, 'queue' | 'escalatedAtMs' | 'eventId'>, nowMs: number): Promise<BusinessHours> {
  const { rows } = await kernel.pool.query<BusinessHours>(
    `select q.time_zone as "timeZone", q.hours, q.holidays from (select $1::text as queue, $2::bigint as escalated_at_ms, $3::int as event_id) t left join event e on e.id = t.event_id
     join queue q on q.key = ${queueSql(kernel, '$4::bigint')}`, [queue, escalatedAtMs, eventId, nowMs]);
  return rows[0]!;
}
