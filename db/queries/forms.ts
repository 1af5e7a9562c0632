/** Which form the public pages show, and who uses one. */
import type { FormContent } from '../entities/form';
import type { Kernel } from '../kernel';

const PUBLISHED = `f.state = 'published'`;

/** An event's; null where it has none, or none that is published. */
export async function formOfEvent({ pool }: Kernel, eventId: number): Promise<FormContent | null> {
  const { rows } = await pool.query<{ content: FormContent }>(`select f.content from event e join form f on f.id = e.form_id where e.id = $1 and ${PUBLISHED}`, [eventId]);
  return rows[0]?.content ?? null;
}

export interface PublicQueue {
  key: string;
  form: FormContent | null;
}
/** The queue that the main form fills, or the one behind an unlisted address; null where there is none, or it is disabled. */
export async function publicQueue({ pool }: Kernel, uuid?: string): Promise<PublicQueue | null> {
  const { rows } = await pool.query<PublicQueue>(
    `select q.key, f.content as form from queue q left join form f on f.id = q.form_id and ${PUBLISHED} where q.state = 'enabled' and case when $1::text is null then q.key = 'default' else q.uuid = $1 end`,
    [uuid?.replaceAll('\0', '') ?? null]);
  return rows[0] ?? null;
}

export interface FormUses {
  events: number;
  queues: number;
}
export async function usesOf({ pool }: Kernel, formIds: number[]): Promise<Record<number, FormUses>> {
  const { rows } = await pool.query<FormUses & { id: number }>(
    `select id, (select count(*)::int from event where form_id = f.id) as events, (select count(*)::int from queue where form_id = f.id) as queues from unnest($1::int[]) f (id)`, [formIds]);
  return Object.fromEntries(rows.map(({ id, ...uses }) => [id, uses]));
}
