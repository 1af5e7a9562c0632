/** The audit log: auditors and admins read all of it; everybody else reads that of things they may read. */
import { holds } from './actor';
import type { Policy } from './index';

export const auditPolicy: Policy = (allow, _forbid, actor) => {
  if (actor.kind === 'system' || holds(actor, 'auditor', 'admin')) allow('read', 'audit');
};
