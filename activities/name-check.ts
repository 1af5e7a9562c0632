/** Asks a wiki later for a name that it did not answer for when a request was filed. Called by workflows/name-check.ts. */
import { ReeveError } from '../config/errors';
import { apply, readRow } from '../db/apply';
import { edit } from '../db/create';
import type { Request } from '../db/entities/request';
import type { Kernel } from '../db/kernel';
import type { AccountName } from '../gateways/mediawiki-accounts';
import { WikiError } from '../gateways/mediawiki-error';
import { system } from '../policies/actor';
import type { OpenWikiById } from './wikis';

export interface NameCheckDeps {
  kernel: Kernel;
  openWiki: OpenWikiById;
}
export type NameCheckActivities = ReturnType<typeof createNameCheckActivities>;

const PATIENCE_MS = 30_000;
/** While its account is made the wiki says by that what it thinks of the name. */
const waits = new Set(['open', 'reserved', 'creating']);
const marks: Record<AccountName['fate'], Request['nameCheck']> = { free: 'free', taken: 'taken', refused: 'refused', invalid: 'refused' };

export function createNameCheckActivities({ kernel, openWiki }: NameCheckDeps) {
  return {
    /**
     * Safe to repeat: first what is wrong goes to the account team, then the mark changes, and with it there is nothing left to ask.
     * @throws ReeveError wiki.unreachable while the wiki gives no answer
     */
    async askName({ request: id }: { request: number }): Promise<void> {
      const { row } = await readRow(kernel, 'request', id);
      if (!row || row.nameCheck !== 'unasked' || !waits.has(row.state)) return;
      const { gateway } = await openWiki(row.wikiId);
      const { fate } = await gateway.account(row.name, AbortSignal.timeout(PATIENCE_MS)).catch((error: unknown) => {
        throw error instanceof WikiError ? new ReeveError('wiki.unreachable', error.code) : error;
      });
      const nameCheck = marks[fate];
      if (nameCheck !== 'free') await apply(kernel, { noun: 'request', id, verb: 'flag', actor: system, code: `name-${nameCheck}` });
      await edit(kernel, { noun: 'request', id, actor: system, values: { nameCheck } });
    },
  };
}
