/** The wikis as activities reach them: one signed-in session per wiki and process, renewed when its row changes. */
import type { Wiki } from '../db/entities/wiki';
import { readRow } from '../db/apply';
import type { Kernel } from '../db/kernel';
import { createMediaWiki, type MediaWiki } from '../gateways/mediawiki';
import { unseal } from '../gateways/secret-box';

export interface WikiDeps {
  kernel: Kernel;
  /** Opens the bots' passwords. */
  secretKey: string;
  userAgent: string;
  /** Longest wait for one answer, milliseconds. */
  timeoutMs: number;
  allowPrivateHosts: boolean;
}
export interface OpenWiki {
  row: Wiki;
  gateway: MediaWiki;
  /** Postgres' clock minus ours, milliseconds: claims bear its instants, the wiki is asked by ours. */
  skewMs: number;
}
export type OpenWikiById = (id: number) => Promise<OpenWiki>;

/** The most that a wiki's `inFlight` can be (the table's check). */
const MOST_IN_FLIGHT = 64;

/** @returns a function that opens a wiki by its id; throws when there is none. */
export function createWikis({ kernel, secretKey, userAgent, timeoutMs, allowPrivateHosts }: WikiDeps): OpenWikiById {
  const open = new Map<number, OpenWiki & { account: string }>();
  return async (id) => {
    const { row, nowMs } = await readRow(kernel, 'wiki', id);
    const skewMs = nowMs - Date.now();
    if (!row) throw new Error(`there is no wiki ${id}`);
    const account = `${row.apiUrl} ${row.botUser} ${row.botPassword}`;
    const known = open.get(id);
    if (known?.account === account) return Object.assign(known, { row, skewMs });
    // The one before is left to whoever has it in hand: what is on its way there would be lost. Its connections end by themselves.
    const gateway = createMediaWiki({
      apiUrl: row.apiUrl,
      as: { user: row.botUser, password: unseal(secretKey, row.botPassword) },
      userAgent,
      timeoutMs,
      allowPrivateHosts,
      connections: MOST_IN_FLIGHT + 4, // opened as needed; the wiki's own limit may be raised while this lives
    });
    const opened = { row, gateway, skewMs, account };
    open.set(id, opened);
    return opened;
  };
}
