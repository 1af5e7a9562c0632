/**
 * The children of massDelivery, one per wiki. They outlive a run of their parent (it continues as new, or was ended by
 * hand and started again): the next run finds them at work and is told when they are over.
 */
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { ParentClosePolicy, condition, getExternalWorkflowHandle, proxyActivities, proxyLocalActivities, setHandler, startChild, workflowInfo } from '@temporalio/workflow';
import type { DeliveryActivities } from '../activities/delivery';
import type { Attention } from './attention';
import { startAttributes } from './attributes';
import { changed } from './changed';
import { wikiDeliveryWorkflowId } from './ids';
import { reading } from './reading';
import { troubleOf } from './trouble';
import { adopted, closing, wikiDelivery, wikiOver } from './wiki-delivery';

interface Wiki {
  wiki: number;
  host: string;
}
/** Carried over by continue-as-new: hosts that are done, and those whose children are at work and will say when they are over. */
export interface CarriedChildren {
  over: string[];
  live: string[];
}
export interface Children {
  readonly count: number;
  readonly over: number;
  /** One child per wiki until all are over. @returns what to carry over when this run's history is long enough before that. */
  run(wikis: Wiki[], since: number): Promise<CarriedChildren | undefined>;
  /** Without children: what a delivery that was ended elsewhere left behind. */
  close(how: 'cancelled'): Promise<void>;
}

const { openWikis } = proxyLocalActivities<DeliveryActivities>(reading);
const { closeWiki } = proxyActivities<DeliveryActivities>(closing);

export function childrenOf(delivery: number, look: { readonly version: number }, attention: Attention, show: () => void, carried?: CarriedChildren): Children {
  const over = new Set(carried?.over);
  const live = new Map<string, boolean>(); // at work → whether it will say when it is over
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
    async run(wikis, since) {
      const known = carried?.live ?? [];
      if (!carried) over.clear(); // another round: a wiki may have rows again
      carried = undefined;
      count = new Set([...over, ...wikis.map(({ host }) => host)]).size;
      const all = Promise.all(wikis.map((wiki) => runOne(wiki, known.includes(wiki.host))));
      const done = (): boolean => wikis.every(({ host }) => over.has(host));
      all.catch(() => {}); // awaited below, maybe not before it fails
      for (let told = since; ; ) {
        const renew = (): boolean => workflowInfo().continueAsNewSuggested && !attention.words;
        await condition(() => done() || look.version > told || renew());
        if (done()) return void (await all);
        if (renew()) return { over: [...over], live: await handOver() };
        told = look.version;
        await Promise.all([...live.keys()].map((host) => child(host).signal(changed, { version: told }).catch(() => {}))); // not there: over
      }
    },
    async close(how) {
      const { wikis } = await attention.through(() => openWikis({ delivery }));
      await Promise.all(wikis.map(({ wiki }) => attention.through(() => closeWiki({ delivery, wiki, how }))));
    },
  };

  async function runOne({ wiki, host }: Wiki, known: boolean): Promise<void> {
    if (known && !over.has(host)) await untilTold(host);
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
        live.set(host, false);
        await handle.result();
        over.add(host);
      } catch (error) {
        live.delete(host);
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

  /** A child of a run that nobody awaits any more. */
  async function adopt(host: string): Promise<void> {
    try {
      await child(host).signal(adopted);
      await child(host).signal(changed, { version: look.version });
    } catch {
      return; // it ended just now
    }
    await untilTold(host);
  }

  /** Returns when the child has said that it is over; now and then also to see whether it was ended by hand. */
  async function untilTold(host: string): Promise<void> {
    live.set(host, true);
    await condition(() => over.has(host), '6 hours', { summary: `${host}: the child of an earlier run` });
    live.delete(host);
  }

  /** Every child at work promises to say when it is over. @returns those that do. */
  async function handOver(): Promise<string[]> {
    const untold = [...live].filter(([, told]) => !told).map(([host]) => host);
    await Promise.all(untold.map((host) => child(host).signal(adopted).then(() => live.set(host, true), () => live.delete(host))));
    return [...live].filter(([host, told]) => told && !over.has(host)).map(([host]) => host);
  }
}
