/**
 * Wikis: whoever is signed in sees which there are; admins configure them, and tool admins too hold
 * up the making of accounts. Its secrets are never shown to anybody.
 */
import { holds } from './actor';
import type { Policy } from './index';

export const wikiPolicy: Policy = (allow, forbid, actor) => {
  if (actor.kind === 'system') allow(['new', 'edit', 'read'], 'wiki');
  if (actor.userId === null) return;
  allow('read', 'wiki');
  if (holds(actor, 'admin')) allow(['new', 'edit'], 'wiki');
  else forbid('read', 'wiki', undefined, ['botUser', 'footer', 'welcome', 'oauthClientId']);
  if (holds(actor, 'toolAdmin', 'admin')) allow(['pauseCreations', 'resumeCreations'], 'wiki');
  forbid('read', 'wiki', undefined, ['botPassword', 'oauthClientSecret']);
};
