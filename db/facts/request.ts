/** What the door adds to the verbs of account requests: until when, and what cannot be. */
import { ReeveError, fieldError } from '../../config/errors';
import { may } from '../../policies';
import { holds } from '../../policies/actor';
import type { Request } from '../entities/request';
import type { Kernel } from '../kernel';
import { needUnpaused, pausedAt } from '../queries/pauses';
import { readStanding, userOf } from '../queries/actors';
import type { Fact } from './index';

/** How long whoever closed it may open it again; later it is a tool admin's. */
const REOPEN_MS = 7 * 86_400_000;
/** What looks like the address of a person: asked about before it is kept in a comment. */
const WHEREABOUTS = /[^\s@]+@[^\s@]+\.[^\s@]+|\b\d{1,3}(?:\.\d{1,3}){3}\b|\b(?:[\da-f]{1,4}:){2,7}(?::?[\da-f]{1,4}\b|:)/iu;

const clocks = ({ terms }: Kernel, nowMs: number): Record<string, number> => ({ remindAtMs: nowMs + terms.remindMs, escalateAtMs: nowMs + terms.escalateMs });

export const requestFacts: Record<string, Fact<Request>> = {
  confirm: async (kernel, row, _actor, _input, nowMs) => ({ ...clocks(kernel, nowMs), unasked: row.nameCheck === 'unasked' }),
  reserve: async (kernel, _row, actor, _input, nowMs) => ({ holderId: actor.userId, untilMs: nowMs + kernel.terms.reservationMs }),
  async create(kernel, row, actor, { mode }, nowMs) {
    if (row.nameCheck === 'refused') throw new ReeveError('request.name-refused');
    await needUnpaused(kernel, { wikiId: row.wikiId, mode: mode as Request['mode'] });
    return { holderId: actor.userId, mode, takeBackUntilMs: nowMs + kernel.terms.takeBackMs };
  },
  takeBack: async (kernel, row, _actor, _input, nowMs) => ({ untilMs: nowMs + kernel.terms.reservationMs, held: (await pausedAt(kernel.pool, row)) !== null }),
  creationFailed: async (kernel, _row, _actor, _input, nowMs) => ({ untilMs: nowMs + kernel.terms.reservationMs }),
  async sendReservation(kernel, row, _actor, { to }, nowMs) {
    const standing = await readStanding(kernel, String(to));
    const taker = standing && userOf(standing);
    if (!taker || taker.userId === row.holderId || !may(taker, 'reserve', 'request', row).allowed) throw fieldError('/to', 'request.no-taker');
    return { holderId: taker.userId, untilMs: nowMs + kernel.terms.reservationMs };
  },
  async defer(_kernel, row, _actor, { queue }) {
    if (queue === 'event' && row.eventId === null) throw fieldError('/queue', 'request.no-event');
    return {};
  },
  async comment(_kernel, _row, actor, { text, visibility, acknowledge }) {
    if (visibility === 'admin' && !holds(actor, 'toolAdmin', 'admin', 'checkuser')) throw fieldError('/visibility', 'policy.forbidden', 'Only admins and checkusers write what only admins read.');
    if (visibility === 'checkuser' && !holds(actor, 'checkuser')) throw fieldError('/visibility', 'policy.forbidden', 'Only checkusers write what only checkusers read.');
    if (!acknowledge && WHEREABOUTS.test(text as string)) throw fieldError('/text', 'request.private-comment');
    return {};
  },
  async reopen(kernel, row, actor, _input, nowMs) {
    if (row.closedAtMs !== null && row.closedAtMs + REOPEN_MS < nowMs && !holds(actor, 'toolAdmin', 'admin')) throw new ReeveError('request.closed-long');
    if (row.closeByMs <= nowMs) throw new ReeveError('request.too-old');
    if (await isNameAsked(kernel, row)) throw fieldError('/name', 'request.name-asked');
    return clocks(kernel, nowMs);
  },
};

/** Whether another request that is not answered yet has this name. */
export async function isNameAsked({ pool }: Kernel, { id, wikiId, name }: Pick<Request, 'wikiId' | 'name'> & { id?: number }): Promise<boolean> {
  const { rowCount } = await pool.query(
    `select from request where wiki_id = $1 and lower(name) = lower($2) and state in ('unconfirmed', 'open', 'reserved', 'creating') and id is distinct from $3 limit 1`, [wikiId, name, id ?? null]);
  return rowCount === 1;
}
