import { EntitySchema } from 'typeorm';
import type { RequestContext } from '../../machines/request';
import { kernelColumns, type KernelColumns } from './kernel';

/** Somebody without an account asks for one: what they wrote, where from, and who looks after it. */
export interface Request extends KernelColumns, RequestContext {
  /** Where the account is wanted. */
  wikiId: number;
  /** The event whose link and key it came by; it keeps that tag, whoever looks after it. */
  eventId: number | null;
  /** The name that is asked for. */
  name: string;
  email: string;
  /** What the requester wrote beside it. */
  comment: string;
  /** What a form of its own asked besides, in the requester's language, and what they answered, in its order. */
  questions: string[];
  answers: string[];
  /** In which the form was read, and mails to the requester are written. */
  language: string;
  /** Where it was filed from, as the server saw it; what proxies claimed; the browser's own name. */
  ip: string | null;
  /** What one household has: of IPv6 the first half of `ip`; requests from the same one are related. */
  network: string | null;
  forwarded: string | null;
  userAgent: string | null;
  /** Whether the wiki would let this account be made, as far as it was asked. */
  nameCheck: 'free' | 'taken' | 'refused' | 'unasked';
  /** What the requester is told when it is closed. */
  answer: string | null;
}

export const requestEntity = new EntitySchema<Request>({
  name: 'request',
  columns: {
    ...kernelColumns,
    wikiId: { type: 'integer' },
    eventId: { type: 'integer', nullable: true },
    name: { type: 'text' },
    email: { type: 'text' },
    comment: { type: 'text' },
    questions: { type: 'text', array: true },
    answers: { type: 'text', array: true },
    language: { type: 'text' },
    ip: { type: 'text', nullable: true },
    network: { type: 'text', nullable: true },
    forwarded: { type: 'text', nullable: true },
    userAgent: { type: 'text', nullable: true },
    nameCheck: { type: 'text' },
    confirmedAtMs: { type: 'bigint', nullable: true },
    answer: { type: 'text', nullable: true },
    queue: { type: 'text' },
    expiresAtMs: { type: 'bigint' },
    holderId: { type: 'integer', nullable: true },
    reservedUntilMs: { type: 'bigint', nullable: true },
    escalatedAtMs: { type: 'bigint', nullable: true },
    remindAtMs: { type: 'bigint', nullable: true },
    escalateAtMs: { type: 'bigint', nullable: true },
    warnAtMs: { type: 'bigint', nullable: true },
    closeByMs: { type: 'bigint' },
    mode: { type: 'text', nullable: true },
    signInAskedAtMs: { type: 'bigint', nullable: true },
    takeBackUntilMs: { type: 'bigint', nullable: true },
    closerId: { type: 'integer', nullable: true },
    outcome: { type: 'text', nullable: true },
    closedAtMs: { type: 'bigint', nullable: true },
    keepMs: { type: 'bigint' },
    purgeAtMs: { type: 'bigint', nullable: true },
    purgedAtMs: { type: 'bigint', nullable: true },
  },
});

/** Where a person is to be found: shown by `reveal` only, and erased by retention. */
export const requestWhereabouts = ['email', 'ip', 'forwarded', 'userAgent'] as const;
export const requestPrivate: (keyof Request)[] = ['name', 'comment', 'questions', 'answers', 'answer', 'network', ...requestWhereabouts];

/** Who reads a comment: the requester (and everybody below), whoever looks after the request, admins, checkusers. */
export const visibilities = ['requester', 'user', 'admin', 'checkuser'] as const;
