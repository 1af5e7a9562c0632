/**
 * What comes to a delivery from Temporal's own tools: the signals `pause`, `resume` and `cancel`, and the button that
 * requests a cancellation. Each goes through the same door as its verb, as the actor `temporal`; what it changed comes
 * back as `changed`. Used by workflows/mass-delivery.ts, before its first await.
 */
import { CancellationScope, defineSignal, proxyActivities, setHandler, workflowInfo } from '@temporalio/workflow';
import type { DeliveryActivities } from '../activities/delivery';

export type OutsideVerb = 'pause' | 'resume' | 'cancel';

const { signalVerb } = proxyActivities<DeliveryActivities>({
  startToCloseTimeout: '30 seconds',
  retry: { initialInterval: '200 milliseconds', maximumInterval: '10 seconds' }, // without end: who sent the signal has gone away
});

/** @returns does a verb; resolves when it is done, or refused. One at a time, in the order in which they came. */
export function outsideVerbs(delivery: number): (verb: OutsideVerb) => Promise<void> {
  let count = 0;
  let last = Promise.resolve();
  const act = (verb: OutsideVerb): Promise<void> => {
    const commandId = `${workflowInfo().runId}/${verb}/${++count}`;
    const step = (): Promise<unknown> => CancellationScope.nonCancellable(() => signalVerb({ delivery, verb, commandId }));
    return (last = last.then(step).then(
      () => {},
      () => {},
    ));
  };
  for (const verb of ['pause', 'resume', 'cancel'] as const)
    setHandler(defineSignal(verb), () => act(verb), { description: `As the verb ${verb} of the delivery; nothing where its state does not take it.` });
  CancellationScope.current().cancelRequested.catch(() => act('cancel'));
  return act;
}
