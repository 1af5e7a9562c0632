/**
 * Around every activity: the true error goes to the log, with its workflow and attempt, and a code goes on to Temporal.
 * Installed by bin/worker.ts.
 */
import { ApplicationFailure, type Context } from '@temporalio/activity';
import { errorKinds, isErrorCode, ReeveError } from '../config/errors';

export interface ActivityLog {
  warn(fields: object, message: string): void;
}
export interface ActivityObserver {
  log: ActivityLog;
  /** @param result `done`, or a code. */
  observe(type: string, seconds: number, result: string): void;
}

export const activityInterceptor =
  ({ log, observe }: ActivityObserver) =>
  ({ info }: Context) => ({
    inbound: {
      async execute<I, R>(input: I, next: (input: I) => Promise<R>): Promise<R> {
        const begun = performance.now();
        const seconds = (): number => (performance.now() - begun) / 1000;
        try {
          const result = await next(input);
          observe(info.activityType, seconds(), 'done');
          return result;
        } catch (error) {
          const failure = asFailure(error, info.attempt);
          const code = (failure as ApplicationFailure).type ?? 'cancelled';
          observe(info.activityType, seconds(), code);
          const { workflowId, runId } = info.workflowExecution ?? {};
          if (code !== 'cancelled') log.warn({ workflowId, runId, activity: info.activityType, attempt: info.attempt, code, err: error }, 'activity failed');
          throw failure;
        }
      },
    },
  });

/** A refusal (4xx) is not retried: the same question gets the same answer. Cancellations pass. */
function asFailure(error: unknown, attempts: number): unknown {
  if (error instanceof ReeveError) {
    const nonRetryable = errorKinds[error.code].status < 500 && error.code !== 'rate-limited';
    return ApplicationFailure.create({ message: error.code, type: error.code, nonRetryable, details: [{ attempts }], cause: error });
  }
  if (error instanceof ApplicationFailure) {
    const type = isErrorCode(error.type ?? '') ? error.type! : 'internal';
    return ApplicationFailure.create({ message: type, type, nonRetryable: error.nonRetryable ?? false, nextRetryDelay: error.nextRetryDelay ?? undefined, details: [{ attempts, ...(error.details?.[0] as object) }], cause: error });
  }
  if (error instanceof Error && (error.name === 'CancelledFailure' || error.name === 'AbortError')) return error;
  return ApplicationFailure.create({ message: 'internal', type: 'internal', details: [{ attempts }] });
}
