/** Events: organizers make and run their own, tool admins decide on those of others; the approved ones are public. */
import { holds, organizing } from './actor';
import type { Policy } from './index';

/** What everybody may see of an event that was approved. Its link, its key and what participants get are not among it. */
export const publicFields = [
  'title', 'page', 'organizerIds', 'types', 'participation', 'country', 'address', 'wikiIds', 'topics', 'timeZone', 'startsAt', 'endsAt', 'trackingTool', 'tracksContributions',
];
const decisions = ['approve', 'reject', 'disable', 'enable', 'widen'];

export const eventPolicy: Policy = (allow, forbid, actor) => {
  if (actor.kind === 'system') allow(['read', 'edit', 'reschedule'], 'event'); // zones change their rules
  const enabled = { disabledAtMs: null };
  allow('read', 'event', { ...enabled, isTest: false, approvedStartsAtMs: { $ne: null }, state: { $in: ['approved', 'open', 'ended', 'cancelled', 'archived'] } }, publicFields);
  if (actor.userId === null) return;
  const own = { organizerIds: actor.userId };
  if (holds(actor, 'toolUser')) allow('read', 'event', { state: { $ne: 'draft' } }, publicFields);
  if (holds(actor, 'toolAdmin', 'admin')) {
    allow('read', 'event', { state: { $ne: 'draft' } });
    // `widen`: to let it go beyond what was approved
    allow([...decisions, 'edit', 'reschedule', 'cancel'], 'event', { state: { $ne: 'draft' } });
  }
  // Whoever lost the right to organize has lost it for what is under way, too; what an admin has switched off is out of sight.
  if (holds(actor, ...organizing)) allow(['new', 'read', 'edit', 'submit', 'revise', 'reschedule', 'cancel'], 'event', { ...own, ...enabled });
  forbid(decisions, 'event', own).because('Somebody else than its organizers decides.', 'policy.own');
};
