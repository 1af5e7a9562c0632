/** The switch that holds up the making of accounts at a wiki, one for each mode: by the bot, or as the organizer; and what no switch holds up any more. */
import type pg from 'pg';
import { ReeveError } from '../../config/errors';
import type { Request } from '../entities/request';
import { creationModes } from '../entities/wiki';
import type { Kernel } from '../kernel';

/** SQL: since when making accounts in this mode is paused at `w`; null where it is not. @param mode SQL of it */
export const pausedSql = (mode: string): string => `case ${mode} ${creationModes.map((one) => `when '${one}' then w.${one}_creations_paused_at_ms`).join(' ')} end`;

/** Since when accounts are made in this mode by nobody; null where they are. @param lock keeps the switch as it is until the transaction ends */
export async function pausedAt(db: Pick<pg.ClientBase, 'query'>, { wikiId, mode }: Pick<Request, 'wikiId' | 'mode'>, lock: '' | 'for share' = ''): Promise<number | null> {
  const { rows } = await db.query<{ at: number | null }>(`select ${pausedSql('$2::text')} as at from wiki w where w.id = $1 ${lock}`, [wikiId, mode]);
  return rows[0]?.at ?? null;
}

/** So long after it began, a try whose answer was lost, and which the wiki's log does not know, makes no account any more. */
const LATE_MS = 10 * 60_000;
/** Whether a try of the making that is under way has made the account, or may have, or may yet. */
export const mayBeMade = async (db: Pick<pg.ClientBase, 'query'>, { id, takeBackUntilMs }: Pick<Request, 'id' | 'takeBackUntilMs'>, nowMs: number): Promise<boolean> =>
  (await db.query(
    `select from account_attempt where request_id = $1 and began_at_ms >= $2 and (outcome in ('attempting', 'created') or outcome = 'lost' and began_at_ms > $3::bigint - ${LATE_MS}) limit 1`, [id, takeBackUntilMs ?? 0, nowMs])).rowCount === 1;

/** Requests whose account is just being made in a mode, in the order of filing. */
export async function creatingAt({ pool }: Kernel, wikiId: number, mode: string): Promise<number[]> {
  const { rows } = await pool.query<{ id: number }>(`select id from request where wiki_id = $1 and state = 'creating' and mode = $2 order by id`, [wikiId, mode]);
  return rows.map(({ id }) => id);
}

/** Since when accounts are made by nobody in one mode; null where they are. */
export interface Way {
  pausedAtMs: number | null;
}
/** By whom an account could be made at a wiki. @returns `granted`: the wiki lets Reeve act as this person, as far as is known */
export async function waysToCreate({ pool }: Kernel, { wikiId }: Pick<Request, 'wikiId'>, userId: number): Promise<{ bot: Way; organizer: Way & { granted: boolean } }> {
  const { rows } = await pool.query<{ bot: number | null; organizer: number | null; granted: boolean }>(
    `select ${pausedSql("'bot'")} as bot, ${pausedSql("'organizer'")} as organizer, exists (select from identity i join wiki_grant g on g.identity_id = i.id where i.wiki_id = w.id and i.user_id = $2) as granted from wiki w where w.id = $1`,
    [wikiId, userId]);
  const { bot, organizer, granted } = rows[0]!;
  return { bot: { pausedAtMs: bot }, organizer: { pausedAtMs: organizer, granted } };
}

/** @throws ReeveError request.creations-paused */
export function needUnpaused({ pausedAtMs }: Way): void {
  if (pausedAtMs !== null) throw new ReeveError('request.creations-paused', undefined, { since: new Date(pausedAtMs).toISOString() });
}
