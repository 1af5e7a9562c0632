/** API keys: everybody makes and revokes their own; admins see and revoke all. The secret is shown once, on making. */
import { holds } from './actor';
import type { Policy } from './index';

export const keyPolicy: Policy = (allow, _forbid, actor) => {
  if (actor.kind === 'system') allow(['new', 'read', 'revoke'], 'key');
  if (actor.userId === null) return;
  allow(['new', 'read', 'revoke'], 'key', { userId: actor.userId });
  if (holds(actor, 'admin')) allow(['read', 'revoke'], 'key');
};
