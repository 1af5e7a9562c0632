/**
 * The durable steps of a delivery, called by workflows/mass-delivery.ts and workflows/wiki-delivery.ts. Each may be
 * repeated at any time: state changes are no-ops the second time, and the ledger remembers every page.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { ApplicationFailure, Context } from '@temporalio/activity';
import { ReeveError } from '../config/errors';
import { apply, readRow } from '../db/apply';
import type { Kernel } from '../db/kernel';
import { readTexts, type DeliveryText } from '../db/queries/delivery-texts';
import { expandChunk, giveUpLines, hasOpen, messageLinks, noteTrouble, openWikis, reopenFailed, toCopy, wikiProgress, type WikiProgress } from '../db/queries/expansion';
import { cancelPending } from '../db/queries/ledger';
import { MAX_SLOTS } from '../db/queries/slots';
import { WikiError } from '../gateways/mediawiki-error';
import { system, temporal } from '../policies/actor';
import { settleDoubts } from './doubts';
import { runLane, type LaneResult } from './lane';
import { compose, type Message } from './message';
import type { OpenWiki, OpenWikiById } from './wikis';

export interface DeliveryDeps {
  kernel: Kernel;
  openWiki: OpenWikiById;
  /** Where people find this Reeve, for the links under a message. */
  publicUrl: string;
  /** How long a wiki may be busy or silent before it needs attention, milliseconds. */
  patienceMs: number;
  count(name: string, by?: number): void;
}
interface OneDelivery {
  delivery: number;
}
interface OneWiki extends OneDelivery {
  wiki: number;
}

/** Lines that are rows before the first page is posted. */
const FIRST_LINES = 1_000;
/** Lines per chunk of the others, and rows per chunk of a cancel. */
const CHUNK = 2_500;

export type DeliveryActivities = ReturnType<typeof createDeliveryActivities>;

