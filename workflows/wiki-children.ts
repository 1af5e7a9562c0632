/**
 * The children of massDelivery, one per wiki. They outlive a run of their parent (it continues as new, or was ended by
 * hand and started again): the next run finds them at work and is told when they are over.
 */
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { ParentClosePolicy, condition, getExternalWorkflowHandle, proxyActivities, setHandler, startChild, workflowInfo } from '@temporalio/workflow';
import type { DeliveryActivities } from '../activities/delivery';
import type { Attention } from './attention';
import { startAttributes } from './attributes';
import { changed } from './changed';
import { wikiDeliveryWorkflowId } from './ids';
import { troubleOf } from './trouble';
import { adopted, closing, wikiDelivery, wikiOver } from './wiki-delivery';

/** Something is to be done there. */
export interface WikiPart {
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
  /**
   * One child per wiki until all are over.
   * @param later wikis that are known once all lists are copied
   * @returns what to carry over when this run's history is long enough before that.
   */
  run(wikis: WikiPart[], since: number, later?: Promise<WikiPart[]>): Promise<CarriedChildren | undefined>;
}

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
    async run(wikis, since, later) {
      const known = carried?.live ?? [];
      if (!carried) over.clear(); // another round: a wiki may have rows again
      carried = undefined;
      const asked = new Set<string>();
      let copying = later !== undefined;
      let failed = false;
      const runAll = (some: WikiPart[]): Promise<unknown> => {
        const fresh = some.filter(({ host }) => !asked.has(host));
        for (const { host } of fresh) asked.add(host);
        count = new Set([...over, ...asked]).size;
        return Promise.all(fresh.map((wiki) => runOne(wiki, known.includes(wiki.host))));
      };
      const rest = later?.then((more) => ((copying = false), runAll(more)));
      const all = Promise.all([runAll(wikis), rest]);
      all.catch(() => (failed = true)); // awaited below
      const done = (): boolean => failed || (!copying && [...asked].every((host) => over.has(host)));
      for (let told = since; ; ) {
        const renew = (): boolean => workflowInfo().continueAsNewSuggested && !attention.words && !copying;
        await condition(() => done() || look.version > told || renew());
        if (done()) return void (await all);
        if (renew()) return { over: [...over], live: await handOver() };
        told = look.version;
        await Promise.all([...live.keys()].map((host) => child(host).signal(changed, { version: told }).catch(() => {}))); // not there: over
      }
    },
  };

  async function runOne({ wiki, host }: WikiPart, known: boolean): Promise<void> {
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
