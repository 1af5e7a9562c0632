/** Templates of answers to account requests: who answers reads those in use; who runs the desk writes them. */
import { holds } from './actor';
import type { Policy } from './index';

export const templatePolicy: Policy = (allow, forbid, actor) => {
  if (actor.userId === null) return;
  if (holds(actor, 'organizer', 'toolUser')) allow('read', 'template', { active: true });
  if (holds(actor, 'toolAdmin', 'admin')) allow(['new', 'read', 'edit'], 'template');
  else forbid('read', 'template', undefined, ['copyTo']);
};
