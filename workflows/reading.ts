/**
 * How workflows read a row: in the worker that has the workflow in hand, which costs one event instead of six and no way
 * through the server. Only for reads of a moment; whatever acts is an activity that people see in the Temporal UI.
 */
import type { LocalActivityOptions } from '@temporalio/workflow';

export const reading: LocalActivityOptions = {
  startToCloseTimeout: '10 seconds',
  localRetryThreshold: '5 seconds', // longer pauses are timers, so that the workflow task does not stand open
  retry: { initialInterval: '200 milliseconds', maximumInterval: '10 seconds', maximumAttempts: 60 }, // outlives a restart of Postgres
};
