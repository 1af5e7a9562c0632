/** Account requests as people see them: with names, the queue that they stand in now, and what was said beside them. */
import type pg from 'pg';
import { readRow } from '../apply';
import { fromRow } from '../columns';
import { foldDue } from '../step';
import type { Event } from '../entities/event';
import type { Request } from '../entities/request';
import type { Kernel } from '../kernel';
import { queueSql } from './handling';
import { readPage, type Page, type PageQuery } from './page';

export interface RequestView extends Request {
  host: string;
  holder: string | null;
  eventTitle: string | null;
  /** Of its wiki: since when the making of accounts is paused. */
  botCreationsPausedAtMs: number | null;
  organizerCreationsPausedAtMs: number | null;
  /** The queue that it stands in, and what that is called (db/entities/queue.ts). */
  standsIn: string;
  queueLanguages: string[];
  queueNames: string[];
}

const named = 'left join wiki w on w.id = t.wiki_id left join "user" u on u.id = t.holder_id left join event e on e.id = t.event_id';
/** @param now SQL of the present instant */
const standing = (kernel: Kernel, now: string): string => `${named} left join queue q on q.key = ${queueSql(kernel, now)}`;
const names = 'w.host, w.bot_creations_paused_at_ms, w.organizer_creations_paused_at_ms, u.name as holder, e.title as event_title, q.key as stands_in, q.languages as queue_languages, q.names as queue_names';

/** In which queue it stands, also where the clock has escalated it just now. */
export const queueOf = ({ escalatedAtMs, standsIn }: Pick<RequestView, 'escalatedAtMs' | 'standsIn'>): string => (escalatedAtMs !== null ? 'flagged' : standsIn);

export async function readRequestView(kernel: Kernel, id: number): Promise<{ view: RequestView; nowMs: number } | null> {
  const { row, nowMs } = await readRow(kernel, 'request', id);
  if (!row) return null;
  const { rows } = await kernel.pool.query(`select ${names} from request t ${standing(kernel, kernel.clock.sql)} where t.id = $1`, [id]);
  return { view: { ...row, ...fromRow<Omit<RequestView, keyof Request>>(rows[0]) }, nowMs };
}

export interface RequestFilter {
  state?: string;
  queue?: string;
  event?: number;
  wiki?: string;
  holder?: number;
  q?: string;
  /** What this search of the actor's own has found. */
  search?: string;
  /** Leave out what the account team has taken from an organizer. */
  onlyOwn?: boolean;
}
export const pageOfRequests = (kernel: Kernel, { state, queue, event, wiki, holder, q, search, onlyOwn, ...page }: RequestFilter & Omit<PageQuery, 'noun' | 'select' | 'where'>): Promise<Page<RequestView>> =>
  readPage<RequestView>(kernel, {
    ...page, noun: 'request', select: names, from: standing(kernel, 'n.ms'), sorts: { priority: 'q.priority' },
    where: [
      ['t.state = ?', state], ['t.event_id = ?', event], ['t.wiki_id = (select id from wiki where host = ?)', wiki?.toLowerCase()], ['t.holder_id = ?', holder],
      [`t.id = any (select unnest(s.requests) from request_search s where s.id = ?::uuid and s.user_id = ${Number(page.actor.userId)} and s.expires_at_ms > ${kernel.clock.sql})`, search],
      ['t.confirmed_at_ms is not null and strpos(lower(t.name), lower(?)) > 0', q], [`t.escalated_at_ms is null and coalesce(t.escalate_at_ms > ${kernel.clock.sql}, true) and t.queue = ?`, onlyOwn ? 'event' : undefined], ['q.key = ?', queue],
    ],
  });

/** How many wait for their confirmation, of some events or of all: a number is all that is said of them. */
export async function countUnconfirmed({ pool, clock }: Kernel, events?: readonly number[]): Promise<number> {
  const { rows } = await pool.query<{ n: number }>(
    `select count(*)::int as n from (select from request where state = 'unconfirmed' and expires_at_ms > ${clock.sql} and ($1::int[] is null or event_id = any ($1)) limit 1000) r`, [events ?? null]);
  return rows[0]!.n;
}

export interface EventDoor extends Event {
  /** Requests that came by it, but those that nobody confirmed in time. */
  taken: number;
}
/** The event behind a special URL, if its door is open at this instant; else null, whatever the reason. */
export async function openDoor(kernel: Kernel, uuid: string): Promise<EventDoor | null> {
  const { rows } = await kernel.pool.query<{ id: number; taken: number }>(
    `select e.id, (select count(*)::int from request r where r.event_id = e.id and r.state <> 'expired') as taken from event e where e.uuid = $1`, [uuid.replaceAll('\0', '')]);
  if (!rows.length) return null;
  const { row, nowMs } = await readRow(kernel, 'event', rows[0]!.id);
  const now = row && foldDue('event', row, nowMs);
  return now?.state === 'open' ? { ...now, taken: rows[0]!.taken } : null;
}

/** Whether a request that was just written has a place at its event. Those that come at the same instant wait for each other. */
export async function hasPlace(client: pg.ClientBase, eventId: number): Promise<boolean> {
  const { rows } = await client.query<{ places: number | null }>('select approved_places as places from event where id = $1 for no key update', [eventId]);
  const { rows: taken } = await client.query<{ n: number }>(`select count(*)::int as n from request where event_id = $1 and state <> 'expired'`, [eventId]);
  return rows[0]!.places === null || taken[0]!.n <= rows[0]!.places;
}
