/**
 * A delivery: its lists, read afresh where that was asked for, become a ledger; each wiki's part runs as a child of its
 * own, in parallel; and then it is finished. Workflow id delivery/<id>; started and told by the outbox
 * (dispatch/intents.ts). Postgres decides what is to be done: this asks, does it, and looks again whenever a newer
 * version is heard of.
 */
import { CancellationScope, allHandlersFinished, condition, continueAsNew, defineQuery, proxyActivities, proxyLocalActivities, setCurrentDetails, setHandler, upsertSearchAttributes } from '@temporalio/workflow';
import type { DeliveryActivities } from '../activities/delivery';
import { readListsAfresh } from './afresh';
import { Aborted, needsAttention, type Cure } from './attention';
import { stateKey } from './attributes';
import { watchVersion } from './changed';
import { outsideVerbs } from './outside-verbs';
import { reading } from './reading';
import { troubleOf } from './trouble';
import { childrenOf, type CarriedChildren } from './wiki-children';

export interface MassDeliveryInput {
  delivery: number;
  /** Carried over by continue-as-new. */
  version?: number;
  children?: CarriedChildren;
}

export const massProgress = defineQuery<{ state: string; wikis: number; over: number }>('progress');

const { begin, openWikis } = proxyLocalActivities<DeliveryActivities>(reading);
const retry = { initialInterval: '200 milliseconds', maximumInterval: '10 seconds', maximumAttempts: 60 } as const; // outlives a restart of Postgres
const { finish } = proxyActivities<DeliveryActivities>({ startToCloseTimeout: '30 seconds', retry });
const { expand, reopen } = proxyActivities<DeliveryActivities>({
  startToCloseTimeout: '2 hours', // a million lines
  heartbeatTimeout: '15 seconds', // a chunk of 10,000 lines between two
  retry,
});

export async function massDelivery({ delivery, version, children: carried }: MassDeliveryInput): Promise<void> {
  let state = 'approved';
  const look = watchVersion(version);
  const show = (): void => setCurrentDetails([`Delivery ${delivery}: ${state}. ${children.over} of ${children.count} wikis done.`, attention.words].filter(Boolean).join('\n\n'));
  const attention = needsAttention({ noun: 'delivery', id: delivery }, show);
  const children = childrenOf(delivery, look, attention, show, carried);
  const act = outsideVerbs(delivery);
  setHandler(massProgress, () => ({ state, wikis: children.count, over: children.over }), { description: 'State, wikis, wikis done.' });

  await CancellationScope.nonCancellable(async () => {
    for (let done = false; !done; )
      done = await round().catch(async (error: unknown) => {
        if (!(error instanceof Aborted)) throw error;
        await act('cancel');
        return state === 'cancelled'; // it was given up before: what is left stays as it is
      });
  });

  /** @returns whether nothing is left to do. */
  async function round(): Promise<boolean> {
    const since = look.version;
    const now = await attention.through(() => begin({ delivery, version: since }));
    enter(now.state);
    if (now.want === 'nothing') {
      if (state === 'cancelled') await children.close('cancelled'); // what a run that was ended by hand left behind
    } else {
      if (now.want === 'readAfresh') {
        if ((await readListsAfresh(delivery, attention, cureFor(since, now.want))) === 'abort') await act('cancel');
        return false;
      }
      if (now.want === 'expand' && !(await expandLists(since))) return false;
      const ended = await run(since, now.want === 'expand');
      if (ended === 'paused') await condition(() => look.version > since);
      else if (ended === 'running') await condition(() => look.version > since, '10 seconds', { summary: 'the ledger has rows again' });
      enter(ended);
      if (ended === 'paused' || ended === 'running') return false;
    }
    await condition(allHandlersFinished);
    return look.version === since;
  }

  function enter(next: string): void {
    if (next !== state) upsertSearchAttributes([{ key: stateKey, value: (state = next) }]);
    show();
  }

  /** @returns whether the ledger stands. */
  async function expandLists(since: number): Promise<boolean> {
    try {
      await expand({ delivery });
      enter('running');
      return true;
    } catch (error) {
      const { attempts } = troubleOf(error);
      if ((await attention.need({ code: 'delivery.expand-failed', attempts }, cureFor(since, 'expand'))) === 'abort') await act('cancel');
      return false;
    }
  }

  /** The delivery may want something else meanwhile: it was cancelled. */
  function cureFor(since: number, want: string): Cure {
    return { since, look, gone: async () => (await begin({ delivery, version: look.version })).want !== want };
  }

  /** Every wiki's part. @returns the delivery's state afterwards. */
  async function run(since: number, fresh: boolean): Promise<string> {
    if (!fresh && !carried) await attention.through(() => reopen({ delivery }));
    const { wikis } = await attention.through(() => openWikis({ delivery }));
    const carry = await children.run(wikis, since);
    carried = undefined;
    if (carry) {
      await condition(allHandlersFinished);
      await continueAsNew<typeof massDelivery>({ delivery, version: look.version, children: carry });
    }
    return (await attention.through(() => finish({ delivery }))).state;
  }
}
