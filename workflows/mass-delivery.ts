/**
 * A delivery: its lists, read afresh where that was asked for, become a ledger; each wiki's part runs as a child of its
 * own, in parallel, from the first rows on; and then it is finished. Workflow id delivery/<id>; started and told by the outbox
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
import { childrenOf, type CarriedChildren, type WikiPart } from './wiki-children';
import { closing } from './wiki-delivery';

export interface MassDeliveryInput {
  delivery: number;
  /** Carried over by continue-as-new. */
  version?: number;
  children?: CarriedChildren;
}

export const massProgress = defineQuery<{ state: string; wikis: number; over: number }>('progress');

type Begun = Awaited<ReturnType<DeliveryActivities['begin']>>;

const { begin, openWikis } = proxyLocalActivities<DeliveryActivities>(reading);
const retry = { initialInterval: '200 milliseconds', maximumInterval: '10 seconds', maximumAttempts: 60 } as const; // outlives a restart of Postgres
const { finish } = proxyActivities<DeliveryActivities>({ startToCloseTimeout: '30 seconds', retry });
const { expand, reopen } = proxyActivities<DeliveryActivities>({
  startToCloseTimeout: '2 hours', // a million lines
  heartbeatTimeout: '15 seconds', // a chunk of lines between two
  retry,
});
const { closeWiki } = proxyActivities<DeliveryActivities>(closing);

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
      if (state === 'cancelled') {
        if (now.copying) await attention.through(() => expand({ delivery })); // so that everybody sees what was not sent
        await closeWikis(); // what a run that was ended by hand left behind, or was copied meanwhile
      }
    } else {
      if (now.want === 'readAfresh') {
        if ((await readListsAfresh(delivery, attention, cureFor(since, ({ want }) => want !== 'readAfresh'))) === 'abort') await act('cancel');
        return false;
      }
      const ended = await run(since, now.copying);
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

  /** The rest of the lists. @returns the wikis where something is to be done by then. */
  async function copyLists(since: number): Promise<WikiPart[]> {
    for (;;) {
      try {
        await expand({ delivery });
      } catch (error) {
        const { attempts } = troubleOf(error);
        if ((await attention.need({ code: 'delivery.expand-failed', attempts }, cureFor(since, ({ copying }) => !copying))) !== 'abort') continue;
        await act('cancel');
      }
      return (await attention.through(() => openWikis({ delivery }))).wikis;
    }
  }

  /** The delivery may want something else meanwhile: it was cancelled. */
  function cureFor(since: number, gone: (now: Begun) => boolean): Cure {
    return { since, look, gone: async () => gone(await begin({ delivery, version: look.version })) };
  }

  async function closeWikis(): Promise<void> {
    const { wikis } = await attention.through(() => openWikis({ delivery }));
    await Promise.all(wikis.map(({ wiki }) => attention.through(() => closeWiki({ delivery, wiki, how: 'cancelled' }))));
  }

  /** Every wiki's part. @returns the delivery's state afterwards. */
  async function run(since: number, copying: boolean): Promise<string> {
    if (!carried) await attention.through(() => reopen({ delivery }));
    const { wikis } = await attention.through(() => openWikis({ delivery }));
    const carry = await children.run(wikis, since, copying ? copyLists(since) : undefined);
    carried = undefined;
    if (carry) {
      await condition(allHandlersFinished);
      await continueAsNew<typeof massDelivery>({ delivery, version: look.version, children: carry });
    }
    return (await attention.through(() => finish({ delivery }))).state;
  }
}
