/** Queues of account requests: who looks after requests knows those in use; who runs the desk sets them up. */
import { holds } from './actor';
import type { Policy } from './index';

export const queuePolicy: Policy = (allow, _forbid, actor) => {
  if (actor.userId === null) return;
  if (holds(actor, 'toolUser', 'checkuser')) allow('read', 'queue', { state: 'enabled' });
  if (holds(actor, 'toolAdmin', 'admin')) allow(['new', 'read', 'edit', 'disable', 'enable'], 'queue');
};
