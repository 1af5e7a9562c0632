/** Bans held against account requests: which of them one hits, what follows from that, and which requests a ban would have hit. */
import { matcherOf, type Matcher } from '../ban-patterns';
import { fromRow } from '../columns';
import type { Ban, BanAction, BanTarget } from '../entities/ban';
import type { Request } from '../entities/request';
import type { Kernel } from '../kernel';
import type { Following } from '../step';

type Asked = Pick<Request, 'name' | 'email' | 'userAgent' | 'ip'>;
const columnOf = { name: 'name', email: 'email', userAgent: 'userAgent', address: 'ip' } as const satisfies Record<BanTarget, keyof Asked>;

/** Compiling costs more than asking, and what a ban says never changes. */
const matchers = new Map<number, Matcher>();

/** All of them are asked, whatever the first says: how long it takes says nothing about who was asked. */
export async function bansThatHit({ pool }: Kernel, request: Asked, nowMs: number): Promise<Ban[]> {
  const { rows } = await pool.query(`select * from ban where state = 'active' and (until_ms is null or until_ms > $1) order by id`, [nowMs]);
  const bans = rows.map((row) => fromRow<Ban>(row));
  const known = new Set(bans.map(({ id }) => id));
  for (const id of matchers.keys()) if (!known.has(id)) matchers.delete(id);
  return bans.filter(({ id, target, pattern }) => {
    let matches = matchers.get(id);
    if (!matches) matchers.set(id, (matches = matcherOf(target, pattern)));
    return matches(request[columnOf[target]] ?? '');
  });
}

/** Of several bans the quietest one decides: telling somebody by another would undo it. What only defers comes last. */
const DECIDES: readonly BanAction[] = ['dropQuietly', 'drop', 'block', 'defer'];

/** The queue that they move a request to; null: none does, or one of them escalates it. */
export function queueOfBans(bans: Pick<Ban, 'action' | 'queue'>[]): string | null {
  const queues = bans.map(({ queue }) => queue);
  return bans.every(({ action }) => action === 'defer') && !queues.includes(null) ? (queues[0] ?? null) : null;
}

/**
 * What the system does to a request that these bans hit. It is escalated in any case, so that no organizer has it in hand;
 * where they name a queue it stands there in the next moment. @param moved to it, with its clocks
 */
export function actsOf(bans: Pick<Ban, 'id' | 'action'>[], moved: { queue: string; [clock: string]: unknown } | null = null): Following[] {
  const action = DECIDES.find((one) => bans.some((ban) => ban.action === one));
  if (!action) return [];
  const flag = { type: 'flag', bans: bans.map(({ id }) => id), tell: action === 'defer' ? (moved ? null : 'escalated') : action === 'drop' ? 'banned' : null };
  return { defer: [flag, ...(moved ? [{ type: 'defer', ...moved }] : [])], block: [flag, { type: 'close', outcome: 'not-created' }], drop: [flag, { type: 'drop' }], dropQuietly: [flag, { type: 'drop' }] }[action];
}

const MOST_TRIED = 1_000;
/** Others wait while a regular expression is asked: it looks at as many as it can in this time, milliseconds. */
const LONGEST_TRY_MS = 1_500;
const AT_ONCE = 25;

/** Which of the last confirmed requests a ban would have hit. @throws ReeveError what matcherOf refuses */
export async function tryBan({ pool }: Kernel, target: BanTarget, pattern: string): Promise<{ of: number; hits: number[] }> {
  const matches = matcherOf(target, pattern);
  const { rows } = await pool.query(`select id, name, email, user_agent, ip from request where confirmed_at_ms is not null and purged_at_ms is null order by id desc limit ${MOST_TRIED}`);
  const hits: number[] = [];
  const endMs = performance.now() + LONGEST_TRY_MS;
  let of = 0;
  for (const row of rows.map((one) => fromRow<Asked & { id: number }>(one))) {
    if (performance.now() > endMs) break;
    if (matches(row[columnOf[target]] ?? '')) hits.push(row.id);
    if (++of % AT_ONCE === 0) await new Promise((done) => setImmediate(done));
  }
  return { of, hits };
}
