/** Saved views: whose they are reads and changes them; shared ones are read by whoever is signed in (and sees the page: api/routes/views.ts). */
import type { Policy } from './index';

export const viewPolicy: Policy = (allow, _forbid, actor) => {
  if (actor.userId === null) return;
  allow(['new', 'read', 'edit', 'delete'], 'view', { ownerId: actor.userId });
  allow('read', 'view', { shared: true });
};
