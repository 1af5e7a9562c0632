/**
 * Reads the lists of a scheduled delivery once more before it begins. Called by workflows/afresh.ts. A list that was
 * read is not read again: its new revision and the delivery's mark on it are one commit, under a command id of its own.
 */
import { ApplicationFailure, Context } from '@temporalio/activity';
import { ReeveError } from '../config/errors';
import { readRow } from '../db/apply';
import { edit } from '../db/create';
import type { Delivery } from '../db/entities/delivery';
import type { Kernel } from '../db/kernel';
import { standingOfUser, userOf } from '../db/queries/actors';
import { freshCounts, nextToRead, noteListTrouble, pinFresh, readRound, settleAsSubmitted, settleFresh, type ListToRead } from '../db/queries/afresh';
import { readHosts, writeRevision } from '../db/queries/target-lists';
import { entriesOf, type ListFormat } from '../db/target-formats';
import { readSource } from '../gateways/list-source';
import { WikiError } from '../gateways/mediawiki-error';
import { may } from '../policies';
import { system, type Actor } from '../policies/actor';
import type { OpenWikiById } from './wikis';

export interface AfreshDeps {
  kernel: Kernel;
  openWiki: OpenWikiById;
  /** Other names of wikis' hosts. */
  hostAliases: Record<string, string>;
}
interface OneDelivery {
  delivery: number;
}
/** A page is one answer, a category of a million two hundred, milliseconds. */
const LONGEST_READ_MS = 600_000;

export type AfreshActivities = ReturnType<typeof createAfreshActivities>;

export function createAfreshActivities({ kernel, openWiki, hostAliases }: AfreshDeps) {
  const { pool } = kernel;

  /** Its newest revision, where its lines were given; else what its page or category now holds, as the next one. */
  async function readOne({ id: delivery, senderId }: Delivery, list: ListToRead, round: number, stopped: AbortSignal): Promise<void> {
    const { id, version, wikiId, format, source, revision } = list;
    if (source === null) return pinFresh(pool, delivery, id, round);
    const { gateway } = await openWiki(wikiId);
    const read = await readSource(gateway, format, source, AbortSignal.any([stopped, AbortSignal.timeout(LONGEST_READ_MS)]));
    try {
      await edit(kernel, {
        noun: 'targetList', id, values: { revision: revision + 1 }, ifMatch: version, actor: system, commandId: `delivery/${delivery}/afresh/${round}/list/${id}`,
        async also(client, row) {
          const hosts = await readHosts({ pool: client }, wikiId, hostAliases);
          const made = { listId: id, revision: row.revision, format, source, sourceRevisionId: read.sourceRevisionId, userId: senderId, deliveryId: delivery };
          await writeRevision(client, made, hosts, entriesOf(format as ListFormat, read.chunks, hosts));
          await pinFresh(client, delivery, id, round);
        },
      });
    } finally {
      await read.close();
    }
  }

  async function readAll(delivery: Delivery, round: number, stopped: AbortSignal): Promise<void> {
    for (let list; (list = await nextToRead(pool, delivery.id, round)); ) {
      try {
        await readOne(delivery, list, round, stopped);
      } catch (error) {
        if (error instanceof ReeveError && error.code === 'version.conflict') continue; // changed while its wiki was asked
        await noteListTrouble(pool, delivery.id, list.id, `${list.source}: ${troubleWords(error)}`);
        throw asFailure(error);
      }
    }
  }

  return {
    /**
     * @returns how many pages were approved and how many there are now, where that is too many more: then nothing is
     * settled. Else what was read is what is sent.
     */
    async readAfresh({ delivery }: OneDelivery): Promise<{ grown: { approved: number; present: number } | null }> {
      const context = Context.current();
      const beat = setInterval(() => context.heartbeat(), 1_000);
      try {
        const { row } = await readRow(kernel, 'delivery', delivery);
        if (row?.state !== 'expanding' || row.listsReadAtMs !== null) return { grown: null };
        const { round, accepted } = await readRound(pool, delivery);
        await readAll(row, round, context.cancellationSignal);
        const { approved, present, newWikis } = await freshCounts(pool, delivery);
        if (grownTooMuch(approved, present) && present > accepted) return { grown: { approved, present } };
        await settleFresh(pool, delivery, await refusedOf(kernel, row, newWikis));
        return { grown: null };
      } finally {
        clearInterval(beat);
      }
    },

    /** The lists as they were submitted, after all. */
    async sendAsSubmitted({ delivery }: OneDelivery): Promise<void> {
      await settleAsSubmitted(pool, delivery);
    },
  };
}

/** More than a tenth beyond what was approved. */
const grownTooMuch = (approved: number, present: number): boolean => present * 10 > approved * 11;

/** What nobody has approved, a sender needs the right for. */
async function refusedOf(kernel: Kernel, { senderId: userId, channel }: Delivery, wikis: number[]): Promise<number[]> {
  if (!wikis.length) return [];
  const standing = await standingOfUser(kernel, userId);
  const sender: Actor = standing ? userOf(standing) : { kind: 'user', userId, grants: [] };
  return wikis.filter((wikiId) => !may(sender, 'send', 'delivery', { wikiId, channel }).allowed);
}

const troubleWords = (error: unknown): string =>
  error instanceof WikiError ? [error.code, error.detail].filter(Boolean).join(': ') : error instanceof ReeveError ? error.message : 'it could not be read';

/** A wiki that is busy is asked again; what it refuses waits for a person. */
function asFailure(error: unknown): unknown {
  if (!(error instanceof WikiError)) return error;
  const code = error.kind === 'refused' ? 'targetList.no-page' : error.reason;
  const passing = error.kind === 'busy' || error.kind === 'lost';
  return ApplicationFailure.create({ message: code, type: code, nonRetryable: !passing, nextRetryDelay: passing && error.retryAfterMs ? error.retryAfterMs : undefined });
}
