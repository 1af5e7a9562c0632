import { EntitySchema } from 'typeorm';
import type { BanContext } from '../../machines/ban';
import { kernelColumns, type KernelColumns } from './kernel';

/** What a ban is held against, once an account request is confirmed. */
export const banTargets = ['name', 'email', 'userAgent', 'address'] as const;
export type BanTarget = (typeof banTargets)[number];
/**
 * `block` closes the request, and its requester is told by mail that there is no account; `drop` closes it without a mail
 * and tells the account team; `dropQuietly` tells nobody; `defer` hands it to the account team: escalated, or in a queue.
 */
export const banActions = ['block', 'drop', 'dropQuietly', 'defer'] as const;
export type BanAction = (typeof banActions)[number];
/** `admin`: tool admins, checkusers, admins; `checkuser`: only they. */
export const banReaders = ['admin', 'checkuser'] as const;

/** Who fits it is kept out of the account desk. */
export interface Ban extends KernelColumns, BanContext {
  target: BanTarget;
  /** A regular expression (of an address: a network) as db/ban-patterns.ts takes it. */
  pattern: string;
  action: BanAction;
  /** Key of the queue that one which defers moves a request to; null: the request is escalated. */
  queue: string | null;
  reason: string;
  seenBy: (typeof banReaders)[number];
}

export const banEntity = new EntitySchema<Ban>({
  name: 'ban',
  columns: {
    ...kernelColumns,
    target: { type: 'text' },
    pattern: { type: 'text' },
    action: { type: 'text' },
    queue: { type: 'text', nullable: true },
    reason: { type: 'text' },
    seenBy: { type: 'text' },
    untilMs: { type: 'bigint', nullable: true },
  },
});
export const banPrivate: (keyof Ban)[] = ['pattern', 'reason'];
