/** What notices are about. */
import type { Noun } from '../../policies';
import type { Actor } from '../../policies/actor';
import type { Kernel } from '../kernel';
import { scope } from '../scope';

/** Over a notice `t`: the subject of a delivery, the title of an event, the role of a membership; null where the reader may not read it. @param readable the reader's scope over a table by its alias */
export const noticeTitleSql = (readable: (noun: Noun, alias: string) => string): string => `case t.noun
  when 'delivery' then (select d.subject from delivery d where d.id = t.entity and ${readable('delivery', 'd')})
  when 'event' then (select e.title from event e where e.id = t.entity and ${readable('event', 'e')})
  when 'membership' then (select m.role from membership m where m.id = t.entity and ${readable('membership', 'm')}) end`;

/** @returns by the notice's id */
export async function noticeTitles(kernel: Kernel, actor: Actor, ids: number[]): Promise<Map<number, string | null>> {
  const values: unknown[] = [ids];
  const title = noticeTitleSql((noun, alias) => {
    const { sql, values: more } = scope(actor, noun, { alias, firstParam: values.length + 1 });
    values.push(...more);
    return sql;
  });
  const { rows } = await kernel.pool.query<{ id: number; title: string | null }>(`select t.id, ${title} as title from notice t where t.id = any($1)`, values);
  return new Map(rows.map(({ id, title }) => [id, title]));
}
