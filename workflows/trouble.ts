/** What went wrong with a step, as a code and a count: all of it that workflows know, and that operators are shown. */
import { ActivityFailure, ApplicationFailure, TimeoutFailure, isCancellation } from '@temporalio/workflow';
import { isErrorCode, type ErrorCode } from '../config/errors';

export interface Trouble {
  code: ErrorCode;
  attempts: number;
  /** Whether the step may be left undone without harm. */
  skippable?: boolean;
  /** What the answer hangs on. */
  counts?: Record<string, number>;
}

/** What went wrong, as a code. @throws the error itself when it is a cancellation. */
export function troubleOf(error: unknown): Trouble {
  if (isCancellation(error)) throw error;
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (cause instanceof TimeoutFailure) return { code: 'unavailable', attempts: 1 };
  if (!(cause instanceof ApplicationFailure)) return { code: 'internal', attempts: 1 };
  const attempts = (cause.details?.[0] as { attempts?: number } | undefined)?.attempts ?? 1;
  return { code: isErrorCode(cause.type ?? '') ? (cause.type as ErrorCode) : 'internal', attempts };
}
