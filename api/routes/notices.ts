/** Notices: what happened to things that concern the reader. */
import { z } from 'zod';
import { ReeveError } from '../../config/errors';
import type { Notice } from '../../db/entities/notice';
import { readPage } from '../../db/queries/page';
import type { Api, Caller } from '../context';
import { cursor, limit, queryFlag, shown } from '../fields';
import { route, type Route } from '../route';
import { idOf, needScope } from '../verbs';

const listQuery = z.strictObject({ limit: limit(), cursor: cursor(), unread: queryFlag().optional().describe('Only what was not read, or only what was.') });

const noticeSchema = z.object({
  id: z.int(), code: z.string().describe('`<noun>.<verb>`: what happened.'), noun: z.string(), entity: z.int(), at: z.string(), readAt: z.string().nullable(),
});

export const presentNotice = ({ id, code, noun, entity, atMs, readAtMs }: Notice) => ({ id, code, noun, entity, at: shown(atMs), readAt: shown(readAtMs) });

/** Read is read: the second time changes nothing. */
export async function readNotice({ kernel }: Api, caller: Caller, id: number) {
  needScope(caller, 'notice', 'edit');
  const { rows } = await kernel.pool.query(
    `update notice set read_at_ms = coalesce(read_at_ms, ${kernel.clock.sql}) where id = $1 and user_id = $2
     returning id, code, noun, entity, at_ms as "atMs", read_at_ms as "readAtMs"`,
    [id, caller.actor.userId],
  );
  if (!rows.length) throw new ReeveError('not-found');
  return presentNotice(rows[0] as Notice);
}

export async function listNotices({ kernel }: Api, caller: Caller, { unread, ...page }: z.output<typeof listQuery>) {
  needScope(caller, 'notice', 'read');
  const { rows, next } = await readPage<Notice>(kernel, { noun: 'notice', actor: caller.actor, ...page, where: [['(t.read_at_ms is null) = ?', unread]] });
  return { items: rows.map(presentNotice), ...(next && { next }) };
}

export const noticeRoutes: Route[] = [
  route({
    method: 'get',
    path: '/api/notices',
    summary: 'Your notices, newest first.',
    query: listQuery,
    answer: { schema: z.object({ items: z.array(noticeSchema), next: z.string().optional() }) },
    async handle({ api, caller, query }) {
      const list = await listNotices(api, caller, query);
      return { body: list, next: list.next };
    },
  }),
  route({
    method: 'post',
    path: '/api/notices/:id/read',
    summary: 'Mark a notice as read.',
    body: z.strictObject({}),
    answer: { schema: noticeSchema },
    handle: async ({ api, caller, params }) => ({ body: await readNotice(api, caller, idOf(params.id)) }),
  }),
];
