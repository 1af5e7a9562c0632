/** Notices are for the person that they were written to, and for nobody else. */
import type { Policy } from './index';

export const noticePolicy: Policy = (allow, _forbid, actor) => {
  if (actor.userId === null) return;
  allow(['read', 'edit'], 'notice', { userId: actor.userId });
};