export function createDeliveryActivities(deps: DeliveryDeps) {
  const { kernel, openWiki, patienceMs, count } = deps;
  const { pool } = kernel;
  return {
    /**
     * What a run should do: one that was cancelled, or is over, does nothing. The first lines of the lists become ledger
     * rows here; with `copying`, `expand` copies the rest while the first are posted.
     */
    async begin({ delivery }: OneDelivery & { version: number }): Promise<{ want: 'readAfresh' | 'run' | 'nothing'; state: string; copying: boolean }> {
      const { row } = await readRow(kernel, 'delivery', delivery);
      let state: string = row?.state ?? 'gone';
      if (row && state === 'expanding' && row.listsAfresh && row.listsReadAtMs === null) return { want: 'readAfresh', state, copying: false };
      const copying = await (state === 'expanding' ? expandChunk(pool, delivery, FIRST_LINES) : toCopy(pool, delivery));
      if (state === 'expanding') ({ state } = (await apply(kernel, { noun: 'delivery', id: delivery, verb: 'expanded', actor: system })).row);
      return { want: ['running', 'paused'].includes(state) ? 'run' : 'nothing', state, copying };
    },

    /**
     * The rest of the lists into ledger rows, half of the time: the other half Postgres has for the pages that are posted
     * meanwhile. The ledger remembers where it stands, and has no page twice.
     */
    async expand({ delivery }: OneDelivery): Promise<void> {
      const context = Context.current();
      let anew = true; // until a page turns up that stands in the ledger already
      for (;;) {
        const begun = performance.now();
        try {
          if (!(await expandChunk(pool, delivery, CHUNK, anew))) return;
        } catch (error) {
          if (!anew || (error as { code?: string }).code !== '23505') throw error;
          anew = false;
        }
        context.heartbeat();
        await sleep(Math.min(performance.now() - begun, 1_000), undefined, { signal: context.cancellationSignal });
      }
    },

    /** What had failed before the last `retryFailed` is pending again. */
    async reopen({ delivery }: OneDelivery): Promise<{ reopened: number }> {
      let reopened = 0;
      for (let rows = 1; rows; reopened += rows) {
        rows = await reopenFailed(pool, delivery, CHUNK);
        Context.current().heartbeat();
      }
      return { reopened };
    },

    async openWikis({ delivery }: OneDelivery): Promise<{ wikis: { wiki: number; host: string }[] }> {
      return { wikis: await openWikis(pool, delivery) };
    },

    async wikiStatus({ delivery, wiki }: OneWiki): Promise<WikiProgress & { lanes: number }> {
      const progress = await wikiProgress(pool, delivery, wiki);
      return { ...progress, lanes: Math.min(progress.inFlight, MAX_SLOTS) };
    },

    /** @throws ApplicationFailure, not to be retried, with the reason that an operator sees. */
    async lane({ delivery, wiki, quota }: OneWiki & { host: string; quota: number }): Promise<Omit<LaneResult, 'ended'> & { ended: Exclude<LaneResult['ended'], 'stopped'> }> {
      const context = Context.current();
      const { workflowExecution, activityId } = context.info;
      const beat = setInterval(() => context.heartbeat(), 1_000);
      try {
        const opened = await openWiki(wiki);
        const result = await runLane({
          pool, place: { delivery, wiki }, holder: `${workflowExecution?.runId}/${activityId}`, quota, patienceMs, count,
          wiki: opened, message: await messageFor(deps, delivery, opened), stopped: context.cancellationSignal,
        });
        if (result.done) await noteTrouble(pool, delivery, wiki, null);
        if (result.ended === 'stopped') throw await context.cancelled.catch((error: unknown) => error);
        return { ...result, ended: result.ended };
      } catch (error) {
        if (!(error instanceof WikiError)) throw error;
        await noteTrouble(pool, delivery, wiki, error.code, error.detail ?? null);
        throw ApplicationFailure.nonRetryable(error.reason, error.reason);
      } finally {
        clearInterval(beat);
      }
    },

    /** Nothing more is posted: what is in doubt is looked up, the rest is cancelled. A wiki that cannot be asked leaves `unknown`. */
    async closeWiki({ delivery, wiki, how }: OneWiki & { how: 'cancelled' | 'aborted' | 'done' }): Promise<WikiProgress> {
      if (how !== 'done') {
        const context = Context.current();
        const beat = setInterval(() => context.heartbeat(), 1_000);
        try {
          if (how === 'aborted') await giveUpLines(pool, delivery, wiki);
          const open = async () => {
            const opened = await openWiki(wiki);
            return { wiki: opened, message: await messageFor(deps, delivery, opened) };
          };
          await settleDoubts(pool, { delivery, wiki }, `${context.info.workflowExecution?.runId}/${context.info.activityId}`, open, context.cancellationSignal);
          while (await cancelPending(pool, { delivery, wiki }, CHUNK)) context.cancellationSignal.throwIfAborted();
        } finally {
          clearInterval(beat);
        }
      }
      return wikiProgress(pool, delivery, wiki);
    },

    /** Not while rows are open: a page that was settled as pending after its wiki was done is sent in another round. */
    async finish({ delivery }: OneDelivery): Promise<{ state: string }> {
      const { row } = await readRow(kernel, 'delivery', delivery);
      if (!row || (await hasOpen(pool, delivery))) return { state: row?.state ?? 'gone' };
      try {
        return { state: (await apply(kernel, { noun: 'delivery', id: delivery, verb: 'finish', actor: system, ifMatch: row.version })).row.state };
      } catch (error) {
        if (!(error instanceof ReeveError && error.code === 'version.conflict')) throw error;
        return { state: row.state }; // changed since the rows were looked at: they are looked at again
      }
    },

    /** A signal that came from Temporal's own tools becomes a verb; where the state does not take it, nothing happens. */
    async signalVerb({ delivery, verb, commandId }: OneDelivery & { verb: 'pause' | 'resume' | 'cancel'; commandId: string }): Promise<{ state: string }> {
      return { state: (await apply(kernel, { noun: 'delivery', id: delivery, verb, actor: temporal, commandId })).row.state };
    },
  };
}

/** The message as it stands on one wiki, of the texts that were submitted, or of those given. */
export async function messageFor({ kernel, publicUrl }: Pick<DeliveryDeps, 'kernel' | 'publicUrl'>, delivery: number, { row: wiki }: OpenWiki, given?: DeliveryText[]): Promise<Message> {
  const { row } = await readRow(kernel, 'delivery', delivery);
  const { sender, origin, lists } = await messageLinks(kernel.pool, delivery);
  return compose(row!, wiki, { sender, origin, lists: lists.map(({ id, revision }) => `${publicUrl}/public/target-lists/${id}?revision=${revision}`) }, given ?? (await readTexts(kernel.pool, delivery)));
}
