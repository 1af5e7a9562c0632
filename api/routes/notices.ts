/** Notices: what happened to things that concern the reader. */
import { z } from 'zod';
import { ReeveError } from '../../config/errors';
import type { Notice } from '../../db/entities/notice';
import { noticeTitles } from '../../db/queries/notices';
import { readPage } from '../../db/queries/page';
import type { Api, Caller } from '../context';
import { queryFlag, shown } from '../fields';
import { answered, listFields, listSchema, listed } from '../lists';
import { actionSchema, jsonSchemaOf } from '../present';
import { route, type Route } from '../route';
import { idOf, needScope } from '../verbs';

const listQuery = z.strictObject({ ...listFields(), unread: queryFlag().optional().describe('Only what was not read, or only what was.') });

const noticeSchema = z.object({
  id: z.int(), code: z.string().describe('`<noun>.<verb>`: what happened.'), noun: z.string(), entity: z.int(),
  title: z.string().nullable().describe('Of a delivery its subject, of an event its title, of a membership its role; null where it has none, or not for you.'), at: z.string(), reason: z.string().optional().describe('Why, where it is told to you.'), readAt: z.string().nullable(), actions: z.array(actionSchema),
});

const readInput = z.strictObject({});

/** What somebody else decided about an event is told with the reason: of one that is disabled its organizers see no more. */
const reasonSql = `(select r.text from audit a join audit_reason r on r.id = a.reason_id
  where a.noun = t.noun and a.entity = t.entity and a.version = t.audit_version and t.code in ('event.reject', 'event.disable', 'event.cancel')) as reason`;

type Told = Notice & { title: string | null; reason: string | null };

export const presentNotice = ({ id, code, noun, entity, title, atMs, reason, readAtMs }: Told) => ({ id, code, noun, entity, title, at: shown(atMs), ...(reason !== null && { reason }), readAt: shown(readAtMs),
  actions: readAtMs === null ? [{ verb: 'read', input: jsonSchemaOf(readInput) }] : [],
});

/** Read is read: the second time changes nothing. */
export async function readNotice({ kernel }: Api, caller: Caller, id: number) {
  needScope(caller, 'notice', 'edit');
  const { rows } = await kernel.pool.query(
    `update notice t set read_at_ms = coalesce(read_at_ms, ${kernel.clock.sql}) where id = $1 and user_id = $2
     returning id, code, noun, entity, at_ms as "atMs", read_at_ms as "readAtMs", ${reasonSql}`,
    [id, caller.actor.userId],
  );
  if (!rows.length) throw new ReeveError('not-found');
  return presentNotice({ ...rows[0], title: (await noticeTitles(kernel, caller.actor, [id])).get(id) ?? null });
}

export async function listNotices({ kernel }: Api, caller: Caller, { unread, ...page }: z.output<typeof listQuery>) {
  needScope(caller, 'notice', 'read');
  const found = await readPage<Omit<Told, 'title'>>(kernel, { noun: 'notice', actor: caller.actor, ...page, select: reasonSql, where: [['(t.read_at_ms is null) = ?', unread]] });
  const titles = await noticeTitles(kernel, caller.actor, found.rows.map(({ id }) => id));
  return listed(found, (row) => presentNotice({ ...row, title: titles.get(row.id) ?? null }));
}

export const noticeRoutes: Route[] = [
  route({
    method: 'get',
    path: '/api/notices',
    summary: 'Your notices, newest first.',
    query: listQuery,
    answer: { schema: listSchema(noticeSchema) },
    async handle({ api, caller, query }) {
      return answered(await listNotices(api, caller, query));
    },
  }),
  route({
    method: 'post',
    path: '/api/notices/:id/read',
    summary: 'Mark a notice as read.',
    body: readInput,
    answer: { schema: noticeSchema },
    handle: async ({ api, caller, params }) => ({ body: await readNotice(api, caller, idOf(params.id)) }),
  }),
];
