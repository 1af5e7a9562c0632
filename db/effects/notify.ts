/**
 * The effect `notify`: a row per person, in the same commit as what it tells of, and a mail in the ledger for whoever
 * wants this kind by mail. Who they are is asked of memberships.
 */
import { kindOfNotice } from '../entities/notice';
import type { Terms } from '../kernel';
import { handlesRequests } from '../queries/handling';
import type { Writer } from './index';

/** Who is meant → SQL for their user ids; $1 is the thing's id. Nobody is told of what they did themselves ($2). */
const people: Record<string, string> = {
  sender: 'select sender_id as user_id from delivery where id = $1',
  member: 'select user_id from membership where id = $1',
  approvers: withRole('deliveryApprover', 'admin'),
  admins: withRole('admin'),
  operators: withRole('operator', 'admin'),
  organizers: 'select unnest(organizer_ids) as user_id from event where id = $1',
  toolAdmins: withRole('toolAdmin', 'admin'),
  nobody: 'select null::int as user_id',
  toolUsers: withRole('toolUser', 'toolAdmin'),
};
/** Who looks after a request: its holder, else its event's organizers while they may, else the account team. $5 is the instant. */
const handlers = (terms: Terms): string => `select unnest(case when r.holder_id is not null then array[r.holder_id]
      when r.queue = 'event' and r.escalated_at_ms is null and ${handlesRequests(terms, '$5::bigint')} then e.organizer_ids
      else array(${withRole('toolUser', 'toolAdmin')}) end) as user_id from request r left join event e on e.id = r.event_id where r.id = $1`;

export const notify: Writer = async ({ client, noun, row, verb, atMs, params, actor, terms }) => {
  // One person whom the machine names: the row may know them no more.
  const who = params.who === 'one' ? 'select $8::int as user_id' : params.who === 'handlers' ? handlers(terms) : people[params.who as string];
  if (!who) throw new Error(`notify: nobody is called ${String(params.who)}`);
  const code = `${noun}.${(params.code as string | undefined) ?? (verb.startsWith('xstate.after.') ? row.state : verb)}`;
  await client.query(
    `with told as (
       insert into notice (user_id, noun, entity, code, at_ms, audit_version)
       select distinct user_id, $3::text, $1::int, $4::text, $5::bigint, $6::int from (${who}) people
       where user_id is distinct from $2::int and user_id is not null and $1::int is not null
       on conflict do nothing returning id, user_id
     ) insert into mail (notice_id) select t.id from told t join "user" u on u.id = t.user_id
       where u.email is not null and $7::text <> all(u.app_only) order by t.id`,
    [row.id, actor.userId, noun, code, atMs, row.version, kindOfNotice(code), ...(params.who === 'one' ? [params.userId] : [])],
  );
};

function withRole(...roles: string[]): string {
  return `select user_id from membership where state = 'active' and role in (${roles.map((role) => `'${role}'`).join(', ')})`;
}
