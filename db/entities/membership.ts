import { EntitySchema } from 'typeorm';
import type { MembershipContext } from '../../machines/membership';
import { kernelColumns, type KernelColumns } from './kernel';

/** One user's role, on one wiki or on all, until an instant or without end. */
export interface Membership extends KernelColumns, MembershipContext {
  userId: number;
  wikiId: number | null;
  /** When the applicant accepted that the right is for use through Reeve only. */
  acceptedAtMs: number | null;
  /** What an application is judged by: what the applicant wrote, who vouches for them, where they are officially to be found, why they appeal. */
  note: string | null;
  vouchedBy: string | null;
  officialEmail: string | null;
  appeal: string | null;
}
export const membershipEntity = new EntitySchema<Membership>({
  name: 'membership',
  columns: {
    ...kernelColumns,
    userId: { type: 'integer' },
    role: { type: 'text' },
    wikiId: { type: 'integer', nullable: true },
    untilMs: { type: 'bigint', nullable: true },
    acceptedAtMs: { type: 'bigint', nullable: true },
    note: { type: 'text', nullable: true },
    vouchedBy: { type: 'text', nullable: true },
    officialEmail: { type: 'text', nullable: true },
    addressConfirmedAtMs: { type: 'bigint', nullable: true },
    declinedBy: { type: 'integer', nullable: true },
    appeal: { type: 'text', nullable: true },
    appealedAtMs: { type: 'bigint', nullable: true },
    identifiedAtMs: { type: 'bigint', nullable: true },
    purgeAtMs: { type: 'bigint', nullable: true },
    purgedAtMs: { type: 'bigint', nullable: true },
  },
});
export const membershipPrivate: (keyof Membership)[] = ['note', 'vouchedBy', 'officialEmail', 'appeal'];
