/** Notices: what happened to things that concern the reader. */
import { z } from 'zod';
import { ReeveError } from '../../config/errors';
import type { Notice } from '../../db/entities/notice';
import { readPage } from '../../db/queries/page';
import type { Api, Caller } from '../context';
import { queryFlag, shown } from '../fields';
import { answered, listFields, listSchema, listed } from '../lists';
import { actionSchema, jsonSchemaOf } from '../present';
import { route, type Route } from '../route';
import { idOf, needScope } from '../verbs';

const listQuery = z.strictObject({ ...listFields(), unread: queryFlag().optional().describe('Only what was not read, or only what was.') });

const noticeSchema = z.object({
  id: z.int(), code: z.string().describe('`<noun>.<verb>`: what happened.'), noun: z.string(), entity: z.int(), at: z.string(), reason: z.string().optional().describe('Why, where it is told to you.'), readAt: z.string().nullable(), actions: z.array(actionSchema),
});

const readInput = z.strictObject({});

/** What somebody else decided about an event is told with the reason: of one that is disabled its organizers see no more. */
const reasonSql = `(select r.text from audit a join audit_reason r on r.id = a.reason_id
  where a.noun = t.noun and a.entity = t.entity and a.version = t.audit_version and t.code in ('event.reject', 'event.disable', 'event.cancel')) as reason`;

type Told = Notice & { reason: string | null };

export const presentNotice = ({ id, code, noun, entity, atMs, reason, readAtMs }: Told) => ({ id, code, noun, entity, at: shown(atMs), ...(reason !== null && { reason }), readAt: shown(readAtMs),
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
  return presentNotice(rows[0] as Told);
}

export async function listNotices({ kernel }: Api, caller: Caller, { unread, ...page }: z.output<typeof listQuery>) {
  needScope(caller, 'notice', 'read');
  const found = await readPage<Told>(kernel, { noun: 'notice', actor: caller.actor, ...page, select: reasonSql, where: [['(t.read_at_ms is null) = ?', unread]] });
  return listed(found, presentNotice);
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
