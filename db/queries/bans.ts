/** Bans as people see them, and beside an account request those that it has hit. */
import { readRow } from '../apply';
import { fromRow } from '../columns';
import type { Ban, BanAction, BanTarget } from '../entities/ban';
import type { Kernel } from '../kernel';
import { readPage, type Page, type PageQuery } from './page';

export interface BanView extends Ban {
  /** How many requests it has hit. */
  hits: number;
}
const hits = '(select count(*)::int from request_ban x where x.ban_id = t.id) as hits';

export async function readBanView(kernel: Kernel, id: number): Promise<{ view: BanView; nowMs: number } | null> {
  const { row, nowMs } = await readRow(kernel, 'ban', id);
  if (!row) return null;
  const { rows } = await kernel.pool.query<{ hits: number }>(`select ${hits} from ban t where id = $1`, [id]);
  return { view: { ...row, hits: rows[0]!.hits }, nowMs };
}

export interface BanFilter {
  state?: string;
  target?: BanTarget;
  action?: BanAction;
  /** What the pattern holds. */
  q?: string;
}
export const pageOfBans = (kernel: Kernel, { state, target, action, q, ...page }: BanFilter & Omit<PageQuery, 'noun' | 'select' | 'where'>): Promise<Page<BanView>> =>
  readPage<BanView>(kernel, { ...page, noun: 'ban', select: hits, where: [['t.state = ?', state], ['t.target = ?', target], ['t.action = ?', action], ['strpos(lower(t.pattern), lower(?)) > 0', q]] });

/** The bans that a request has hit. */
export async function bansOf({ pool }: Kernel, requestId: number): Promise<Ban[]> {
  const { rows } = await pool.query('select b.* from request_ban x join ban b on b.id = x.ban_id where x.request_id = $1 order by b.id', [requestId]);
  return rows.map((row) => fromRow<Ban>(row));
}
