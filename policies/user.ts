/** Users: everybody knows themselves; admins make and change accounts, but never decide on their own. */
import { holds } from './actor';
import type { Policy } from './index';

export const userPolicy: Policy = (allow, _forbid, actor) => {
  if (actor.kind === 'system') allow(['new', 'edit', 'read'], 'user');
  if (actor.userId === null) return;
  allow(['read', 'edit'], 'user', { id: actor.userId });
  if (holds(actor, 'admin')) allow(['new', 'read', 'edit'], 'user');
  if (holds(actor, 'deliveryApprover', 'toolAdmin', 'operator', 'auditor')) allow('read', 'user');
};
