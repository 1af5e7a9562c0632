/** What the door adds to the verbs of account requests: until when, and what cannot be. */
import { ReeveError, fieldError, type FieldProblem } from '../../config/errors';
import { may } from '../../policies';
import { holds } from '../../policies/actor';
import type { Request } from '../entities/request';
import { afterOpenTime } from '../business-hours';
import type { Kernel } from '../kernel';
import { hoursFor, isEnabled } from '../queries/queues';
import { needUnpaused, pausedAt, waysToCreate } from '../queries/pauses';
import { readStanding, userOf } from '../queries/actors';
import { actsOf, bansThatHit, queueOfBans } from '../queries/ban-hits';
import { needNoWhereabouts } from '../whereabouts';
import type { Fact } from './index';

/** How long whoever closed it may open it again; later it is a tool admin's. */
const REOPEN_MS = 7 * 86_400_000;

/** In the hours of the queue that it stands in. */
async function clocks(kernel: Kernel, row: Request, nowMs: number): Promise<Record<string, number>> {
  const hours = await hoursFor(kernel, row, nowMs);
  return { remindAtMs: afterOpenTime(nowMs, kernel.terms.remindMs, hours), escalateAtMs: afterOpenTime(nowMs, kernel.terms.escalateMs, hours) };
}

export const requestFacts: Record<string, Fact<Request>> = {
  async confirm(kernel, row, _actor, _input, nowMs) {
    const bans = await bansThatHit(kernel, row, nowMs);
    const queue = queueOfBans(bans);
    const moved = queue !== null && (await isEnabled(kernel.pool, queue)) ? { queue, ...(await clocks(kernel, { ...row, queue, escalatedAtMs: null }, nowMs)) } : null;
    return { ...(await clocks(kernel, row, nowMs)), unasked: row.nameCheck === 'unasked', follow: actsOf(bans, moved) };
  },
  reserve: async (kernel, _row, actor, _input, nowMs) => ({ holderId: actor.userId, untilMs: nowMs + kernel.terms.reservationMs }),
  async create(kernel, row, actor, { mode }, nowMs) {
    if (row.nameCheck === 'refused') throw new ReeveError('request.name-refused');
    const { organizer, bot } = await waysToCreate(kernel, row, actor.userId!);
    const chosen = (mode as Request['mode']) ?? (organizer.granted && (organizer.pausedAtMs === null || bot.pausedAtMs !== null) ? 'organizer' : 'bot');
    if (chosen === 'organizer' && !organizer.granted) throw fieldError('/mode', 'sign-in.again', 'Sign in at this wiki first, under your settings: until then Reeve may do nothing in your name there.');
    needUnpaused(chosen === 'organizer' ? organizer : bot);
    return { holderId: actor.userId, mode: chosen, takeBackUntilMs: nowMs + kernel.terms.takeBackMs };
  },
  async close(kernel, row, actor, { outcome, template, acknowledge }, nowMs) {
    if (outcome === 'none' && template !== undefined) throw fieldError('/template', 'template.unusable', 'Without a mail there is nothing to say in it.');
    await checkAnswer(kernel, row, { template, acknowledge, kinds: [outcome as string, 'none'] });
    const { takeBackMs } = kernel.terms;
    return { closerId: actor.userId, takeBackUntilMs: outcome === 'none' || takeBackMs === 0 ? null : nowMs + takeBackMs };
  },
  takeBack: async (kernel, row, _actor, _input, nowMs) => ({ untilMs: nowMs + kernel.terms.reservationMs, ...(await clocks(kernel, row, nowMs)), held: row.state === 'creating' && (row.signInAskedAtMs !== null || (await pausedAt(kernel.pool, row)) !== null) }),
  creationFailed: async (kernel, _row, _actor, _input, nowMs) => ({ untilMs: nowMs + kernel.terms.reservationMs }),
  async sendReservation(kernel, row, _actor, { to }, nowMs) {
    const standing = await readStanding(kernel, String(to));
    const taker = standing && userOf(standing);
    if (!taker || taker.userId === row.holderId || !may(taker, 'reserve', 'request', row).allowed) throw fieldError('/to', 'request.no-taker');
    return { holderId: taker.userId, untilMs: nowMs + kernel.terms.reservationMs };
  },
  async defer(kernel, row, _actor, { queue, template, acknowledge }, nowMs) {
    if (!(await isEnabled(kernel.pool, queue as string))) throw fieldError('/queue', 'request.unknown-queue');
    if (queue === 'event' && row.eventId === null) throw fieldError('/queue', 'request.no-event');
    await checkAnswer(kernel, row, { template, acknowledge, kinds: ['defer'] });
    return clocks(kernel, { ...row, queue: queue as string, escalatedAtMs: null }, nowMs);
  },
  async comment(_kernel, _row, actor, { text, visibility, acknowledge }) {
    if (visibility === 'admin' && !holds(actor, 'toolAdmin', 'admin', 'checkuser')) throw fieldError('/visibility', 'policy.forbidden', 'Only admins and checkusers write what only admins read.');
    if (visibility === 'checkuser' && !holds(actor, 'checkuser')) throw fieldError('/visibility', 'policy.forbidden', 'Only checkusers write what only checkusers read.');
    needNoWhereabouts(text as string, acknowledge);
    return {};
  },
  async reopen(kernel, row, actor, _input, nowMs) {
    if (row.closedAtMs !== null && row.closedAtMs + REOPEN_MS < nowMs && !holds(actor, 'toolAdmin', 'admin')) throw new ReeveError('request.closed-long');
    if (row.closeByMs <= nowMs) throw new ReeveError('request.too-old');
    if (await isNameAsked(kernel, row)) throw fieldError('/name', 'request.name-asked');
    return clocks(kernel, row, nowMs);
  },
};

