/** Target lists are public and reviewable; who owns one changes it. */
import { holds } from './actor';
import type { Policy } from './index';

export const targetListPolicy: Policy = (allow, _forbid, actor) => {
  allow('read', 'targetList', { used: true }); // what was sent to is public
  if (actor.kind === 'system') allow(['read', 'edit'], 'targetList'); // read afresh for a delivery
  if (actor.userId === null) return;
  allow('new', 'targetList', { ownerId: actor.userId });
  allow(['read', 'edit'], 'targetList', { ownerId: actor.userId });
  if (holds(actor, 'deliveryApprover', 'admin')) allow('read', 'targetList');
};
