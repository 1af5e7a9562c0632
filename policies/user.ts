/** Users: everybody knows themselves; admins make and change accounts; who looks after memberships reads them. */
import { holds } from './actor';
import type { Policy } from './index';

export const userPolicy: Policy = (allow, forbid, actor) => {
  if (actor.kind === 'system') allow(['new', 'edit', 'read'], 'user');
  if (actor.userId === null) return;
  allow(['read', 'edit'], 'user', { id: actor.userId });
  if (holds(actor, 'toolAdmin')) allow('read', 'user');
  if (holds(actor, 'admin')) allow(['new', 'read', 'edit'], 'user');
  else forbid('edit', 'user', undefined, ['name']).because('An admin changes names: others know you by yours.');
};
