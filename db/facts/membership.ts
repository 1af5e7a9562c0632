/** What the door adds to the verbs of memberships: who declines, and that a role can be changed only into one that the actor may grant. */
import { ReeveError } from '../../config/errors';
import { may } from '../../policies';
import type { Membership } from '../entities/membership';
import type { Fact } from './index';

export const membershipFacts: Record<string, Fact<Membership>> = {
  decline: async (_kernel, _row, actor) => ({ declinedBy: actor.userId }),
  async changeRole(_kernel, row, actor, input) {
    const verdict = may(actor, 'changeRole', 'membership', { ...row, role: input.role });
    if (!verdict.allowed) throw new ReeveError(verdict.code, verdict.reason);
    return {};
  },
};
