/**
 * The audit log: auditors and admins read all of it; everybody else reads that of things they may read. The audit of
 * account creations is the tool admins' besides.
 */
import { holds } from './actor';
import type { Policy } from './index';

export const auditPolicy: Policy = (allow, _forbid, actor) => {
  if (actor.kind === 'system' || holds(actor, 'auditor', 'admin')) allow('read', 'audit');
  if (holds(actor, 'toolAdmin', 'auditor', 'admin')) allow('readCreations', 'audit');
};
