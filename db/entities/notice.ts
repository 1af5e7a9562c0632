import { EntitySchema } from 'typeorm';

/** One line to one person: what happened to which thing. A row of its own, written in the same commit as the act. */
export interface Notice {
  id: number;
  userId: number;
  noun: string;
  entity: number;
  /** `<noun>.<verb>`: the key of its sentence. */
  code: string;
  atMs: number;
  readAtMs: number | null;
  /** The entity's version that it tells of: the same act tells a person once. */
  auditVersion: number;
}

/** What a reader may want by mail or not: what waits for approval, what became of deliveries, events and roles, what needs attention. */
export const noticeKinds = ['approval', 'delivery', 'event', 'request', 'membership', 'operation'] as const;
export const kindOfNotice = (code: string): string => (['delivery.submit', 'event.submit'].includes(code) ? 'approval' : code.split('.')[0]!);

export const noticeEntity = new EntitySchema<Notice>({
  name: 'notice',
  columns: {
    id: { type: 'integer', primary: true, generated: 'increment' },
    userId: { type: 'integer' },
    noun: { type: 'text' },
    entity: { type: 'integer' },
    code: { type: 'text' },
    atMs: { type: 'bigint' },
    readAtMs: { type: 'bigint', nullable: true },
    auditVersion: { type: 'integer' },
  },
});
export const noticePrivate: (keyof Notice)[] = [];
