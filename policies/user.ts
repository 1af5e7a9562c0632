/** Users: everybody knows themselves; admins make and change accounts; who looks after memberships reads them. A mail address is its owner's to read. */
import { holds } from './actor';
import type { Policy } from './index';

export const userPolicy: Policy = (allow, forbid, actor) => {
  if (actor.kind === 'system') allow(['new', 'edit', 'read'], 'user');
  if (actor.userId === null) return;
  allow(['read', 'edit'], 'user', { id: actor.userId });
  if (holds(actor, 'toolAdmin')) allow('read', 'user');
  const others = { id: { $ne: actor.userId } };
  if (holds(actor, 'admin')) {
    // `export`, `erase`: all that is held of one person, who need not have an account
    allow(['new', 'read', 'edit', 'export', 'erase'], 'user');
    forbid('erase', 'user', { id: actor.userId }).because('Another admin erases what is yours.', 'policy.own');
  } else {
    forbid('edit', 'user', undefined, ['name']).because('An admin changes names: others know you by yours.');
    forbid('read', 'user', others, ['language', 'timeZone', 'appOnly']);
  }
  forbid('read', 'user', others, ['email', 'theme', 'textSize', 'singleKeys']);
  forbid('read', 'user', undefined, ['passwordHash']);
};
