/** The switch that holds up the making of accounts at a wiki, one for each mode: by the bot, or as the organizer. */
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

/** Requests whose account is just being made in a mode, in the order of filing. */
export async function creatingAt({ pool }: Kernel, wikiId: number, mode: string): Promise<number[]> {
  const { rows } = await pool.query<{ id: number }>(`select id from request where wiki_id = $1 and state = 'creating' and mode = $2 order by id`, [wikiId, mode]);
  return rows.map(({ id }) => id);
}

/** @throws ReeveError request.creations-paused */
export async function needUnpaused({ pool }: Kernel, asked: Pick<Request, 'wikiId' | 'mode'>): Promise<void> {
  const since = await pausedAt(pool, asked);
  if (since !== null) throw new ReeveError('request.creations-paused', undefined, { since: new Date(since).toISOString() });
}
