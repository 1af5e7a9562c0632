import { EntitySchema } from 'typeorm';
import { kernelColumns, type KernelColumns } from './kernel';

/** One user's role, on one wiki or on all, until an instant or without end. */
export interface Membership extends KernelColumns {
  userId: number;
  role: string;
  wikiId: number | null;
  untilMs: number | null;
  /** What the applicant wrote. */
  note: string | null;
}
export const membershipEntity = new EntitySchema<Membership>({
  name: 'membership',
  columns: {
    ...kernelColumns,
    userId: { type: 'integer' },
    role: { type: 'text' },
    wikiId: { type: 'integer', nullable: true },
    untilMs: { type: 'bigint', nullable: true },
    note: { type: 'text', nullable: true },
  },
});
export const membershipPrivate: (keyof Membership)[] = ['note'];
