/** Who asks: the facts about a person, a key or a part of the system that policies may look at. Built by the doors. */
export const roles = [
  'organizer', 'toolUser', 'toolAdmin', 'checkuser', 'sender', 'globalSender', 'deliveryApprover', 'moderator',
  'superAdmin', 'operator', 'auditor', 'admin', 'integrator', 'helper', 'foundations', 'ux', 'sysadmin',
] as const;
export type Role = (typeof roles)[number];

/** Roles whose rights at wikis go through Reeve only: whoever applies for one accepts that, and the audit of account creations looks after it. */
export const throughReeveOnly: readonly Role[] = ['organizer', 'toolUser'];

/** Roles that may be held on one wiki; every other holds everywhere. */
export const wikiRoles: readonly Role[] = ['sender'];

/** Look after account requests. */
export const accountTeam: readonly Role[] = ['toolUser', 'toolAdmin', 'admin'];

/** May run events of their own. */
export const organizing: readonly Role[] = ['organizer', ...accountTeam];

/** One active membership: the role, and the wiki it is held on (null = everywhere). */
export interface Grant {
  role: Role;
  wikiId: number | null;
}

export interface Actor {
  /** `user` signed in; `key` an API key of a user; `system` Reeve itself; `temporal` a signal by Temporal's own tools; `visitor` nobody. */
  kind: 'user' | 'key' | 'system' | 'temporal' | 'visitor';
  userId: number | null;
  grants: readonly Grant[];
  /** Events of their own whose requests they may now look after: enabled, approved, and not over for too long. */
  events?: readonly number[];
  /** Forms that enabled events of their own use, whoever wrote them. */
  forms?: readonly number[];
  /** Only for keys: `all`, `<noun>:read`, `<noun>:<verb>`; always within the owner's rights. */
  scopes?: readonly string[];
  /** Only for keys: the key's id. */
  keyId?: number;
}

export const system: Actor = { kind: 'system', userId: null, grants: [] };
export const temporal: Actor = { kind: 'temporal', userId: null, grants: [] };
export const visitor: Actor = { kind: 'visitor', userId: null, grants: [] };

/** How an actor stands in the audit log: an id, never a name. */
export const actorId = (actor: Actor): string =>
  actor.kind === 'key' ? `user/${actor.userId}/key/${actor.keyId}` : actor.userId === null ? actor.kind : `user/${actor.userId}`;

export const holds = (actor: Actor, ...wanted: Role[]): boolean => actor.grants.some((grant) => wanted.includes(grant.role));

/** The wikis that a role is held on; `everywhere` when it is held without one. */
export function wikisOf(actor: Actor, role: Role): { everywhere: boolean; ids: number[] } {
  const held = actor.grants.filter((grant) => grant.role === role);
  return { everywhere: held.some((grant) => grant.wikiId === null), ids: held.flatMap((grant) => grant.wikiId ?? []) };
}
