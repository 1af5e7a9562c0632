/** Forms for account requests: who runs the desk writes them for everybody, organizers their own, and each uses what is published for all. */
import { holds } from './actor';
import type { Policy } from './index';

const writes = ['new', 'read', 'edit', 'publish', 'retire'];

export const formPolicy: Policy = (allow, _forbid, actor) => {
  if (actor.userId === null) return;
  if (holds(actor, 'organizer', 'toolUser')) {
    allow('read', 'form', { shared: true, state: 'published' });
    allow(writes, 'form', { ownerId: actor.userId, shared: false });
  }
  if (holds(actor, 'toolAdmin', 'admin')) allow(writes, 'form');
};
