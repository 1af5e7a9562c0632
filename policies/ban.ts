/** Bans: who runs the account desk sets and lifts them; some are for the eyes of checkusers only. */
import { holds } from './actor';
import type { Policy } from './index';

const all = ['new', 'read', 'lift', 'reschedule'];

export const banPolicy: Policy = (allow, _forbid, actor) => {
  if (actor.userId === null) return;
  if (holds(actor, 'toolAdmin', 'admin')) allow(all, 'ban', { seenBy: 'admin' });
  if (holds(actor, 'checkuser')) allow(all, 'ban');
};
