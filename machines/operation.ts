/**
 * An operation: a step of a workflow whose tries ran out, waiting for an operator. Opened by workflows/attention.ts;
 * answered through the API, the CLI or the plain Temporal CLI. A step that fails again opens a new one.
 */
import { setup } from 'xstate';
import { effect, notify, type Instant } from './effect';

export interface OperationContext {
  /** Whether the step may be left undone without harm. */
  skippable: boolean;
}
export type OperationVerb = Instant & { type: 'retry' | 'skip' | 'abort' | 'settled' };

const answer = effect('answerWorkflow');

export const operationMachine = setup({
  types: { context: {} as OperationContext, input: {} as OperationContext & Instant, events: {} as OperationVerb },
  guards: { skippable: ({ context }) => context.skippable },
  actions: { answerWorkflow: () => {}, notify: (_, _params: { who: string }) => {} },
}).createMachine({
  id: 'operation',
  context: ({ input }) => ({ skippable: input?.skippable ?? false }),
  initial: 'waiting',
  states: {
    waiting: {
      entry: notify('operators'), // never entered again, so this runs once
      on: {
        retry: { target: 'retrying', actions: answer },
        skip: { guard: 'skippable', target: 'skipped', actions: answer },
        abort: { target: 'aborted', actions: answer },
        settled: 'settled', // its cause went away, or its workflow is over
      },
    },
    retrying: {},
    skipped: {},
    aborted: {},
    settled: {},
  },
});
