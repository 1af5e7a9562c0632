/**
 * The children of massDelivery, one per wiki. They outlive a run of their parent (it continues as new, or was ended by
 * hand and started again): the next run finds them at work and is told when they are over.
 */
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { ParentClosePolicy, condition, getExternalWorkflowHandle, proxyActivities, setHandler, startChild, workflowInfo } from '@temporalio/workflow';
import type { DeliveryActivities } from '../activities/delivery';
import { troubleOf, type Attention } from './attention';
import { startAttributes } from './attributes';
import { changed } from './changed';
import { wikiDeliveryWorkflowId } from './ids';
import { adopted, closing, wikiDelivery, wikiOver } from './wiki-delivery';

interface Wiki {
  wiki: number;
  host: string;
}
export interface Children {
  readonly count: number;
  readonly over: number;
  readonly hostsOver: string[];
  /** One child per wiki until all are over, or until this run's history is long enough. */
  run(wikis: Wiki[], since: number): Promise<'over' | 'renew'>;
  /** Without children: what a delivery that was ended elsewhere left behind. */
  close(how: 'cancelled'): Promise<void>;
}

const { openWikis } = proxyActivities<DeliveryActivities>({
  startToCloseTimeout: '30 seconds',
  retry: { initialInterval: '200 milliseconds', maximumInterval: '10 seconds', maximumAttempts: 60 }, // outlives a restart of Postgres
});
const { closeWiki } = proxyActivities<DeliveryActivities>(closing);

export function childrenOf(delivery: number, look: { readonly version: number }, attention: Attention, show: () => void): Children {
  const over = new Set<string>();
  const live = new Set<string>();
  let count = 0;
  const child = (host: string) => getExternalWorkflowHandle(wikiDeliveryWorkflowId(delivery, host));
  setHandler(wikiOver, ({ host }) => void over.add(host), { description: 'Internal: a child that this run did not start is over.' });

  return {
    get count() {
      return count;
    },
    get over() {
      return over.size;
    },
    get hostsOver() {
      return [...over];
    },
    async run(wikis, since) {
      over.clear();
      count = wikis.length;
      const all = Promise.all(wikis.map(runOne)).then(() => 'over' as const);
      all.catch(() => {}); // awaited below, maybe not before it fails
      for (let told = since; ; ) {
        const renew = (): boolean => workflowInfo().continueAsNewSuggested && !attention.words;
        await condition(() => over.size === count || look.version > told || renew());
        if (over.size === count) return all;
        if (renew()) return 'renew';
        told = look.version;
        await Promise.all([...live].map((host) => child(host).signal(changed, { version: told }).catch(() => {}))); // not there: over
      }
    },
    async close(how) {
      const { wikis } = await attention.through(() => openWikis({ delivery }));
      await Promise.all(wikis.map(({ wiki }) => attention.through(() => closeWiki({ delivery, wiki, how }))));
    },
  };

  async function runOne({ wiki, host }: Wiki): Promise<void> {
    while (!over.has(host)) {
      try {
        const handle = await startChild(wikiDelivery, {
          workflowId: wikiDeliveryWorkflowId(delivery, host),
          args: [{ delivery, wiki, host, version: look.version }],
          parentClosePolicy: ParentClosePolicy.ABANDON,
          workflowTaskTimeout: '5 seconds',
          staticSummary: `Messages of delivery ${delivery} on ${host}`,
          typedSearchAttributes: startAttributes({ noun: 'delivery', id: delivery, wiki: host, state: 'running' }),
        });
        live.add(host);
        await handle.result();
        over.add(host);
      } catch (error) {
        if (error instanceof WorkflowExecutionAlreadyStartedError) await adopt(host);
        else if ((await attention.need(troubleOf(error))) === 'abort') {
          await attention.through(() => closeWiki({ delivery, wiki, how: 'aborted' }));
          over.add(host);
        }
      }
    }
    live.delete(host);
    show();
  }

  /** Returns when the child has said that it is over, or is not there any more. */
  async function adopt(host: string): Promise<void> {
    try {
      await child(host).signal(adopted);
      await child(host).signal(changed, { version: look.version });
    } catch {
      return; // it ended just now
    }
    live.add(host);
    await condition(() => over.has(host), '10 minutes', { summary: `${host}: the child of an earlier run` });
  }
}
