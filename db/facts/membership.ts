/** What the door adds to the verbs of memberships: who declines, that a role can be changed only into one that the actor may grant, and that some count only for who is identified. */
import { ReeveError } from '../../config/errors';
import { may } from '../../policies';
import { wikiRoles, type Role } from '../../policies/actor';
import type { Membership } from '../entities/membership';
import type { Kernel } from '../kernel';
import type { Fact } from './index';

const needIdentified = (kernel: Kernel, { identifiedAtMs }: Membership, role: string): void => {
  if (identifiedAtMs === null && (kernel.terms.identifiedRoles as readonly string[]).includes(role)) throw new ReeveError('membership.not-identified');
};

export const membershipFacts: Record<string, Fact<Membership>> = {
  async approve(kernel, row) {
    needIdentified(kernel, row, row.role);
    return {};
  },
  decline: async (_kernel, _row, actor) => ({ declinedBy: actor.userId }),
  async changeRole(kernel, row, actor, input) {
    const verdict = may(actor, 'changeRole', 'membership', { ...row, role: input.role });
    if (!verdict.allowed) throw new ReeveError(verdict.code, verdict.reason);
    if (row.wikiId !== null && !wikiRoles.includes(input.role as Role)) throw new ReeveError('membership.everywhere');
    if (row.state !== 'applied') needIdentified(kernel, row, input.role as string);
    return {};
  },
};
