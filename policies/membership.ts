/** Memberships: everybody may apply for a role; those who hold the right grant and end them, never their own. Who was declined may appeal, to somebody else. */
import { holds, type Role } from './actor';
import type { Policy } from './index';

/** Whom tool admins look after; every other role is the admins' alone. */
const lookedAfter: Role[] = ['organizer', 'toolUser'];
const decisions = ['approve', 'decline', 'suspend', 'reinstate', 'end', 'changeRole', 'identify', 'grant'];

export const membershipPolicy: Policy = (allow, forbid, actor) => {
  if (actor.kind === 'system') allow(['new', 'read', 'confirmAddress', 'purge', ...decisions], 'membership');
  if (actor.userId === null) return;
  allow(['new', 'read', 'appeal'], 'membership', { userId: actor.userId });
  if (holds(actor, 'toolAdmin')) allow(['new', 'read', ...decisions], 'membership', { role: { $in: lookedAfter } });
  if (holds(actor, 'admin')) allow(['new', 'read', ...decisions], 'membership');
  forbid(['approve', 'decline'], 'membership', { declinedBy: actor.userId }).because('Somebody else decides about an appeal.', 'policy.own');
  forbid(decisions, 'membership', { userId: actor.userId }).because('Nobody decides what is their own.', 'policy.own');
};
