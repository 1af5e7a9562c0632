/** An event as people see it: with the names of its organizers and its wikis. */
import type { Event } from '../entities/event';
import { readRow } from '../apply';
import type { Kernel } from '../kernel';
import { organizesSql } from './handling';
import { readPage, type Page, type PageQuery } from './page';

export interface EventView extends Event {
  /** Names by id. */
  organizers: Record<string, string>;
  /** Hosts; null = all wikis. */
  wikis: string[] | null;
}

/** Over `t`, an event. */
export const eventNames = `(select jsonb_object_agg(u.id, u.name) from "user" u where u.id = any (t.organizer_ids)) as organizers,
  case when t.wiki_ids is not null then (select coalesce(array_agg(w.host order by w.host), '{}') from wiki w where w.id = any (t.wiki_ids)) end as wikis`;

export async function readEventView(kernel: Kernel, id: number): Promise<{ view: EventView; nowMs: number } | null> {
  const { row, nowMs } = await readRow(kernel, 'event', id);
  if (!row) return null;
  const { rows } = await kernel.pool.query<Pick<EventView, 'organizers' | 'wikis'>>(`select ${eventNames} from event t where id = $1`, [id]);
  return { view: { ...row, ...rows[0]! }, nowMs };
}

export const pageOfEvents = (kernel: Kernel, query: Omit<PageQuery, 'noun' | 'select'>): Promise<Page<EventView>> => readPage<EventView>(kernel, { ...query, noun: 'event', select: eventNames });

/** Of this type, for this host or for all, in this country; what is undefined asks for nothing. */
export const eventFilters = ({ type, wiki, country }: { type?: string; wiki?: string; country?: string }): NonNullable<PageQuery['where']> => [
  ['? = any (t.types)', type], ['t.country = ?', country], ['t.wiki_ids is null or (select id from wiki where host = ?) = any (t.wiki_ids)', wiki?.toLowerCase()],
];

/** Who of these may organize: a text is a name and a number an id, for somebody's name may be the number of another. What is not found is nobody who may. */
export async function organizersOf({ pool, terms, clock }: Kernel, given: (string | number)[]): Promise<(number | undefined)[]> {
  const { rows } = await pool.query<{ place: number; id: number }>(
    `select g.place::int, u.id from unnest($1::text[], $2::text[]) with ordinality g (name, id, place)
     join "user" u on lower(u.name) = lower(g.name) or u.id::text = g.id
     where ${organizesSql(terms, 'array[u.id]', clock.sql)}`,
    [given.map((one) => (typeof one === 'string' ? one : null)), given.map((one) => (typeof one === 'number' ? String(one) : null))],
  );
  const found = new Map(rows.map(({ place, id }) => [place, id]));
  return given.map((_, i) => found.get(i + 1));
}
