/**
 * One wiki's part of a delivery: lanes that pull from the ledger until nothing is left, through pauses and troubles.
 * Child of massDelivery, workflow id delivery/<id>/<host>. Neither its memory nor its history grows with the targets.
 */
import { condition, continueAsNew, defineQuery, defineSignal, getExternalWorkflowHandle, proxyActivities, proxyLocalActivities, setCurrentDetails, setHandler, upsertSearchAttributes, workflowInfo, type ActivityOptions } from '@temporalio/workflow';
import type { DeliveryActivities } from '../activities/delivery';
import { Aborted, needsAttention } from './attention';
import { stateKey } from './attributes';
import { watchVersion } from './changed';
import { deliveryWorkflowId } from './ids';
import { lanesOf } from './lanes';
import { reading } from './reading';

export interface WikiDeliveryInput {
  delivery: number;
  wiki: number;
  host: string;
  /** The delivery's, when this began. */
  version: number;
  /** Carried over by continue-as-new: rows done, and whether a later run of the parent waits to be told. */
  done?: number;
  adopted?: boolean;
}

/** A later run of massDelivery found this one at work: it cannot await it as a child, so it is told at the end. */
export const adopted = defineSignal('adopted');
export const wikiOver = defineSignal<[{ host: string }]>('wikiOver');
export const wikiProgress = defineQuery<{ state: string; done: number; lanes: number }>('progress');

const { wikiStatus } = proxyLocalActivities<DeliveryActivities>(reading);
export const closing: ActivityOptions = {
  startToCloseTimeout: '2 hours', // as many look-ups as there were rows in doubt
  heartbeatTimeout: '5 seconds',
  retry: { initialInterval: '200 milliseconds', maximumInterval: '10 seconds', maximumAttempts: 60 },
};
const { closeWiki } = proxyActivities<DeliveryActivities>(closing);

export async function wikiDelivery(input: WikiDeliveryInput): Promise<void> {
  const { delivery, wiki, host } = input;
  const part = { delivery, wiki };
  let state = 'running';
  let tell = input.adopted ?? false;
  let idle = 0;
  const look = watchVersion(input.version);
  const show = (): void => setCurrentDetails([`${host}: ${state}, ${lanes.done} targets done, ${lanes.working} lanes at work.`, attention.words].filter(Boolean).join('\n\n'));
  const lanes = lanesOf(part, host, input.done ?? 0, show);
  const attention = needsAttention({ noun: 'delivery', id: delivery, wiki: host }, show);
  setHandler(wikiProgress, () => ({ state, done: lanes.done, lanes: lanes.working }), { description: 'State, targets done, lanes at work.' });
  setHandler(adopted, () => void (tell = true), { description: 'Internal: tell the parent when this is over.' });

  const how = await work().catch((error: unknown) => {
    if (error instanceof Aborted) return 'aborted' as const;
    throw error;
  });
  await attention.through(() => closeWiki({ ...part, how })).catch(() => {}); // aborted: what is left stays as it is
  if (tell) await getExternalWorkflowHandle(deliveryWorkflowId(delivery)).signal(wikiOver, { host }).catch(() => {});

  async function work(): Promise<'cancelled' | 'aborted' | 'done'> {
    for (;;) {
      const since = look.version;
      const now = await attention.through(() => wikiStatus(part));
      if (now.state !== state) upsertSearchAttributes([{ key: stateKey, value: (state = now.state) }]);
      show();
      if (state === 'cancelled') return 'cancelled';
      if (state === 'paused') await condition(() => look.version > since);
      else if (state !== 'running') return 'done';
      else if (now.open > 0 || now.copying) {
        const before = lanes.done;
        const trouble = await lanes.run(now.lanes + 1);
        const gone = async (): Promise<boolean> => (await wikiStatus(part)).state !== 'running';
        if (trouble && (await attention.need(trouble, { since, look, gone })) === 'abort') return 'aborted';
        idle = trouble || lanes.done > before ? 0 : Math.min(idle + 1, 6);
        if (workflowInfo().continueAsNewSuggested) await continueAsNew<typeof wikiDelivery>({ ...input, version: look.version, done: lanes.done, adopted: tell });
        if (idle) await condition(() => look.version > since, 1_000 * 2 ** idle, { summary: 'others are at work on the last targets' });
      } else if (now.unknown > 0) {
        const gone = async (): Promise<boolean> => ((next) => next.unknown === 0 || next.open > 0 || next.copying)(await wikiStatus(part));
        const answer = await attention.need({ code: 'wiki.unknown-left', attempts: 1, skippable: true }, { since, look, gone });
        if (answer === 'skip') return 'done';
        if (answer === 'abort') return 'aborted';
      } else return 'done';
    }
  }
}
