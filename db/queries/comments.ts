/** Comments beside account requests: what the nightly look through them is to read, and what waits for somebody to decide about it. */
import { holds, type Actor } from '../../policies/actor';
import type { visibilities } from '../entities/request';
import type { Kernel } from '../kernel';
import { noteOn, type Note } from '../note';
import { holdsWhereabouts } from '../whereabouts';
import { makeCursor, openCursor, sealOf } from './page';

export interface Comment {
  id: number;
  version: number;
  requestId: number;
  userId: number;
  user: string;
  visibility: (typeof visibilities)[number];
  /** null: erased. */
  text: string | null;
  atMs: number;
  flaggedAtMs: number | null;
  hiddenAtMs: number | null;
}

/** Of the account team, whose comments this one reads. */
export const readableComments = (actor: Actor): string[] => ['requester', 'user', ...(holds(actor, 'toolAdmin', 'admin', 'checkuser') ? ['admin'] : []), ...(holds(actor, 'checkuser') ? ['checkuser'] : [])];

const columns = `c.id, c.version, c.request_id as "requestId", c.user_id as "userId", u.name as user, c.visibility, c.text, c.at_ms as "atMs", c.flagged_at_ms as "flaggedAtMs", c.hidden_at_ms as "hiddenAtMs"`;
/** Of what is not confirmed nobody sees anything. */
const from = 'from request_comment c join "user" u on u.id = c.user_id join request r on r.id = c.request_id and r.confirmed_at_ms is not null';

/** Oldest first, at most 500. @param only of these users; of everybody where undefined */
export async function commentsOf({ pool }: Kernel, requestId: number, visible: string[], only?: number[]): Promise<Comment[]> {
  const { rows } = await pool.query<Comment>(`select ${columns} ${from} where c.request_id = $1 and c.visibility = any ($2) and ($3::int[] is null or c.user_id = any ($3)) order by c.id limit 500`, [requestId, visible, only ?? null]);
  return rows;
}

export async function readComment({ pool }: Kernel, id: number, visible: string[]): Promise<Comment | null> {
  const { rows } = await pool.query<Comment>(`select ${columns} ${from} where c.id = $1 and c.visibility = any ($2)`, [id, visible]);
  return rows[0] ?? null;
}

/** Those in which an address was found and about which nobody has decided, of those that this one decides about: what stands behind `select …`, over `c`. @param param number of the first value */
export const flaggedFor = (actor: Actor, param: number): { sql: string; values: unknown[] } => ({ sql: `${from} where c.flagged_at_ms is not null and c.visibility = any ($${param})`, values: [readableComments(actor)] });

export interface CommentsAsked {
  flagged?: boolean;
  hidden?: boolean;
  limit: number;
  cursor?: string;
  count?: boolean;
}
/** Newest first. @throws ReeveError input.invalid for a cursor that is not this list's */
export async function pageOfComments({ pool }: Kernel, visible: string[], { flagged, hidden, limit, cursor, count }: CommentsAsked): Promise<{ rows: Comment[]; next?: string; count?: number }> {
  const seal = sealOf('comment', [flagged, hidden]);
  const where = `c.visibility = any ($1) and ($2::boolean is null or (c.flagged_at_ms is not null) = $2) and ($3::boolean is null or (c.hidden_at_ms is not null) = $3)`;
  const values = [visible, flagged ?? null, hidden ?? null];
  const { rows } = await pool.query<Comment>(`select ${columns} ${from} where ${where} and ($4::int is null or c.id < $4) order by c.id desc limit $5`, [...values, cursor === undefined ? null : openCursor(cursor, seal), limit + 1]);
  const counted = count ? await pool.query<{ n: number }>(`select count(*)::int as n from (select ${from} where ${where} limit 1001) x`, values) : undefined;
  return { rows: rows.slice(0, limit), ...(rows.length > limit && { next: makeCursor(rows[limit - 1]!.id, seal) }), ...(counted && { count: counted.rows[0]!.n }) };
}

/**
 * Looks through some that were not looked through since they were written, and flags those that hold an address, each in
 * the log of its request. Done twice it finds nothing more; one that is changed meanwhile is looked through again.
 */
export async function scanComments(kernel: Kernel, actor: Actor, limit: number, beat: (id: number) => void = () => {}): Promise<{ scanned: number; flagged: number }> {
  const { rows } = await kernel.pool.query<{ id: number; version: number; requestId: number; text: string }>(
    'select id, version, request_id as "requestId", text from request_comment where scanned_at_ms is null and text is not null order by id limit $1', [limit]);
  const [suspect, clear] = [rows.filter(({ text }) => holdsWhereabouts(text)), rows.filter(({ text }) => !holdsWhereabouts(text))];
  await kernel.pool.query(
    `update request_comment c set scanned_at_ms = ${kernel.clock.sql} from unnest($1::int[], $2::int[]) as x (id, version) where c.id = x.id and c.version = x.version`,
    [clear.map(({ id }) => id), clear.map(({ version }) => version)]);
  for (const comment of suspect) {
    await decide(kernel, { actor, verb: 'flagComment' }, comment, `scanned_at_ms = ${kernel.clock.sql}, flagged_at_ms = ${kernel.clock.sql}`);
    beat(comment.id);
  }
  return { scanned: rows.length, flagged: suspect.length };
}

/** One act on a comment, in the log of its request. @param set SQL over `request_comment`, with `values` from $3 on @returns false: it is another by now */
export async function decide(kernel: Kernel, note: Omit<Note, 'noun' | 'id' | 'code'>, { id, version, requestId }: Pick<Comment, 'id' | 'version' | 'requestId'>, set: string, values: unknown[] = []): Promise<boolean> {
  const done = await noteOn(kernel, { ...note, noun: 'request', id: requestId, code: `comment/${id}` }, async (client) =>
    (await client.query(`update request_comment set version = version + 1, ${set} where id = $1 and version = $2 and text is not null`, [id, version, ...values])).rowCount === 1);
  return done !== 'nothing';
}
