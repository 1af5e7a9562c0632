/**
 * What an error of Temporal's client means for an outbox row: the server has refused this row, or nobody could be asked.
 * Only the first counts towards the row's death. A missing namespace or a wrong key is nobody's row's fault: all wait.
 */
import { isGrpcServiceError } from '@temporalio/client';

/** gRPC status → code. */
const refusals: Record<number, string> = {
  3: 'temporal.invalid-argument',
  5: 'temporal.not-found',
  6: 'temporal.already-exists',
  9: 'temporal.failed-precondition',
  11: 'temporal.out-of-range',
  12: 'temporal.unimplemented',
};

export function refusal(error: unknown): string | undefined {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) if (isGrpcServiceError(cause)) return refusals[cause.code];
  return isOwn(error) ? 'internal' : undefined;
}

/** A mistake of ours (no such effect, params that cannot be read) never gets better by waiting. */
const isOwn = (error: unknown): boolean => error instanceof TypeError || error instanceof RangeError;
