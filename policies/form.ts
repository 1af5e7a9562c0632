/** Forms for account requests: who runs the desk writes them for everybody, organizers their own, and each uses what is published for all. What an event uses is its organizers' together. */
import { holds, type Actor } from './actor';
import type { Policy } from './index';

const changes = ['read', 'edit', 'publish', 'retire'];
const writes = ['new', ...changes];

export const formPolicy: Policy = (allow, _forbid, actor) => {
  if (actor.userId === null) return;
  if (holds(actor, 'organizer', 'toolUser')) {
    allow('read', 'form', { shared: true, state: 'published' });
    allow(writes, 'form', { ownerId: actor.userId, shared: false });
    if (actor.forms?.length) allow(changes, 'form', { id: { $in: actor.forms }, shared: false });
  }
  if (holds(actor, 'toolAdmin', 'admin')) allow(writes, 'form');
};

/** Whether they may let another event use one that they read: else an event's organizers would hand on each other's. */
export const mayHandOn = (actor: Actor, { ownerId, shared }: { ownerId: number; shared: boolean }): boolean => shared || ownerId === actor.userId || holds(actor, 'toolAdmin', 'admin');
