/** API keys: everybody makes and revokes their own; admins see and revoke all, but for the label. The secret is shown once, on making. */
import { holds } from './actor';
import type { Policy } from './index';

export const keyPolicy: Policy = (allow, forbid, actor) => {
  if (actor.kind === 'system') allow(['new', 'read', 'revoke'], 'key');
  if (actor.userId === null) return;
  allow(['new', 'read', 'revoke'], 'key', { userId: actor.userId });
  if (holds(actor, 'admin')) allow(['read', 'revoke'], 'key');
  forbid('read', 'key', { userId: { $ne: actor.userId } }, ['label']);
  forbid('read', 'key', undefined, ['hash']);
};
