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

/** So often may a step fail in one process whose policy allows for many more kills than that (a lane's). */
const FAILURES = 60;

export function activityInterceptor({ log, observe }: ActivityObserver) {
  const failures = new Map<string, number>();
  return ({ info }: Context) => ({
    inbound: {
      async execute<I, R>(input: I, next: (input: I) => Promise<R>): Promise<R> {
        const step = `${info.workflowExecution?.runId}/${info.activityId}`;
        const begun = performance.now();
        const seconds = (): number => (performance.now() - begun) / 1000;
        try {
          const result = await next(input);
          observe(info.activityType, seconds(), 'done');
          failures.delete(step);
          return result;
        } catch (error) {
          const failed = (failures.get(step) ?? 0) + 1;
          const failure = asFailure(error, info.attempt, failed >= FAILURES && (info.retryPolicy?.maximumAttempts ?? 0) > FAILURES);
          if ((failure as ApplicationFailure).nonRetryable) failures.delete(step);
          else failures.set(step, failed);
          if (failures.size > 10_000) failures.clear();
          const code = (failure as ApplicationFailure).type ?? 'cancelled';
          observe(info.activityType, seconds(), code);
          const { workflowId, runId } = info.workflowExecution ?? {};
          if (code !== 'cancelled') log.warn({ workflowId, runId, activity: info.activityType, attempt: info.attempt, code, err: error }, 'activity failed');
          throw failure;
        }
      },
    },
  });
}

/** A refusal (4xx) is not retried: the same question gets the same answer. Cancellations pass. */
function asFailure(error: unknown, attempts: number, final: boolean): unknown {
  if (error instanceof ReeveError) {
    const nonRetryable = final || (errorKinds[error.code].status < 500 && error.code !== 'rate-limited');
    return ApplicationFailure.create({ message: error.code, type: error.code, nonRetryable, details: [{ attempts }] });
  }
  if (error instanceof ApplicationFailure) {
    const type = isErrorCode(error.type ?? '') ? error.type! : 'internal';
    return ApplicationFailure.create({ message: type, type, nonRetryable: final || (error.nonRetryable ?? false), nextRetryDelay: error.nextRetryDelay ?? undefined, details: [{ attempts, ...(error.details?.[0] as object) }] });
  }
  if (error instanceof Error && (error.name === 'CancelledFailure' || error.name === 'AbortError')) return error;
  return ApplicationFailure.create({ message: 'internal', type: 'internal', nonRetryable: final, details: [{ attempts }] });
}
