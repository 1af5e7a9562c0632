/** What waits for one person, each kind from its own index and cut by the policies, oldest first. One round trip. */
import { mayEver, type Noun } from '../../policies';
import type { Actor } from '../../policies/actor';
import { fromRow, snake } from '../columns';
import type { Kernel } from '../kernel';
import { scope } from '../scope';
import { flaggedFor } from './comments';
import { noticeTitleSql } from './notices';

export interface WaitingThing {
  kind: 'event' | 'eventDraft' | 'eventRejected' | 'requestHeld' | 'requestFlagged' | 'commentFlagged' | 'approve' | 'draft' | 'rejected' | 'paused' | 'failed' | 'attention' | 'applied' | 'unread';
  noun: string;
  id: number;
  /** null where there is none, or where the reader may not read it. */
  title: string | null;
  state: string | null;
  sinceMs: number;
  /** When a reservation ends. */
  untilMs: number | null;
  /** An operation's code, the role that is applied for, what a notice tells. */
  code: string | null;
}

/** Failures that nobody has come back to for so long wait no more; an unknown outcome waits until it is settled. */
const FAILURES_WAIT_MS = 30 * 24 * 3_600_000;

export async function readWaiting(kernel: Kernel, actor: Actor, limit: number): Promise<WaitingThing[]> {
  const values: unknown[] = [actor.userId, limit];
  const scoped = (noun: Noun, verb: string, alias: string): string => {
    const { sql, values: more } = scope(actor, noun, { verb, alias, firstParam: values.length + 1 });
    values.push(...more);
    return sql;
  };
  const kind = (name: WaitingThing['kind'], noun: Noun, verb: string, where: string, { title = 'null', until = 'null::bigint', code = 'null' } = {}): string =>
    `(select '${name}' as kind, '${noun}' as noun, t.id, ${title} as title, t.state, t.updated_at_ms as since_ms, ${until} as until_ms, ${code} as code
      from ${snake(noun)} t where ${where} and ${scoped(noun, verb, 't')} and ${scoped(noun, 'read', 't')} order by t.updated_at_ms, t.id limit $2)`;
  const own = (name: WaitingThing['kind'], where: string): string => kind(name, 'delivery', 'read', `t.sender_id = $1 and t.test_of is null and ${where}`, { title: 't.subject' });
  const organized = (name: WaitingThing['kind'], state: string): string => kind(name, 'event', 'read', `$1 = any (t.organizer_ids) and t.state = '${state}'`, { title: 't.title' });
  const comments = (): string => {
    const { sql, values: more } = flaggedFor(actor, values.length + 1);
    values.push(...more);
    return `(select 'commentFlagged', 'comment', c.id, null, null, c.flagged_at_ms, null, null ${sql} order by c.flagged_at_ms, c.id limit $2)`;
  };
  const { rows } = await kernel.pool.query(
    [
      kind('event', 'event', 'approve', "t.state = 'requested'", { title: 't.title' }),
      organized('eventDraft', 'draft'),
      organized('eventRejected', 'rejected'),
      kind('requestHeld', 'request', 'release', `t.holder_id = $1 and t.reserved_until_ms > ${kernel.clock.sql}`, { title: 't.name', until: 't.reserved_until_ms' }),
      kind('requestFlagged', 'request', 'defer', "t.state = 'open' and t.escalated_at_ms is not null", { title: 't.name' }),
      ...(mayEver(actor, 'reviewComments', 'request') ? [comments()] : []),
      kind('approve', 'delivery', 'approve', "t.state = 'requested'", { title: 't.subject' }),
      own('draft', "t.state = 'draft'"),
      own('rejected', "t.state = 'rejected'"),
      own('paused', "t.state = 'paused'"),
      own('failed', `t.state = 'finished' and exists (select 1 from delivery_wiki c where c.delivery_id = t.id and (c.unknown > 0 or (c.failed > 0 and t.updated_at_ms > ${kernel.clock.sql} - ${FAILURES_WAIT_MS})))`),
      kind('attention', 'operation', 'retry', "t.state = 'waiting'", { code: 't.code' }),
      kind('applied', 'membership', 'approve', "t.state = 'applied'", { title: `(select u.name from "user" u where u.id = t.user_id and ${scoped('user', 'read', 'u')})`, code: 't.role' }),
      `(select 'unread', t.noun, t.entity, ${noticeTitleSql((noun, alias) => scoped(noun, 'read', alias))}, null, t.at_ms, null, t.code
        from notice t where t.user_id = $1 and t.read_at_ms is null and ${scoped('notice', 'read', 't')} order by t.id limit $2)`,
    ].join(' union all '),
    values,
  );
  return rows.map((row) => fromRow<WaitingThing>(row));
}