/**
 * What is to be seen before a mail goes to the requester: the template's question, and that they had an answer before.
 * @throws ReeveError template.unusable, request.unacknowledged with what nobody has acknowledged
 */
async function checkAnswer({ pool }: Kernel, { id }: Request, { template, acknowledge = [], kinds }: { template: unknown; acknowledge?: unknown; kinds: string[] }): Promise<void> {
  const { rows } = await pool.query<{ question: string | null; usable: boolean | null; mailed: boolean }>(
    `select t.question, t.active and t.kind = any ($3) as usable, exists (select from mail where request_id = $1 and kind in ('answer', 'note') and outcome <> 'cancelled') as mailed
     from (select) one left join template t on t.id = $2`, [id, template ?? null, kinds]);
  const { question, usable, mailed } = rows[0]!;
  if (template !== undefined && !usable) throw fieldError('/template', 'template.unusable');
  const mails = kinds[0] !== 'none' && (kinds[0] !== 'defer' || template !== undefined);
  const asks: FieldProblem[] = [
    ...(question ? [{ pointer: '/acknowledge', code: 'question', detail: question }] : []),
    ...(mailed && mails ? [{ pointer: '/acknowledge', code: 'mailed-before', detail: 'The requester has had an answer by mail before.' }] : []),
  ];
  const left = asks.filter(({ code }) => !(acknowledge as string[]).includes(code));
  if (left.length) throw new ReeveError('request.unacknowledged', undefined, { errors: left });
}

/** Whether another request that is not answered yet has this name. */
export async function isNameAsked({ pool }: Kernel, { id, wikiId, name }: Pick<Request, 'wikiId' | 'name'> & { id?: number }): Promise<boolean> {
  const { rowCount } = await pool.query(
    `select from request where wiki_id = $1 and lower(name) = lower($2) and state in ('unconfirmed', 'open', 'reserved', 'creating') and id is distinct from $3 limit 1`, [wikiId, name, id ?? null]);
  return rowCount === 1;
}
